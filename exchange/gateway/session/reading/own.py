"""Answers that only read the mirror, for the holder of an account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from exchange.domain.units import MICROS_PER_DOLLAR
from exchange.gateway.mirror.accounts import Account, Holding
from exchange.gateway.mirror.orders import OrderRecord
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.reading.finding import KINDS, find_market, is_of
from exchange.gateway.session.reading.holder import refuse_other, summary_of
from exchange.wire.channels import in_currency
from exchange.wire.delivery import Nomination
from exchange.wire.messages import (
    AccountSummary,
    Order,
    Position,
)
from exchange.wire.private import AccountState
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.account import (
    GetAccountSummary,
    GetOpenOrders,
    GetOpenOrdersByCurrency,
    GetOpenOrdersByInstrument,
    GetPositions,
)
from exchange.wire.requests.common import Nothing, OfInstrument
from exchange.wire.requests.past import OfLabel
from exchange.wire.requests.provision import GetNominations


def get_open_orders(mirror: Mirror, account: Account, params: GetOpenOrders, now_ns: int) -> list[Order]:
    return _orders(_own(account), params.type) if params.kind in KINDS else []


def get_open_orders_by_currency(
    mirror: Mirror, account: Account, params: GetOpenOrdersByCurrency, now_ns: int
) -> list[Order]:
    if params.kind not in KINDS:
        return []
    found = (order for order in _own(account) if in_currency(params.currency, order.market.base_currency))
    return _orders(found, params.type)


def get_open_orders_by_label(mirror: Mirror, account: Account, params: OfLabel, now_ns: int) -> list[Order]:
    found = (order for order in _own(account) if order.label == params.label)
    return _orders(order for order in found if in_currency(params.currency, order.market.base_currency))


def get_open_orders_by_instrument(
    mirror: Mirror, account: Account, params: GetOpenOrdersByInstrument, now_ns: int
) -> list[Order]:
    market = find_market(mirror, params.instrument_name, now_ns)
    # A wildcard stands in an instrument as the member that it has there.
    found = (order for order in account.orders.values() if order.market is market and not order.members)
    return _orders(found, params.type)


def _own(account: Account) -> Iterator[OrderRecord]:
    """Open orders that somebody sent, without the members of wildcards."""
    return (order for order in account.orders.values() if order.whole is None)


def get_position(mirror: Mirror, account: Account, params: OfInstrument, now_ns: int) -> Position:
    market = find_market(mirror, params.instrument_name, now_ns)
    return account.holdings.get(market.number, Holding(market)).message()


def get_positions(mirror: Mirror, account: Account, params: GetPositions, now_ns: int) -> list[Position]:
    refuse_other(account, params.subaccount_id)
    if params.kind not in KINDS:
        return []
    return [
        held.message()
        for held in account.holdings.values()
        if (held.lots or held.capacity_lots) and in_currency(params.currency, held.market.base_currency)
    ]


def get_account_summary(mirror: Mirror, account: Account, params: GetAccountSummary, now_ns: int) -> AccountSummary:
    if params.currency not in ("USD", "any"):
        raise Refusal(Code.INVALID_PARAMS, "accounts are in USD; ask for currency USD", param="currency")
    refuse_other(account, params.subaccount_id)
    return summary_of(mirror, account)


def get_account_state(mirror: Mirror, account: Account, params: Nothing, now_ns: int) -> AccountState:
    return AccountState(
        mirror.chronicle.last_seq(account.number),
        account.cash_micros / MICROS_PER_DOLLAR,
        [order.message() for order in account.orders.values() if order.lots],
        [held.held() for held in account.holdings.values() if held.lots or held.capacity_lots],
    )


def get_nominations(mirror: Mirror, account: Account, params: GetNominations, now_ns: int) -> list[Nomination]:
    market = None if params.instrument_name is None else find_market(mirror, params.instrument_name, now_ns)
    return [record.message() for record in mirror.nominations.of(account, market)]


def _orders(orders: Iterable[OrderRecord], kind: str = "all") -> list[Order]:
    return [order.message() for order in orders if is_of(order, kind)]


PRIVATE: dict[str, Callable[[Mirror, Account, Any, int], object]] = {
    "private/get_account_state": get_account_state,
    "private/get_account_summary": get_account_summary,
    "private/get_nominations": get_nominations,
    "private/get_open_orders": get_open_orders,
    "private/get_open_orders_by_currency": get_open_orders_by_currency,
    "private/get_open_orders_by_instrument": get_open_orders_by_instrument,
    "private/get_open_orders_by_label": get_open_orders_by_label,
    "private/get_position": get_position,
    "private/get_positions": get_positions,
}
