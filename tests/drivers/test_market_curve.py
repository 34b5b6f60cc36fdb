"""A curve from the market alone: others' quotes, else the last trade, else what history says."""

import numpy as np
import pytest

from exchange.domain.enums import Side
from exchange.domain.units import NS_PER_HOUR
from strategies.base import BookView, Desk, Fill, Participant, Quote, Strategy
from strategies.base.context import Context
from strategies.base.intents import Intents
from strategies.curves import shipped_curves
from strategies.drivers.market_curve import MarketCurve
from tests.strategies.world import START_NS, contracts

NEXT, LATER = contracts(2)[:2]


class Quoting(Strategy):
    """One bid and one ask of its own."""

    def on_start(self, ctx: Context) -> Intents:
        return [Quote(NEXT, 2400, 3, 2500, 3)]


def desk(books: dict[str, BookView], with_history: bool = True) -> Desk:
    curve = MarketCurve((NEXT, LATER), shipped_curves(START_NS) if with_history else None)
    made = Desk(Participant("me", Quoting(), (NEXT, LATER), curves=curve), books, np.random.default_rng(1))
    curve.follow(made.ctx)
    made.start(START_NS)
    return made


def test_an_hour_costs_what_others_quote() -> None:
    """The middle between others, not one's own quotes; the last trade where others are not on both sides."""
    books = {NEXT.symbol: BookView(((2400, 3), (2300, 5)), ((2500, 3), (2700, 5)), START_NS, 2450)}
    ctx = desk(books).ctx
    made = desk(books)
    for order in made.reconciler.orders.values():
        made.answered(START_NS, order.client_id, order.price_ticks, order.lots, 0, True)
    assert ctx.fair_usd(NEXT) == pytest.approx(2.45), "not yet confirmed: it may be somebody else's"
    assert made.ctx.fair_usd(NEXT) == pytest.approx(2.5)
    books[NEXT.symbol] = BookView(((2400, 3),), ((2500, 3),), START_NS, 2420)
    assert made.ctx.fair_usd(NEXT) == pytest.approx(2.42)


def test_where_the_market_is_silent_history_speaks() -> None:
    """Price and doubt are those of the curve that was fitted; the doubt is a share of the price."""
    books: dict[str, BookView] = {}
    made = desk(books)
    history = shipped_curves(START_NS)["H100SXM", "USE"]
    priced = made.ctx.curve_usd(LATER)
    assert priced is not None
    assert priced[0] == pytest.approx(history.price(LATER.start_ns))
    assert priced[1] == pytest.approx(history.deviation(LATER.start_ns))
    books[LATER.symbol] = BookView(((4000, 1),), ((4200, 1),), START_NS, 0)
    dear = made.ctx.curve_usd(LATER)
    assert dear is not None
    assert dear == pytest.approx((4.1, priced[1] / priced[0] * 4.1))


def test_without_history_nothing_is_known_before_the_market_speaks() -> None:
    """A price of nothing is no price: a maker that reads the curve waits."""
    books: dict[str, BookView] = {}
    made = desk(books, with_history=False)
    assert made.ctx.curve_usd(NEXT) == (0.0, 0.0)
    books[NEXT.symbol] = BookView(((2300, 1),), ((2310, 1),), START_NS, 0)
    assert made.ctx.curve_usd(NEXT) == pytest.approx((2.305, 0.0))


def test_what_is_held_by_symbol_by_place_and_in_dollars() -> None:
    """Positions past their gate stay in ``positions`` and leave the inventory."""
    far = contracts(2)[2]
    made = desk({}, with_history=False)
    for contract, side, lots in ((NEXT, Side.BUY, 5), (LATER, Side.SELL, 2), (far, Side.BUY, 4)):
        made.fill(START_NS, Fill(contract, "x", side, 2500, lots, 1.0, True, START_NS))
    ctx = made.ctx
    assert ctx.positions == {NEXT.symbol: 5, LATER.symbol: -2, far.symbol: 4}
    assert (ctx.inventory_lots(), ctx.inventory_lots("H100SXM", "USE"), ctx.inventory_lots(region="EUW")) == (7, 3, 4)
    assert ctx.pnl_usd == pytest.approx(-3.0)
    made.timer(NEXT.gate_ns + NS_PER_HOUR // 2)
    assert ctx.inventory_lots("H100SXM", "USE") == -2
    assert ctx.positions[NEXT.symbol] == 5
