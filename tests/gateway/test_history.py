"""What clients ask of the past and of many markets at once, over sockets and HTTP."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from exchange.config import GatewaySettings
from exchange.domain.enums import CommandKind, Kill
from exchange.domain.records import Command
from tests.gateway.venue import Caller, Venue, running

MINUTE_MS = 60_000


@pytest.fixture
async def venue(tmp_path: Path) -> AsyncIterator[Venue]:
    """With more credit than a client has: long answers cost much of it."""
    async with running(tmp_path, GatewaySettings(rate_burst=10**6, account_rate_burst=10**6)) as venue:
        yield venue


async def trade(venue: Venue, *prices: float, contract: int = 0) -> list[dict[str, Any]]:
    """One trade of 8 GPU-hours after another; the answers of who bought."""
    symbol = venue.contracts[contract].symbol
    answers = []
    async with venue.caller(venue.alice) as alice, venue.caller(venue.bob) as bob:
        for price in prices:
            await alice.call("private/sell", instrument_name=symbol, amount=8, price=price)
            answers.append(await bob.call("private/buy", instrument_name=symbol, amount=8, price=price))
    return answers


async def got(venue: Venue, method: str, **params: str) -> Any:
    async with aiohttp.ClientSession() as http, http.get(f"{venue.http}/api/v2/{method}", params=params) as response:
        answer = await response.json()
        assert "result" in answer, answer
        return answer["result"]


async def test_a_chart_is_of_what_traded(venue: Venue) -> None:
    """By column, whatever the resolution; without a trade there is no data."""
    now_ms = time.time_ns() // 10**6
    span = {"start_timestamp": now_ms - 10 * MINUTE_MS, "end_timestamp": now_ms + 10 * MINUTE_MS}
    async with venue.caller() as caller:
        asked = {"instrument_name": venue.symbol, "resolution": "1D", **span}
        assert (await caller.call("public/get_tradingview_chart_data", **asked))["status"] == "no_data"
        await trade(venue, 2.4, 2.3, 2.5, 2.35)
        for resolution in ("1", "5", "60", "1D"):
            asked = {"instrument_name": venue.symbol, "resolution": resolution, **span}
            chart = await caller.call("public/get_tradingview_chart_data", **asked)
            assert chart["status"] == "ok"
            assert {len(column) for name, column in chart.items() if name != "status"} == {len(chart["ticks"])}
            ends = (chart["open"][0], max(chart["high"]), min(chart["low"]), chart["close"][-1])
            assert ends == (2.4, 2.5, 2.3, 2.35)
            assert sum(chart["volume"]) == 32.0
            assert round(sum(chart["cost"]), 6) == round(8 * (2.4 + 2.3 + 2.5 + 2.35), 6)
            # Nothing is drawn of the future.
            assert chart["ticks"][-1] <= time.time_ns() // 10**6
        for wrong, code in (({"resolution": "2"}, -32602), ({"end_timestamp": 1}, -32602)):
            assert (await caller.refused("public/get_tradingview_chart_data", **{**asked, **wrong}))["code"] == code
    texts = {name: str(value) for name, value in asked.items()}
    assert (await got(venue, "public/get_tradingview_chart_data", **texts))["close"][-1] == 2.35


async def test_trades_are_found_by_time_and_of_all_instruments(venue: Venue) -> None:
    """With the fields that clients read; a currency that is none of ours has none."""
    before_ms = time.time_ns() // 10**6
    await trade(venue, 2.4, 2.3)
    await trade(venue, 2.2, contract=1)
    async with venue.caller() as caller:
        asked: dict[str, Any] = {"instrument_name": venue.symbol, "start_timestamp": before_ms, "include_old": True}
        answer = await caller.call("public/get_last_trades_by_instrument_and_time", **asked)
        assert [found["price"] for found in answer["trades"]] == [2.4, 2.3]
        assert {"trade_seq", "tick_direction", "index_price", "mark_price"} <= answer["trades"][0].keys()
        asked = {"instrument_name": venue.symbol, "end_timestamp": before_ms - 1}
        answer = await caller.call("public/get_last_trades_by_instrument_and_time", **asked)
        assert answer == {"trades": [], "has_more": False}
        everything = await caller.call("public/get_last_trades_by_currency", currency="USD", count=2)
        assert ([found["price"] for found in everything["trades"]], everything["has_more"]) == ([2.2, 2.3], True)
        last_id = everything["trades"][1]["trade_id"]
        onward = await caller.call("public/get_last_trades_by_currency", currency="any", start_id=last_id)
        assert [found["price"] for found in onward["trades"]] == [2.3, 2.2]
        base = venue.symbol.partition("-")[0]
        for currency, count in ((base, 2), ("BTC", 0), ("any", 3)):
            asked = {"currency": currency, "kind": "future", "start_timestamp": before_ms}
            answer = await caller.call("public/get_last_trades_by_currency_and_time", **asked)
            assert len(answer["trades"]) == count
        assert not (await caller.call("public/get_last_trades_by_currency", kind="option"))["trades"]


async def test_a_client_that_asks_currency_by_currency_sees_each_instrument_once(venue: Venue) -> None:
    """Five coins and our own: every hour is there once, as a market of its own, in instruments and summaries."""
    names = []
    currencies = [entry["currency"] for entry in await got(venue, "public/get_currencies")]
    for currency in [*currencies, "BTC", "ETH", "USDC", "SOL", "USDT"]:
        instruments = await got(venue, "public/get_instruments", currency=currency, kind="future")
        summaries = await got(venue, "public/get_book_summary_by_currency", currency=currency)
        assert [each["instrument_name"] for each in instruments] == [each["instrument_name"] for each in summaries]
        names += instruments
    assert [each["instrument_name"] for each in names] == [contract.symbol for contract in venue.contracts]
    assert len({(each["base_currency"], each["expiration_timestamp"] // 86_400_000) for each in names}) == len(names)


async def test_a_summary_is_a_day_without_its_book(venue: Venue) -> None:
    """Zero where a side is empty, null where nothing traded."""
    (empty,) = await got(venue, "public/get_book_summary_by_instrument", instrument_name=venue.symbol)
    assert (empty["bid_price"], empty["ask_price"], empty["mid_price"], empty["last"]) == (0.0, 0.0, None, None)
    await trade(venue, 2.4, 2.3)
    async with venue.caller(venue.alice) as alice:
        for side, price in (("sell", 2.5), ("buy", 2.2)):
            await alice.call(f"private/{side}", instrument_name=venue.symbol, amount=8, price=price)
        (full,) = await alice.call("public/get_book_summary_by_instrument", instrument_name=venue.symbol)
        assert (full["bid_price"], full["ask_price"], full["mid_price"], full["last"]) == (2.2, 2.5, 2.35, 2.3)
        assert (full["high"], full["low"], full["volume"], full["volume_usd"]) == (2.4, 2.3, 16.0, 37.6)
        assert full["mark_price"] == 2.3
        assert await alice.call("public/get_contract_size", instrument_name=venue.symbol) == {"contract_size": 8.0}
        assert await alice.call("public/get_announcements") == []
        assert await alice.call("public/get_index_price_names") == ["h100sxm_use"]
        instrument = await alice.call("public/get_instrument", instrument_name=venue.symbol)
        assert instrument["price_index"] == "h100sxm_use"
        # The first hour that is still open is not listed here.
        assert (await alice.refused("public/get_index_price", index_name="h100sxm_use"))["code"] == 13020


async def heard_until(caller: Caller, channel: str, price: float) -> list[dict[str, Any]]:
    found = [await caller.heard(channel)]
    while found[-1]["close"] != price:
        found.append(await caller.heard(channel))
    return found


async def test_a_candle_grows_as_trades_come(venue: Venue) -> None:
    """Silent before the first trade; who comes later begins with the candle as it is."""
    name = f"chart.trades.{venue.symbol}.1D"
    async with venue.caller() as early, venue.caller() as late:
        assert await early.call("public/subscribe", channels=[name]) == [name]
        await trade(venue, 2.4, 2.5)
        candle = (await heard_until(early, name, 2.5))[-1]
        assert (candle["open"], candle["high"], candle["volume"], candle["status"]) == (2.4, 2.5, 16.0, "ok")
        await late.call("public/subscribe", channels=[name])
        assert await late.heard(name) == candle
        await trade(venue, 2.3)
        assert (await heard_until(early, name, 2.3))[-1] == (await heard_until(late, name, 2.3))[-1]


async def test_a_kill_switch_locks_the_platform(venue: Venue) -> None:
    """Told at once, to who asks and to who listens; one account's is nobody else's business."""
    names = ["platform_state", "platform_state.public_methods_state"]
    async with venue.caller() as caller:
        await caller.call("public/subscribe", channels=names)
        assert await caller.heard(names[0]) == {"locked": False, "maintenance": False}
        assert await caller.heard(names[1]) == {"allow_unauthenticated_public_requests": True}
        await venue.ask(Command(kind=CommandKind.KILL, account=1, option=Kill.ACCOUNT, lots=1))
        await venue.ask(Command(kind=CommandKind.KILL, option=Kill.ENTRY, lots=1))
        assert await caller.heard(names[0]) == {"locked": True, "maintenance": False}
        assert (await caller.call("public/status"))["locked"] == "true"
        await venue.ask(Command(kind=CommandKind.KILL, option=Kill.ENTRY, lots=0))
        assert await caller.heard(names[0]) == {"locked": False, "maintenance": False}
        assert not caller.news


async def test_a_second_gateway_knows_what_is_stopped(venue: Venue) -> None:
    """It asks the engine."""
    await venue.ask(Command(kind=CommandKind.KILL, option=Kill.MARKET, lots=1))
    await venue.restart_gateway()
    async with venue.caller() as caller:
        assert (await caller.call("public/status"))["locked"] == "true"


async def test_a_ticker_speaks_though_nothing_happens(tmp_path: Path) -> None:
    """On each channel, with the time at which it says so."""
    async with running(tmp_path, GatewaySettings(ticker_seconds=0.2)) as venue, venue.caller() as caller:
        names = [f"ticker.{contract.symbol}.{form}" for contract in venue.contracts for form in ("raw", "100ms")]
        quotes = [f"quote.{venue.symbol}"]
        await caller.call("public/subscribe", channels=names + quotes)
        for name in names:
            tickers = [await caller.heard(name) for _ in range(3)]
            stamps = [ticker.pop("timestamp") for ticker in tickers]
            assert tickers[0] == tickers[1] == tickers[2]
            assert stamps[0] < stamps[1] < stamps[2]
        assert [news["params"]["channel"] for news in caller.news].count(quotes[0]) == 1


@pytest.mark.parametrize(
    "form", ["l2", "l3.raw", "none.10", "none.7.raw", "3.10.raw", "none.10.1s", "none.10.raw.x", "1s"]
)
async def test_a_book_in_no_known_form_is_refused(venue: Venue, form: str) -> None:
    """With what there is instead."""
    async with venue.caller() as caller:
        error = await caller.refused("public/subscribe", channels=[f"book.{venue.symbol}.{form}"])
        assert (error["code"], error["data"]["param"]) == (11052, "channels")
