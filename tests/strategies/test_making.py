"""The makers beside Avellaneda and Stoikov's: where each formula stands, and what all of them do around it."""

from collections.abc import Callable

import numpy as np
import pytest

from exchange.domain.enums import Side
from strategies.agents import population
from strategies.base import BookView, Context, Ladder, Ledger, Participant, Quote, Reconciler
from strategies.making import AvellanedaStoikov, Grid, GueantLehalleFernandezTapia, Maker, Outlook, Symmetric
from strategies.making.glft import Setting, slope, spread
from strategies.simulator import Market
from tests.strategies.test_avellaneda_stoikov import HOUR, context, quote
from tests.strategies.world import START_NS, contracts, spot_index

_MAKERS: list[Callable[[], Maker]] = [
    Symmetric,
    AvellanedaStoikov,
    GueantLehalleFernandezTapia,
    lambda: GueantLehalleFernandezTapia(exact=True),
    Grid,
]


def ladders(maker: Grid, ctx: Context) -> dict[Side, list[tuple[int, int]]]:
    """What a grid wants, as (price, lots) by side."""
    found = [want for want in maker.wanted(ctx, HOUR) if isinstance(want, Ladder)]
    assert all(want.post_only for want in found)
    return {want.side: [(rung.price_ticks, rung.lots) for rung in want.rungs] for want in found}


def without_curve(book: BookView, position: int = 0) -> Context:
    ledger = Ledger()
    ledger.of(HOUR).position_lots = position
    ctx = Context([HOUR], {HOUR.symbol: book}, np.random.default_rng(0), None, Reconciler(), ledger)
    ctx.now_ns = START_NS
    return ctx


def test_symmetric_quotes_stay_around_fair_value_whatever_is_held() -> None:
    """1% on either side of $2.500, flat or long."""
    maker = Symmetric(half_spread=0.01, patience=0.0)
    for position in (0, 200, -200):
        found = quote(maker, context(position=position))
        assert (found.bid_ticks, found.ask_ticks) == (2475, 2525)


@pytest.mark.parametrize("exact", [False, True])
def test_each_quote_held_moves_the_next_by_the_slope(exact: bool) -> None:
    """The closed form everywhere; the exact solution away from the gate and the limits hardly differs from it."""
    maker = GueantLehalleFernandezTapia(gamma=1.0, k=100.0, arrivals=20.0, exact=exact)
    hours, variance = 48.0, 0.04
    setting = Setting(1.0, 100.0, 20.0, (variance / hours) ** 0.5)
    for held in (-3, 0, 1):
        found = maker.stance(Outlook(float(held), variance, hours))
        assert found.center == pytest.approx(1.0 - held * slope(setting), abs=0.05 * slope(setting))
        assert 2 * found.half == pytest.approx(spread(setting), rel=0.01)


def test_the_exact_quotes_grow_calm_towards_the_gate_and_wary_near_the_limit() -> None:
    """With six minutes to go inventory hardly matters; the nearer the limit, the more it does."""
    maker = GueantLehalleFernandezTapia(gamma=1.0, k=100.0, arrivals=2.0, exact=True, inventory_max_lots=100)
    variance = 0.04
    early, late = (1.0 - maker.stance(Outlook(1.0, variance * hours / 48, hours)).center for hours in (48.0, 0.1))
    assert 0 < late < early / 20
    leans = [1.0 - maker.stance(Outlook(held, variance, 48.0)).center for held in (0.0, 2.0, 4.0, 5.0)]
    assert leans == sorted(leans)
    beyond = maker.stance(Outlook(9.0, variance, 48.0))
    assert beyond == maker.stance(Outlook(5.0, variance, 48.0))


def test_a_grid_is_equidistant_on_both_sides() -> None:
    """Five cents apart, from one cent off the middle, five lots each."""
    maker = Grid(rungs=3, half_spread=0.004, step=0.02, quote_lots=5)
    assert ladders(maker, context()) == {
        Side.BUY: [(2490, 5), (2440, 5), (2390, 5)],
        Side.SELL: [(2510, 5), (2560, 5), (2610, 5)],
    }


def test_a_grid_moves_against_what_is_held() -> None:
    """Long two quotes: all of it lower, by two shifts."""
    maker = Grid(rungs=2, half_spread=0.004, step=0.02, shift=0.002, quote_lots=5)
    assert ladders(maker, context(position=10)) == {
        Side.BUY: [(2480, 5), (2430, 5)],
        Side.SELL: [(2500, 5), (2550, 5)],
    }


