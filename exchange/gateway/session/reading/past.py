"""Answers about what is over: orders that are closed, trades that were made, events that were told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import dropwhile, islice
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from exchange.archive.holders import ClosedOrder, ClosedOrders, UserTrades
from exchange.archive.questions import Events, event_list
from exchange.archive.reading import EVER, Span
from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.orders import OrderRecord
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.reading.finding import KINDS, find_market, find_named
from exchange.gateway.session.reading.recalling import Past, names_in, page_of, since_ms, span_of
from exchange.wire.channels import in_currency
from exchange.wire.messages import Order, OrderPage, Placed, UserTrade, UserTradeList
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.account import GetEvents
from exchange.wire.requests.market_data import GetTrades
from exchange.wire.requests.past import (
    OfAnyOrder,
    OfLabel,
    OrderHistoryByCurrency,
    OrderHistoryByInstrument,
    TradesByCurrency,
    TradesByOrder,
)


def get_order_history_by_currency(
    mirror: Mirror, account: Account, params: OrderHistoryByCurrency, now_ns: int
) -> list[Order] | OrderPage | Past:
    if params.kind not in KINDS:
        return OrderPage([]) if params.with_continuation else []
    return _history(mirror, account, params, names_in(mirror, params.currency))


def get_order_history_by_instrument(
    mirror: Mirror, account: Account, params: OrderHistoryByInstrument, now_ns: int
) -> list[Order] | OrderPage | Past:
    market = find_market(mirror, params.instrument_name, now_ns)
    return _history(mirror, account, params, frozenset({market.symbol}))


def _history(
    mirror: Mirror,
    account: Account,
    params: OrderHistoryByCurrency | OrderHistoryByInstrument,
    names: frozenset[str] | None,
) -> list[Order] | OrderPage | Past:
    """A page, the one closed last first. It goes on after the order that a continuation names."""
    last = params.continuation or ""
    kept: Iterable[OrderRecord] = reversed(account.closed)
    if last:
        kept = islice(dropwhile(lambda order: str(order.order_id) != last, kept), 1, None)
    known = [
        order
        for order in kept
        if (names is None or order.market.symbol in names) and (params.include_unfilled or order.filled_lots)
    ]
    end = params.offset + params.count
    if len(known) <= end and (last or not mirror.knows_all_orders or len(account.closed) == account.closed.maxlen):
        question = ClosedOrders(
            account.number, params.count, params.offset, names, params.include_unfilled, before=last
        )
        return Past(question, lambda found: _page(params, found))
    return _page(params, ([order.message() for order in known[params.offset : end]], len(known) > end))


def _page(
    params: OrderHistoryByCurrency | OrderHistoryByInstrument, found: tuple[list[Order], bool] | None
) -> list[Order] | OrderPage:
    """Raises Refusal if there is no order that the continuation names."""
    if found is None:
        advice = "no order of yours ended there; give the continuation of the answer before, or none"
        raise Refusal(Code.INVALID_PARAMS, advice, param="continuation")
    orders, has_more = found
    if not params.with_continuation:
        return orders
    return OrderPage(orders, orders[-1].order_id if has_more else None)


def get_order_state_by_label(mirror: Mirror, account: Account, params: OfLabel, now_ns: int) -> list[Order]:
    """The open ones, oldest first, then those closed lately, the newest first."""
    known = [*account.orders.values(), *reversed(account.closed)]
    return [
        order.message()
        for order in known
        if order.whole is None
        and order.label == params.label
        and in_currency(params.currency, order.market.base_currency)
    ]


def get_order_state(mirror: Mirror, account: Account, params: OfAnyOrder, now_ns: int) -> Order | Past:
    def told(placed: Placed) -> Order:
        return placed.order

    order = _find(mirror, account, params.order_id, params.client_order_id, told)
    return order if isinstance(order, Past) else order.message()


def get_user_trades_by_order(
    mirror: Mirror, account: Account, params: TradesByOrder, now_ns: int
) -> list[UserTrade] | Past:
    def told(found: Placed | UserTradeList) -> list[UserTrade]:
        return found.trades[::-1] if params.sorting == "desc" else found.trades

    order = _find(mirror, account, params.order_id, UNSET, told, with_trades=True)
    if isinstance(order, Past):
        return order
    span = Span(EVER, oldest_first=True, start_ms=order.created_ms)
    found = page_of(trades_of(account, order), since_ms(mirror, account.trades), span)
    if found is None:
        return Past(UserTrades(account.number, span, order_id=params.order_id), told)
    return told(UserTradeList(*found))


def _find(
    mirror: Mirror,
    account: Account,
    order_id: str | UnsetType,
    client_order_id: str | UnsetType,
    told: Callable[[Placed], object],
    *,
    with_trades: bool = False,
) -> OrderRecord | Past:
    """An order by one of its two ids: as memory has it, or what to ask, with what is ``told`` of it. Raises Refusal."""
    try:
        return find_named(mirror, account, order_id, client_order_id)
    except Refusal as refusal:
        if refusal.code != Code.ORDER_NOT_FOUND or mirror.knows_all_orders:
            raise
        unknown = refusal

    def say(placed: Placed | None) -> object:
        if placed is None:
            raise unknown
        return told(placed)

    return Past(ClosedOrder(account.number, order_id or "", client_order_id or "", with_trades), say)


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


def trades_of(account: Account, order: OrderRecord) -> list[UserTrade]:
    """The trades of an order while this server ran, oldest first."""
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
    "private/get_order_history_by_currency": get_order_history_by_currency,
    "private/get_order_history_by_instrument": get_order_history_by_instrument,
    "private/get_order_state": get_order_state,
    "private/get_order_state_by_label": get_order_state_by_label,
    "private/get_user_trades_by_currency": get_user_trades_by_currency,
    "private/get_user_trades_by_currency_and_time": get_user_trades_by_currency,
    "private/get_user_trades_by_instrument": get_user_trades_by_instrument,
    "private/get_user_trades_by_instrument_and_time": get_user_trades_by_instrument,
    "private/get_user_trades_by_order": get_user_trades_by_order,
}
