"""What a client may ask: the parameters of every method, with their bounds.

Unknown fields are refused, so that a misspelt ``post_ony`` never becomes a taker order.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from exchange.domain.text import TEXT_PATTERN
from exchange.domain.units import MEMBERS_MAX, MINUTES_EACH
from exchange.wire.messages import Trigger

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Label = Annotated[str, Meta(max_length=64)]
OrderId = Annotated[str, Meta(pattern="^[0-9]{1,19}$")]
ClientOrderId = Annotated[str, Meta(pattern=TEXT_PATTERN)]
Millis = Annotated[int, Meta(ge=0, le=10**13)]
Date = Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
SelfTrades = Literal["cancel_newest", "cancel_oldest", "cancel_both", "decrement"]
Count = Annotated[int, Meta(ge=1, le=1000)]
CHANNELS_PER_REQUEST = 500


class Params(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every method takes a token, because some clients put it in every request."""

    access_token: Annotated[str, Meta(max_length=512)] | UnsetType = UNSET


class Nothing(Params, frozen=True, kw_only=True):
    pass


class Hello(Params, frozen=True, kw_only=True):
    client_name: Annotated[str, Meta(max_length=128)]
    client_version: Annotated[str, Meta(max_length=64)]


class Test(Params, frozen=True, kw_only=True):
    expected_result: Literal["exception", ""] = ""


class SetHeartbeat(Params, frozen=True, kw_only=True):
    interval: Annotated[int, Meta(ge=10, le=3600)]


class Auth(Params, frozen=True, kw_only=True):
    grant_type: Literal["client_signature", "client_credentials", "refresh_token"]
    client_id: Annotated[str, Meta(max_length=64)] = ""
    client_secret: Annotated[str, Meta(max_length=256)] = ""
    refresh_token: Annotated[str, Meta(max_length=512)] = ""
    timestamp: Annotated[int, Meta(ge=0, le=10**14)] = 0
    signature: Annotated[str, Meta(max_length=128)] = ""
    nonce: Annotated[str, Meta(max_length=64)] = ""
    data: Annotated[str, Meta(max_length=1024)] = ""
    state: Annotated[str, Meta(max_length=128)] | UnsetType = UNSET
    scope: Annotated[str, Meta(max_length=256)] = ""


class GetInstruments(Params, frozen=True, kw_only=True):
    currency: Name = "any"
    kind: Name = "any"
    expired: bool = False


class OfInstrument(Params, frozen=True, kw_only=True):
    instrument_name: Name


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
    sorting: Literal["asc", "desc", "default"] = "default"
    include_old: bool = False
    historical: bool = False


class Channels(Params, frozen=True, kw_only=True):
    channels: Annotated[list[Annotated[str, Meta(max_length=128)]], Meta(min_length=1, max_length=CHANNELS_PER_REQUEST)]
    label: Label = ""
    scope: Annotated[str, Meta(max_length=256)] = ""


class GetForwardCurve(Params, frozen=True, kw_only=True):
    sku_region: Name


class GetIndex(Params, frozen=True, kw_only=True):
    """The index of a SKU on a UTC date, the last one if none is said."""

    sku: Name
    day: Date | None = None


class GetIndexHistory(Params, frozen=True, kw_only=True):
    sku: Name
    count: Annotated[int, Meta(ge=1, le=400)] = 30


class GetStatement(Params, frozen=True, kw_only=True):
    """A UTC date of the account, today's so far if none is said; by hour of delivery if asked."""

    day: Date | None = None
    hourly: bool = False


class GetNews(Params, frozen=True, kw_only=True):
    """Of fixings and deliveries, the newest."""

    currency: Name = "any"
    count: Count = 20


class Point(Struct, frozen=True, forbid_unknown_fields=True):
    instrument_name: Name
    price: Decimal
    deviation: Decimal = Decimal(0)


class PublishForwardCurve(Params, frozen=True, kw_only=True):
    sku_region: Name
    points: Annotated[list[Point], Meta(min_length=1, max_length=200)]


class Place(Params, frozen=True, kw_only=True):
    """Of buy and sell. ``valid_until`` refuses the request if it arrives later (milliseconds)."""

    instrument_name: Name
    amount: Decimal
    type: Literal["limit", "market", "market_limit", "stop_market", "stop_limit"] = "limit"
    price: Decimal | None = None
    trigger_price: Decimal | None = None  # of a stop order
    trigger: Trigger | None = None  # of a stop order: last_price unless it says otherwise
    display_amount: Decimal | None = None  # of an iceberg: how much of it shows at a time
    time_in_force: Literal[
        "good_til_cancelled", "good_til_day", "good_til_date", "fill_or_kill", "immediate_or_cancel"
    ] = "good_til_cancelled"
    expiration_timestamp: Millis | None = None  # of good_til_date
    post_only: bool = False
    reject_post_only: bool = True  # if not, the price steps back until the order rests
    reduce_only: bool = False
    mmp: bool = False
    label: Label = ""
    client_order_id: ClientOrderId | UnsetType = UNSET
    self_trade: SelfTrades = "cancel_newest"
    valid_until: Millis | None = None
    # Of a strip, and of an order that does not rest: whether all its hours must come from one seller.
    cohesion: Literal["none", "site", "node"] = "none"


