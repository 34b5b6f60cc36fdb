"""The past is the same before and after a restart, however far memory goes: no gap, nothing twice."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from websockets.asyncio.client import connect

from exchange.archive import holders
from exchange.gateway.mirror import accounts, markets, state
from exchange.gateway.session.permits import ANSWERED
from exchange.wire.requests import METHODS
from tests.client.running import RunningVenue
from tests.gateway.venue import Caller

DAY_MS = 86_400_000
# What they say is of now, or changes nothing and is asked of other processes.
_OF_NOW = {"public/get_time", "private/get_statement"}


@pytest.fixture
async def venue(tmp_path: Path) -> AsyncIterator[RunningVenue]:
    async with RunningVenue(tmp_path) as venue:
        yield venue


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory goes back by five of everything."""
    for module in (accounts, markets, state):
        monkeypatch.setattr(module, "TRADES_KEPT", 5)
    monkeypatch.setattr(accounts, "CLOSED_KEPT", 5)
    monkeypatch.setattr(state, "CLOSED_ORDERS_KEPT", 5)


@asynccontextmanager
async def caller(venue: RunningVenue, account: str = "") -> AsyncIterator[Caller]:
    async with connect(venue.url, compression=None, proxy=None, max_size=2**24) as socket:
        caller = Caller(socket)
        if account:
            await caller.sign_in(venue.key[account])
            await caller.call("private/disable_cancel_on_disconnect")
        yield caller


async def hours(venue: RunningVenue) -> list[str]:
    async with caller(venue) as anybody:
        listed = await anybody.call("public/get_instruments")
    return [each["instrument_name"] for each in listed if each["hours"] == 1 and "H100SXM" in each["instrument_name"]]


async def trade(venue: RunningVenue, symbols: list[str], prices: list[float], **more: Any) -> list[dict[str, Any]]:
    """Alice sells and bob buys, each time in the next instrument; her answers."""
    sold = []
    async with caller(venue, "alice") as alice, caller(venue, "bob") as bob:
        for place, price in enumerate(prices):
            order = {"instrument_name": symbols[place % len(symbols)], "amount": 8, "price": price}
            sold.append(await alice.call("private/sell", **order, **more))
            await bob.call("private/buy", **order)
    return sold


async def restart(venue: RunningVenue) -> None:
    await venue.stop()
    await venue.start()


def asked(method: str, known: dict[str, Any]) -> dict[str, Any]:
    return {name: known[name] for name in METHODS[method].__struct_fields__ if name in known}


def without_now(answer: Any) -> Any:
    """A summary is created when it is asked for; a book that began again is of the time and the id of its beginning."""
    if isinstance(answer, list) and answer and "bid_price" in answer[0]:
        return [{name: value for name, value in each.items() if name != "creation_timestamp"} for each in answer]
    if isinstance(answer, dict) and "best_bid_price" in answer:
        return {name: value for name, value in answer.items() if name not in ("timestamp", "change_id")}
    return answer


async def test_every_question_is_answered_as_before_a_restart(venue: RunningVenue) -> None:
    """Of everybody and of the holder: the book, the day, candles, trades; orders open, filled and cancelled."""
    symbols = await hours(venue)
    sold = await trade(venue, symbols[-2:], [2.4, 2.3, 2.5, 2.5, 2.45, 2.35], label="tag")
    async with caller(venue, "alice") as alice, caller(venue, "bob") as bob:
        order = {"instrument_name": symbols[-1], "amount": 24, "price": 2.2, "label": "tag"}
        part = (await alice.call("private/buy", **order, client_order_id="part"))["order"]
        await bob.call("private/sell", instrument_name=symbols[-1], amount=8, price=2.2)
        await alice.call("private/edit", order_id=part["order_id"], amount=32, price=2.1)
        gone = (await alice.call("private/buy", **order, client_order_id="gone"))["order"]
        await alice.call("private/cancel", order_id=gone["order_id"])
        stop = {"type": "stop_limit", "trigger_price": 1.9, "trigger": "last_price"}
        await alice.call("private/sell", **{**order, "price": 1.8}, **stop)
    known = {
        "instrument_name": symbols[-1], "currency": "USD", "count": 100, "label": "tag", "resolution": "1",
        "order_id": sold[0]["order"]["order_id"], "sku": "H100SXM", "sku_region": "H100SXM_USE", "from_seq": 1,
        "index_name": "h100sxm_use", "include_unfilled": True, "amount": 8, "price": 2,
        "start_timestamp": time.time_ns() // 10**6 - DAY_MS, "end_timestamp": time.time_ns() // 10**6 + DAY_MS,
    }  # fmt: skip
    questions = sorted(method for method in ANSWERED - _OF_NOW if "/get_" in method or method == "public/ticker")
    answers: list[dict[str, Any]] = []
    for _ in range(2):
        async with caller(venue, "alice") as alice:
            found = {method: await alice.ask(method, **asked(method, known)) for method in questions}
            for order_id in (part["order_id"], gone["order_id"]):
                found[order_id] = await alice.ask("private/get_order_state", order_id=order_id)
            for name in ("part", "gone"):
                found[name] = await alice.ask("private/get_order_state", client_order_id=name)
        answers.append({name: without_now(each.get("result", each.get("error"))) for name, each in found.items()})
        await restart(venue)
    before, after = answers
    assert len(before) > 40
    assert {name: answer for name, answer in after.items() if answer != before[name]} == {}
    trades = before["private/get_user_trades_by_instrument"]["trades"]
    assert (len(trades), before["gone"]["order_state"], before["part"]["average_price"]) == (4, "cancelled", 2.2)


