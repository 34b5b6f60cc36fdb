"""Questions of the holder of an account: what is over, what is open by its name, and what there is."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from exchange.wire.requests.common import ClientOrderId, Count, Label, Millis, Name, OrderId, Params

Sorting = Literal["asc", "desc", "default"]
TradeId = Annotated[str, Meta(pattern="^[0-9]{1,19}$")]
# The dialect's kinds of orders, as far as there are any here.
Kinds = Literal["all", "limit", "trigger_all", "stop_all", "stop_limit", "stop_market"]


class OfAnyOrder(Params, frozen=True, kw_only=True):
    """One of the two."""

    order_id: OrderId | UnsetType = UNSET
    client_order_id: ClientOrderId | UnsetType = UNSET


class OfLabel(Params, frozen=True, kw_only=True):
    label: Label
    currency: Name = "any"


class _History(Params, frozen=True, kw_only=True):
    """``include_unfilled``: also what ended without a trade."""

    count: Count = 20
    offset: Annotated[int, Meta(ge=0, le=10**6)] = 0
    include_old: bool = False
    include_unfilled: bool = False
    historical: bool = False
    with_continuation: bool = False
    continuation: str | None = None


class OrderHistoryByCurrency(_History, frozen=True, kw_only=True):
    currency: Name
    kind: Name = "any"


class OrderHistoryByInstrument(_History, frozen=True, kw_only=True):
    instrument_name: Name


class TradesByOrder(Params, frozen=True, kw_only=True):
    order_id: OrderId
    sorting: Sorting = "default"
    historical: bool = False


class TradesByCurrency(Params, frozen=True, kw_only=True):
    currency: Name
    kind: Name = "any"
    start_id: TradeId | None = None
    end_id: TradeId | None = None
    count: Count = 10
    start_timestamp: Millis | None = None
    end_timestamp: Millis | None = None
    sorting: Sorting = "default"
    include_old: bool = False
    historical: bool = False
    subaccount_id: int | None = None


class TradesByCurrencyAndTime(Params, frozen=True, kw_only=True):
    currency: Name
    kind: Name = "any"
    start_timestamp: Millis
    end_timestamp: Millis | None = None  # some clients say only where to start
    count: Count = 10
    sorting: Sorting = "default"
    include_old: bool = False
    historical: bool = False


class TradesByInstrumentAndTime(Params, frozen=True, kw_only=True):
    instrument_name: Name
    start_timestamp: Millis
    end_timestamp: Millis | None = None  # some clients say only where to start
    count: Count = 10
    sorting: Sorting = "default"
    include_old: bool = False
    historical: bool = False


class GetAccountSummaries(Params, frozen=True, kw_only=True):
    extended: bool = False
    subaccount_id: int | None = None


class GetSubaccounts(Params, frozen=True, kw_only=True):
    with_portfolio: bool = False


class GetMargins(Params, frozen=True, kw_only=True):
    instrument_name: Name
    amount: Decimal
    price: Decimal


METHODS: dict[str, type[Params]] = {
    "private/get_account_summaries": GetAccountSummaries,
    "private/get_margins": GetMargins,
    "private/get_open_orders_by_label": OfLabel,
    "private/get_order_history_by_currency": OrderHistoryByCurrency,
    "private/get_order_history_by_instrument": OrderHistoryByInstrument,
    "private/get_order_state": OfAnyOrder,
    "private/get_order_state_by_label": OfLabel,
    "private/get_subaccounts": GetSubaccounts,
    "private/get_user_trades_by_currency": TradesByCurrency,
    "private/get_user_trades_by_currency_and_time": TradesByCurrencyAndTime,
    "private/get_user_trades_by_instrument_and_time": TradesByInstrumentAndTime,
    "private/get_user_trades_by_order": TradesByOrder,
}
