"""Whoever floods, asks for everything or reads nothing: the others are answered, all of them and in order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from exchange.config import GatewaySettings
from tests.gateway.raw import Raw, frame, request, upgraded
from tests.gateway.test_slow import deaf
from tests.gateway.venue import Venue, running

ORDERS = 50
Attack = Callable[[Raw, Venue], Coroutine[None, None, None]]


async def flood(raw: Raw, venue: Venue) -> None:
    while True:
        await raw.send(frame(request("public/get_instruments")) * 100)


async def take_everything(raw: Raw, venue: Venue) -> None:
    channels = [
        f"{kind}.{contract.symbol}.{pace}"
        for contract in venue.contracts
        for kind in ("book", "trades", "ticker")
        for pace in ("raw", "100ms")
    ]
    asked = frame(request("public/subscribe", channels=channels * 20)) + frame(request("public/unsubscribe_all"))
    while True:
        await raw.send(asked)


async def listen_to_nothing(raw: Raw, venue: Venue) -> None:
    channels = [f"{kind}.{venue.symbol}.raw" for kind in ("book", "trades", "ticker")]
    await raw.send(frame(request("public/subscribe", channels=channels)))
    await asyncio.Event().wait()


@pytest.mark.parametrize("attack", [flood, take_everything, listen_to_nothing])
async def test_others_are_served_in_order_beside_one_who_floods(tmp_path: Path, attack: Attack) -> None:
    """Each order is answered, after the one before it, and heard of on another connection, in that order."""
    # The flooder's connection is not closed, so that it goes on to the end.
    gateway = GatewaySettings(rate_burst=10**9, account_rate_burst=10**9)
    async with (
        running(tmp_path, gateway) as venue,
        venue.caller(venue.alice) as alice,
        venue.caller(venue.alice) as ear,
    ):
        await ear.call("private/subscribe", channels=["user.orders.any.any.raw"])
        async with deaf(venue) as raw:
            attacking = asyncio.create_task(attack(raw, venue))
            prices = [round(1 + number / 1_000, 3) for number in range(ORDERS)]
            for number, price in enumerate(prices):
                wish = {"instrument_name": venue.symbol, "amount": 8, "price": price}
                await alice.send(id=number, method="private/buy", params=wish)
            assert [(await alice.next())["id"] for _ in prices] == list(range(ORDERS))
            assert [(await ear.heard("user.orders.any.any.raw"))["price"] for _ in prices] == prices
            assert not attacking.done()
            attacking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await attacking


async def test_a_flood_is_no_reason_to_wait_for_its_end(tmp_path: Path) -> None:
    """Thousands of requests that came together are answered in turns with another's one."""
    gateway = GatewaySettings(rate_burst=10**9, account_rate_burst=10**9)
    async with running(tmp_path, gateway) as venue, upgraded(venue) as raw, venue.caller() as other:
        answered = 0

        async def count() -> None:
            nonlocal answered
            while True:
                await raw.message()
                answered += 1

        counting = asyncio.create_task(count())
        raw.writer.write(frame(request("public/test")) * 4_000)
        while not answered:
            await asyncio.sleep(0)
        assert await other.call("public/test")
        assert answered < 3_000
        counting.cancel()
