"""What the operator asks on a plane of his own; the public port knows none of it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from exchange.domain.text import TEXT_PATTERN
from exchange.domain.units import BPS, LOTS_MAX, TOTAL_MAX
from exchange.wire.requests.common import Name, Nothing, Params
from exchange.wire.requests.session import Auth

AccountName = Annotated[str, Meta(pattern=TEXT_PATTERN)]
Most = Annotated[int, Meta(ge=0, le=LOTS_MAX)]


class OfMarkets(Params, frozen=True, kw_only=True):
    """One instrument, all of a SKU in a region, or all there are: exactly one of the three."""

    instrument_name: Name | None = None
    sku_region: Name | None = None
    all: Literal[True] | None = None


class Kill(Params, frozen=True, kw_only=True):
    """``entry``: nothing more comes in; ``venue``: what is open goes, too; the others the same of a part."""

    level: Literal["account", "instrument", "sku_region", "entry", "venue"]
    account: AccountName | None = None
    instrument_name: Name | None = None
    sku_region: Name | None = None


class OfInstrument(Params, frozen=True, kw_only=True):
    instrument_name: Name


class SetLimits(Params, frozen=True, kw_only=True):
    """All limits of one scope at once; 0 is none. Lots, except where the name says otherwise."""

    account: AccountName
    scope: Literal["account", "sku_region", "instrument"] = "account"
    sku_region: Name | None = None
    position_max: Annotated[int, Meta(ge=0, le=TOTAL_MAX)] = 0
    orders_max: Most = 0
    order_lots_max: Most = 0
    price_bps: Annotated[int, Meta(ge=0, le=BPS)] = 0
    rate_interval_ms: Annotated[int, Meta(ge=0, le=10**6)] = 0
    rate_burst: Annotated[int, Meta(ge=0, le=10**6)] = 0


class Disconnect(Params, frozen=True, kw_only=True):
    """All connections of a key, or of an account."""

    client_id: Annotated[str, Meta(max_length=64)] = ""
    account: Annotated[str, Meta(max_length=36)] = ""


OPERATOR_METHODS: dict[str, type[Params]] = {
    "public/auth": Auth,
    "operator/cancel_only": OfMarkets,
    "operator/disconnect": Disconnect,
    "operator/halt": OfMarkets,
    "operator/kill": Kill,
    "operator/list": OfInstrument,
    "operator/resume": OfMarkets,
    "operator/revive": Kill,
    "operator/set_limits": SetLimits,
    "operator/status": Nothing,
}
