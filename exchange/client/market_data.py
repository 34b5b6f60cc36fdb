"""What the channels of market data carry that have more than one form, or that came later than the first ones."""

from __future__ import annotations

from typing import Any

from exchange.wire.books import BookOrders, BookTop
from exchange.wire.charts import ChartCandle
from exchange.wire.indexes import SkuIndex
from exchange.wire.platform import PlatformState, PublicMethodsState

MarketData = BookTop | BookOrders | ChartCandle | SkuIndex | PlatformState | PublicMethodsState


def market_data_of(channel: str) -> Any:
    """The type of a channel's data, None if others know it."""
    match channel.split("."):
        case ["book", _, "l3"]:
            return BookOrders
        case ["book", _, _, _, _]:
            return BookTop
        case ["chart", "trades", _, _]:
            return ChartCandle
        case ["index", _]:
            return SkuIndex
        case ["platform_state"]:
            return PlatformState
        case ["platform_state", "public_methods_state"]:
            return PublicMethodsState
    return None
