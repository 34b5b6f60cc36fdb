"""Statements and indexes over the API: what the journal says, while the venue runs."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from exchange.clearing.index_price import Fixing, daily_index
from exchange.daily.sheet import index_entry
from exchange.domain.enums import FixingMethod
from exchange.domain.instruments import parse_symbol
from exchange.gateway.server import statements
from exchange.keys import ApiKey
from exchange.replaying import replayer
from exchange.statement.document import DAY_COLUMNS
from exchange.wire.refusals import Code
from exchange.wire.statements import StatementDay, StatementHours
from tests.gateway.venue import Venue, running, signature, soon


@pytest.fixture
async def venue(tmp_path: Path) -> AsyncIterator[Venue]:
    async with running(tmp_path) as venue:
        yield venue


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process starts for each statement, which takes as long as the machine is busy."""
    monkeypatch.setattr("tests.gateway.venue.SECONDS", 240.0)


async def trade(venue: Venue, lots: int = 2) -> None:
    """Bob sells to alice at $2.50; he was first."""
    async with venue.caller(venue.bob) as bob, venue.caller(venue.alice) as alice:
        await bob.call("private/sell", instrument_name=venue.symbol, amount=8 * lots, price=2.5)
        await alice.call("private/buy", instrument_name=venue.symbol, amount=8 * lots, price=2.5)


def cash(venue: Venue, account: int) -> Decimal:
    return Decimal(venue.engine.account(account).cash_micros) / 10**6


def total(statement: dict[str, Any], column: str) -> Decimal:
    return sum((Decimal(row[column]) for row in statement["rows"]), Decimal(0))


async def test_a_statement_sums_to_the_unit_and_counts_orders_before_it(venue: Venue) -> None:
    """Asked for in the same breath as the order; the other requests of the connection do not wait for it."""
    await trade(venue)
    async with venue.caller(venue.bob) as bob, venue.caller(venue.alice) as alice:
        await bob.call("private/sell", instrument_name=venue.symbol, amount=8, price=2.5)
        await alice.send(
            id="o", method="private/buy", params={"instrument_name": venue.symbol, "amount": 8, "price": 2.5}
        )
        await alice.send(id="s", method="private/get_statement", params={})
        await alice.send(id="t", method="public/get_time", params={})
        await alice.send(id="p", method="private/get_positions", params={})
        await alice.reply("p")
        statement = (await alice.reply("s"))["result"]
        assert msgspec.to_builtins(msgspec.convert(statement, StatementDay)) == statement
        assert {message["id"] for message in alice.news} == {"o", "t"}
    assert [row["what"] for row in statement["rows"]] == ["deposit", "buy", "buy"]
    assert Decimal(statement["opening"]) == 0
    assert total(statement, "cash") == Decimal(statement["closing"]) == cash(venue, 1) == 10**6 - 60


