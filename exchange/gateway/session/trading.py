"""Requests that change the venue, as commands; and what became of them, as results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from exchange.domain.enums import EventKind, Reason, Reject, Side
from exchange.domain.records import Command
from exchange.domain.text import unpack_text
from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.changes import Outcome
from exchange.gateway.mirror.markets import Market
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.reading import find_market, find_order
from exchange.wire import commands
from exchange.wire.channels import in_currency
from exchange.wire.messages import Capacity, Placed
from exchange.wire.refusals import Code, Refusal, of_reject
from exchange.wire.requests import (
    Attest,
    CancelAll,
    CancelAllByInstrument,
    CancelByLabel,
    DeclareCapacity,
    Edit,
    OfOrder,
    Place,
)


def buy(mirror: Mirror, account: Account, wish: Place, now_ns: int) -> list[Command]:
    return [_place(mirror, account, Side.BUY, wish, now_ns)]


def sell(mirror: Mirror, account: Account, wish: Place, now_ns: int) -> list[Command]:
    return [_place(mirror, account, Side.SELL, wish, now_ns)]


def edit(mirror: Mirror, account: Account, wish: Edit, now_ns: int) -> list[Command]:
    commands.refuse_late(wish.valid_until, now_ns)
    order = find_order(mirror, account, wish.order_id)
    if not order.is_open:
        raise _closed(wish.order_id, order.state)
    _refuse_closed(order.market, now_ns)
    if wish.post_only is not None and wish.post_only != order.post_only:
        advice = "an order keeps its post_only; cancel it and place another"
        raise Refusal(Code.INVALID_ARGUMENTS, advice, param="post_only")
    if wish.reduce_only is not None and wish.reduce_only != order.reduce_only:
        advice = "an order keeps its reduce_only; cancel it and place another"
        raise Refusal(Code.INVALID_ARGUMENTS, advice, param="reduce_only")
    market = order.market
    now = (order.limit_ticks, order.lots)
    return [commands.replace(account.number, market.number, market.contract, wish, now)]


def cancel(mirror: Mirror, account: Account, wish: OfOrder, now_ns: int) -> list[Command]:
    order = find_order(mirror, account, wish.order_id)
    if not order.is_open:
        raise _closed(wish.order_id, order.state)
    return [commands.cancel(account.number, order.order_id)]


def cancel_all(mirror: Mirror, account: Account, wish: CancelAll, now_ns: int) -> list[Command]:
    return [commands.cancel_all(account.number)]


def cancel_all_by_instrument(
    mirror: Mirror, account: Account, wish: CancelAllByInstrument, now_ns: int
) -> list[Command]:
    return [commands.cancel_all(account.number, find_market(mirror, wish.instrument_name, now_ns).number)]


def cancel_by_label(mirror: Mirror, account: Account, wish: CancelByLabel, now_ns: int) -> list[Command]:
    return [
        commands.cancel(account.number, order.order_id)
        for order in account.orders.values()
        if order.label == wish.label and in_currency(wish.currency, order.market.base_currency)
    ]


def declare_capacity(mirror: Mirror, account: Account, wish: DeclareCapacity, now_ns: int) -> list[Command]:
    market = find_market(mirror, wish.instrument_name, now_ns)
    _refuse_closed(market, now_ns)
    return [commands.capacity(account.number, market.number, market.contract, wish.amount)]


def attest(mirror: Mirror, account: Account, wish: Attest, now_ns: int) -> list[Command]:
    market = find_market(mirror, wish.instrument_name, now_ns)
    record = mirror.nominations.get(market.number, wish.node)
    if record is None or not mirror.nominations.may_attest(account, record):
        advice = f"no node {wish.node} is nominated of you here; private/get_nominations lists those that are"
        raise Refusal(Code.NOT_FOUND, advice, reason="unknown_node", param="node")
    if now_ns < market.contract.end_ns:
        advice = "nobody knows yet what it delivers; say it when the hour is over"
        raise Refusal(Code.OTHER_REJECT, advice, reason="not_over", param="instrument_name")
    return [commands.attest(record.provider.number, market.number, wish.node, wish.minutes)]


COMMANDS: dict[str, Callable[[Mirror, Account, Any, int], list[Command]]] = {
    "private/attest": attest,
    "private/buy": buy,
    "private/cancel": cancel,
    "private/cancel_all": cancel_all,
    "private/cancel_all_by_instrument": cancel_all_by_instrument,
    "private/cancel_by_label": cancel_by_label,
    "private/declare_capacity": declare_capacity,
    "private/edit": edit,
    "private/sell": sell,
}
_ASKED = frozenset({Reason.USER, Reason.MASS})
# Their result is how many orders they cancelled.
COUNTED = frozenset({"private/cancel_all", "private/cancel_all_by_instrument", "private/cancel_by_label"})


def result(mirror: Mirror, outcome: Outcome) -> object:
    """What a durable command came to. Raises Refusal if the engine refused it."""
    rejected = outcome.rejected
    if rejected is not None:
        raise of_reject(Reject(rejected.reason), rejected.order_id)
    if outcome.events and outcome.events[0].kind == EventKind.CAPACITY:
        declared = outcome.events[0]
        market = mirror.markets[declared.contract]
        return Capacity(market.symbol, market.amount(declared.lots))
    if outcome.events and outcome.events[0].kind == EventKind.ATTESTED:
        record = mirror.nominations.get(outcome.command.contract, unpack_text(outcome.command[5:9]))
        assert record is not None
        return record.message()
    assert outcome.order is not None
    if outcome.events[0].kind == EventKind.CANCELLED:
        return outcome.order
    return Placed(outcome.order, outcome.trades)


def cancelled(outcome: Outcome) -> int:
    # Not those that others lose in the wake of it.
    return sum(event.kind == EventKind.CANCELLED and event.reason in _ASKED for event in outcome.events)


def _place(mirror: Mirror, account: Account, side: Side, wish: Place, now_ns: int) -> Command:
    commands.refuse_late(wish.valid_until, now_ns)
    market = find_market(mirror, wish.instrument_name, now_ns)
    _refuse_closed(market, now_ns)
    return commands.place(account.number, market.number, market.contract, side, wish, now_ns)


def _refuse_closed(market: Market, now_ns: int) -> None:
    if market.is_over or now_ns >= market.gate_ns:
        raise of_reject(Reject.CONTRACT_CLOSED)


def _closed(order_id: str, state: str) -> Refusal:
    advice = f"order {order_id} is {state} already; there is nothing left to change"
    return Refusal(Code.ALREADY_CLOSED, advice, param="order_id")