def test_a_grid_ends_where_its_inventory_limit_is() -> None:
    """Room for seven more lots: one rung whole, one in part, the rest not at all; the other side stays whole."""
    maker = Grid(rungs=3, half_spread=0.004, step=0.02, shift=0.0, quote_lots=5, inventory_max_lots=50)
    found = ladders(maker, context(position=43))
    assert found[Side.BUY] == [(2490, 5), (2440, 2)]
    assert [lots for _, lots in found[Side.SELL]] == [5, 5, 5]
    assert ladders(maker, context(position=60))[Side.BUY] == []


def test_rungs_that_ticks_cannot_tell_apart_are_one() -> None:
    """At $0.010 a step of 2% is a fifth of a tick, and nothing is bid at nothing."""
    found = ladders(Grid(rungs=6, half_spread=0.1, step=0.02), context(price_usd=0.010))
    assert [price for price, _ in found[Side.BUY]] == [9, 8]
    assert [price for price, _ in found[Side.SELL]] == [11, 12]
    low = ladders(Grid(rungs=3, half_spread=0.1, step=0.5), context(price_usd=0.003))
    assert low[Side.BUY] == [(2, 5)]


@pytest.mark.parametrize("make", _MAKERS)
def test_every_maker_stays_behind_other_people_s_prices(make: Callable[[], Maker]) -> None:
    """Somebody offers far under fair value, somebody bids far over it: no price of ours would trade at once."""
    for book, side, limit in (
        (BookView(asks=((2300, 5),)), Side.BUY, 2299),
        (BookView(bids=((2700, 5),)), Side.SELL, 2701),
    ):
        for want in make().wanted(context(book), HOUR):
            if isinstance(want, Quote):
                prices = {Side.BUY: [want.bid_ticks], Side.SELL: [want.ask_ticks]}
            else:
                assert isinstance(want, Ladder)
                prices = {want.side: [rung.price_ticks for rung in want.rungs]}
            assert all(price <= limit if side == Side.BUY else price >= limit for price in prices.get(side, []))


@pytest.mark.parametrize("make", _MAKERS)
def test_every_maker_waits_for_a_price(make: Callable[[], Maker]) -> None:
    """Without a curve a book of one side says nothing; with a whole one, those that need a curve still wait."""
    maker, book = make(), BookView(bids=((2400, 5),), asks=((2600, 5),))
    for part in (BookView(), book._replace(bids=()), book._replace(asks=())):
        assert list(maker.wanted(without_curve(part), HOUR)) == []
    assert bool(list(maker.wanted(without_curve(book), HOUR))) != maker.needs_curve


def test_without_a_curve_fair_value_is_the_middle_between_other_people() -> None:
    """Nobody's own order counts: there is none here, so it is the book's."""
    found = Symmetric(half_spread=0.01).quote(without_curve(BookView(((2400, 5),), ((2600, 5),))), HOUR)
    assert found is not None
    assert (found.bid_ticks, found.ask_ticks) == (2475, 2525)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Symmetric(half_spread=0.0),
        lambda: Grid(rungs=0),
        lambda: Grid(step=0.0),
        lambda: Grid(shift=-1.0),
        lambda: GueantLehalleFernandezTapia(arrivals=0.0),
        lambda: GueantLehalleFernandezTapia(k=-1.0),
    ],
)
def test_parameters_that_mean_nothing_are_refused(make: Callable[[], Maker]) -> None:
    """With the names and what was found."""
    with pytest.raises(ValueError, match="found"):
        make()


@pytest.mark.parametrize("make", [Symmetric, GueantLehalleFernandezTapia, Grid])
def test_they_trade_in_the_simulator_within_their_limits(make: Callable[[], Maker]) -> None:
    """Among the agents, on every contract, for some seconds."""
    listed = contracts(1)
    index = spot_index(listed)
    maker = make()
    maker.inventory_max_lots = 30
    me = Participant("maker", maker, tuple(listed), capacity_lots=1000, curves=index.curve)
    people = [me, *population(listed, index, np.random.default_rng(1))]
    market = Market(listed, people, np.random.default_rng(2), START_NS)
    market.run(5.0)
    found = market.desk("maker").statistics(market.now_ns)
    assert found.trades > 0
    assert found.refusals < found.orders / 10
    assert all(abs(contract.position_lots) <= 30 for contract in found.contracts)
    market.engine.check()
