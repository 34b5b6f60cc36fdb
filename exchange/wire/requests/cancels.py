"""Cancelling: one order, some, all; and the switches that do it by themselves."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from exchange.wire.requests.common import Changing, Label, Millis, Name, Params
from exchange.wire.requests.past import Kinds, OfAnyOrder


class Cancel(OfAnyOrder, frozen=True, kw_only=True):
    valid_until: Millis | None = None


class _Mass(Changing, frozen=True, kw_only=True):
    """``detailed``: the result is what was cancelled, not how much."""

    detailed: bool = False
    freeze_quotes: Literal[False] = False


class CancelAll(_Mass, frozen=True, kw_only=True):
    """``currency`` is any, USD, a base currency such as H100SXM_USE_H14, a SKU, a region, or both as H100SXM_USE."""

    currency: Name = "any"
    kind: Name = "any"
    instrument_name: Name | None = None
    label: Label | None = None
    direction: Literal["any", "buy", "sell"] = "any"
    type: Kinds = "all"


class CancelAllByCurrency(_Mass, frozen=True, kw_only=True):
    currency: Name
    kind: Name = "any"
    type: Kinds = "all"


class CancelAllByKindOrType(_Mass, frozen=True, kw_only=True):
    currency: Name | Annotated[list[Name], Meta(min_length=1, max_length=64)]
    kind: Name = "any"
    type: Kinds = "all"


class CancelAllByInstrument(_Mass, frozen=True, kw_only=True):
    instrument_name: Name
    type: Kinds = "all"
    include_combos: bool = False


class CancelByLabel(_Mass, frozen=True, kw_only=True):
    label: Annotated[str, Meta(min_length=1, max_length=64)]
    currency: Name = "any"


class CancelQuotes(_Mass, frozen=True, kw_only=True):
    """``cancel_type`` says which of the others counts."""

    cancel_type: Literal["all", "instrument", "currency", "kind", "quote_set_id"] = "all"
    instrument_name: Name | None = None
    currency: Name | None = None
    kind: Name | None = None
    quote_set_id: Name | None = None


class CancelAllAfter(Changing, frozen=True, kw_only=True):
    """In so many milliseconds, unless it is said again before; 0: not at all."""

    timeout: Annotated[int, Meta(ge=0, le=86_400_000)]


class CancelOnDisconnect(Changing, frozen=True, kw_only=True):
    scope: Literal["connection", "account"] = "connection"


class GetCancelOnDisconnect(Params, frozen=True, kw_only=True):
    scope: Literal["connection", "account"] = "connection"


METHODS: dict[str, type[Params]] = {
    "private/cancel": Cancel,
    "private/cancel_all": CancelAll,
    "private/cancel_all_after": CancelAllAfter,
    "private/cancel_all_by_currency": CancelAllByCurrency,
    "private/cancel_all_by_instrument": CancelAllByInstrument,
    "private/cancel_all_by_kind_or_type": CancelAllByKindOrType,
    "private/cancel_by_label": CancelByLabel,
    "private/cancel_quotes": CancelQuotes,
    "private/disable_cancel_on_disconnect": CancelOnDisconnect,
    "private/enable_cancel_on_disconnect": CancelOnDisconnect,
    "private/get_cancel_on_disconnect": GetCancelOnDisconnect,
}
