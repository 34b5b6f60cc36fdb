"""However much one account wants at once, a turn takes its share only; a connection that keeps the core busy rests."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import aiohttp
import pytest

from exchange.domain.enums import CommandKind
from exchange.gateway.server import pace, shares
from exchange.gateway.server.pace import Pace
from exchange.node import Turn
from tests.gateway.raw import frame, request, upgraded
from tests.gateway.test_private_http import Asker, rpc, signed
from tests.gateway.venue import Venue, running, signature

SHARE = 4
ORDERS = 30
ALICE = 1


@pytest.fixture(autouse=True)
def _small_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "COMMANDS_A_TURN", SHARE)


class Turns:
    """How many commands of each kind alice had in each turn from here on."""

    def __init__(self, venue: Venue) -> None:
        self.counts: list[Counter[int]] = []
        publish = venue.node.publish

        def count(turn: Turn) -> None:
            self.counts.append(Counter(turn.commands["kind"][turn.commands["account"] == ALICE].tolist()))
            publish(turn)

        venue.node.publish = count

    def most(self, kind: CommandKind) -> int:
        return max(count[kind] for count in self.counts)

    def all(self, kind: CommandKind) -> int:
        return sum(count[kind] for count in self.counts)


def order(venue: Venue, number: int) -> bytes:
    wish = {"instrument_name": venue.symbol, "amount": 8, "price": 1 + number / 1_000}
    return frame(request("private/buy", number, **wish))


async def test_orders_that_come_together_are_answered_in_order_over_many_turns(tmp_path: Path) -> None:
    async with running(tmp_path) as venue, upgraded(venue) as raw:
        await raw.send(frame(request("public/auth", 1_000, **signature(venue.alice))))
        await raw.message()
        turns = Turns(venue)
        await raw.send(b"".join(order(venue, number) for number in range(ORDERS)))
        assert [(await raw.message())["id"] for _ in range(ORDERS)] == list(range(ORDERS))
        assert turns.most(CommandKind.NEW) == SHARE


async def test_another_connection_gives_an_account_no_second_share(tmp_path: Path) -> None:
    """Only the one request that shows whose it is."""
    async with running(tmp_path) as venue, upgraded(venue) as first, upgraded(venue) as other:
        for raw in (first, other):
            await raw.send(frame(request("public/auth", 1_000, **signature(venue.alice))))
            await raw.message()
        turns = Turns(venue)
        for raw in (first, other):
            raw.writer.write(b"".join(order(venue, number) for number in range(ORDERS)))
        for raw in (first, other):
            assert [(await raw.message())["id"] for _ in range(ORDERS)] == list(range(ORDERS))
        assert turns.most(CommandKind.NEW) <= SHARE + 1


async def test_orders_of_a_lost_connection_go_over_many_turns(tmp_path: Path) -> None:
    async with running(tmp_path) as venue:
        async with venue.caller(venue.alice) as alice:
            wish = {"instrument_name": venue.symbol, "amount": 8, "price": 1, "direction": "buy"}
            for _ in range(5):
                await alice.call("private/place_batch", orders=[wish] * SHARE)
            turns = Turns(venue)
        async with asyncio.timeout(10):
            while turns.all(CommandKind.CANCEL) < 5 * SHARE:
                await asyncio.sleep(0.01)
        assert turns.most(CommandKind.CANCEL) == SHARE


async def test_requests_over_http_share_too(tmp_path: Path) -> None:
    async with running(tmp_path) as venue, aiohttp.ClientSession() as http:
        asker, turns = Asker(venue, http), Turns(venue)

        async def buy(number: int) -> int:
            wish = {"instrument_name": venue.symbol, "amount": 8, "price": 1 + number / 1_000}
            body = rpc("private/buy", **wish)
            return (await asker.post("/api/v2", body, signed(venue.alice, "POST", "/api/v2", body)))[0]

        assert set(await asyncio.gather(*map(buy, range(ORDERS)))) == {200}
        assert turns.all(CommandKind.NEW) == ORDERS
        assert turns.most(CommandKind.NEW) <= SHARE


def test_others_have_their_turn_after_some_frames_or_some_time() -> None:
    calm = Pace()
    rests = [calm.rest(second, second) for second in range(pace.FRAMES_AT_ONCE)]
    assert rests == [None] * (pace.FRAMES_AT_ONCE - 1) + [0.0]
    assert Pace().rest(5, 5 + pace.SECONDS_AT_ONCE / 2) is None
    assert Pace().rest(5, 5 + pace.SECONDS_AT_ONCE * 2) == 0.0


def test_who_takes_more_than_a_share_of_the_time_rests() -> None:
    """Measured from one rest to the next, so that a pause makes good."""
    work = 2 * pace.SECONDS_AT_ONCE
    greedy = Pace()
    greedy.rest(5, 5 + work)
    assert greedy.rest(5 + work, 5 + 2 * work) == pace.REST_SECONDS
    later = 5 + 2 * work + work / pace.SHARE_MAX
    assert greedy.rest(later, later + work) == 0.0
