"""What all requests are made of."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from exchange.domain.text import TEXT_PATTERN

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Label = Annotated[str, Meta(max_length=64)]
OrderId = Annotated[str, Meta(pattern="^[0-9]{1,19}$")]
ClientOrderId = Annotated[str, Meta(pattern=TEXT_PATTERN)]
Sorting = Literal["asc", "desc", "default"]
TradeId = Annotated[str, Meta(pattern="^[0-9]{1,19}$")]
Millis = Annotated[int, Meta(ge=0, le=10**13)]
Date = Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
SelfTrades = Literal["cancel_newest", "cancel_oldest", "cancel_both", "decrement"]
Count = Annotated[int, Meta(ge=1, le=1000)]
CHANNELS_PER_REQUEST = 500


class Params(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every method takes a token, because some clients put it in every request."""

    access_token: Annotated[str, Meta(max_length=512)] | UnsetType = UNSET


class Changing(Params, frozen=True, kw_only=True):
    """Of everything that changes the venue: refused if it arrives after ``valid_until`` (milliseconds)."""

    valid_until: Millis | None = None


class Nothing(Params, frozen=True, kw_only=True):
    pass


class OfInstrument(Params, frozen=True, kw_only=True):
    instrument_name: Name


class OfOrder(Params, frozen=True, kw_only=True):
    order_id: OrderId
