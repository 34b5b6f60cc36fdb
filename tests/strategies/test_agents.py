"""Simulated participants, one at a time and without a venue."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.domain.enums import Side
from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from strategies.agents import Arrivals, DailyCycle, JobBuyer, Provider, Reseller, population
from strategies.base import BookView, Context, Ladder, Ledger, New, Reconciler
from strategies.base.hours import HourPrice, cheapest_any, cheapest_run
from tests.strategies.world import START_NS, contracts, spot_index

HOURS = contracts()


def arrival_hours(arrivals: Arrivals, count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.array([arrivals.next_ns(0, rng) for _ in range(count)]) / NS_PER_HOUR


def context(books: dict[str, BookView] | None = None, seed: int = 0) -> Context:
    ctx = Context(HOURS, books or {}, np.random.default_rng(seed), None, Reconciler(), Ledger())
    ctx.now_ns = START_NS
    return ctx


def test_arrivals_come_at_the_rate_asked_for_bursts_included() -> None:
    """20 an hour on average; speed divides the time between them and nothing else."""
    hours = arrival_hours(Arrivals(20.0, 1.0), 20_000)
    assert len(hours) / hours[-1] == pytest.approx(20.0, rel=0.05)
    fast = arrival_hours(Arrivals(20.0, 3600.0), 20_000)
    assert hours / 3600 == pytest.approx(fast, rel=1e-6)


def test_arrivals_follow_the_hour_of_the_day() -> None:
    """Peak hours see four times the jobs of the trough with a swing of 0.6."""
    hour_of_day = arrival_hours(Arrivals(20.0, 1.0, DailyCycle(0.6, 15.0), echo=0.0), 40_000) % 24
    peak = np.mean(abs(hour_of_day - 15.0) < 1)
    trough = np.mean(abs(hour_of_day - 3.0) < 1)
    assert peak / trough == pytest.approx(4.0, rel=0.15)


def test_arrivals_come_in_bursts() -> None:
    """Counts in short windows scatter more than those of a Poisson process, whose variance is its mean."""

    def scatter(echo: float) -> float:
        hours = arrival_hours(Arrivals(20.0, 1.0, DailyCycle(swing=0.0), echo=echo), 20_000)
        counts = np.bincount(hours.astype(int))
        return float(counts.var() / counts.mean())

    assert scatter(0.0) == pytest.approx(1.0, abs=0.15)
    assert scatter(0.5) > 1.8


def hour_prices(prices: list[float | None]) -> list[HourPrice]:
    return [HourPrice(hour, price) for hour, price in zip(HOURS, prices, strict=False) if price is not None]


price_lists = st.lists(st.one_of(st.none(), st.floats(0.1, 9.0)), min_size=24, max_size=24)


@given(price_lists, st.integers(1, 4))
def test_the_cheapest_run_is_the_cheapest_of_all_runs(prices: list[float | None], count: int) -> None:
    """Against a search through every run of consecutive hours in one region, whichever SKU is cheaper."""
    offers = hour_prices(prices)
    best = float("inf")
    for region in ("USE", "EUW"):
        local: dict[int, float] = {}
        for offer in offers:
            if offer.region == region:
                local[offer.start_ns] = min(offer.price_usd, local.get(offer.start_ns, 99.0))
        for start in local:
            run = [local.get(start + step * NS_PER_HOUR) for step in range(count)]
            if None not in run:
                best = min(best, sum(price for price in run if price is not None))
    found = cheapest_run(offers, count)
    assert sum(offer.price_usd for offer in found) == pytest.approx(best if found else 0.0)
    assert bool(found) == (best < float("inf"))
    assert all(later.start_ns - earlier.start_ns == NS_PER_HOUR for earlier, later in pairwise(found))


@given(price_lists, st.integers(1, 6))
def test_the_cheapest_hours_are_the_cheapest_of_each_hour(prices: list[float | None], count: int) -> None:
    """Against sorting the best price of every delivery hour."""
    offers = hour_prices(prices)
    by_start: dict[int, float] = {}
    for offer in offers:
        by_start[offer.start_ns] = min(offer.price_usd, by_start.get(offer.start_ns, 99.0))
    found = cheapest_any(offers, count)
    if len(by_start) < count:
        assert found == []
    else:
        assert sum(o.price_usd for o in found) == pytest.approx(sum(sorted(by_start.values())[:count]))
        assert len({offer.start_ns for offer in found}) == count


def test_a_buyer_pays_no_more_than_the_job_is_worth() -> None:
    """With every ask a tenth over fair value nothing is taken; a tenth under it, nearly every job is."""
    index = spot_index(HOURS)

    def taken(level: float) -> int:
        asks = {
            hour.symbol: BookView(asks=((round(index(hour, START_NS) * level / hour.price_usd(1)), 50),))
            for hour in HOURS
        }
        ctx = context(asks)
        buyer = JobBuyer(index, 10.0, 1.0, premium=0.0, dispersion=0.02, patient_share=0.0)
        orders = [order for _ in range(50) for order in buyer.on_timer(ctx)]
        for order in orders:
            assert isinstance(order, New)
            assert order.side == Side.BUY
            assert order.price_ticks >= asks[order.contract.symbol].best_ask_ticks
        return len(orders)

    assert taken(1.1) == 0
    assert taken(0.9) >= 50


def test_a_provider_offers_above_cost_and_cheaper_towards_the_gate() -> None:
    """First well above fair value, then under it, never under cost, and nothing at the very end."""
    index = spot_index(HOURS, speed=0.0)
    hour = HOURS[3]
    provider = Provider(index, margin=0.02, sale_hours=1.0, sale_discount=0.5, cost_share=0.8)
    ctx = context()

    def best_over_fair(hours_to_gate: float) -> float:
        ctx.now_ns = hour.gate_ns - int(hours_to_gate * NS_PER_HOUR)
        ladders = [ladder for ladder in provider.on_timer(ctx) if isinstance(ladder, Ladder)]
        (ladder,) = [ladder for ladder in ladders if ladder.contract is hour]
        return hour.price_usd(ladder.rungs[0].price_ticks) / index(hour, ctx.now_ns) if ladder.rungs else 0.0

    ctx.now_ns = START_NS
    tuple(provider.on_start(ctx))
    cost_share = 0.8 * index(hour, START_NS) / index(hour, hour.gate_ns)
    assert best_over_fair(3.0) == pytest.approx(1.02, rel=0.002)
    assert best_over_fair(0.75) < 1.0
    assert best_over_fair(0.05) == pytest.approx(cost_share, rel=0.005)
    assert best_over_fair(0.01) == 0.0


def test_a_reseller_hits_a_good_bid_and_otherwise_offers_and_waits() -> None:
    """Sells at once at a tenth over fair value; with no bid it leaves an offer that expires."""
    index = spot_index(HOURS)
    reseller = Reseller(index, 10.0, 60.0, dispersion=0.01, wait_hours=1.0)
    bids = {
        hour.symbol: BookView(bids=((round(index(hour, START_NS) * 1.1 / hour.price_usd(1)), 50),)) for hour in HOURS
    }
    (sale,) = reseller.on_timer(context(bids))
    assert isinstance(sale, New)
    assert sale.time_in_force.name == "IOC"
    (offer,) = reseller.on_timer(context())
    assert isinstance(offer, New)
    assert (offer.time_in_force.name, offer.expiry_ns) == ("GTD", START_NS + 60 * NS_PER_SECOND)


def test_a_population_is_the_same_for_the_same_seed_and_covers_every_contract() -> None:
    """Names are unique account names, and somebody provides every kind of hour."""
    index = spot_index(HOURS)
    one, two = (population(HOURS, index, np.random.default_rng(5)) for _ in range(2))
    assert [vars(who.strategy).keys() for who in one] == [vars(who.strategy).keys() for who in two]
    assert [who.contracts for who in one] == [who.contracts for who in two]
    assert len({who.name for who in one}) == len(one) == 18
    provided = {c.symbol for who in one if isinstance(who.strategy, Provider) for c in who.contracts}
    assert provided == {hour.symbol for hour in HOURS}


def test_fair_value_is_a_function_of_contract_and_time() -> None:
    """Asked in any order, and again after forgetting, the answers are the same; late eyes see the past."""
    index, again = spot_index(HOURS), spot_index(HOURS)
    times_ns = [START_NS + second * NS_PER_SECOND for second in (0, 5, 1, 30, 5)]
    asked = [index(hour, time_ns) for time_ns in times_ns for hour in HOURS]
    answers = {(hour.symbol, time_ns): again(hour, time_ns) for hour in reversed(HOURS) for time_ns in set(times_ns)}
    assert asked == [answers[hour.symbol, time_ns] for time_ns in times_ns for hour in HOURS]
    late = index.seen_late(2 * NS_PER_SECOND)(HOURS[0], times_ns[3])
    assert late.price(HOURS[0].start_ns) == index(HOURS[0], times_ns[3] - 2 * NS_PER_SECOND)