class Choice(Struct, frozen=True, forbid_unknown_fields=True):
    instrument_name: Name
    price_adder: Decimal = Decimal(0)  # what this one may cost more, or (below 0) must cost less


class PlaceAny(Params, frozen=True, kw_only=True):
    """One amount in any of several hours: those that are listed, or all open ones whose names fit ``pattern``."""

    client_order_id: ClientOrderId
    amount: Decimal
    price: Decimal
    instruments: Annotated[list[Choice], Meta(max_length=MEMBERS_MAX)] = []
    pattern: Annotated[str, Meta(max_length=64)] = ""  # such as H100SXM_US*_H14-1DEC26
    time_in_force: Literal["good_til_cancelled", "good_til_day", "good_til_date", "immediate_or_cancel"] = (
        "good_til_cancelled"
    )
    expiration_timestamp: Millis | None = None
    label: Label = ""
    self_trade: SelfTrades = "cancel_newest"
    valid_until: Millis | None = None


class Edit(Params, frozen=True, kw_only=True):
    """``amount`` is the new total, which counts what is filled."""

    order_id: OrderId
    amount: Decimal | None = None
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    post_only: bool | None = None
    reject_post_only: bool = True
    reduce_only: bool | None = None
    mmp: bool = False
    valid_until: Millis | None = None


class OfOrder(Params, frozen=True, kw_only=True):
    order_id: OrderId


class CancelByLabel(Params, frozen=True, kw_only=True):
    label: Annotated[str, Meta(min_length=1, max_length=64)]
    currency: Name = "any"


class CancelAll(Params, frozen=True, kw_only=True):
    detailed: Literal[False] = False


class CancelAllByInstrument(Params, frozen=True, kw_only=True):
    instrument_name: Name
    type: Literal["all", "limit"] = "all"
    detailed: Literal[False] = False
    include_combos: bool = False


class GetOpenOrders(Params, frozen=True, kw_only=True):
    kind: Name = "any"
    type: Literal["all", "limit"] = "all"


class GetOpenOrdersByCurrency(Params, frozen=True, kw_only=True):
    currency: Name
    kind: Name = "any"
    type: Literal["all", "limit"] = "all"


class GetOpenOrdersByInstrument(Params, frozen=True, kw_only=True):
    instrument_name: Name
    type: Literal["all", "limit"] = "all"


class GetPositions(Params, frozen=True, kw_only=True):
    currency: Name = "any"
    kind: Name = "any"
    subaccount_id: int | None = None


class GetAccountSummary(Params, frozen=True, kw_only=True):
    currency: Name = "USD"
    extended: bool = False
    subaccount_id: int | None = None


class DeclareCapacity(Params, frozen=True, kw_only=True):
    """All the GPU-hours that may be owed for delivery in this period."""

    instrument_name: Name
    amount: Decimal


class Attest(Params, frozen=True, kw_only=True):
    """How many minutes of the hour a nominated node delivered."""

    instrument_name: Name
    node: ClientOrderId
    minutes: Annotated[int, Meta(ge=0, le=MINUTES_EACH)]


class GetNominations(Params, frozen=True, kw_only=True):
    instrument_name: Name | None = None  # all that are not settled


METHODS: dict[str, type[Params]] = {
    "public/auth": Auth,
    "public/disable_heartbeat": Nothing,
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
    "public/hello": Hello,
    "public/set_heartbeat": SetHeartbeat,
    "public/status": Nothing,
    "public/subscribe": Channels,
    "public/test": Test,
    "public/ticker": OfInstrument,
    "public/unsubscribe": Channels,
    "public/unsubscribe_all": Nothing,
    "private/attest": Attest,
    "private/buy": Place,
    "private/buy_any": PlaceAny,
    "private/cancel": OfOrder,
    "private/cancel_all": CancelAll,
    "private/cancel_all_by_instrument": CancelAllByInstrument,
    "private/cancel_by_label": CancelByLabel,
    "private/declare_capacity": DeclareCapacity,
    "private/edit": Edit,
    "private/get_account_summary": GetAccountSummary,
    "private/get_nominations": GetNominations,
    "private/get_open_orders": GetOpenOrders,
    "private/get_open_orders_by_currency": GetOpenOrdersByCurrency,
    "private/get_open_orders_by_instrument": GetOpenOrdersByInstrument,
    "private/get_order_state": OfOrder,
    "private/get_position": OfInstrument,
    "private/get_positions": GetPositions,
    "private/get_statement": GetStatement,
    "private/get_user_trades_by_instrument": GetTrades,
    "private/logout": Nothing,
    "private/publish_forward_curve": PublishForwardCurve,
    "private/sell": Place,
    "private/sell_any": PlaceAny,
    "private/subscribe": Channels,
    "private/unsubscribe": Channels,
    "private/unsubscribe_all": Nothing,
}