async def test_by_the_hour_it_sums_as_well(venue: Venue) -> None:
    await trade(venue, 3)
    async with venue.caller(venue.alice) as alice:
        statement = await alice.call("private/get_statement", hourly=True)
        assert msgspec.to_builtins(msgspec.convert(statement, StatementHours)) == statement
    contract = parse_symbol(venue.symbol)
    assert [(row["hour"], row["lots"], row["gpu_hours"]) for row in statement["rows"]] == [
        (contract.start_ns // 10**6, 3, 24)
    ]
    assert statement["used"] is None
    left = Decimal(statement["to_spend"]) - total(statement, "spent") + Decimal(statement["other"])
    assert left == Decimal(statement["closing"]) == cash(venue, 1)


async def test_each_sees_his_own_and_only_with_a_key_that_may_read(venue: Venue) -> None:
    await trade(venue)
    async with venue.caller() as stranger:
        assert (await stranger.refused("private/get_statement"))["code"] == 13009
    async with venue.caller(venue.bob) as bob:
        rows = (await bob.call("private/get_statement"))["rows"]
        assert [row["what"] for row in rows] == ["deposit", "sell"]


async def test_what_cannot_be_stated_is_refused(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    """A date that does not exist, more rows than a reply may have, more askers than may wait."""
    await trade(venue)
    async with venue.caller(venue.alice) as alice:
        for day in ("2026-02-30", "2026-2-3", "yesterday"):
            assert (await alice.refused("private/get_statement", day=day))["data"]["param"] == "day"
        assert (await alice.call("private/get_statement", day="2020-02-29"))["closing"] == "0.00"
        monkeypatch.setitem(statements.ENTRIES_MAX, "day", 1)
        error = await alice.refused("private/get_statement")
        assert "more than 1 entries" in error["message"]
        monkeypatch.setattr(replayer, "WAITING_MAX", 1)
        replies = await asyncio.gather(*(_statement(venue, key) for key in (venue.alice, venue.alice, venue.bob)))
        assert sorted("result" in reply for reply in replies) == [False, False, True]
        refusals = [reply["error"] for reply in replies if "error" in reply]
        assert {error["code"] for error in refusals} == {10028}
        assert sorted(error["message"].rpartition("; ")[2] for error in refusals) == [
            "ask again in a moment",
            "wait for it",
        ]


async def _statement(venue: Venue, key: ApiKey) -> dict[str, Any]:
    async with venue.caller(key) as caller:
        return await caller.ask("private/get_statement", hourly=True)


async def test_orders_go_on_while_a_statement_is_made(venue: Venue) -> None:
    """It is of what was durable when it began, and nobody waits for it."""
    async with venue.caller(venue.alice) as alice, venue.caller(venue.bob) as bob:
        asked = asyncio.create_task(alice.call("private/get_statement"))
        answered = 0
        order = {
            "instrument_name": venue.symbol,
            "amount": 8,
            "price": 2.5,
            "time_in_force": "immediate_or_cancel",
        }
        while not asked.done():
            await bob.call("private/sell", **order)
            answered += 1
            # On a machine with one core to spare the other process, which is nicer, would never come to an end.
            await asyncio.sleep(0.02)
        assert answered > 5
        assert [row["what"] for row in (await asked)["rows"]] == ["deposit"]


async def test_a_client_that_leaves_takes_its_answer_with_it(venue: Venue) -> None:
    async with venue.caller(venue.alice) as alice:
        await alice.send(id=1, method="private/get_statement", params={})
    async with venue.caller(venue.alice) as alice, soon("room for another statement"):
        reply = await alice.ask("private/get_statement")
        while "error" in reply:
            assert reply["error"]["code"] == Code.TOO_MANY_REQUESTS
            await asyncio.sleep(0.01)
            reply = await alice.ask("private/get_statement")
        assert reply["result"]["rows"]


async def test_a_venue_that_stops_does_not_wait_for_statements(tmp_path: Path) -> None:
    async with running(tmp_path) as venue:
        connection = venue.caller(venue.alice)
        alice = await connection.__aenter__()
        await alice.send(id=1, method="private/get_statement", params={})
        await alice.call("public/get_time")
        await venue.server.stop()
        assert not venue.server._carrier._inquiries
        await connection.__aexit__(None, None, None)


async def test_csv_over_http(venue: Venue) -> None:
    """With the access token of a sign-in; the same rows."""
    await trade(venue)
    async with venue.caller() as caller:
        token = (await caller.call("public/auth", **signature(venue.alice)))["access_token"]
    status, text = await _get(venue, f"Bearer {token}")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert (status, [row["what"] for row in rows]) == (200, ["deposit", "buy"])
    assert sum(Decimal(row["cash"]) for row in rows) == cash(venue, 1)
    assert rows[0]["timestamp"].endswith("Z")
    status, text = await _get(venue, f"Bearer {token}", hourly="true")
    assert (status, text.splitlines()[0]) == (200, "hour,what,lots,gpu_hours,spent,left")
    status, text = await _get(venue, f"Bearer {token}", day="2020-01-01")
    assert (status, text) == (200, ",".join(DAY_COLUMNS) + "\n")


async def test_csv_is_refused_without_a_token_or_with_odd_parameters(venue: Venue) -> None:
    reader = venue.keys.create("alice", ("trade:read_write",))
    nobody = venue.keys.create("nobody")
    async with venue.caller() as caller:
        token = (await caller.call("public/auth", **signature(venue.alice)))["access_token"]
        blind = (await caller.call("public/auth", **signature(reader)))["access_token"]
        lost = (await caller.call("public/auth", **signature(nobody)))["access_token"]
    for authorization in ("", "Bearer", "Bearer wrong", f"Bearer {blind}", f"Bearer {lost}"):
        status, text = await _get(venue, authorization)
        assert status == 403, text
    for query in ({"day": "soon"}, {"hourly": "maybe"}, {"dya": "2026-12-01"}):
        status, text = await _get(venue, f"Bearer {token}", **query)
        assert status == 400, text


async def _get(venue: Venue, authorization: str, **query: str) -> tuple[int, str]:
    url = f"{venue.http}/api/v2/private/get_statement.csv"
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, params=query, headers={"Authorization": authorization}) as response,
    ):
        return response.status, await response.text()


def index(day: str, price_ticks: int) -> dict[str, Any]:
    contract = parse_symbol(f"H100SXM_USE_H14-{day}DEC26")
    fixing = Fixing(contract, price_ticks, FixingMethod.VOLUME, 30)
    return index_entry(daily_index(contract.sku, contract.day, [fixing]))


async def test_the_index_is_published_and_kept(venue: Venue) -> None:
    """A listener hears the last one at once and each new one; history leaves out what it was made from."""
    venue.server.publish_indexes([index("1", 2_500)])
    async with venue.caller() as caller:
        await caller.call("public/subscribe", channels=["index.H100SXM"])
        assert await caller.heard("index.H100SXM") == index("1", 2_500)
        venue.server.publish_indexes([index("2", 2_612)])
        assert await caller.heard("index.H100SXM") == index("2", 2_612)
        assert await caller.call("public/get_index", sku="H100SXM") == index("2", 2_612)
        assert await caller.call("public/get_index", sku="H100SXM", day="2026-12-01") == index("1", 2_500)
        history = await caller.call("public/get_index_history", sku="H100SXM", count=2)
        assert history == [index("1", 2_500) | {"inputs": []}, index("2", 2_612) | {"inputs": []}]
        assert len(await caller.call("public/get_index_history", sku="H100SXM", count=1)) == 1
        assert await caller.call("public/get_index_history", sku="L40S") == []
        for method, params in (
            ("public/get_index", {"sku": "L40S"}),
            ("public/get_index", {"sku": "H100SXM", "day": "2026-12-03"}),
            ("public/get_index", {"sku": "H100"}),
            ("public/get_index_history", {"sku": "H100"}),
        ):
            assert (await caller.refused(method, **params))["code"] == 13020
        assert (await caller.refused("public/subscribe", channels=["index.H100"]))["code"] == 13020
