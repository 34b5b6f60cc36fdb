"""Numbered events of an account over real sockets: streams, questions, a second login that only listens."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from exchange.gateway.mirror import chronicle
from tests.gateway.venue import Caller, Venue, running

EVENTS = "user.events.raw"


@pytest.fixture
async def venue(tmp_path: Path) -> AsyncIterator[Venue]:
    async with running(tmp_path) as venue:
        yield venue


async def events(caller: Caller, count: int) -> list[dict[str, Any]]:
    heard: list[dict[str, Any]] = []
    while len(heard) < count:
        heard += await caller.heard(EVENTS)
    return heard


async def test_a_read_only_login_hears_the_same_as_the_trader(venue: Venue) -> None:
    """A drop copy: all that the account does, in one stream, without the right to trade."""
    reader = venue.keys.create("alice", ("account:read",))
    async with venue.caller(venue.alice) as alice, venue.caller(reader) as copy, venue.caller(venue.bob) as bob:
        for caller in (alice, copy):
            await caller.call("private/subscribe", channels=[EVENTS])
        await alice.call("private/sell", instrument_name=venue.symbol, amount=16, price=2.5)
        await bob.call("private/buy", instrument_name=venue.symbol, amount=8, price=2.5)
        mine, copied = await events(alice, 4), await events(copy, 4)
        assert mine == copied
        assert [event["event"] for event in mine] == ["order", "order", "trade", "holding"]
        first = mine[0]["seq"]
        assert [event["seq"] for event in mine] == [first, first + 1, first + 2, first + 3]
        (position,) = mine[3]["positions"]
        assert (position["instrument_name"], position["size"], position["capacity"]) == (venue.symbol, -8.0, 8000.0)
        assert mine[3]["balance"] == venue.engine.account(1).cash_micros / 10**6
        assert (await copy.refused("private/sell", instrument_name=venue.symbol, amount=8, price=2.5))["code"] == 13021


async def test_other_private_streams_carry_the_same_numbers(venue: Venue) -> None:
    """In a field more of each element, whose others are as ever."""
    names = ["user.orders.any.any.raw", "user.orders.any.any.100ms", "user.trades.any.any.raw", "user.portfolio.any"]
    async with venue.caller(venue.alice) as alice, venue.caller(venue.bob) as bob:
        await alice.call("private/subscribe", channels=[EVENTS, *names])
        greeted = await alice.heard(names[3])
        placed = await alice.call("private/sell", instrument_name=venue.symbol, amount=8, price=2.5)
        await bob.call("private/buy", instrument_name=venue.symbol, amount=8, price=2.5)
        opened, filled, traded, held = await events(alice, 4)
        assert greeted["seq"] == opened["seq"] - 1
        assert [await alice.heard(names[0]), await alice.heard(names[0])] == [opened, filled]
        assert {name: opened[name] for name in placed["order"]} == placed["order"]
        listed: list[Any] = []
        while len(listed) < 2:
            listed += await alice.heard(names[1])
        assert listed == [opened, filled]
        assert await alice.heard(names[2]) == [traded]
        while (told := await alice.heard(names[3]))["seq"] < held["seq"]:
            pass
        assert (told["seq"], told["balance"]) == (held["seq"], held["balance"])


async def test_events_are_asked_for_from_any_number_on(venue: Venue) -> None:
    """In pages; with the orders that the same connection sent before counted."""
    async with venue.caller(venue.alice) as alice:
        await alice.call("private/subscribe", channels=[EVENTS])
        begun = (await alice.call("private/get_account_state"))["seq"]
        for _ in range(5):
            await alice.send(
                id="x", method="private/sell", params={"instrument_name": venue.symbol, "amount": 8, "price": 2.5}
            )
        page = await alice.call("private/get_events", from_seq=begun + 2, count=3)
        alice.news = deque(message for message in alice.news if "params" in message)
        heard = await events(alice, 5)
        assert page == {"events": heard[1:4], "has_more": True, "last_seq": begun + 5}
        page = await alice.call("private/get_events", from_seq=begun + 5)
        assert page == {"events": heard[4:], "has_more": False, "last_seq": begun + 5}
        page = await alice.call("private/get_events", from_seq=begun + 6)
        assert page == {"events": [], "has_more": False, "last_seq": begun + 5}
        state = await alice.call("private/get_account_state")
        assert [order["order_id"] for order in state["orders"]] == [event["order_id"] for event in heard]
        assert (await alice.refused("private/get_events", from_seq=0))["code"] == -32602
    # The last few are remembered; this venue keeps no archive to ask for those before.
    async with venue.caller(venue.alice) as alice:
        for _ in range(chronicle.RECENT):
            await alice.call("private/sell", instrument_name=venue.symbol, amount=8, price=2.5)
        assert (await alice.refused("private/get_events", from_seq=1))["data"]["reason"] == "no_archive"


async def test_events_of_others_are_nobodys(venue: Venue) -> None:
    """Each account has its own numbers."""
    async with venue.caller(venue.alice) as alice, venue.caller(venue.bob) as bob:
        before = (await bob.call("private/get_account_state"))["seq"]
        await alice.call("private/sell", instrument_name=venue.symbol, amount=8, price=2.5)
        assert (await bob.call("private/get_events", from_seq=before + 1))["events"] == []
    async with venue.caller() as stranger:
        assert (await stranger.refused("private/get_events", from_seq=1))["code"] == 13009
        assert (await stranger.refused("private/subscribe", channels=[EVENTS]))["code"] == 13009
