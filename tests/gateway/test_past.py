"""The past is the same before and after a restart, however far memory goes: no gap, nothing twice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from websockets.asyncio.client import connect

from exchange.archive import Question, holders
from exchange.gateway.mirror import accounts, markets, state
from exchange.gateway.server.archivist import QUESTIONS_MAX
from exchange.gateway.session.permits import ANSWERED
from exchange.keys import ApiKey
from exchange.wire.messages import TradeList
from exchange.wire.refusals import Code
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
async def calling(url: str, key: ApiKey | None) -> AsyncIterator[Caller]:
    async with connect(url, compression=None, proxy=None, max_size=2**24) as socket:
        caller = Caller(socket)
        if key is not None:
            await caller.sign_in(key)
            await caller.call("private/disable_cancel_on_disconnect")
        yield caller


def caller(venue: RunningVenue, account: str = "") -> AbstractAsyncContextManager[Caller]:
    return calling(venue.url, venue.key.get(account))


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
        if 0 in part:
            await restart(venue)
    closed.reverse()
    async with caller(venue, "alice") as alice, aiohttp.ClientSession() as http:
        token = (await alice.sign_in(venue.key["alice"]))["access_token"]

        async def over_http(method: str, **params: Any) -> Any:
            texts = {name: str(value).lower() for name, value in params.items()}
            head = {"Authorization": f"Bearer {token}"}
            async with http.get(f"{venue.page}api/v2/{method}", params=texts, headers=head) as response:
                return (await response.json())["result"]

        by_currency = "private/get_order_history_by_currency"
        for asker, count in ((alice.call, 2), (alice.call, 4), (over_http, 4)):
            wanted = {"currency": "any", "include_unfilled": True, "count": count}
            found: list[str] = []
            page: dict[str, Any] = {}
            more: dict[str, Any] = {"with_continuation": True}
            while page.get("continuation", "first"):
                page = await asker(by_currency, **wanted, **more)
                found += [order["order_id"] for order in page["orders"]]
                more["continuation"] = page["continuation"]
            assert found == closed
            paged = [await asker(by_currency, **wanted, offset=offset) for offset in range(0, 20, count)]
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
        await alice.call("private/buy", **order, client_order_id="part")
        await bob.call("private/sell", instrument_name=symbols[0], amount=8, price=2.4)
        either = {"instruments": [{"instrument_name": name} for name in symbols], "amount": 8, "price": 2.4}
        await alice.call("private/buy_any", **either, client_order_id="either")
        await bob.call("private/sell", instrument_name=symbols[1], amount=8, price=2.4)
        again = {"private/buy": ("filled", "gone", "part"), "private/buy_any": ("either",)}
        wishes = {"private/buy": order, "private/buy_any": either}
        first = {
            name: await alice.call(method, **wishes[method], client_order_id=name)
            for method in again
            for name in again[method]
        }
    assert [len(result["trades"]) for result in first.values()] == [2, 0, 1, len(first["either"]["trades"])]
    await restart(venue)
    async with caller(venue, "alice") as alice:
        for method, names in again.items():
            for name in names:
                assert await alice.call(method, **wishes[method], client_order_id=name) == first[name]
        for name in again["private/buy"]:
            (one,) = await alice.call(
                "private/place_batch", orders=[{**order, "direction": "buy", "client_order_id": name}]
            )
            assert one["error"]["data"]["order_id"] == first[name]["order"]["order_id"]
        assert [each["client_order_id"] for each in await alice.call("private/get_open_orders")] == ["part"]
        history = await alice.call("private/get_order_history_by_currency", currency="any", include_unfilled=True)
        assert [each["client_order_id"] for each in history] == ["either", "gone", "filled"]


async def test_who_asks_a_venue_that_stops_is_told(venue: RunningVenue, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that the archive has no time to answer comes back as one to ask again."""
    await restart(venue)
    asked = asyncio.Event()

    async def never(question: Question) -> None:
        asked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(venue.archive, "ask", never)
    async with caller(venue) as anybody:
        await anybody.send(id="past", method="public/get_last_trades_by_currency", params={"currency": "USD"})
        await asked.wait()
        await venue.stop()
        assert (await anybody.reply("past"))["error"]["code"] == Code.RETRY
    await venue.start()


async def test_who_asks_the_archive_for_much_keeps_nobody_waiting(
    venue: RunningVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One account has a few questions there at a time, over all its connections; another one has its own."""
    await restart(venue)
    answered = asyncio.Event()

    async def slowly(question: Question) -> TradeList:
        await answered.wait()
        return TradeList([], False)

    monkeypatch.setattr(venue.archive, "ask", slowly)
    method, params = "public/get_last_trades_by_currency", {"currency": "USD"}
    async with caller(venue, "alice") as alice, caller(venue, "alice") as other, caller(venue, "bob") as bob:
        for number in range(QUESTIONS_MAX):
            await (alice, other)[number % 2].send(id=f"q{number}", method=method, params=params)
        await alice.call("public/test")
        await other.call("public/test")
        refused = await alice.refused(method, **params)
        assert (refused["code"], refused["data"]["reason"]) == (Code.TOO_MANY_REQUESTS, "questions_of_account")
        await bob.send(id="his", method=method, params=params)
        await bob.call("public/test")
        answered.set()
        assert (await bob.reply("his"))["result"]["trades"] == []
        assert await alice.call(method, **params) == {"trades": [], "has_more": False}


async def test_what_reaches_too_far_is_asked_in_pieces(venue: RunningVenue, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal says which piece comes first, until all of it is told; orders go on with a continuation."""
    symbols = (await hours(venue))[-2:]
    await trade(venue, symbols, [2.4, 2.3, 2.5, 2.4, 2.6, 2.5])
    await restart(venue)
    await trade(venue, symbols, [2.2, 2.3])
    monkeypatch.setattr(holders, "LOOKED_MAX", 9)
    async with caller(venue, "alice") as alice:
        wanted: dict[str, Any] = {"instrument_name": symbols[0], "count": 100, "sorting": "desc"}
        prices, pieces = list[float](), 0
        for _ in range(40):
            reply = await alice.ask("private/get_user_trades_by_instrument", **wanted)
            if "error" in reply:
                assert reply["error"]["data"]["reason"] == "too_far"
                wanted[reply["error"]["data"]["param"]] = int(reply["error"]["message"].rpartition(" ")[2])
                continue
            pieces += 1
            prices += [found["price"] for found in reply["result"]["trades"]]
            if "start_timestamp" not in wanted:
                break
            assert "end_timestamp" not in wanted or wanted["end_timestamp"] >= wanted["start_timestamp"]
            wanted["end_timestamp"] = wanted.pop("start_timestamp") - 1
        assert prices == [2.2, 2.6, 2.5, 2.4]
        assert pieces > 1
        monkeypatch.setattr(holders, "LOOKED_MAX", 3)
        method, of_one = "private/get_order_history_by_instrument", {"instrument_name": symbols[0], "count": 3}
        assert (await alice.refused(method, **of_one))["data"]["reason"] == "too_far"
        page = await alice.call(method, **of_one, with_continuation=True)
        rest = await alice.call(method, **of_one, with_continuation=True, continuation=page["continuation"])
        assert [each["price"] for each in [*page["orders"], *rest["orders"]]] == [2.2, 2.6, 2.5]
