"""What the venue says to makers: what became of many quotes, and of their protection. Field names are Deribit's."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from exchange.wire.messages import ErrorBody, Message, Order, Placed, UserTrade


class PlacedOne(Message, frozen=True):
    """Of one order of a batch: the one or the other."""

    result: Placed | UnsetType = UNSET
    error: ErrorBody | UnsetType = UNSET


class CancelledOne(Message, frozen=True):
    """Of one order of a batch: the one or the other."""

    result: Order | UnsetType = UNSET
    error: ErrorBody | UnsetType = UNSET


class QuoteError(Message, frozen=True):
    """Why neither side of a quote was taken; what was quoted before stays."""

    instrument_name: str
    quote_set_id: str
    side: str
    error: ErrorBody


class MassQuoted(Message, frozen=True):
    success_count: int
    errors_count: int
    errors: list[QuoteError]
    orders: list[Order] | UnsetType = UNSET
    trades: list[UserTrade] | UnsetType = UNSET


class MmpConfig(Message, frozen=True):
    interval: int
    quantity_limit: int
    delta_limit: int
    frozen_time: int = 0
    index_name: str = "all"
    mmp_group: str = "default"


class MmpStatus(Message, frozen=True):
    """Of an account whose quotes were taken away: until ``private/reset_mmp``."""

    frozen_until: int = 0
    index_name: str = "all"
    mmp_group: str = "default"
