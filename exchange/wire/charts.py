"""What the venue says of a market's past and of many markets at once: candles and summaries."""

from typing import Literal

from exchange.wire.messages import Message


class ChartCandle(Message, frozen=True):
    """Data of ``chart.trades.X.RESOLUTION``: the candle that starts at ``tick``, so far; imputed if nothing traded."""

    tick: int
    open: float
    high: float
    low: float
    close: float
    volume: float  # GPU-hours
    cost: float  # dollars
    status: Literal["ok", "imputed"]


class Chart(Message, frozen=True):
    """Result of ``public/get_tradingview_chart_data``: candles by column, the oldest first."""

    ticks: list[int]
    open: list[float]
    high: list[float]
    low: list[float]
    close: list[float]
    volume: list[float]
    cost: list[float]
    status: Literal["ok", "no_data"]


class BookSummary(Message, frozen=True):
    """Result of ``public/get_book_summary_by_instrument``, in a list: the day of a market, without its book."""

    instrument_name: str
    base_currency: str
    quote_currency: str
    creation_timestamp: int  # of this summary
    bid_price: float
    ask_price: float
    mid_price: float | None
    mark_price: float
    estimated_delivery_price: float
    last: float | None
    high: float | None
    low: float | None
    price_change: float | None
    volume: float
    volume_usd: float
    volume_notional: float
    open_interest: float


class IndexPrice(Message, frozen=True):
    """Result of ``public/get_index_price``: what the first open hour of a SKU and region is expected to cost."""

    index_price: float
    estimated_delivery_price: float


class ContractSize(Message, frozen=True):
    """Result of ``public/get_contract_size``."""

    contract_size: float
