"""Orders whose owner is gone: with the connection, or when a timer was not set again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from exchange.gateway.server.safekeeping import FILE_NAME
from exchange.gateway.session.safety import Safety
from tests.gateway.house import ALICE, House, sent
from tests.gateway.venue import Venue, running, soon


@pytest.fixture
async def venue(tmp_path: Path) -> AsyncIterator[Venue]:
    async with running(tmp_path) as venue:
        yield venue


def order(venue: Venue, price: float = 2, **more: Any) -> dict[str, Any]:
    return {"instrument_name": venue.symbol, "amount": 8, "price": price, **more}


async def until(venue: Venue, count: int) -> None:
    async with soon(f"that {count} orders are open"):
        while len(venue.engine.open_orders()) != count:
            await asyncio.sleep(0.01)


async def test_a_lost_connection_takes_its_own_orders_with_it(venue: Venue) -> None:
    """Of all kinds, and not those of another connection of the same account."""
    async with venue.caller(venue.alice) as other:
        await other.call("private/buy", **order(venue, 1.9))
        async with venue.caller(venue.alice) as alice:
            assert (await alice.call("private/get_cancel_on_disconnect"))["enabled"] is True
            await alice.call("private/buy", **order(venue))
            quote = {"instrument_name": venue.symbol, "bid": {"price": 2, "amount": 8}}
            await alice.call("private/mass_quote", quotes=[quote])
            both = [{"instrument_name": contract.symbol} for contract in venue.contracts]
            await alice.call("private/buy_any", instruments=both, amount=8, price=2, client_order_id="any")
            # On its way when the connection ends: nobody hears of it, and it goes, too.
            await alice.send(id=1, method="private/buy", params=order(venue, 2.1))
        await until(venue, 1)
        (left,) = venue.engine.open_orders()
        assert left.price_ticks == 1_900


async def test_orders_stay_where_somebody_wants_it(venue: Venue) -> None:
    """The connection says so, its authentication, its account, or its farewell; and back again."""
    async with venue.caller(venue.alice) as alice:
        await alice.call("private/disable_cancel_on_disconnect")
        await alice.call("private/buy", **order(venue))
    async with venue.caller() as alice:
        await alice.sign_in(venue.alice, scope="session:mine cancel_on_disconnect:off")
        await alice.call("private/buy", **order(venue))
    async with venue.caller(venue.alice) as alice:
        await alice.call("private/buy", **order(venue))
        await alice.call("private/logout")
    async with venue.caller(venue.alice) as alice:
        await alice.call("private/disable_cancel_on_disconnect", scope="account")
        assert (await alice.call("private/get_cancel_on_disconnect"))["enabled"] is False
        await alice.call("private/buy", **order(venue))
    await venue.restart_gateway()
    async with venue.caller(venue.alice) as alice:
        # What the account chose outlives the gateway, whose own end is nobody's disconnect.
        assert (await alice.call("private/get_cancel_on_disconnect", scope="account"))["enabled"] is False
        await alice.call("private/buy", **order(venue))
    async with venue.caller(venue.bob) as bob:
        assert (await bob.call("private/get_cancel_on_disconnect"))["enabled"] is True
        await bob.call("private/buy", **order(venue))
    await until(venue, 5)
    async with venue.caller(venue.alice) as alice:
        await alice.call("private/enable_cancel_on_disconnect")
        await alice.call("private/buy", **order(venue))
        assert len(venue.engine.open_orders()) == 6
    await until(venue, 5)


async def test_all_goes_when_the_timer_is_not_set_again(venue: Venue) -> None:
    """Of the account, by one command, and once; 0 disarms."""
    async with venue.caller(venue.alice) as alice, venue.caller(venue.bob) as bob:
        await bob.call("private/buy", **order(venue))
        await alice.call("private/buy", **order(venue))
        armed = await alice.call("private/cancel_all_after", timeout=60_000)
        assert armed["trigger_time"] - armed["current_time"] == 60_000
        assert (await alice.call("private/cancel_all_after", timeout=0))["trigger_time"] == 0
        await alice.call("private/cancel_all_after", timeout=1)
        sequence = venue.engine.sequence
        await until(venue, 1)
        assert venue.engine.sequence == sequence + 1
        assert venue.engine.open_orders()[0].account == 2
        await alice.call("private/buy", **order(venue))
        assert len(venue.engine.open_orders()) == 2


async def test_a_timer_outlives_the_gateway(venue: Venue) -> None:
    """However it ended: the next one finds it in its file."""
    async with venue.caller(venue.alice) as alice:
        await alice.call("private/buy", **order(venue))
        await alice.call("private/cancel_all_after", timeout=1)
        await venue.restart_gateway()
    await until(venue, 0)


async def test_a_crash_is_a_lost_connection_for_who_chose_so(venue: Venue) -> None:
    """Its account did: all its orders go, once. Those of others, who chose nothing, are not lost by a fault of ours."""
    file = venue.settings.directory / FILE_NAME
    async with venue.caller(venue.alice) as alice, venue.caller(venue.bob) as bob:
        await alice.call("private/enable_cancel_on_disconnect", scope="account")
        for caller in (alice, bob):
            await caller.call("private/buy", **order(venue))
        async with soon("what she chose, on disk"):
            while not (file.exists() and b'"1":true' in file.read_bytes()):
                await asyncio.sleep(0.01)
        as_it_crashed = file.read_bytes()
        await venue.restart_gateway()
        assert len(venue.engine.open_orders()) == 2
        # All that a killed process leaves besides its journal.
        await venue.server.stop()
        file.write_bytes(as_it_crashed)
        await venue.start_gateway()
        await until(venue, 1)
    assert venue.engine.open_orders()[0].account == 2
    async with venue.caller(venue.alice) as alice:
        await alice.call("private/disable_cancel_on_disconnect")
        await alice.call("private/buy", **order(venue))
        await venue.restart_gateway()
    await venue.node.settled()
    assert len(venue.engine.open_orders()) == 2


def test_only_an_end_in_order_is_none_that_cancels() -> None:
    """Also when a server in between could not begin, and what an account chose last counts."""
    kept: list[bytes] = []
    first = Safety(keep=kept.append)
    for account, cancels in ((2, True), (1, True), (3, False), (4, True), (4, False)):
        first.choose(account, cancels)
    assert first.begin() == []
    Safety(kept=kept[-1], keep=kept.append).end()
    second = Safety(kept=kept[-1], keep=kept.append)
    assert second.begin() == [1, 2]
    second.end()
    assert Safety(kept=kept[-1], keep=kept.append).begin() == []
    assert Safety(kept=kept[-1], keep=kept.append).begin() == [1, 2]


def test_an_account_is_due_once_until_its_orders_are_gone() -> None:
    """And when it is armed anew meanwhile, that stays."""
    kept: list[bytes] = []
    safety = Safety(keep=kept.append)
    safety.arm(1, 50)
    safety.arm(2, 60)
    assert safety.due(49) == []
    assert safety.due(55) == [(1, 50)]
    assert safety.due(55) == []
    assert Safety(kept=kept[-1]).due(100) == [(1, 50), (2, 60)]
    safety.arm(1, 90)
    safety.fired(1, 50)
    assert safety.due(100) == [(1, 90), (2, 60)]
    safety.fired(1, 90)
    safety.arm(2, 0)
    assert Safety(kept=kept[-1]).due(100) == []


def test_a_connection_remembers_open_orders_only() -> None:
    """However many it placed: what is closed is forgotten, what is open goes."""
    house = House()
    session = house.session(ALICE)
    wish = {"instrument_name": house.symbol, "amount": 8, "price": 2}
    (first,) = sent(house.settle(house.effects(session, "private/buy", **wish)))
    for _ in range(40):
        batch = [wish | {"direction": "buy", "time_in_force": "immediate_or_cancel"}] * 64
        house.ask(session, "private/place_batch", orders=batch)
    assert [undo.command.order_id for undo in session.leave()] == [int(first["result"]["order"]["order_id"])]
