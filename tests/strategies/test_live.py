"""The same strategy objects on a real venue, over real connections, through its restarts."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from exchange.client import Client
from exchange.domain.enums import Side
from exchange.domain.instruments import Contract, parse_symbol
from exchange.domain.units import NS_PER_SECOND
from strategies.agents import JobBuyer, PricePath, Reseller, SpotIndex, place_of
from strategies.base import Context, Intents, New, Participant, Strategy
from strategies.curves.model import Parameters
from strategies.live import Live, run
from strategies.making import AvellanedaStoikov
from tests.client.running import RunningVenue

LEVELS_USD = {"H100SXM": 2.5, "RTX4090": 0.35}
RATE_PER_HOUR = 20.0
SPEED = 3600.0  # so 20 jobs a second


@pytest.fixture
async def venue(tmp_path: Path) -> AsyncIterator[RunningVenue]:
    async with RunningVenue(tmp_path) as running:
        yield running


async def listed(venue: RunningVenue) -> list[Contract]:
    async with Client(venue.url) as client:
        return [parse_symbol(one.instrument_name) for one in await client.instruments() if one.hours == 1]


def spot_index(contracts: list[Contract]) -> SpotIndex:
    """Prices that stand still, so that the test is about traffic."""
    start_ns = min(contract.start_ns for contract in contracts) - 3600 * NS_PER_SECOND
    paths = {}
    for contract in contracts:
        level_usd = LEVELS_USD[contract.sku.code]
        model = Parameters(level_usd=level_usd, half_life_hours=5.0, volatility=0.01)
        paths[place_of(contract)] = PricePath(model, [level_usd], start_ns, NS_PER_SECOND)
    return SpotIndex(paths, contracts, start_ns)


def maker(contracts: list[Contract], index: SpotIndex) -> Participant:
    strategy = AvellanedaStoikov(timer_ns=NS_PER_SECOND // 10)
    return Participant(
        "alice", strategy, tuple(contracts), capacity_lots=1000, curves=index.curve, publishes_curve=True
    )


def buyer(contracts: list[Contract], index: SpotIndex) -> Participant:
    return Participant("bob", JobBuyer(index, RATE_PER_HOUR, SPEED, premium=0.05, lots_max=2), tuple(contracts))


def positions(venue: RunningVenue, account: str) -> dict[str, int]:
    number = venue.engine.find_account(account)
    assert number is not None
    symbols = [view.symbol for view in venue.engine.contracts()]
    return {symbols[held.contract]: held.lots for held in venue.engine.positions(number) if held.lots}


async def test_a_maker_and_a_buyer_trade_and_leave_nothing_behind(venue: RunningVenue) -> None:
    """What their statistics say is what the venue's books say; the curve is there for everybody to see."""
    contracts = await listed(venue)
    index = spot_index(contracts)
    people = [maker(contracts, index), buyer(contracts, index)]
    shown: list[int] = []
    final = await run(
        people,
        venue.url,
        venue.key,
        np.random.default_rng(1),
        seconds=6.0,
        on_snapshot=lambda found: shown.append(found.trades),
    )
    assert len(shown) >= 4
    alice, bob = final.participant("alice"), final.participant("bob")
    assert final.trades > 10
    assert alice.trades == bob.trades
    assert alice.spread_usd > 0 > bob.spread_usd
    assert bob.fees_usd > 0 == alice.fees_usd
    assert alice.two_sided_share > 0.9
    assert alice.pnl_usd == pytest.approx(alice.spread_usd + alice.inventory_usd - alice.fees_usd)
    assert final.average_spread_usd > 0
    for account, found in (("alice", alice), ("bob", bob)):
        # A fill may come between the last snapshot and the last cancel.
        known = {contract.symbol: contract.position_lots for contract in found.contracts}
        assert all(abs(known.get(symbol, 0) - lots) <= 4 for symbol, lots in positions(venue, account).items())
    assert venue.engine.open_orders() == []
    venue.engine.check()
    async with Client(venue.url) as client:
        curve = await client.forward_curve("H100SXM_USE")
    assert [point.price for point in curve.points] == pytest.approx([2.5] * len(curve.points), rel=0.01)
    deviations = {point.instrument_name: point.deviation for point in final.curve}
    assert deviations.keys() == {contract.symbol for contract in contracts}
    assert all(0 < deviations[point.instrument_name] < 0.1 for point in curve.points)


