"""Answers about what was told: trades that were made, events of an account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET

from exchange.archive.holders import UserTrades
from exchange.archive.questions import Events, event_list
from exchange.archive.reading import EVER, Span
from exchange.domain.enums import Reject
from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.orders import OrderRecord
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.reading.ended import find_ended
from exchange.gateway.session.reading.finding import KINDS, find_market
from exchange.gateway.session.reading.recalling import Past, names_in, page_of, since_ms, span_of
from exchange.wire.messages import Placed, UserTrade, UserTradeList
from exchange.wire.refusals import of_reject
from exchange.wire.requests.account import GetEvents
from exchange.wire.requests.market_data import GetTrades
from exchange.wire.requests.past import TradesByCurrency, TradesByOrder


def get_user_trades_by_order(
    mirror: Mirror, account: Account, params: TradesByOrder, now_ns: int
) -> list[UserTrade] | Past:
    def told(found: Placed | UserTradeList) -> list[UserTrade]:
        return found.trades[::-1] if params.sorting == "desc" else found.trades

    order = find_ended(mirror, account, params.order_id, UNSET, told, with_trades=True)
    if isinstance(order, Past):
        return order
    placed = result_of(mirror, account, order)
    if isinstance(placed, Past):
        return Past(placed.question, told)
    return told(placed)


def get_user_trades_by_currency(
    mirror: Mirror, account: Account, params: TradesByCurrency, now_ns: int
) -> UserTradeList | Past:
    if params.kind not in KINDS:
        return UserTradeList([], False)
    return _fills(mirror, account, params, names_in(mirror, params.currency))


def get_user_trades_by_instrument(
    mirror: Mirror, account: Account, params: GetTrades, now_ns: int
) -> UserTradeList | Past:
    return _fills(mirror, account, params, frozenset({find_market(mirror, params.instrument_name, now_ns).symbol}))


def _fills(
    mirror: Mirror, account: Account, params: GetTrades | TradesByCurrency, names: frozenset[str] | None
) -> UserTradeList | Past:
    span = span_of(params)
    kept = [trade for trade in account.trades if names is None or trade.instrument_name in names]
    page = page_of(kept, since_ms(mirror, account.trades), span)
    return Past(UserTrades(account.number, span, names)) if page is None else UserTradeList(*page)


def result_of(mirror: Mirror, account: Account, order: OrderRecord) -> Placed | Past:
    """An order as it is now, with all its trades so far."""
    placed = Placed(order.message(), trades_of(account, order))
    since = since_ms(mirror, account.trades)
    if not since or since < order.created_ms or sum(trade.contracts for trade in placed.trades) >= order.filled_lots:
        return placed
    span = Span(EVER, oldest_first=True, start_ms=order.created_ms)
    question = UserTrades(account.number, span, order_id=placed.order.order_id)
    duplicate = of_reject(Reject.DUPLICATE_CLIENT_ID, order.order_id)
    return Past(question, lambda found: Placed(placed.order, found.trades), otherwise=duplicate)


def trades_of(account: Account, order: OrderRecord) -> list[UserTrade]:
    """The trades of an order that memory knows, oldest first."""
    order_id = str(order.order_id)
    return [trade for trade in account.trades if trade.order_id == order_id]


def get_events(mirror: Mirror, account: Account, params: GetEvents, now_ns: int) -> msgspec.Raw | Past:
    number, chronicle = account.number, mirror.chronicle
    found = chronicle.recent(number, params.from_seq, params.count)
    if found is None:
        return Past(Events(number, params.from_seq, params.count))
    return event_list(found, params.from_seq, chronicle.last_seq(number))


PRIVATE: dict[str, Callable[[Mirror, Account, Any, int], object]] = {
    "private/get_events": get_events,
    "private/get_user_trades_by_currency": get_user_trades_by_currency,
    "private/get_user_trades_by_currency_and_time": get_user_trades_by_currency,
    "private/get_user_trades_by_instrument": get_user_trades_by_instrument,
    "private/get_user_trades_by_instrument_and_time": get_user_trades_by_instrument,
    "private/get_user_trades_by_order": get_user_trades_by_order,
}
