"""``gpux operator`` against the plane of a real venue, over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result
from websockets.exceptions import ConnectionClosed

from exchange.cli import app
from exchange.config import OperatorSettings
from exchange.domain.scopes import OPERATE
from exchange.keys import ApiKey
from exchange.plane import OperatorKey, Plane, PlaneError
from exchange.wire.requests.operator import OPERATOR_METHODS
from tests.gateway.venue import Venue, running


class Desk:
    """The commands, with a key of the operator in the environment."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.key = venue.keys.create("venue", (OPERATE,))
        self.url = f"http://127.0.0.1:{venue.server.operator_port}"

    async def run(self, *words: str, key: ApiKey | None = None, url: str = "") -> Result:
        shown = key or self.key
        variables = {
            "GPUX_OPERATOR_URL": url or self.url,
            "GPUX_KEY": shown.client_id,
            "GPUX_SECRET": shown.client_secret,
        }
        return await asyncio.to_thread(CliRunner(env=variables).invoke, app, ["operator", *words])

    async def do(self, *words: str) -> Any:
        """What ``--json`` prints."""
        result = await self.run(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout.splitlines()[-1])

    async def refused(self, *words: str, key: ApiKey | None = None, url: str = "") -> str:
        """The one line that it says instead."""
        result = await self.run(*words, key=key, url=url)
        assert result.exit_code == 2, result.output
        line = result.stderr.splitlines()[-1]
        assert line.startswith("gpux: ")
        return line


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with running(tmp_path) as venue:
        venue.settings = venue.settings.model_copy(update={"operator": OperatorSettings(port=0)})
        await venue.restart_gateway()
        yield Desk(venue)


async def test_markets_and_accounts_are_stopped_and_go_on(desk: Desk) -> None:
    """By instrument, by SKU and region, all of them, an account, and the door."""
    venue = desk.venue
    symbols = [contract.symbol for contract in venue.contracts]
    order = {"instrument_name": venue.symbol, "amount": 8, "price": 2.5}
    async with venue.caller(venue.alice) as alice:
        for what, stopped in ((venue.symbol, symbols[:1]), ("H100SXM_USE", symbols), ("all", symbols)):
            for stop in ("halt", "cancel-only"):
                assert (await desk.do(stop, what))["commands"] == len(stopped)
                assert (await desk.do("status"))["stopped"] == stopped
                assert "error" in await alice.ask("private/buy", **order)
                await desk.do("resume", what)
        assert (await desk.do("status"))["stopped"] == []
        for level in (["--account", "alice"], [venue.symbol], ["H100SXM_USE"], ["venue"]):
            await alice.call("private/buy", **order)
            await desk.do("kill", *level)
            assert await alice.call("private/get_open_orders") == []
            assert "error" in await alice.ask("private/buy", **order)
            await desk.do("revive", *level)
        await alice.call("private/buy", **order)
        await desk.do("kill", "entry")
        assert len(await alice.call("private/get_open_orders")) == 1
        assert "error" in await alice.ask("private/buy", **order)


async def test_limits_listings_and_disconnecting(desk: Desk) -> None:
    """What it came to is told to people in words."""
    venue = desk.venue
    async with venue.caller(venue.alice) as alice:
        await desk.do("limits", "alice", "--orders-max", "1")
        order = {"instrument_name": venue.symbol, "amount": 8, "price": 2.5}
        await alice.call("private/buy", **order)
        assert "error" in await alice.ask("private/buy", **order)
        await desk.do("limits", "alice", "--orders-max", "0")
        await alice.call("private/buy", **order)
        name = venue.symbol.replace("H100SXM", "RTX4090")
        assert "list: 1 commands" in (await desk.run("list", name)).stdout
        assert (await alice.call("public/get_instrument", instrument_name=name))["instrument_name"] == name
        said = (await desk.run("status")).stdout
        for word in ("3 instruments", "stopped: none", "1 with a key, 0 without", venue.alice.client_id, "127.0.0.1"):
            assert word in said
        assert await desk.do("disconnect", "--account", "alice") == {"connections": 1}
        with pytest.raises(ConnectionClosed, match="disconnected by the operator"):
            await alice.call("public/test")


async def test_what_cannot_be_is_said_in_a_line(desk: Desk, tmp_path: Path) -> None:
    """No plane, another port, another key, a secret for all to read, and words that do not go together."""
    venue = desk.venue
    assert "no operator's plane at http://127.0.0.1:1: " in await desk.refused("status", url="http://127.0.0.1:1")
    assert "does not know operator/status" in await desk.refused("status", url=venue.http)
    assert "is no address" in await desk.refused("status", url="127.0.0.1:8701")
    assert "lacks the scope" in await desk.refused("status", key=venue.alice)
    wrong = ApiKey(desk.key.client_id, "of somebody else", "venue")
    assert "signature does not fit" in await desk.refused("status", key=wrong)
    assert "expected --key" in await desk.refused("status", key=ApiKey("", "", ""))
    assert "expected the key's secret" in await desk.refused("status", key=ApiKey("x", "", ""))
    assert "no instrument" in await desk.refused("halt", "H100SXM-1")
    assert "say WHAT" in await desk.refused("kill")
    assert "say WHAT" in await desk.refused("kill", "venue", "--account", "alice")
    assert "at least one limit" in await desk.refused("limits", "alice")
    assert "no account 'nobody'" in await desk.refused("limits", "nobody", "--orders-max", "1")
    assert "say client_id or account" in await desk.refused("disconnect")
    plane = Plane(desk.url, OperatorKey(desk.key.client_id, desk.key.client_secret))
    with pytest.raises(PlaneError, match="does not know operator/nonsense"):
        await asyncio.to_thread(plane.ask, "operator/nonsense", {})


async def test_the_secret_comes_from_a_file_that_is_its_owners(desk: Desk, tmp_path: Path) -> None:
    """As a process of its own, whose words everybody on the machine may read."""
    file = tmp_path / "secret"
    file.write_text(desk.key.client_secret + "\n")
    file.chmod(0o644)
    words = ("--url", desk.url, "--key", desk.key.client_id, "--secret-file", str(file), "status")
    assert "chmod 600" in await desk.refused(*words)
    file.chmod(0o600)
    assert (await desk.run(*words, key=ApiKey("x", "y", ""))).exit_code == 0
    assert "cannot be read" in await desk.refused("--secret-file", str(tmp_path / "none"), "status")


def test_every_method_of_the_plane_has_a_command() -> None:
    """A new one without a command fails here."""
    said = CliRunner().invoke(app, ["operator", "--help"]).output
    words = {method.removeprefix("operator/").replace("_", "-") for method in OPERATOR_METHODS} - {"public/auth"}
    assert [word for word in words if word.removeprefix("set-") not in said] == []