async def test_a_run_goes_on_after_the_venue_was_away(venue: RunningVenue) -> None:
    """Orders that went down with the connection are placed anew, and no fill is lost or counted twice."""
    contracts = await listed(venue)
    index = spot_index(contracts)
    people = [maker(contracts, index), buyer(contracts, index)]
    async with Live(people, venue.url, venue.key, np.random.default_rng(2)) as live:
        await asyncio.sleep(1.0)
        await venue.stop()
        await asyncio.sleep(0.2)
        await venue.start()
        before = live.snapshot().trades
        async with asyncio.timeout(20):
            while live.snapshot().trades < before + 10:
                await asyncio.sleep(0.1)
        # Nobody trades any more, so what is known can catch up with what is.
        await asyncio.gather(*(seat.stop() for seat in live.seats))
        await asyncio.sleep(0.2)
        for account in ("alice", "bob"):
            known = {
                contract.symbol: contract.position_lots
                for contract in live.snapshot().participant(account).contracts
                if contract.position_lots
            }
            assert known == positions(venue, account)


async def test_a_run_ends_in_time_also_when_the_venue_is_gone(venue: RunningVenue) -> None:
    """Nobody answers any more: it says so, and does not wait for ever."""
    contracts = await listed(venue)
    people = [maker(contracts, spot_index(contracts))]
    running = asyncio.create_task(run(people, venue.url, venue.key, np.random.default_rng(2), seconds=1.5))
    await asyncio.sleep(0.7)
    await venue.stop()
    async with asyncio.timeout(10):
        assert (await running).participants[0].orders > 0
    await venue.start()


async def test_a_later_run_takes_over_what_an_earlier_one_held(venue: RunningVenue) -> None:
    """The maker must lean against inventory it already has, and its profit starts at nothing."""
    contracts = await listed(venue)
    index = spot_index(contracts)
    people = [maker(contracts, index), buyer(contracts, index)]
    await run(people, venue.url, venue.key, np.random.default_rng(3), seconds=1.5)
    held = positions(venue, "alice")
    assert held
    again = Participant("alice", AvellanedaStoikov(), tuple(contracts), curves=index.curve)
    found = (await run([again], venue.url, venue.key, np.random.default_rng(4), seconds=0.5)).participant("alice")
    assert {contract.symbol: contract.position_lots for contract in found.contracts if contract.position_lots} == held
    held_usd = sum(abs(contract.position_gpu_hours) for contract in found.contracts) * 2.5
    assert abs(found.pnl_usd) < 0.01 * held_usd, "only the curve's drift since the start"


class Broken(Strategy):
    """Fails at its first beat."""

    timer_ns = NS_PER_SECOND // 10

    def on_timer(self, ctx: Context) -> Intents:
        raise ZeroDivisionError("a bug in the strategy")


async def test_a_bug_in_a_strategy_ends_the_run_with_that_bug(venue: RunningVenue) -> None:
    """Loudly, and with the others' orders out of the book."""
    contracts = await listed(venue)
    people = [maker(contracts, spot_index(contracts)), Participant("bob", Broken(), tuple(contracts))]
    with pytest.raises(ZeroDivisionError, match="a bug in the strategy"):
        await run(people, venue.url, venue.key, np.random.default_rng(5), seconds=30.0)
    assert venue.engine.open_orders() == []


class Stubborn(Strategy):
    """Sends an order that must be refused: it has no capacity to sell."""

    def on_start(self, ctx: Context) -> Intents:
        return [New(ctx.contracts[0], Side.SELL, 5000, 20_000)]


async def test_refusals_are_counted_and_survived(venue: RunningVenue) -> None:
    """More lots than ``bob`` may sell: one order, one refusal, and the run goes on."""
    contracts = await listed(venue)
    found = await run(
        [Participant("bob", Stubborn(), tuple(contracts))],
        venue.url,
        venue.key,
        np.random.default_rng(6),
        seconds=0.5,
    )
    assert (found.participants[0].orders, found.participants[0].refusals) == (1, 1)


async def test_offers_wait_in_the_book_and_expire_by_themselves(venue: RunningVenue) -> None:
    """A reseller without buyers: its good-til-date offers go at their time, and it knows."""
    contracts = await listed(venue)
    index = spot_index(contracts)
    reseller = Participant("bob", Reseller(index, RATE_PER_HOUR, SPEED, wait_hours=0.6), tuple(contracts))
    async with Live([reseller], venue.url, venue.key, np.random.default_rng(7)) as live:
        desk = live.seats[0].desk
        async with asyncio.timeout(20):
            # Sent at least three more than still stand, by its own count and by the venue's.
            while min(desk.counts.orders - len(found) for found in (desk.reconciler.orders, open_now(venue))) < 3:
                await asyncio.sleep(0.05)
        await live.seats[0].stop()
        await asyncio.sleep(0.1)
        assert desk.reconciler.orders.keys() == open_now(venue) == set()


def open_now(venue: RunningVenue) -> set[str]:
    return {order.client_id for order in venue.engine.open_orders()}
