"""A venue that restarts: those who trade meanwhile lose nothing, do nothing twice, and are told what goes on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from websockets.exceptions import ConnectionClosed

from exchange.client import ApiError, Client, ConnectionLost
from exchange.config import AccountSettings, Settings
from exchange.keys import FILE_NAME, ApiKey, KeyStore
from exchange.service import serve
from exchange.wire.refusals import Code
from tests.gateway.venue import Venue, running

TRADERS = 4
ORDERS_BEFORE = 40
ORDERS_AFTER = 20
_AGAIN = {Code.RETRY, Code.MATCHING_ENGINE_QUEUE_FULL, Code.TOO_MANY_REQUESTS}


@pytest.fixture
async def venue(tmp_path: Path) -> AsyncIterator[Venue]:
    async with running(tmp_path) as venue:
        yield venue


async def test_a_venue_that_drains_takes_cancels_and_no_orders(venue: Venue) -> None:
    """Who is there hears of it, may still cancel, and is closed with 1012 with everything that he is owed."""
    order = {"instrument_name": venue.symbol, "amount": 8, "price": 2}
    async with venue.caller(venue.alice) as alice:
        placed = (await alice.call("private/buy", **order))["order"]
        await alice.call("public/subscribe", channels=["platform_state"])
        assert (await alice.heard("platform_state"))["maintenance"] is False
        await alice.send(id="late", method="private/buy", params=order)
        await alice.call("public/test")
        venue.server.drain()
        error = await alice.refused("private/buy", **order)
        assert (error["code"], error["data"]["reason"]) == (Code.RETRY, "draining")
        assert (await alice.call("private/cancel", order_id=placed["order_id"]))["order_state"] == "cancelled"
        await alice.send(id="statement", method="private/get_statement", params={})
        await alice.call("public/test")
        await venue.node.stop()
        assert (await alice.refused("private/cancel_all"))["code"] == Code.RETRY
        await venue.server.stop()
        heard: list[dict[str, Any]] = list(alice.news)
        with contextlib.suppress(ConnectionClosed):
            while True:
                heard.append(await alice.next())
        assert (alice.socket.close_code, alice.socket.close_reason) == (1012, "service restart")
    answers = {message["id"]: message for message in heard if "id" in message}
    assert answers["late"]["result"]["order"]["order_state"] == "open"
    assert answers["statement"]["error"]["code"] == Code.RETRY
    told = [message["params"]["data"] for message in heard if message.get("method") == "subscription"]
    assert [state["maintenance"] for state in told] == [True]


async def test_nobody_new_comes_in_while_it_drains(venue: Venue) -> None:
    """503 with the time to come back, for WebSockets and for whoever asks whether it is ready."""
    venue.server.drain()
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(venue.url)
        assert refused.value.status == 503
        assert refused.value.headers is not None
        assert refused.value.headers["Retry-After"] == "2"
        async with http.get(f"{venue.http}/readyz") as response:
            assert (response.status, (await response.json())["reasons"]) == (503, ["draining"])
        async with http.get(f"{venue.http}/healthz") as response:
            assert response.status == 200


async def test_a_restart_under_load_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Traders send orders through SIGTERM and beyond; in the end each of their ids is open exactly once."""
    with KeyStore(tmp_path / FILE_NAME) as keys:
        key = keys.create("alice")
    traders = [Trader(number) for number in range(TRADERS)]
    async with asyncio.TaskGroup() as trading:
        async with _serving(tmp_path, 0) as port:
            trades = [trading.create_task(trader.trade(port, key)) for trader in traders]
            await asyncio.gather(*(trader.busy.wait() for trader in traders))
        async with _serving(tmp_path, port):
            await asyncio.gather(*trades)
            async with _client(port, key) as client:
                opened = [order.client_order_id for order in await client.open_orders()]
    sent = [client_id for trader in traders for client_id in trader.sent]
    assert sorted(opened) == sorted(sent)
    assert len(sent) == TRADERS * (ORDERS_BEFORE + ORDERS_AFTER)
    assert all(trader.breaks for trader in traders)


def _client(port: int, key: ApiKey) -> Client:
    return Client(f"ws://127.0.0.1:{port}/ws/api/v2", key)


class Trader:
    """Sends orders, eight at a time, each until it is known to be there. ``busy``: the venue may go down now."""

    def __init__(self, number: int) -> None:
        self.busy = asyncio.Event()
        self.sent = [f"t{number}-{order}" for order in range(ORDERS_BEFORE + ORDERS_AFTER)]
        self.breaks = 0

    async def trade(self, port: int, key: ApiKey) -> None:
        async with _client(port, key) as client:
            hours = [each for each in await client.instruments() if each.hours == 1]
            symbol = hours[-1].instrument_name
            for first in range(0, len(self.sent), 8):
                if first >= ORDERS_BEFORE:
                    self.busy.set()
                    # The rest is for the venue that comes after this one.
                    while not self.breaks:
                        await self._place(client, symbol, self.sent[first])
                await asyncio.gather(*(self._place(client, symbol, each) for each in self.sent[first : first + 8]))

    async def _place(self, client: Client, symbol: str, client_order_id: str) -> None:
        while True:
            try:
                await client.buy(symbol, 8, 1, client_order_id=client_order_id)
                return
            except ConnectionLost:
                self.breaks += 1
                await asyncio.sleep(0)
                await client.wait_connected()
            except ApiError as error:
                if error.reason == "duplicate_client_id":
                    return
                if error.code not in _AGAIN:
                    raise
                await asyncio.sleep(0)


@asynccontextmanager
async def _serving(directory: Path, port: int) -> AsyncIterator[int]:
    """The whole service in this process, until SIGTERM; it must end well."""
    account = AccountSettings(name="alice", cash_usd=Decimal(10**6))
    settings = Settings(
        directory=directory, port=port, skus=("H100SXM",), regions=("USE",), hours_ahead=6, accounts=(account,)
    )
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    told: list[str] = []

    def tell(event: str, particulars: dict[str, Any]) -> None:
        told.append(event)
        if event == "ready":
            ready.set_result(particulars["port"])

    service = asyncio.create_task(serve(settings, tell, stop_with_parent=False))
    try:
        waited: list[asyncio.Future[Any]] = [service, ready]
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if service.done():
            service.result()
        yield ready.result()
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        await service
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().remove_signal_handler(number)
    assert told == ["ready", "stopped"]
