"""Questions that anybody may ask."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from exchange.wire.requests.common import Count, Date, Millis, Name, Nothing, OfInstrument, Params, Sorting


class GetInstruments(Params, frozen=True, kw_only=True):
    currency: Name = "any"
    kind: Name = "any"
    expired: bool = False


class GetOrderBook(Params, frozen=True, kw_only=True):
    instrument_name: Name
    depth: Annotated[int, Meta(ge=1, le=10_000)] = 5


class GetTrades(Params, frozen=True, kw_only=True):
    instrument_name: Name
    count: Count = 10
    start_seq: Annotated[int, Meta(ge=0)] | None = None
    end_seq: Annotated[int, Meta(ge=0)] | None = None
    start_timestamp: Millis | None = None
    end_timestamp: Millis | None = None
    sorting: Sorting = "default"
    include_old: bool = False
    historical: bool = False


class GetForwardCurve(Params, frozen=True, kw_only=True):
    sku_region: Name


class GetIndex(Params, frozen=True, kw_only=True):
    """The index of a SKU on a UTC date, the last one if none is said."""

    sku: Name
    day: Date | None = None


class GetIndexHistory(Params, frozen=True, kw_only=True):
    sku: Name
    count: Annotated[int, Meta(ge=1, le=400)] = 30


class GetNews(Params, frozen=True, kw_only=True):
    """Of fixings and deliveries, the newest; those of ``end_timestamp`` and before, if it is said."""

    currency: Name = "any"
    count: Count = 20
    end_timestamp: Millis | None = None


METHODS: dict[str, type[Params]] = {
    "public/get_currencies": Nothing,
    "public/get_deliveries": GetNews,
    "public/get_fixings": GetNews,
    "public/get_forward_curve": GetForwardCurve,
    "public/get_index": GetIndex,
    "public/get_index_history": GetIndexHistory,
    "public/get_instrument": OfInstrument,
    "public/get_instruments": GetInstruments,
    "public/get_last_trades_by_instrument": GetTrades,
    "public/get_order_book": GetOrderBook,
    "public/get_time": Nothing,
    "public/status": Nothing,
    "public/ticker": OfInstrument,
}
