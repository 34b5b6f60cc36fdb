"""What traded before the mirror began, taken over from who remembers it: candles, the day and the last trades."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import UNSET

from exchange.domain.units import MICROS_PER_DOLLAR
from exchange.gateway.mirror.markets import Market
from exchange.gateway.mirror.state import State
from exchange.wire.messages import Trade

# Trades that are taken over of each market; a contract has few in the two weeks of its life.
TRADES_MAX = 20_000


def remember(state: State, trades_of: Callable[[str, int], Iterable[Trade]]) -> None:
    """Take over what traded in the markets that are not over, while nothing has traded since ``state`` began.

    trades_of: the last trades of an instrument, at most so many, the oldest first.
    """
    lately: list[Trade] = []
    for market in state.markets:
        if market.trade_seq and not market.is_over:
            _take_over(market, trades_of(market.symbol, min(market.trade_seq, TRADES_MAX)))
            lately += market.trades
    state.trades.extend(sorted(lately, key=lambda trade: int(trade.trade_id)))


def _take_over(market: Market, trades: Iterable[Trade]) -> None:
    assert not market.trades, "nothing has traded yet"
    for trade in trades:
        market.history.traded(trade.timestamp, _ticks(market, trade), round(trade.contracts))
        market.trades.append(trade)
        market.tick_direction = trade.tick_direction


def _ticks(market: Market, trade: Trade) -> int:
    """The price in ticks: of a strip the sum over its hours."""
    dollars = trade.price if trade.sum_price is UNSET else trade.sum_price
    return round(dollars * MICROS_PER_DOLLAR / market.contract.sku.tick_micros)