def spans(first: str, last: str) -> Iterator[tuple[dict[str, Any], str]]:
    """How somebody reads on, in either direction: what he asks, and the parameter that he moves."""
    beginning = "0" if first == "start_id" else 0
    yield {"sorting": "asc", first: beginning}, first
    yield {first: beginning}, first
    yield {"sorting": "desc"}, last
    yield {"sorting": "asc", "start_timestamp": 0}, "start_timestamp"
    yield {}, "end_timestamp"


async def read_on(asker: Any, method: str, params: dict[str, Any], moved: str, number: str) -> list[dict[str, Any]]:
    """Page by page from the last trade of each, without those that are known."""
    found: dict[str, dict[str, Any]] = {}
    for _ in range(100):
        page = await asker(method, **params)
        found |= {trade["trade_id"]: trade for trade in page["trades"] if trade["trade_id"] not in found}
        if not page["has_more"]:
            return list(found.values())
        last = page["trades"][-1]
        params = {**params, moved: last["timestamp" if "timestamp" in moved else number]}
    raise AssertionError("it goes on for ever")


@pytest.mark.usefixtures("forgetful")
async def test_trades_are_read_page_by_page_beyond_memory_and_restart(venue: RunningVenue) -> None:
    """By number, id and time, both ways, of one instrument and of all, of everybody and one's own, over both doors."""
    symbols = (await hours(venue))[-2:]
    prices = [round(2.3 + (number * 7 % 11) / 100, 2) for number in range(26)]
    await trade(venue, symbols, prices[:14])
    await restart(venue)
    await trade(venue, symbols, prices[14:])
    async with caller(venue, "alice") as alice, aiohttp.ClientSession() as http:

        async def over_http(method: str, **params: Any) -> Any:
            texts = {name: str(value) for name, value in params.items()}
            async with http.get(f"{venue.page}api/v2/{method}", params=texts) as response:
                assert response.status == 200
                return (await response.json())["result"]

        for kind, asker in (
            ("public/get_last", alice.call),
            ("private/get_user", alice.call),
            ("public/get_last", over_http),
        ):
            of_one, of_all = f"{kind}_trades_by_instrument", f"{kind}_trades_by_currency"
            for params, moved in spans("start_seq", "end_seq"):
                wanted = {"instrument_name": symbols[0], "count": 3, **params}
                heard = await read_on(asker, of_one, wanted, moved, "trade_seq")
                seqs = [found["trade_seq"] for found in heard]
                assert seqs == (list(range(1, 14)) if "start" in moved else list(range(13, 0, -1)))
                assert [found["price"] for found in heard] == [prices[2 * (seq - 1)] for seq in seqs]
            for params, moved in spans("start_id", "end_id"):
                wanted = {"currency": "USD", "count": 3, **params}
                heard = await read_on(asker, of_all, wanted, moved, "trade_id")
                assert [found["price"] for found in heard] == (prices if "start" in moved else prices[::-1])
        recent = await alice.call("public/get_last_trades_by_currency", currency="USD", count=4)
        assert [found["price"] for found in recent["trades"]] == prices[:-5:-1]
        first = (await alice.call("private/get_user_trades_by_instrument", instrument_name=symbols[0], start_seq=1))[
            "trades"
        ]
        of_order = await alice.call("private/get_user_trades_by_order", order_id=first[0]["order_id"])
        assert of_order == [first[0]]
        async with caller(venue, "bob") as bob:
            refused = await bob.refused("private/get_user_trades_by_order", order_id=first[0]["order_id"])
            assert refused["code"] == 10004


