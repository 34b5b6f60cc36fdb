"""Answers about what is over: orders that are closed, trades that were made. As far back as the mirror goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.orders import OrderRecord
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.reading.finding import KINDS, find_market, find_order, select_of_all, select_trades
from exchange.wire.channels import in_currency
from exchange.wire.messages import Order, UserTrade, UserTradeList
from exchange.wire.requests.market_data import GetTrades
from exchange.wire.requests.past import (
    OfLabel,
    OrderHistoryByCurrency,
    OrderHistoryByInstrument,
    TradesByCurrency,
    TradesByOrder,
)


def get_order_history_by_currency(
    mirror: Mirror, account: Account, params: OrderHistoryByCurrency, now_ns: int
) -> list[Order]:
    if params.kind not in KINDS:
        return []
    found = (order for order in _closed(account) if in_currency(params.currency, order.market.base_currency))
    return _page(found, params)


def get_order_history_by_instrument(
    mirror: Mirror, account: Account, params: OrderHistoryByInstrument, now_ns: int
) -> list[Order]:
    market = find_market(mirror, params.instrument_name, now_ns)
    return _page((order for order in _closed(account) if order.market is market), params)


def get_order_state_by_label(mirror: Mirror, account: Account, params: OfLabel, now_ns: int) -> list[Order]:
    """The open ones, oldest first, then those closed lately, the newest first."""
    known = [*account.orders.values(), *_closed(account)]
    return [
        order.message()
        for order in known
        if order.whole is None
        and order.label == params.label
        and in_currency(params.currency, order.market.base_currency)
    ]


def get_user_trades_by_order(mirror: Mirror, account: Account, params: TradesByOrder, now_ns: int) -> list[UserTrade]:
    order = find_order(mirror, account, params.order_id)
    trades = trades_of(account, order)
    return trades[::-1] if params.sorting == "desc" else trades


def get_user_trades_by_currency(
    mirror: Mirror, account: Account, params: TradesByCurrency, now_ns: int
) -> UserTradeList:
    return UserTradeList(*select_of_all(mirror, account.trades, params))


def get_user_trades_by_instrument(mirror: Mirror, account: Account, params: GetTrades, now_ns: int) -> UserTradeList:
    symbol = find_market(mirror, params.instrument_name, now_ns).symbol
    return UserTradeList(*select_trades([trade for trade in account.trades if trade.instrument_name == symbol], params))


def trades_of(account: Account, order: OrderRecord) -> list[UserTrade]:
    """The trades of an order while this server ran, oldest first."""
    order_id = str(order.order_id)
    return [trade for trade in account.trades if trade.order_id == order_id]


def _closed(account: Account) -> Iterable[OrderRecord]:
    """The newest first."""
    return reversed(account.closed)


def _page(orders: Iterable[OrderRecord], params: OrderHistoryByCurrency | OrderHistoryByInstrument) -> list[Order]:
    found = [order for order in orders if params.include_unfilled or order.filled_lots]
    return [order.message() for order in found[params.offset : params.offset + params.count]]


PRIVATE: dict[str, Callable[[Mirror, Account, Any, int], object]] = {
    "private/get_order_history_by_currency": get_order_history_by_currency,
    "private/get_order_history_by_instrument": get_order_history_by_instrument,
    "private/get_order_state_by_label": get_order_state_by_label,
    "private/get_user_trades_by_currency": get_user_trades_by_currency,
    "private/get_user_trades_by_currency_and_time": get_user_trades_by_currency,
    "private/get_user_trades_by_instrument": get_user_trades_by_instrument,
    "private/get_user_trades_by_instrument_and_time": get_user_trades_by_instrument,
    "private/get_user_trades_by_order": get_user_trades_by_order,
}
