"""Guards: whatever the strategy wants and the venue does, the limits hold; and each says why."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract, hour_contract, parse_symbol
from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from strategies.base import (
    BookView,
    Cancel,
    Context,
    Fill,
    Guarded,
    Intent,
    Intents,
    Ladder,
    Limits,
    New,
    Place,
    Quote,
    Replace,
    Rung,
    Strategy,
    Wake,
)  # fmt: skip
from strategies.base.guards import Mode
from tests.strategies.adversary import Adversary

STRIP = parse_symbol("H100SXM_USE_B4H08-1DEC26")
HOURS = tuple(hour_contract(STRIP.sku, STRIP.region, hour) for hour in STRIP.delivery_hours)
OTHER = parse_symbol("H100SXM_EUW_H09-1DEC26")
ALL = (*HOURS, STRIP, OTHER)
NOW_NS = STRIP.gate_ns - 3 * NS_PER_HOUR
LIMITS = Limits(hour_max_lots=10, place_max_lots=24, total_max_gpu_hours=240)


class Scripted(Strategy):
    """Wants one thing after the other, a new one each second."""

    wakes = Wake.TIMER

    def __init__(self, script: Sequence[Sequence[Intent]] = ()) -> None:
        self.script = list(script)
        self.heard = 0

    def on_timer(self, ctx: Context) -> Intents:
        self.heard += 1
        wants = self.script.pop(0) if self.script else ()
        known = [order.client_id for contract in ALL for order in ctx.orders(contract)]
        # Client ids are not known before they are given: the script names orders by number.
        return [_named(want, known) for want in wants if known or not isinstance(want, Cancel | Replace)]


def _named(want: Intent, known: Sequence[str]) -> Intent:
    if isinstance(want, Cancel | Replace):
        return want._replace(client_id=known[int(want.client_id) % len(known)])
    return want


def any_intent(rng: np.random.Generator) -> Intent:
    """Anything a strategy may say, sensible or not."""
    contract, side = ALL[int(rng.integers(len(ALL)))], Side(int(rng.integers(2)))
    bid, lots, others, wide = (int(rng.integers(*span)) for span in ((2400, 2420), (0, 30), (0, 30), (1, 9)))
    kind = rng.choice(["quote", "ladder", "new", "cancel", "replace"], p=[0.4, 0.2, 0.2, 0.1, 0.1])
    if kind == "quote":
        return Quote(contract, bid, lots, bid + wide, others)
    if kind == "ladder":
        rungs = (Rung(bid + int(rng.integers(5)), int(rng.integers(12))) for _ in range(int(rng.integers(4))))
        return Ladder(contract, side, tuple(rungs))
    if kind == "new":
        return New(contract, side, bid, lots + 1)
    return Cancel(str(lots)) if kind == "cancel" else Replace(str(lots), bid, others)


def act(venue: Adversary, rng: np.random.Generator) -> None:
    """Time passes, or something is on its way a step further, or something is filled."""
    kind = rng.choice(["beat", "arrive", "refuse", "hear", "fill"], p=[0.2, 0.28, 0.04, 0.28, 0.2])
    if kind == "beat":
        venue.beat()
    elif kind == "hear":
        venue.hear()
    elif kind == "fill":
        venue.fill(int(rng.integers(20)), int(rng.integers(1, 12)))
    else:
        venue.arrive(is_refused=kind == "refuse")


def worst(venue: Adversary, contract: Contract) -> tuple[int, int]:
    """The most that can be long and short of an hour, strips counted."""
    holders = [held for held in ALL if set(contract.delivery_hours) <= set(held.delivery_hours)]
    here = [held for held in holders if held.region == contract.region]
    return sum(venue.reach(held, Side.BUY) for held in here), sum(venue.reach(held, Side.SELL) for held in here)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
@example(1006)  # an order fills while a replacement of it waits
def test_no_limit_is_passed_even_if_everything_fills(seed: int) -> None:
    """At every moment, counting what is in the book and under way, in each hour, each place, and in all."""
    rng = np.random.default_rng(seed)
    script = [[any_intent(rng) for _ in range(int(rng.integers(4)))] for _ in range(12)]
    venue = Adversary(Guarded(Scripted(script), LIMITS), ALL, NOW_NS)
    for _ in range(60):
        act(venue, rng)
        hours = [max(worst(venue, hour)) for hour in HOURS]
        assert max(hours) <= LIMITS.hour_max_lots
        assert sum(hours) <= LIMITS.place_max_lots
        assert (sum(hours) + max(worst(venue, OTHER))) * 8 <= LIMITS.total_max_gpu_hours


def settle(venue: Adversary, turns: int = 40) -> None:
    for _ in range(turns):
        venue.arrive()
        venue.hear()


def sizes(venue: Adversary) -> list[tuple[str, str, int]]:
    """Of every open order: contract, side and lots left."""
    orders = [(venue.placed[client_id], order) for client_id, order in sorted(venue.orders.items())]
    return [(place.contract.symbol, place.side.name, order[0] - order[1]) for place, order in orders]


def test_within_the_limits_nothing_is_changed() -> None:
    """The same messages with guards and without."""
    script: list[list[Intent]] = [[Quote(HOURS[0], 2400, 5, 2410, 5)], [Quote(HOURS[0], 2401, 4, 2411, 5)]]
    venues = [Adversary(strategy, ALL, NOW_NS) for strategy in (Guarded(Scripted(script), LIMITS), Scripted(script))]
    for venue in venues:
        for _ in range(2):
            venue.beat()
            settle(venue)
    assert sizes(venues[0]) == sizes(venues[1]) != []
    assert venues[0].desk.counts == venues[1].desk.counts


def test_what_was_cut_off_for_orders_on_their_way_out_comes_back_once_they_are_gone() -> None:
    """Three orders of 3 become one of 10: first as much as all allow, in the end all of it. That is no trip."""
    three = Ladder(HOURS[0], Side.BUY, (Rung(2400, 3), Rung(2399, 3), Rung(2398, 3)))
    one = Ladder(HOURS[0], Side.BUY, (Rung(2401, 10),))
    guarded = Guarded(Scripted([[three], [one]]), LIMITS)
    venue = Adversary(guarded, ALL, NOW_NS)
    venue.beat()
    settle(venue)
    venue.beat()
    settle(venue)
    assert sizes(venue) == [(HOURS[0].symbol, "BUY", 10)]
    assert not guarded.trips


def test_a_fill_is_not_wanted_again_by_the_guard() -> None:
    """Five of ten are bought; nothing is placed until the strategy says so."""
    venue = Adversary(Guarded(Scripted([[Quote(HOURS[0], 2400, 20)]]), LIMITS), ALL, NOW_NS)
    venue.beat()
    settle(venue)
    venue.fill(0, 10)
    settle(venue)
    assert sizes(venue) == []
    assert venue.positions[HOURS[0].symbol] == 10


def test_what_was_filled_does_not_come_back_with_the_rest_after_a_pull() -> None:
    """Two of five are bought, then news stays away and comes again: three are placed."""
    venue = Adversary(Guarded(Scripted([[Quote(HOURS[0], 2400, 5)]]), Limits(feed_stale_s=5.0)), ALL, NOW_NS)
    venue.beat()
    settle(venue)
    venue.fill(0, 2)
    settle(venue)
    for lots in ([], [3]):
        for _ in range(8):
            venue.beat()
            settle(venue)
        assert [size[2] for size in sizes(venue)] == lots
        venue.books[HOURS[0].symbol] = BookView((), (), venue.now_ns + 9 * NS_PER_SECOND)


def test_what_an_order_in_flight_shall_become_counts() -> None:
    """Two lots are under way and shall be ten: there is no room for another five."""
    wants: list[list[Intent]] = [
        [New(HOURS[0], Side.BUY, 2400, 2)], [Replace("0", 2400, 10)], [New(HOURS[0], Side.BUY, 2401, 5)],
    ]  # fmt: skip
    venue = Adversary(Guarded(Scripted(wants), LIMITS), ALL, NOW_NS)
    for _ in range(3):
        venue.beat()
    settle(venue)
    assert sizes(venue) == [(HOURS[0].symbol, "BUY", 10)]


class TwoSided(Strategy):
    """Quotes 6 lots a side around 2.50 in one hour, whatever happens."""

    wakes = Wake.TIMER | Wake.FILL

    def on_timer(self, ctx: Context) -> Intents:
        return [Quote(HOURS[0], 2480, 6, 2520, 6)]

    def on_fill(self, ctx: Context, fill: Fill) -> Intents:
        return self.on_timer(ctx)


def losing(limits: Limits, held: int = 4) -> tuple[Guarded, Adversary]:
    """Long ``held`` lots of 8 GPUs, bought at 2.50, with quotes in the book."""
    guarded = Guarded(TwoSided(), limits)
    venue = Adversary(guarded, ALL, NOW_NS)
    venue.books[HOURS[0].symbol] = BookView(((2500, 9),), ((2502, 9),), NOW_NS)
    venue.beat()
    settle(venue)
    venue.desk.ledger.carry(HOURS[0], held, 2.501)
    venue.positions[HOURS[0].symbol] = held
    venue.beat()
    return guarded, venue


def mode_of(guarded: Guarded) -> Mode:
    return guarded.mode


def crash(venue: Adversary, mid_ticks: int) -> None:
    venue.books[HOURS[0].symbol] = BookView(((mid_ticks - 1, 9),), ((mid_ticks + 1, 9),), venue.now_ns)
    venue.beat()
    settle(venue)


@pytest.mark.parametrize("limits", [Limits(day_loss_max_usd=10.0), Limits(drawdown_max_usd=10.0)])
def test_a_loss_first_lets_reduce_and_then_closes_everything(limits: Limits) -> None:
    """32 GPU-hours, $10: 0.313 a GPU-hour down only the offer is left; 0.469 down all is sold at the bid."""
    guarded, venue = losing(limits)
    crash(venue, 2200)
    assert mode_of(guarded) is Mode.OPEN
    crash(venue, 2180)
    assert mode_of(guarded) is Mode.REDUCING
    assert sizes(venue) == [(HOURS[0].symbol, "SELL", 4)]
    crash(venue, 2400)
    assert mode_of(guarded) is Mode.REDUCING, "a loss that was made good again is still one"
    crash(venue, 2020)
    assert mode_of(guarded) is Mode.FLAT
    venue.beat()
    settle(venue)
    assert sizes(venue) == [(HOURS[0].symbol, "SELL", 4)]
    assert max(venue.placed.values(), key=lambda place: int(place.client_id)).price_ticks == 2019
    assert [trip.name for trip in guarded.trips if trip.name == "loss"] == ["loss", "loss"]


def test_a_day_s_loss_is_forgotten_at_midnight_and_a_drawdown_is_not() -> None:
    """The strategy's last quotes are back by themselves."""
    for limits, mode in ((Limits(day_loss_max_usd=10.0), Mode.OPEN), (Limits(drawdown_max_usd=10.0), Mode.REDUCING)):
        guarded, venue = losing(limits)
        crash(venue, 2180)
        venue.now_ns = (venue.now_ns // (24 * NS_PER_HOUR) + 1) * 24 * NS_PER_HOUR
        crash(venue, 2180)
        assert mode_of(guarded) is mode
        assert len(sizes(venue)) == (2 if mode is Mode.OPEN else 1)


class DatedCurve:
    """A curve that knows when it was seen."""

    def __init__(self, time_ns: int) -> None:
        self.time_ns = time_ns

    def price(self, hour_start_ns: int) -> float:
        return 2.5

    def deviation(self, hour_start_ns: int) -> float:
        return 0.1


def test_without_news_quotes_are_pulled_until_it_comes() -> None:
    """Five seconds of silence; then a book."""
    guarded = Guarded(TwoSided(), Limits(feed_stale_s=5.0))
    venue = Adversary(guarded, ALL, NOW_NS)
    for _ in range(2):
        venue.beat()
        settle(venue)
    assert len(sizes(venue)) == 2
    for _ in range(7):
        venue.beat()
    settle(venue)
    assert sizes(venue) == []
    crash(venue, 2500)
    assert len(sizes(venue)) == 2
    assert [(trip.name, trip.reason) for trip in guarded.trips] == [("feed", "no news for 6.0 s")]


def test_where_the_curve_is_old_quotes_are_pulled() -> None:
    """It says itself when its last price was seen; a curve that does not is judged by on_curve."""
    curve = DatedCurve(NOW_NS)
    guarded = Guarded(TwoSided(), Limits(curve_stale_s=3.0))
    venue = Adversary(guarded, ALL, NOW_NS)
    venue.desk.ctx._curves = lambda contract, time_ns: curve
    counts = []
    for _ in range(6):
        venue.beat()
        settle(venue)
        counts.append(len(sizes(venue)))
    assert counts == [2, 2, 2, 0, 0, 0]
    curve.time_ns = venue.now_ns
    venue.beat()
    settle(venue)
    assert len(sizes(venue)) == 2
    assert {(trip.name, trip.symbol) for trip in guarded.trips} == {("curve", "H100SXM_USE"), ("curve", "H100SXM_EUW")}


def test_killed_it_pulls_everything_and_is_never_asked_again() -> None:
    """Orders it looks after itself, too, also one that is still under way; the reason is on record."""
    scripted = Scripted([[Quote(HOURS[0], 2400, 5, 2410, 5), New(HOURS[1], Side.BUY, 2400, 3)]])
    guarded = Guarded(scripted, LIMITS)
    venue = Adversary(guarded, ALL, NOW_NS)
    venue.beat()
    venue.arrive()
    venue.hear()
    guarded.kill("the operator said so")
    assert venue.desk.next_timer_ns <= venue.now_ns
    settle(venue)
    venue.beat()
    settle(venue)
    assert sizes(venue) == []
    heard = scripted.heard
    venue.beat()
    assert scripted.heard == heard
    assert [(trip.name, trip.reason) for trip in guarded.trips] == [("kill", "the operator said so")]


class Slow(Scripted):
    """Asks to be called every ten seconds, and once at a time of its own."""

    timer_ns = 10 * NS_PER_SECOND

    def on_start(self, ctx: Context) -> Intents:
        ctx.wake_at(ctx.now_ns + 4 * NS_PER_SECOND)
        return ()


def test_the_strategy_keeps_its_own_rhythm() -> None:
    """The guard looks every second; the strategy is called after 4, 10 and 20."""
    slow = Slow()
    venue = Adversary(Guarded(slow, LIMITS), ALL, NOW_NS)
    calls = []
    for second in range(1, 22):
        before = slow.heard
        venue.beat()
        if slow.heard > before:
            calls.append(second)
    assert calls == [4, 10, 20]


def test_what_is_past_its_gate_does_not_count_any_more() -> None:
    """Ten lots were bought of an hour that has been gated: the place has room again."""
    limits = Limits(place_max_lots=12)
    script: list[list[Intent]] = [[Quote(HOURS[0], 2400, 10)], [Quote(HOURS[1], 2400, 10)]]
    for is_gated, lots in ((False, 2), (True, 10)):
        venue = Adversary(Guarded(Scripted(script), limits), ALL, NOW_NS)
        venue.beat()
        settle(venue)
        venue.fill(0, 10)
        settle(venue)
        if is_gated:
            venue.now_ns = HOURS[0].gate_ns
        venue.beat()
        settle(venue)
        assert sizes(venue) == [(HOURS[1].symbol, "BUY", lots)]


@pytest.mark.parametrize("wrong", [{"hour_max_lots": -1}, {"drawdown_max_usd": float("nan")}, {"flat_factor": 0.5}])
def test_limits_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    """By name."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Limits(**wrong)  # type: ignore[arg-type]


def test_placed_orders_are_what_is_guarded() -> None:
    """One glance at the messages: 30 wanted, 10 sent."""
    venue = Adversary(Guarded(Scripted([[New(HOURS[0], Side.SELL, 2500, 30)]]), LIMITS), ALL, NOW_NS)
    venue.beat()
    assert [message.lots for message in venue._inbound if isinstance(message, Place)] == [10]
    assert isinstance(venue.desk.strategy, Guarded)
    (trip,) = venue.desk.strategy.trips
    assert trip == (venue.now_ns, "inventory", "10 of 30 lots to sell", HOURS[0].symbol)
