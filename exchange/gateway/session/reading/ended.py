"""Answers about orders that are open no more: one of them, all of them page by page, those of a label."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import dropwhile, islice
from typing import Any

from msgspec import UnsetType

from exchange.archive.holders import ClosedOrder, ClosedOrders, Orders
from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.orders import OrderRecord
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.reading.finding import KINDS, find_market, find_named
from exchange.gateway.session.reading.recalling import Past, names_in
from exchange.wire.channels import in_currency
from exchange.wire.messages import Order, OrderPage, Placed
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.past import OfAnyOrder, OfLabel, OrderHistoryByCurrency, OrderHistoryByInstrument

# Of those that are closed.
LABELLED_MAX = 1_000


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
    if len(known) > end or not (last or _is_forgetful(mirror, account)):
        page = known[params.offset : end]
        return _page(
            params, Orders([order.message() for order in page], str(page[-1].order_id) if len(known) > end else "")
        )
    names_wanted = (params.count, params.offset, names, params.include_unfilled)
    return Past(ClosedOrders(account.number, *names_wanted, after=last), lambda found: _page(params, found))


def _is_forgetful(mirror: Mirror, account: Account) -> bool:
    return not mirror.knows_all_orders or len(account.closed) == account.closed.maxlen


def _page(params: OrderHistoryByCurrency | OrderHistoryByInstrument, found: Orders | None) -> list[Order] | OrderPage:
    """Raises Refusal if there is no order that the continuation names, or if more has to be looked through."""
    if found is None:
        advice = "no order of yours ended there; give the continuation of the answer before, or none"
        raise Refusal(Code.INVALID_PARAMS, advice, param="continuation")
    if params.with_continuation:
        return OrderPage(found.orders, found.rest or None)
    if found.rest and len(found.orders) < params.count:
        advice = "this reaches over too many orders; set with_continuation, and go on with the continuation you get"
        raise Refusal(Code.INVALID_ARGUMENTS, advice, reason="too_far", param="with_continuation")
    return found.orders


def get_order_state_by_label(mirror: Mirror, account: Account, params: OfLabel, now_ns: int) -> list[Order] | Past:
    """The open ones, oldest first, then those closed last, the newest first."""

    def labelled(orders: Iterable[OrderRecord]) -> list[Order]:
        return [
            order.message()
            for order in orders
            if order.whole is None
            and order.label == params.label
            and in_currency(params.currency, order.market.base_currency)
        ]

    opened = labelled(account.orders.values())
    if not _is_forgetful(mirror, account):
        return [*opened, *labelled(reversed(account.closed))]

    def told(found: Orders) -> list[Order]:
        closed = {order.order_id for order in found.orders}
        return [*(order for order in opened if order.order_id not in closed), *found.orders]

    names = names_in(mirror, params.currency)
    return Past(ClosedOrders(account.number, LABELLED_MAX, instruments=names, label=params.label), told)


def get_order_state(mirror: Mirror, account: Account, params: OfAnyOrder, now_ns: int) -> Order | Past:
    def told(placed: Placed) -> Order:
        return placed.order

    order = find_ended(mirror, account, params.order_id, params.client_order_id, told)
    return order if isinstance(order, Past) else order.message()


def find_ended(
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


PRIVATE: dict[str, Callable[[Mirror, Account, Any, int], object]] = {
    "private/get_order_history_by_currency": get_order_history_by_currency,
    "private/get_order_history_by_instrument": get_order_history_by_instrument,
    "private/get_order_state": get_order_state,
    "private/get_order_state_by_label": get_order_state_by_label,
}
