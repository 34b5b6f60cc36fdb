"""Candles of a market in the words of the wire."""

from __future__ import annotations

from exchange.gateway.mirror.markets import Market
from exchange.views.candles import Candle
from exchange.wire.charts import Chart, ChartCandle


def chart(market: Market, candles: list[Candle]) -> Chart:
    """All of them, by column."""
    return Chart(
        ticks=[candle.start_ms for candle in candles],
        open=[market.price(candle.open_ticks) for candle in candles],
        high=[market.price(candle.high_ticks) for candle in candles],
        low=[market.price(candle.low_ticks) for candle in candles],
        close=[market.price(candle.close_ticks) for candle in candles],
        volume=[market.amount(candle.lots) for candle in candles],
        cost=[market.value(candle.tick_lots) for candle in candles],
        status="ok" if candles else "no_data",
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
