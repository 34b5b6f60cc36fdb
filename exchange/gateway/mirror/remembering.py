"""What was before the mirror began, taken over from the archive: last trades, candles, the day, and fixings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from exchange.archive.markets import PublicTrades, ticks_of
from exchange.archive.questions import Fixings, Question
from exchange.archive.reading import Span
from exchange.gateway.mirror.markets import Market
from exchange.gateway.mirror.state import NEWS_KEPT, State
from exchange.wire.messages import Trade

# Trades that are taken over of each market, for its candles; who asks for those before asks the archive.
TRADES_MAX = 20_000


def remember(state: State, ask: Callable[[Question], Any]) -> None:
    """Take over the past of the markets that are not over, while nothing has traded since ``state`` began.

    ask: the archive, which ends where ``state`` begins.
    """
    for market in state.markets:
        if market.trade_seq and not market.is_over:
            _take_over(market, ask(PublicTrades(market.symbol, Span(TRADES_MAX))).trades[::-1])
    # The engine knows what a contract was settled at, but not when that was said.
    if state.fixings:
        state.fixings.clear()
        for fixing in reversed(ask(Fixings(NEWS_KEPT))):
            state.fixings.append(fixing)
            state.by_symbol[fixing.instrument_name].fixing = fixing


def _take_over(market: Market, trades: list[Trade]) -> None:
    assert not market.trades, "nothing has traded yet"
    tick_micros = market.contract.sku.tick_micros
    for trade in trades:
        market.history.traded(trade.timestamp, ticks_of(trade, tick_micros), round(trade.contracts))
        market.tick_direction = trade.tick_direction
    market.trades.extend(trades)
