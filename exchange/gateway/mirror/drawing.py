"""Candles of a market in the words of the wire."""

from __future__ import annotations

from exchange.gateway.mirror.markets import Market
from exchange.views.candles import Candle
from exchange.wire.charts import Chart, ChartCandle


def chart(market: Market, candles: list[Candle]) -> Chart:
    """All of them, by column."""
    if not candles:
        return Chart([], [], [], [], [], [], [], "no_data")
    starts, opens, highs, lows, closes, lots, tick_lots = zip(*candles, strict=True)
    # The same few prices come again and again.
    prices = {ticks: market.price(ticks) for ticks in {*opens, *highs, *lows, *closes}}
    amounts = {some: market.amount(some) for some in set(lots)}
    values = {some: market.value(some) for some in set(tick_lots)}
    return Chart(
        ticks=list(starts),
        open=[prices[ticks] for ticks in opens],
        high=[prices[ticks] for ticks in highs],
        low=[prices[ticks] for ticks in lows],
        close=[prices[ticks] for ticks in closes],
        volume=[amounts[some] for some in lots],
        cost=[values[some] for some in tick_lots],
        status="ok",
    )


def one(market: Market, candle: Candle) -> ChartCandle:
    """A single one, as its channel says it."""
    return ChartCandle(
        tick=candle.start_ms,
        open=market.price(candle.open_ticks),
        high=market.price(candle.high_ticks),
        low=market.price(candle.low_ticks),
        close=market.price(candle.close_ticks),
        volume=market.amount(candle.lots),
        cost=market.value(candle.tick_lots),
        status="ok" if candle.lots else "imputed",
    )
