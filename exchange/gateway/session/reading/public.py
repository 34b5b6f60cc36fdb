"""Answers that only read the mirror, for everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from msgspec.structs import replace

from exchange.archive.questions import Fixings
from exchange.archive.reading import EVER
from exchange.gateway.mirror.markets import NS_PER_MS, Market
from exchange.gateway.mirror.state import NEWS_KEPT
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.reading.finding import KINDS, find_indexes, find_market
from exchange.gateway.session.reading.recalling import Past, names_in
from exchange.wire.channels import in_currency
from exchange.wire.contracts import Delivery, Fixing, Instrument
from exchange.wire.indexes import SkuIndex
from exchange.wire.messages import (
    Currency,
    ForwardCurve,
    OrderBook,
    Status,
    Ticker,
    Version,
)
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.common import Nothing, OfInstrument
from exchange.wire.requests.market_data import (
    GetForwardCurve,
    GetIndex,
    GetIndexHistory,
    GetInstruments,
    GetNews,
    GetOrderBook,
)
from exchange.wire.requests.session import Test as TestParams

AnyNews = TypeVar("AnyNews", Fixing, Delivery)
VERSION = "1.2.26"  # of the dialect, not of this house


def get_time(mirror: Mirror, params: Nothing, now_ns: int) -> int:
    return now_ns // NS_PER_MS


def test(mirror: Mirror, params: TestParams, now_ns: int) -> Version:
    if params.expected_result == "exception":
        raise Refusal(Code.INTERNAL_SERVER_ERROR, "you asked for an exception; leave expected_result out")
    return Version(VERSION)


def hello(mirror: Mirror, params: object, now_ns: int) -> Version:
    return Version(VERSION)


def status(mirror: Mirror, params: Nothing, now_ns: int) -> Status:
    return Status("true" if mirror.kills else "false")


def get_currencies(mirror: Mirror, params: Nothing, now_ns: int) -> list[Currency]:
    return [Currency("USD", "US dollar", "USD")]


def get_instruments(mirror: Mirror, params: GetInstruments, now_ns: int) -> list[Instrument]:
    if params.kind not in KINDS:
        return []
    return [
        _instrument(mirror, market, now_ns)
        for market in mirror.markets
        if market.is_over == params.expired and in_currency(params.currency, market.base_currency)
    ]


def get_instrument(mirror: Mirror, params: OfInstrument, now_ns: int) -> Instrument:
    return _instrument(mirror, find_market(mirror, params.instrument_name, now_ns), now_ns)


def get_order_book(mirror: Mirror, params: GetOrderBook, now_ns: int) -> OrderBook:
    return find_market(mirror, params.instrument_name, now_ns).order_book(params.depth)


def ticker(mirror: Mirror, params: OfInstrument, now_ns: int) -> Ticker:
    return find_market(mirror, params.instrument_name, now_ns).ticker()


def get_forward_curve(mirror: Mirror, params: GetForwardCurve, now_ns: int) -> ForwardCurve:
    curve = mirror.curves.get(params.sku_region)
    if curve is None:
        advice = f"nobody has published a curve of {params.sku_region[:64]!r}; subscribe to forward.SKU_REGION"
        raise Refusal(Code.NOT_FOUND, advice, param="sku_region")
    return curve


def get_index(mirror: Mirror, params: GetIndex, now_ns: int) -> SkuIndex:
    indexes = find_indexes(mirror, params.sku)
    index = next((index for index in reversed(indexes) if params.day in (None, index.day)), None)
    if index is None:
        advice = f"no index of {params.sku} on that day; public/get_index_history lists the days that have one"
        raise Refusal(Code.NOT_FOUND, advice, param="day")
    return index


def get_index_history(mirror: Mirror, params: GetIndexHistory, now_ns: int) -> list[SkuIndex]:
    # What they were made from would be long: that is asked day by day.
    return [replace(index, inputs=[]) for index in find_indexes(mirror, params.sku)[-params.count :]]


def get_fixings(mirror: Mirror, params: GetNews, now_ns: int) -> list[Fixing] | Past:
    found = _latest(mirror, mirror.fixings, params)
    if len(found) == params.count or len(mirror.fixings) < NEWS_KEPT:
        return found
    end_ms = EVER if params.end_timestamp is None else params.end_timestamp
    return Past(Fixings(params.count, names_in(mirror, params.currency), end_ms))


def get_deliveries(mirror: Mirror, params: GetNews, now_ns: int) -> list[Delivery]:
    return _latest(mirror, mirror.deliveries.values(), params)


def _instrument(mirror: Mirror, market: Market, now_ns: int) -> Instrument:
    # Fees belong to accounts; what is shown is what the first account pays.
    fees = mirror.accounts[1] if len(mirror.accounts) > 1 else mirror.accounts[0]
    return market.instrument(fees.maker_fee_bps, fees.taker_fee_bps, now_ns)


def _latest(mirror: Mirror, kept: Iterable[AnyNews], params: GetNews) -> list[AnyNews]:
    """Newest first."""
    found = [
        news
        for news in kept
        if in_currency(params.currency, mirror.by_symbol[news.instrument_name].base_currency)
        and (params.end_timestamp is None or news.timestamp <= params.end_timestamp)
    ]
    return found[: -params.count - 1 : -1]


PUBLIC: dict[str, Callable[[Mirror, Any, int], object]] = {
    "public/get_currencies": get_currencies,
    "public/get_deliveries": get_deliveries,
    "public/get_fixings": get_fixings,
    "public/get_forward_curve": get_forward_curve,
    "public/get_index": get_index,
    "public/get_index_history": get_index_history,
    "public/get_instrument": get_instrument,
    "public/get_instruments": get_instruments,
    "public/get_order_book": get_order_book,
    "public/get_time": get_time,
    "public/hello": hello,
    "public/status": status,
    "public/test": test,
    "public/ticker": ticker,
}
