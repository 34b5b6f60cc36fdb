"""Questions of the holder of an account: what is over, what is open by its name, and what there is."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from exchange.wire.requests.common import ClientOrderId, Count, Label, Millis, Name, OrderId, Params, Sorting
from exchange.wire.requests.history import GetTradesOfAll
from exchange.wire.requests.market_data import GetTrades

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


class TradesByCurrency(GetTradesOfAll, frozen=True, kw_only=True):
    currency: Name
    subaccount_id: int | None = None


class TradesByCurrencyAndTime(TradesByCurrency, frozen=True, kw_only=True):
    """Some clients say only where to start."""

    start_timestamp: Millis


class TradesByInstrumentAndTime(GetTrades, frozen=True, kw_only=True):
    """Some clients say only where to start."""

    start_timestamp: Millis


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
