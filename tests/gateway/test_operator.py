"""The operator's plane over real sockets: what it does to those who trade, and whom it does not let in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from websockets.exceptions import ConnectionClosed

from exchange.config import OperatorSettings
from exchange.domain.scopes import OPERATE
from exchange.keys import ApiKey
from exchange.wire.refusals import Code
from exchange.wire.requests import METHODS
from exchange.wire.requests.operator import OPERATOR_METHODS
from tests.gateway.test_private_http import rpc, signed
from tests.gateway.venue import Venue, running, signature


class Operator:
    def __init__(self, venue: Venue, http: aiohttp.ClientSession) -> None:
        self.venue = venue
        self.http = http
        self.key = venue.keys.create("venue", (OPERATE,))

    async def ask(self, method: str, key: ApiKey | None = None, **params: Any) -> dict[str, Any]:
        body = rpc(method, **params)
        headers = signed(key or self.key, "POST", "/api/v2", body)
        where = f"http://127.0.0.1:{self.venue.server.operator_port}/api/v2"
        async with self.http.post(where, data=body, headers=headers) as response:
            reply: dict[str, Any] = await response.json()
            assert (response.status == 200) == ("result" in reply), reply
            return reply

    async def do(self, method: str, **params: Any) -> Any:
        reply = await self.ask(method, **params)
        assert "result" in reply, reply
        return reply["result"]


@pytest.fixture
async def operator(tmp_path: Path) -> AsyncIterator[Operator]:
    async with running(tmp_path) as venue, aiohttp.ClientSession() as http:
        assert venue.server.operator_port == 0
        venue.settings = venue.settings.model_copy(update={"operator": OperatorSettings(port=0)})
        await venue.restart_gateway()
        yield Operator(venue, http)


def order(venue: Venue, symbol: str = "", price: float = 2.5) -> dict[str, Any]:
    return {"instrument_name": symbol or venue.symbol, "amount": 8, "price": price}


async def test_markets_are_stopped_and_go_on(operator: Operator) -> None:
    """One, those of a SKU in a region, or all; cancelling works where only that is left."""
    venue = operator.venue
    other = venue.contracts[1].symbol
    async with venue.caller(venue.alice) as alice:
        for where, stopped in (
            ({"instrument_name": venue.symbol}, [venue.symbol]),
            ({"sku_region": "H100SXM_USE"}, [venue.symbol, other]),
            ({"all": True}, [venue.symbol, other]),
        ):
            placed = await alice.call("private/buy", **order(venue))
            await operator.do("operator/cancel_only", **where)
            assert (await operator.do("operator/status"))["stopped"] == stopped
            assert (await alice.refused("private/buy", **order(venue)))["code"] == Code.LOCKED_BY_ADMIN
            await alice.call("private/cancel", order_id=placed["order"]["order_id"])
            await operator.do("operator/halt", **where)
            assert (await alice.refused("private/buy", **order(venue)))["code"] == Code.LOCKED_BY_ADMIN
            await operator.do("operator/resume", **where)
            assert (await operator.do("operator/status"))["stopped"] == []
        assert "error" in await operator.ask("operator/halt")
        assert "error" in await operator.ask("operator/halt", all=True, sku_region="H100SXM_USE")
        assert "error" in await operator.ask("operator/halt", instrument_name="H100")


async def test_kill_switches(operator: Operator) -> None:
    """Of an account, a contract, a SKU in a region, and the venue: open orders go, none come in until it is revived."""
    venue = operator.venue
    async with venue.caller(venue.alice) as alice, venue.caller(venue.bob) as bob:
        for level, hits_bob in (
            ({"level": "account", "account": "alice"}, False),
            ({"level": "instrument", "instrument_name": venue.symbol}, True),
            ({"level": "sku_region", "sku_region": "H100SXM_USE"}, True),
            ({"level": "venue"}, True),
        ):
            for caller in (alice, bob):
                await caller.call("private/buy", **order(venue))
            await operator.do("operator/kill", **level)
            assert await alice.call("private/get_open_orders") == []
            assert (await bob.call("private/get_open_orders") == []) == hits_bob
            assert "error" in await alice.ask("private/buy", **order(venue))
            assert ("error" in await bob.ask("private/buy", **order(venue))) == hits_bob
            await operator.do("operator/revive", **level)
            await alice.call("private/buy", **order(venue))
            for caller in (alice, bob):
                await caller.call("private/cancel_all")
        assert "error" in await operator.ask("operator/kill", level="account")
        assert "error" in await operator.ask("operator/kill", level="account", account="nobody")


async def test_limits_listings_and_disconnecting(operator: Operator) -> None:
    """An account may have so many orders; an hour of another SKU is listed; a client has to go."""
    venue = operator.venue
    async with venue.caller(venue.alice) as alice:
        await operator.do("operator/set_limits", account="alice", orders_max=1)
        await alice.call("private/buy", **order(venue))
        assert (await alice.refused("private/buy", **order(venue)))["code"] == Code.PME_MAX_TOTAL_OPEN_ORDERS
        await operator.do("operator/set_limits", account="alice")
        await alice.call("private/buy", **order(venue))
        name = venue.symbol.replace("H100SXM", "RTX4090")
        assert (await operator.do("operator/list", instrument_name=name))["commands"] == 1
        assert (await operator.do("operator/list", instrument_name=name))["commands"] == 0
        assert (await alice.call("public/get_instrument", instrument_name=name))["instrument_name"] == name
        status = await operator.do("operator/status")
        assert status["connections"] == [
            {"client_id": venue.alice.client_id, "account": "alice", "address": "127.0.0.1"}
        ]
        assert await operator.do("operator/disconnect", account="alice") == {"connections": 1}
        with pytest.raises(ConnectionClosed, match="disconnected by the operator"):
            await alice.call("public/test")


async def test_the_two_planes_are_apart(operator: Operator) -> None:
    """Keys of one are no keys of the other, and neither knows the other's methods."""
    venue = operator.venue
    refused = await operator.ask("operator/kill", key=venue.alice, level="venue")
    assert refused["error"]["code"] == Code.FORBIDDEN
    refused = await operator.ask("private/buy", **order(venue))
    assert refused["error"]["code"] == Code.METHOD_NOT_FOUND
    assert not [method for method in METHODS if method.startswith("operator/")]
    async with venue.caller(operator.key) as caller:
        for method in OPERATOR_METHODS.keys() - METHODS.keys():
            assert (await caller.refused(method))["code"] == Code.METHOD_NOT_FOUND
        assert (await caller.refused("private/buy", **order(venue)))["code"] == Code.FORBIDDEN
        assert (await caller.refused("private/get_positions"))["code"] == Code.FORBIDDEN
    for path in ("/api/v2/operator/status", "/api/v2"):
        async with operator.http.post(venue.http + path, data=rpc("operator/status")) as response:
            assert response.status in (400, 404, 405)
    token = (await operator.ask("public/auth", **signature(operator.key)))["result"]
    assert token["scope"] == f"connection {OPERATE}"


async def test_no_secret_is_logged(operator: Operator, capsys: pytest.CaptureFixture[str]) -> None:
    """Who did what is."""
    await operator.do("operator/kill", level="entry")
    await operator.ask("public/auth", grant_type="client_credentials", client_id="x", client_secret="of somebody")
    said = "".join(capsys.readouterr())
    assert "operator/kill" in said
    assert operator.key.client_id in said
    assert operator.key.client_secret not in said
    assert "of somebody" not in said
