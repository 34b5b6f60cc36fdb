"""Strips in a strategy's hands: quoted from their hours, bought whole, and held as hours."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from exchange.domain.enums import Side, TimeInForce
from exchange.domain.instruments import Contract, parse_symbol
from exchange.wire.contracts import Leg
from exchange.wire.messages import UserTrade
from strategies.agents import StripBuyer
from strategies.base import BookView, Context, Ledger, New, Place, Quote, Reconciler
from strategies.live.dialect import fills_of, place_options
from strategies.making import StripMaker
from tests.strategies.test_avellaneda_stoikov import FlatCurve

STRIP = parse_symbol("H100SXM_USE_B4H08-1DEC26")
HOURS = [parse_symbol(f"H100SXM_USE_H{hour:02d}-1DEC26") for hour in (8, 9, 10, 11)]


def context(contracts: list[Contract], books: Mapping[str, BookView] | None = None) -> Context:
    curve = FlatCurve(2.5, 0.25)
    ctx = Context(
        contracts, books or {}, np.random.default_rng(0), lambda contract, time_ns: curve, Reconciler(), Ledger()
    )
    ctx.now_ns = STRIP.gate_ns - 10**12
    return ctx


def quotes(maker: StripMaker, ctx: Context) -> dict[str, Quote]:
    return {quote.contract.symbol: quote for quote in maker.on_timer(ctx) if isinstance(quote, Quote)}


def test_a_strip_is_quoted_inside_the_sum_of_its_hours() -> None:
    """By a quarter of their spread on each side; four lots, as they are four times as large."""
    found = quotes(StripMaker(), context([*HOURS, STRIP]))
    bid = sum(found[hour.symbol].bid_ticks for hour in HOURS)
    ask = sum(found[hour.symbol].ask_ticks for hour in HOURS)
    strip = found[STRIP.symbol]
    assert bid < strip.bid_ticks < strip.ask_ticks < ask
    assert strip.bid_ticks - bid == pytest.approx((ask - bid) / 8, abs=1)
    assert ask - strip.ask_ticks == pytest.approx((ask - bid) / 8, abs=1)
    assert (strip.bid_lots, strip.ask_lots) == (4, 4)


def test_it_never_quotes_what_would_trade_at_once() -> None:
    """Others bid more for the hours, or offer the strip for less: it steps back behind them."""
    books = {hour.symbol: BookView(bids=((2_520, 5),), asks=((2_530, 5),)) for hour in HOURS}
    strip = quotes(StripMaker(), context([*HOURS, STRIP], books))[STRIP.symbol]
    assert strip.ask_ticks > 4 * 2_520
    books = {STRIP.symbol: BookView(asks=((9_900, 3),))}
    strip = quotes(StripMaker(), context([*HOURS, STRIP], books))[STRIP.symbol]
    assert strip.bid_ticks == 9_899
    books = {STRIP.symbol: BookView(bids=((10_100, 3),))}
    strip = quotes(StripMaker(), context([*HOURS, STRIP], books))[STRIP.symbol]
    assert strip.ask_ticks == 10_101


def test_without_one_of_its_hours_a_strip_is_not_quoted() -> None:
    """Nor while one of them is quoted on one side only."""
    assert quotes(StripMaker(), context([*HOURS[1:], STRIP]))[STRIP.symbol] == Quote(STRIP)
    ctx = context([*HOURS, STRIP])
    ctx.ledger.of(HOURS[2]).position_lots = 400
    assert quotes(StripMaker(), ctx)[STRIP.symbol] == Quote(STRIP)


def test_a_buyer_of_strips_pays_what_they_are_worth_to_it_and_takes_them_whole() -> None:
    """At once or not at all; the limit is the sum over the hours."""
    buyer, ctx = StripBuyer(lambda contract, time_ns: 2.5, 60.0, 600.0, premium=0.0, dispersion=0.0), context([STRIP])
    assert list(buyer.on_start(ctx)) == []
    (order,) = buyer.on_timer(ctx)
    assert isinstance(order, New)
    assert (order.contract, order.side, order.price_ticks) == (STRIP, Side.BUY, 10_000)
    assert order.time_in_force is TimeInForce.IOC
    assert list(StripBuyer(lambda contract, time_ns: 2.5, 60.0, 600.0).on_timer(context([]))) == []


def test_orders_for_strips_are_said_by_the_average_and_never_post_only() -> None:
    """9,607 ticks for four hours; the venue takes no post-only strips."""
    said = place_options(Place("a1", STRIP, Side.BUY, 9_607, 2, post_only=True))
    assert (str(said["price"]), said["amount"], said["post_only"]) == ("2.40175000", 64, False)
    assert place_options(Place("a2", HOURS[0], Side.BUY, 2_400, 2, post_only=True))["post_only"]


def test_a_trade_of_a_strip_is_a_fill_in_each_hour() -> None:
    """The fee is shared, prices are the hours' own; the ledger knows what is held."""
    prices = (2.4, 2.401, 2.402, 2.404)
    legs = [Leg(hour.symbol, price, 16.0) for hour, price in zip(HOURS, prices, strict=True)]
    trade = UserTrade(
        "7", 1, STRIP.symbol, 1, "9", "limit", "buy", 2.40175, 64.0, 2.0, 0.4, "USD", "T", 0, 2.4, 2.4, "filled", "",
        "a1", False, legs=legs,
    )  # fmt: skip
    fills = fills_of(trade)
    assert [(fill.contract, fill.price_ticks, fill.lots) for fill in fills] == [
        (HOURS[0], 2_400, 2), (HOURS[1], 2_401, 2), (HOURS[2], 2_402, 2), (HOURS[3], 2_404, 2),
    ]  # fmt: skip
    assert sum(fill.fee_usd for fill in fills) == pytest.approx(0.4)
    assert {(fill.client_id, fill.side, fill.is_maker) for fill in fills} == {("a1", Side.BUY, False)}
