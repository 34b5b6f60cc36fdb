"""What providers and makers say of themselves: capacity, delivery, curves."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from exchange.domain.units import MINUTES_EACH
from exchange.wire.requests.common import Changing, ClientOrderId, Name, Params


class DeclareCapacity(Changing, frozen=True, kw_only=True):
    """All the GPU-hours that may be owed for delivery in this period."""

    instrument_name: Name
    amount: Decimal


class Attest(Changing, frozen=True, kw_only=True):
    """How many minutes of the hour a nominated node delivered."""

    instrument_name: Name
    node: ClientOrderId
    minutes: Annotated[int, Meta(ge=0, le=MINUTES_EACH)]


class GetNominations(Params, frozen=True, kw_only=True):
    instrument_name: Name | None = None  # all that are not settled


class Point(Struct, frozen=True, forbid_unknown_fields=True):
    instrument_name: Name
    price: Decimal
    deviation: Decimal = Decimal(0)


class PublishForwardCurve(Changing, frozen=True, kw_only=True):
    sku_region: Name
    points: Annotated[list[Point], Meta(min_length=1, max_length=200)]


METHODS: dict[str, type[Params]] = {
    "private/attest": Attest,
    "private/declare_capacity": DeclareCapacity,
    "private/get_nominations": GetNominations,
    "private/publish_forward_curve": PublishForwardCurve,
}
