"""Who reads slowly: books without a gap in few changes, tickers as they stand, all else in full or not at all."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.config import DoorSettings, GatewaySettings
from exchange.domain.enums import CommandKind, Side
from exchange.domain.records import Command
from tests.gateway.desk import CONTRACTS, Desk, Listener, deliver, limit, random_command
from tests.gateway.raw import Raw, frame, handshake, request
from tests.gateway.test_feed import engine_levels
from tests.gateway.venue import Caller, Venue, running, soon


@given(seed=st.integers(0, 2**32), turns=st.integers(1, 40))
@settings(max_examples=30, deadline=None)
def test_books_are_without_a_gap_for_whoever_falls_behind_and_comes_back(seed: int, turns: int) -> None:
    """At any time, again and again, beside others who do not; in the end each has the engine's book."""
    desk, rng = Desk(), random.Random(seed)
    names = [f"book.{contract.symbol}.{pace}" for pace in ("raw", "100ms") for contract in desk.contracts]
    listeners = [Listener(number) for number in range(3)]
    behind: dict[Any, int] = {}
    for listener in listeners:
        deliver(listener.join(desk.feed, *names[: rng.randrange(1, 5)]))
    for turn in range(turns):
        listener = rng.choice(listeners)
        match rng.choice(["fall", "fall", "catch", "join", "none"]):
            case "fall":
                desk.feed.fall_behind(listener)
                behind.setdefault(listener, len(listener.heard))
            case "catch":
                behind.pop(listener, None)
                deliver(desk.feed.catch_up(listener))
            case "join":
                joined = rng.choice(names)
                if joined not in listener.books:
                    deliver(listener.join(desk.feed, joined))
                    behind.update({listener: len(listener.heard)} if listener in behind else {})
        deliver(desk.feed.publish(desk.turn(*(random_command(rng, desk.engine, desk.now_ns) for _ in range(4)))))
        if rng.random() < 0.3:
            deliver(desk.feed.flush())
        assert all(len(listener.heard) == heard for listener, heard in behind.items()), turn
    for listener in listeners:
        deliver(desk.feed.catch_up(listener))
    deliver(desk.feed.flush())
    for listener in listeners:
        for name in listener.books:
            contract = names.index(name) % CONTRACTS
            assert listener.levels(name, "bids") == engine_levels(desk, contract, Side.BUY)
            assert listener.levels(name, "asks") == engine_levels(desk, contract, Side.SELL)


def test_a_book_that_is_as_it_was_brings_a_reader_back_with_its_next_change() -> None:
    """The others' chain has gone on, so there is nothing to say yet; no empty change is made up."""
    desk = Desk()
    name = f"book.{desk.contracts[0].symbol}.raw"
    slow, swift = Listener("slow"), Listener("swift")
    for listener in (slow, swift):
        deliver(listener.join(desk.feed, name))
    desk.feed.fall_behind(slow)
    deliver(desk.feed.publish(desk.turn(limit(1, Side.SELL, 2_350, 5))))
    (order,) = desk.engine.open_orders()
    gone = Command(kind=CommandKind.CANCEL, account=1, order_id=order.order_id)
    deliver(desk.feed.publish(desk.turn(gone)))
    deliver(desk.feed.catch_up(slow))
    assert (len(slow.heard), len(swift.heard)) == (1, 3)
    deliver(desk.feed.publish(desk.turn(limit(1, Side.SELL, 2_351, 5))))
    deliver(desk.feed.flush())
    deliver(desk.feed.publish(desk.turn(limit(1, Side.SELL, 2_352, 5))))
    assert (len(slow.heard), len(swift.heard)) == (3, 5)
    assert slow.levels(name, "asks") == swift.levels(name, "asks")


def test_of_a_ticker_the_last_is_told_and_trades_and_reports_all() -> None:
    """Ten trades to one who is behind: ten prints, ten reports, and one ticker when he is back; none if none moved."""
    desk = Desk()
    symbol = desk.contracts[0].symbol
    slow = Listener("slow")
    names = (f"ticker.{symbol}.raw", f"quote.{symbol}", f"trades.{symbol}.raw", "user.orders.any.any.raw")
    deliver(slow.join(desk.feed, *names, account=1))
    desk.feed.fall_behind(slow)
    deliver(desk.feed.catch_up(slow))
    assert [channel for channel, _ in slow.heard] == list(names[:2])
    desk.feed.fall_behind(slow)
    for number in range(10):
        deliver(desk.feed.publish(desk.turn(limit(1, Side.SELL, 2_350 + number, 1))))
        deliver(desk.feed.publish(desk.turn(limit(2, Side.BUY, 2_350 + number, 1))))
    heard = [channel for channel, _ in slow.heard[2:]]
    assert (heard.count(names[0]), heard.count(names[2]), heard.count(names[3])) == (0, 10, 20)
    deliver(desk.feed.catch_up(slow))
    last = slow.heard[-2:]
    assert [channel for channel, _ in last] == list(names[:2])
    assert last[0][1]["last_price"] == 2.359


def test_one_who_is_behind_and_leaves_is_forgotten() -> None:
    """Nothing is kept for him, and his topics close with him."""
    desk = Desk()
    slow = Listener("slow")
    names = [f"book.{desk.contracts[0].symbol}.raw", f"ticker.{desk.contracts[0].symbol}.100ms"]
    deliver(slow.join(desk.feed, *names))
    desk.feed.fall_behind(slow)
    deliver(desk.feed.publish(desk.turn(limit(1, Side.SELL, 2_350, 5))))
    desk.feed.drop(slow)
    assert (desk.feed._topics, desk.feed._heard_by) == ({}, {})
    assert desk.feed.catch_up(slow) == []
    assert desk.feed.publish(desk.turn(limit(1, Side.SELL, 2_350, 5))) == []
    assert desk.feed.flush() == []


