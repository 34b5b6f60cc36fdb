"""Orders: placed and changed."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from exchange.domain.units import MEMBERS_MAX
from exchange.wire.messages import Trigger
from exchange.wire.requests.common import Changing, ClientOrderId, Label, Millis, Name, Params, SelfTrades
from exchange.wire.requests.past import OfAnyOrder


class Place(Changing, frozen=True, kw_only=True):
    """Of buy and sell."""

    instrument_name: Name
    amount: Decimal
    type: Literal["limit", "market", "market_limit", "stop_market", "stop_limit", "peg_best", "peg_mid"] = "limit"
    price: Decimal | None = None
    trigger_price: Decimal | None = None  # of a stop order
    trigger: Trigger | None = None  # of a stop order: last_price unless it says otherwise
    peg_offset: Decimal | None = None  # of a pegged order: how far behind the best or the middle price
    all_or_none: bool = False  # waits out of sight until all of it can trade
    minimum_amount: Decimal | None = None  # so much trades at once, or nothing
    display_amount: Decimal | None = None  # of an iceberg: how much of it shows at a time
    time_in_force: Literal[
        "good_til_cancelled",
        "good_til_day",
        "good_til_date",
        "good_til_gate",
        "fill_or_kill",
        "immediate_or_cancel",
    ] = "good_til_cancelled"
    expiration_timestamp: Millis | None = None  # of good_til_date
    post_only: bool = False
    reject_post_only: bool = True  # if not, the price steps back until the order rests
    reduce_only: bool = False
    mmp: bool = False
    label: Label = ""
    client_order_id: ClientOrderId | UnsetType = UNSET
    self_trade: SelfTrades = "cancel_newest"
    # Of a strip, and of an order that does not rest: whether all its hours must come from one seller.
    cohesion: Literal["none", "site", "node"] = "none"


class Choice(Struct, frozen=True, forbid_unknown_fields=True):
    instrument_name: Name
    price_adder: Decimal = Decimal(0)  # what this one may cost more, or (below 0) must cost less


class PlaceAny(Changing, frozen=True, kw_only=True):
    """One amount in any of several hours: those that are listed, or all open ones whose names fit ``pattern``."""

    client_order_id: ClientOrderId
    amount: Decimal
    price: Decimal
    instruments: Annotated[list[Choice], Meta(max_length=MEMBERS_MAX)] = field(default_factory=list)
    pattern: Annotated[str, Meta(max_length=64)] = ""  # such as H100SXM_US*_H14-1DEC26
    time_in_force: Literal["good_til_cancelled", "good_til_day", "good_til_date", "immediate_or_cancel"] = (
        "good_til_cancelled"
    )
    expiration_timestamp: Millis | None = None
    label: Label = ""
    self_trade: SelfTrades = "cancel_newest"


class Edit(OfAnyOrder, frozen=True, kw_only=True):
    """``amount`` is the new total, which counts what is filled."""

    amount: Decimal | None = None
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    post_only: bool | None = None
    reject_post_only: bool = True
    reduce_only: bool | None = None
    mmp: bool = False
    valid_until: Millis | None = None


METHODS: dict[str, type[Params]] = {
    "private/buy": Place,
    "private/buy_any": PlaceAny,
    "private/edit": Edit,
    "private/sell": Place,
    "private/sell_any": PlaceAny,
}
