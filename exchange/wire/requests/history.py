"""Questions about the past of markets, and about many of them at once."""

from __future__ import annotations

from typing import Literal

from exchange.wire.requests.common import Count, Millis, Name, OfInstrument, Params, Sorting, TradeId
from exchange.wire.requests.market_data import GetTrades

Resolution = Literal["1", "3", "5", "10", "15", "30", "60", "120", "180", "360", "720", "1D"]


class GetChart(Params, frozen=True, kw_only=True):
    instrument_name: Name
    start_timestamp: Millis
    end_timestamp: Millis
    resolution: Resolution


class GetBookSummaries(Params, frozen=True, kw_only=True):
    currency: Name = "any"
    kind: Name = "any"


class GetTradesOfAll(Params, frozen=True, kw_only=True):
    """Of all instruments of a currency; bounds by the id of trades count their own trades, too."""

    currency: Name = "any"
    kind: Name = "any"
    count: Count = 10
    start_id: TradeId | None = None
    end_id: TradeId | None = None
    start_timestamp: Millis | None = None
    end_timestamp: Millis | None = None
    sorting: Sorting = "default"
    include_old: bool = False
    historical: bool = False


class GetIndexPrice(Params, frozen=True, kw_only=True):
    index_name: Name


class GetIndexNames(Params, frozen=True, kw_only=True):
    extended: Literal[False] = False


class GetAnnouncements(Params, frozen=True, kw_only=True):
    start_timestamp: Millis | None = None
    count: Count = 5


METHODS: dict[str, type[Params]] = {
    "public/get_announcements": GetAnnouncements,
    "public/get_book_summary_by_currency": GetBookSummaries,
    "public/get_book_summary_by_instrument": OfInstrument,
    "public/get_contract_size": OfInstrument,
    "public/get_index_price": GetIndexPrice,
    "public/get_index_price_names": GetIndexNames,
    "public/get_last_trades_by_currency": GetTradesOfAll,
    "public/get_last_trades_by_currency_and_time": GetTradesOfAll,
    "public/get_last_trades_by_instrument_and_time": GetTrades,
    "public/get_tradingview_chart_data": GetChart,
}