@asynccontextmanager
async def deaf(venue: Venue) -> AsyncIterator[Raw]:
    """A client with room for little, who reads only when the test does."""
    plug = socket.socket()
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    plug.setblocking(False)
    await asyncio.get_running_loop().sock_connect(plug, ("127.0.0.1", venue.port))
    reader, writer = await asyncio.open_connection(sock=plug, limit=2**10)
    raw = Raw(reader, writer)
    await raw.send(handshake())
    assert await raw.status() == 101
    try:
        yield raw
    finally:
        writer.transport.abort()


async def trade(caller: Caller, venue: Venue, round_number: int) -> None:
    """A hundred orders, each at another price, and all of them gone again."""
    for number in range(100):
        price = round(1 + (round_number * 100 + number) % 997 / 1_000, 3)
        wish = {"instrument_name": venue.symbol, "amount": 8, "price": price}
        await caller.send(id=number, method="private/buy", params=wish)
    for _ in range(100):
        assert "result" in await caller.next()
    assert await caller.call("private/cancel_all") == 100


def busy(stall_seconds: float = 30.0, buffer_bytes_max: int = 2**16) -> GatewaySettings:
    """Little room anywhere, and credit enough."""
    return GatewaySettings(
        rate_burst=10**6,
        account_rate_burst=10**6,
        slow_bytes=2**12,
        buffer_bytes_max=buffer_bytes_max,
        door=DoorSettings(stall_seconds=stall_seconds, send_buffer_bytes=2**12),
    )


async def test_a_slow_reader_of_books_stays_and_loses_nothing(tmp_path: Path) -> None:
    """While it does not read, changes are gathered; when it does, the chain is whole and the book the engine's."""
    async with running(tmp_path, busy()) as venue, venue.caller(venue.alice) as alice, deaf(venue) as slow:
        name = f"book.{venue.symbol}.raw"
        await slow.send(frame(request("public/subscribe", channels=[name])))
        rounds = 0
        async with soon("that it falls behind"):
            # All that happens in so many of them is more than may wait for anybody.
            while not venue.server._audience._behind or rounds < 30:
                await trade(alice, venue, rounds)
                rounds += 1
        wish = {"instrument_name": venue.symbol, "amount": 8, "price": 2.5}
        await alice.call("private/buy", **wish)
        listener = Listener("slow")
        assert (await slow.message())["result"] == [name]
        listener.hear(await _text(slow))
        while listener.levels(name, "bids") != [(2.5, 8.0)]:
            listener.hear(await _text(slow))
        assert 2 < len(listener.heard) < rounds * 10
        await slow.send(frame(request()))
        assert (await slow.message())["result"]


async def _text(raw: Raw) -> bytes:
    return json.dumps(await raw.message()).encode()


async def test_reports_beyond_the_bound_close_their_connection_with_a_reason(tmp_path: Path) -> None:
    """Not one is left out before that, and whoever reads is not touched."""
    async with running(tmp_path, busy()) as venue, venue.caller(venue.alice) as alice, deaf(venue) as slow:
        auth = await alice.call("public/auth", grant_type="client_credentials", **_secret(venue))
        orders = {"channels": ["user.orders.any.any.raw"], "access_token": auth["access_token"]}
        await slow.send(frame(request("private/subscribe", **orders)))
        with structlog.testing.capture_logs() as said:
            rounds = 0
            async with soon("the close of one who reads nothing"):
                while not said:
                    await trade(alice, venue, rounds)
                    rounds += 1
        assert said[0]["reason"].startswith("too slow: ")
        assert "result" in await slow.message()
        prices = []
        while True:
            opcode, payload = await slow.frame()
            if opcode == 8:
                break
            order = json.loads(payload)["params"]["data"]
            if order["order_state"] == "open":
                prices.append(order["price"])
        assert (int.from_bytes(payload[:2]), payload[2:].startswith(b"too slow: ")) == (1008, True)
        assert prices == [round(1 + number % 997 / 1_000, 3) for number in range(len(prices))]
        assert len(prices) > 50


def _secret(venue: Venue) -> dict[str, str]:
    return {"client_id": venue.alice.client_id, "client_secret": venue.alice.client_secret}


async def test_a_reader_who_takes_nothing_for_long_is_closed(tmp_path: Path) -> None:
    """However little there is for it: pings are answered, but nothing is read of what waits."""
    gateway = busy(stall_seconds=0.5)
    async with running(tmp_path, gateway) as venue, venue.caller(venue.alice) as alice, deaf(venue) as slow:
        await slow.send(frame(request("public/subscribe", channels=[f"book.{venue.symbol}.raw"])))
        rounds = 0
        async with soon("that it falls behind"):
            while not venue.server._audience._behind:
                await trade(alice, venue, rounds)
                rounds += 1
        with structlog.testing.capture_logs() as said:
            async with soon("the close of one who takes nothing"):
                while not said:
                    await slow.send(frame(request("public/disable_heartbeat")))
                    await asyncio.sleep(0.05)
        assert said[0]["reason"].startswith("too slow: nothing was read")
        assert await alice.call("public/test")