@pytest.mark.usefixtures("forgetful")
async def test_closed_orders_are_read_page_by_page(venue: RunningVenue) -> None:
    """With a continuation or an offset, over both doors; those that traded nothing only if asked for."""
    symbols = (await hours(venue))[-2:]
    closed = []
    for part in (range(9), range(9, 18)):
        async with caller(venue, "alice") as alice:
            for number in part:
                order = {"instrument_name": symbols[number % 2], "amount": 8, "price": 2, "label": f"l{number % 3}"}
                placed = await alice.call("private/buy", **order)
                if number % 3:
                    await alice.call("private/cancel", order_id=placed["order"]["order_id"])
                else:
                    async with caller(venue, "bob") as bob:
                        await bob.call("private/sell", instrument_name=symbols[number % 2], amount=8, price=2)
                closed.append(placed["order"]["order_id"])
        await restart(venue)
    closed.reverse()
    wanted = {"currency": "any", "include_unfilled": True, "count": 4}
    async with caller(venue, "alice") as alice, aiohttp.ClientSession() as http:
        token = (await alice.sign_in(venue.key["alice"]))["access_token"]

        async def over_http(method: str, **params: Any) -> Any:
            texts = {name: str(value).lower() for name, value in params.items()}
            head = {"Authorization": f"Bearer {token}"}
            async with http.get(f"{venue.page}api/v2/{method}", params=texts, headers=head) as response:
                return (await response.json())["result"]

        by_currency = "private/get_order_history_by_currency"
        for asker in (alice.call, over_http):
            found: list[str] = []
            page: dict[str, Any] = {}
            more: dict[str, Any] = {"with_continuation": True}
            while page.get("continuation", "first"):
                page = await asker(by_currency, **wanted, **more)
                found += [order["order_id"] for order in page["orders"]]
                more["continuation"] = page["continuation"]
            assert found == closed
            paged = [await asker(by_currency, **wanted, offset=offset) for offset in range(0, 20, 4)]
            assert [order["order_id"] for page in paged for order in page] == closed
        filled = await alice.call(by_currency, currency="USD", count=100)
        assert [order["order_id"] for order in filled] == closed[2::3]
        of_one = await alice.call("private/get_order_history_by_instrument", instrument_name=symbols[1], count=2)
        assert [order["order_id"] for order in of_one] == [closed[2], closed[8]]
        labelled = await alice.call("private/get_order_state_by_label", label="l1")
        assert [order["order_id"] for order in labelled] == closed[1::3]
        refused = await alice.refused(by_currency, **wanted, continuation="12345")
        assert refused["data"]["param"] == "continuation"


async def test_an_order_sent_again_after_a_restart_is_the_first_one(venue: RunningVenue) -> None:
    """Filled, cancelled, or for any of several instruments: its result, with its trades, and nothing is placed."""
    symbols = (await hours(venue))[-2:]
    async with caller(venue, "alice") as alice, caller(venue, "bob") as bob:
        order = {"instrument_name": symbols[0], "amount": 16, "price": 2.4, "label": "tag"}
        await alice.call("private/buy", **order, client_order_id="filled")
        for _ in range(2):
            await bob.call("private/sell", instrument_name=symbols[0], amount=8, price=2.4)
        await alice.call("private/buy", **order, client_order_id="gone")
        await alice.call("private/cancel", client_order_id="gone")
        either = {"instruments": [{"instrument_name": name} for name in symbols], "amount": 8, "price": 2.4}
        await alice.call("private/buy_any", **either, client_order_id="either")
        await bob.call("private/sell", instrument_name=symbols[1], amount=8, price=2.4)
        again = {"private/buy": ("filled", "gone"), "private/buy_any": ("either",)}
        wishes = {"private/buy": order, "private/buy_any": either}
        first = {
            name: await alice.call(method, **wishes[method], client_order_id=name)
            for method in again
            for name in again[method]
        }
    assert [len(result["trades"]) for result in first.values()] == [2, 0, len(first["either"]["trades"])]
    await restart(venue)
    async with caller(venue, "alice") as alice:
        for method, names in again.items():
            for name in names:
                assert await alice.call(method, **wishes[method], client_order_id=name) == first[name]
        assert await alice.call("private/get_open_orders") == []
        history = await alice.call("private/get_order_history_by_currency", currency="any", include_unfilled=True)
        assert [each["client_order_id"] for each in history] == ["either", "gone", "filled"]


async def test_what_reaches_too_far_is_asked_in_pieces(venue: RunningVenue, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal says which piece comes first, and that one is answered."""
    symbols = (await hours(venue))[-2:]
    await trade(venue, symbols, [2.4, 2.3, 2.5, 2.4])
    await restart(venue)
    await trade(venue, symbols, [2.2, 2.3])
    monkeypatch.setattr(holders, "LOOKED_MAX", 5)
    async with caller(venue, "alice") as alice:
        method, wanted = "private/get_user_trades_by_instrument", {"instrument_name": symbols[0], "count": 100}
        refused = await alice.refused(method, **wanted)
        assert refused["data"]["reason"] == "too_far"
        name, bound = refused["data"]["param"], refused["message"].rpartition(" ")[2]
        piece = await alice.call(method, **wanted, **{name: int(bound)})
        assert [found["price"] for found in piece["trades"]] == [2.2]
        by_instrument = {"instrument_name": symbols[0], "count": 3}
        assert (await alice.refused("private/get_order_history_by_instrument", **by_instrument))["data"][
            "reason"
        ] == "too_far"
        page = await alice.call("private/get_order_history_by_instrument", **by_instrument, with_continuation=True)
        rest = await alice.call(
            "private/get_order_history_by_instrument",
            **by_instrument,
            with_continuation=True,
            continuation=page["continuation"],
        )
        assert [each["price"] for each in [*page["orders"], *rest["orders"]]] == [2.2, 2.5, 2.4]
