"""Many at once: batches of orders and cancels, two-sided quotes, closing a position, a maker's protection."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from exchange.wire.requests.cancels import Cancel
from exchange.wire.requests.common import Changing, ClientOrderId, Label, Name, OrderId, Params
from exchange.wire.requests.orders import Place

BATCH_MAX = 64
INTERVAL_SECONDS_MAX = 86_400


class PlaceOne(Place, frozen=True, kw_only=True):
    direction: Literal["buy", "sell"]


class PlaceBatch(Changing, frozen=True, kw_only=True):
    """Each order is taken or refused alone, in this order."""

    orders: Annotated[list[PlaceOne], Meta(min_length=1, max_length=BATCH_MAX)]


class CancelOne(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    order_id: OrderId | UnsetType = UNSET
    client_order_id: ClientOrderId | UnsetType = UNSET

    def request(self) -> Cancel:
        return Cancel(order_id=self.order_id, client_order_id=self.client_order_id)


class CancelBatch(Changing, frozen=True, kw_only=True):
    orders: Annotated[list[CancelOne], Meta(min_length=1, max_length=BATCH_MAX)]


class ClosePosition(Changing, frozen=True, kw_only=True):
    instrument_name: Name
    type: Literal["limit", "market"]
    price: Decimal | None = None
    label: Label = ""


class QuotedSide(Struct, frozen=True, forbid_unknown_fields=True):
    """An amount of 0, or a side that is not there, is none."""

    price: Decimal
    amount: Decimal
    post_only: bool = True
    reject_post_only: bool = True


class Quoted(Struct, frozen=True, forbid_unknown_fields=True):
    instrument_name: Name
    quote_set_id: Name = "0"
    quote_id: Annotated[str, Meta(max_length=36)] | int = ""
    bid: QuotedSide | None = None
    ask: QuotedSide | None = None


class MassQuote(Changing, frozen=True, kw_only=True):
    """``quote_id`` is told with the quotes, unless one has its own."""

    quotes: Annotated[list[Quoted], Meta(min_length=1, max_length=BATCH_MAX)]
    quote_id: Annotated[str, Meta(max_length=36)] | int = ""
    mmp_group: Literal["default"] = "default"
    wait_for_response: Literal[True] = True
    detailed: bool = False


class SetMmpConfig(Changing, frozen=True, kw_only=True):
    """``interval`` in seconds (0: no protection), ``quantity_limit`` in lots, ``delta_limit`` in GPU-hours."""

    interval: Annotated[int, Meta(ge=0, le=INTERVAL_SECONDS_MAX)]
    # There is no thaw by itself.
    frozen_time: Literal[0] = 0
    quantity_limit: Annotated[int, Meta(ge=0, le=10**9)] = 0
    delta_limit: Annotated[int, Meta(ge=0, le=10**12)] = 0
    index_name: Literal["all"] = "all"
    mmp_group: Literal["default"] = "default"


class ResetMmp(Changing, frozen=True, kw_only=True):
    index_name: Literal["all"] = "all"
    mmp_group: Literal["default"] = "default"


class OfMmp(Params, frozen=True, kw_only=True):
    index_name: Literal["all"] = "all"
    mmp_group: Literal["default"] = "default"


METHODS: dict[str, type[Params]] = {
    "private/cancel_batch": CancelBatch,
    "private/close_position": ClosePosition,
    "private/get_mmp_config": OfMmp,
    "private/get_mmp_status": OfMmp,
    "private/mass_quote": MassQuote,
    "private/place_batch": PlaceBatch,
    "private/reset_mmp": ResetMmp,
    "private/set_mmp_config": SetMmpConfig,
}
