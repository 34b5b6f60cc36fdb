"""Answers about the past of markets, and about many of them at once, for everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Raw

from exchange.archive.markets import AllTrades, Drawn, PublicTrades
from exchange.gateway.mirror.drawing import chart
from exchange.gateway.mirror.history import CANDLES_MAX
from exchange.gateway.mirror.markets import NS_PER_MS
from exchange.gateway.mirror.summaries import summaries
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.reading.finding import KINDS, SPOT, find_market
from exchange.gateway.session.reading.recalling import Past, names_in, page_of, since_ms, span_of
from exchange.views.candles import RESOLUTIONS
from exchange.wire.channels import in_currency
from exchange.wire.charts import Chart, ContractSize, IndexPrice
from exchange.wire.messages import TradeList
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.common import OfInstrument
from exchange.wire.requests.history import (
    GetAnnouncements,
    GetBookSummaries,
    GetChart,
    GetIndexNames,
    GetIndexPrice,
    GetTradesOfAll,
)
from exchange.wire.requests.market_data import GetTrades


def get_chart(mirror: Mirror, params: GetChart, now_ns: int) -> Chart | Past:
    """Nothing is drawn beyond the present or the gate."""
    market = find_market(mirror, params.instrument_name, now_ns)
    end_ms = min(params.end_timestamp, min(now_ns, market.gate_ns - 1) // NS_PER_MS)
    if params.end_timestamp < params.start_timestamp:
        advice = "end_timestamp is before start_timestamp; give the earlier one first"
        raise Refusal(Code.INVALID_PARAMS, advice, param="end_timestamp")
    wanted = (RESOLUTIONS[params.resolution], params.start_timestamp, end_ms)
    if market.history.reaches(*wanted, market.trade_seq):
        return chart(market, market.history.candles(*wanted))
    drawn = Drawn(market.symbol, market.contract.sku.tick_micros, *wanted, CANDLES_MAX)
    return Past(drawn, lambda candles: chart(market, candles))


def get_trades(mirror: Mirror, params: GetTrades, now_ns: int) -> TradeList | Past:
    market, span = find_market(mirror, params.instrument_name, now_ns), span_of(params)
    missing = len(market.trades) < market.trade_seq
    page = page_of(market.trades, since_ms(mirror, market.trades) if missing else 0, span)
    return Past(PublicTrades(market.symbol, span)) if page is None else TradeList(*page)


def get_trades_of_all(mirror: Mirror, params: GetTradesOfAll, now_ns: int) -> TradeList | Past:
    if params.kind not in KINDS:
        return TradeList([], False)
    names, span = names_in(mirror, params.currency), span_of(params)
    kept = [trade for trade in mirror.trades if names is None or trade.instrument_name in names]
    page = page_of(kept, since_ms(mirror, mirror.trades), span)
    return Past(AllTrades(names, span)) if page is None else TradeList(*page)


def get_book_summaries(mirror: Mirror, params: GetBookSummaries, now_ns: int) -> Raw:
    going_on = (market for market in mirror.markets if not market.is_over and params.kind in KINDS)
    found = (market for market in going_on if in_currency(params.currency, market.base_currency))
    return summaries(found, now_ns // NS_PER_MS)


def get_book_summary(mirror: Mirror, params: OfInstrument, now_ns: int) -> Raw:
    return summaries([find_market(mirror, params.instrument_name, now_ns)], now_ns // NS_PER_MS)


def get_index_price(mirror: Mirror, params: GetIndexPrice, now_ns: int) -> IndexPrice:
    try:
        market = find_market(mirror, params.index_name.upper() + SPOT, now_ns)
    except Refusal:
        advice = f"no index {params.index_name[:64]!r}; public/get_index_price_names lists them"
        raise Refusal(Code.NOT_FOUND, advice, param="index_name") from None
    return IndexPrice(market.index_price(), market.mark_price())


def get_index_price_names(mirror: Mirror, params: GetIndexNames, now_ns: int) -> list[str]:
    return sorted({market.sku_region.lower() for market in mirror.markets if not market.is_over})


def get_contract_size(mirror: Mirror, params: OfInstrument, now_ns: int) -> ContractSize:
    return ContractSize(find_market(mirror, params.instrument_name, now_ns).amount(1))


def get_announcements(mirror: Mirror, params: GetAnnouncements, now_ns: int) -> list[str]:
    """The venue announces nothing in words; clients ask all the same."""
    return []


HISTORY: dict[str, Callable[[Mirror, Any, int], object]] = {
    "public/get_announcements": get_announcements,
    "public/get_book_summary_by_currency": get_book_summaries,
    "public/get_book_summary_by_instrument": get_book_summary,
    "public/get_contract_size": get_contract_size,
    "public/get_index_price": get_index_price,
    "public/get_index_price_names": get_index_price_names,
    "public/get_last_trades_by_currency": get_trades_of_all,
    "public/get_last_trades_by_currency_and_time": get_trades_of_all,
    "public/get_last_trades_by_instrument": get_trades,
    "public/get_last_trades_by_instrument_and_time": get_trades,
    "public/get_tradingview_chart_data": get_chart,
}
