"""The market maker alone: its formulas, its limits, and how it stands towards others in the book."""

from math import log

import numpy as np
import pytest

from exchange.domain.enums import Side
from strategies.base import BookView, Context, Fill, Ledger, Quote, Reconciler
from strategies.making import AvellanedaStoikov, Maker, optimal_spread, reservation_price
from tests.strategies.world import START_NS, contracts

HOUR = contracts()[0]


class FlatCurve:
    """The same price and deviation at every hour."""

    def __init__(self, price_usd: float, deviation_usd: float) -> None:
        self.usd, self.deviation_usd = price_usd, deviation_usd

    def price(self, hour_start_ns: int) -> float:
        return self.usd

    def deviation(self, hour_start_ns: int) -> float:
        return self.deviation_usd


def context(book: BookView | None = None, position: int = 0, price_usd: float = 2.5, deviation: float = 0.1) -> Context:
    """``deviation``: the curve's, as a share of its price."""
    ledger = Ledger()
    ledger.of(HOUR).position_lots = position
    books = {HOUR.symbol: book or BookView()}
    curve = FlatCurve(price_usd, deviation * price_usd)
    ctx = Context([HOUR], books, np.random.default_rng(0), lambda contract, time_ns: curve, Reconciler(), ledger)
    ctx.now_ns = START_NS
    return ctx


def quote(maker: Maker, ctx: Context) -> Quote:
    found = maker.quote(ctx, HOUR)
    assert found is not None
    return found


def test_formulas_of_the_paper() -> None:
    """s=100, sigma=2, T-t=1, gamma=.1, k=1.5: the spread at the start of its simulations."""
    assert reservation_price(100.0, 3.0, 0.1, 4.0) == pytest.approx(100.0 - 3 * 0.4)
    assert optimal_spread(0.1, 4.0, 1.5) == pytest.approx(0.4 + 20 * log(1 + 0.1 / 1.5))


def test_the_average_spread_of_the_paper_s_tables() -> None:
    """Tables 1 to 3 print the spread averaged over a run, with sigma^2 (T - t) falling from 4 to 0."""
    remaining = 4.0 * (1.0 - (np.arange(200) + 0.5) / 200)
    for gamma, printed in ((0.1, 1.49), (0.01, 1.35), (1.0, 3.02)):
        average = np.mean([optimal_spread(gamma, variance, 1.5) for variance in remaining])
        assert average == pytest.approx(printed, abs=0.005)


def test_quotes_stand_around_the_curve_and_lean_against_inventory() -> None:
    """Flat: symmetric around fair value. Long: both lower. Short: both higher."""
    flat, long, short = (quote(AvellanedaStoikov(), context(position=lots)) for lots in (0, 100, -100))
    assert flat.bid_ticks < 2500 < flat.ask_ticks
    assert abs(flat.bid_ticks + flat.ask_ticks - 5000) <= 1
    assert long.bid_ticks < flat.bid_ticks < short.bid_ticks
    assert long.ask_ticks < flat.ask_ticks < short.ask_ticks


def test_the_less_sure_the_curve_the_wider_the_quote() -> None:
    """Two curves that differ in nothing but variance: wider by gamma times the difference, on both sides alike."""
    quotes = [quote(AvellanedaStoikov(), context(price_usd=25.0, deviation=share)) for share in (0.05, 0.1, 0.15, 0.2)]
    spreads = [found.ask_ticks - found.bid_ticks for found in quotes]
    assert np.diff(spreads) == pytest.approx([25_000 * more for more in (0.0075, 0.0125, 0.0175)], abs=2)
    assert all(abs(found.bid_ticks + found.ask_ticks - 50_000) <= 1 for found in quotes)
    assert spreads[2] > 2 * spreads[0]


def test_the_less_sure_the_curve_the_harder_it_leans_against_inventory() -> None:
    """Long one quote: lower by gamma times the variance."""
    for share in (0.05, 0.2):
        maker = AvellanedaStoikov()
        held = quote(maker, context(price_usd=25.0, position=maker.quote_lots, deviation=share))
        assert (held.bid_ticks + held.ask_ticks) / 2 == pytest.approx(25_000 * (1 - share**2), abs=1)


def test_spread_is_never_under_its_minimum() -> None:
    """Also where the formula would allow it."""
    found = quote(AvellanedaStoikov(gamma=1e-9, k=1e6, spread_min=0.02), context())
    assert found.ask_ticks - found.bid_ticks >= 50
    cheap = quote(AvellanedaStoikov(gamma=1e-9, k=1e6, spread_min=0.0), context(price_usd=0.002))
    assert cheap.ask_ticks - cheap.bid_ticks >= 2


@pytest.mark.parametrize(
    ("position", "bids", "asks"), [(0, 10, 10), (45, 5, 10), (50, 0, 10), (-50, 10, 0), (60, 0, 10)]
)
def test_at_the_inventory_limit_only_the_reducing_side_is_quoted(position: int, bids: int, asks: int) -> None:
    """Near it the size shrinks, so that a fill cannot pass the limit."""
    found = quote(AvellanedaStoikov(quote_lots=10, inventory_max_lots=50), context(position=position))
    assert (found.bid_lots, found.ask_lots) == (bids, asks)


def test_it_stays_behind_others_and_never_takes() -> None:
    """Somebody offers under our bid, somebody else bids over our ask: we join, one tick behind."""
    below = quote(AvellanedaStoikov(), context(BookView(asks=((2400, 5),))))
    assert below.bid_ticks == 2399
    above = quote(AvellanedaStoikov(), context(BookView(bids=((2600, 5),))))
    assert above.ask_ticks == 2601


def test_it_does_not_run_from_its_own_order() -> None:
    """The best ask is ours alone, so a bid just under it is judged by the next one behind."""
    ctx = context(BookView(asks=((2490, 10), (2600, 1))))
    reconciler = ctx._reconciler
    (place,) = reconciler.state([Quote(HOUR, ask_ticks=2490, ask_lots=10)])
    reconciler.answered(place.client_id, 2490, 10, 0, True)
    assert ctx.best_other(HOUR, Side.SELL) == 2600


def test_a_small_move_of_fair_value_leaves_the_quote_where_it_is() -> None:
    """A place in the queue is worth more than a tick."""
    maker = AvellanedaStoikov(patience=0.2)
    before = quote(maker, context(price_usd=2.5))
    assert quote(maker, context(price_usd=2.501)) == before
    assert quote(maker, context(price_usd=2.55)).bid_ticks > before.bid_ticks


def test_a_fill_is_answered_with_a_quote_for_that_contract_only() -> None:
    """It wakes up for its fills, and leaves the other contracts alone."""
    ctx = context(position=10)
    (found,) = AvellanedaStoikov().on_fill(ctx, Fill(HOUR, "a", Side.BUY, 2480, 10, 0.0, True, START_NS))
    assert isinstance(found, Quote)
    assert found.contract is HOUR
