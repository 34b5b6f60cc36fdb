"""Requests that change the venue, as commands; and what became of them, as results."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any

from exchange.domain.enums import CommandKind, EventKind, Reason, Reject, Side
from exchange.domain.records import Command
from exchange.domain.text import unpack_text
from exchange.domain.units import MEMBERS_MAX
from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.changes import Outcome
from exchange.gateway.mirror.markets import Market
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session import family
from exchange.gateway.session.reading.finding import find_market, find_order
from exchange.wire import commands
from exchange.wire.channels import in_currency
from exchange.wire.messages import Capacity, Placed
from exchange.wire.refusals import Code, Refusal, of_reject
from exchange.wire.requests.common import OfOrder
from exchange.wire.requests.orders import CancelAll, CancelAllByInstrument, CancelByLabel, Edit, Place, PlaceAny
from exchange.wire.requests.provision import Attest, DeclareCapacity


def buy(mirror: Mirror, account: Account, wish: Place, now_ns: int) -> list[Command]:
    return [_place(mirror, account, Side.BUY, wish, now_ns)]


def sell(mirror: Mirror, account: Account, wish: Place, now_ns: int) -> list[Command]:
    return [_place(mirror, account, Side.SELL, wish, now_ns)]


def buy_any(mirror: Mirror, account: Account, wish: PlaceAny, now_ns: int) -> list[Command]:
    return _place_any(mirror, account, Side.BUY, wish, now_ns)


def sell_any(mirror: Mirror, account: Account, wish: PlaceAny, now_ns: int) -> list[Command]:
    return _place_any(mirror, account, Side.SELL, wish, now_ns)


def _place_any(mirror: Mirror, account: Account, side: Side, wish: PlaceAny, now_ns: int) -> list[Command]:
    commands.refuse_late(wish.valid_until, now_ns)
    if bool(wish.pattern) == bool(wish.instruments):
        raise Refusal(Code.INVALID_ARGUMENTS, "name instruments or give a pattern, one of the two", param="instruments")
    choices = [(find_market(mirror, choice.instrument_name, now_ns), choice.price_adder) for choice in wish.instruments]
    if wish.pattern:
        choices = [(market, Decimal(0)) for market in _fitting(mirror, wish.pattern, now_ns)]
    for market, _ in choices:
        _refuse_closed(market, now_ns)
    named = [(market.number, market.contract, adder) for market, adder in choices]
    return commands.place_any(account.number, named, side, wish, now_ns)


def _fitting(mirror: Mirror, pattern: str, now_ns: int) -> list[Market]:
    """The open hours whose names fit. Raises Refusal if there are none, or too many."""
    hours = (market for market in mirror.markets if not market.legs and market.gate_ns > now_ns)
    found = list(islice((market for market in hours if fnmatchcase(market.symbol, pattern)), MEMBERS_MAX + 1))
    if not found or len(found) > MEMBERS_MAX:
        what = f"more than {MEMBERS_MAX} open hours fit" if found else "no open hour fits"
        raise Refusal(Code.INVALID_ARGUMENTS, f"{what} {pattern[:64]!r}; change the pattern", param="pattern")
    return found


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
    "private/buy_any": buy_any,
    "private/cancel": cancel,
    "private/cancel_all": cancel_all,
    "private/cancel_all_by_instrument": cancel_all_by_instrument,
    "private/cancel_by_label": cancel_by_label,
    "private/declare_capacity": declare_capacity,
    "private/edit": edit,
    "private/sell": sell,
    "private/sell_any": sell_any,
    "private/submit_transfer_between_subaccounts": family.transfer,
}
# Several commands make one order.
GATHERED = frozenset({"private/buy_any", "private/sell_any"})
_ASKED = frozenset({Reason.USER, Reason.MASS})
# Their result is how many orders they cancelled.
COUNTED = frozenset({"private/cancel_all", "private/cancel_all_by_instrument", "private/cancel_by_label"})


def refusal_of(outcome: Outcome) -> Refusal | None:
    """Why the engine refused a command, if it did."""
    rejected = outcome.rejected
    return None if rejected is None else of_reject(Reject(rejected.reason), rejected.order_id)


def result(mirror: Mirror, outcome: Outcome) -> object:
    """What a durable command came to. Raises Refusal if the engine refused it."""
    refusal = refusal_of(outcome)
    if refusal is not None:
        raise refusal
    if outcome.events and outcome.events[0].kind == EventKind.CAPACITY:
        declared = outcome.events[0]
        market = mirror.markets[declared.contract]
        return Capacity(market.symbol, market.amount(declared.lots))
    if outcome.events and outcome.events[0].kind == EventKind.ATTESTED:
        record = mirror.nominations.get(outcome.command.contract, unpack_text(outcome.command[5:9]))
        assert record is not None
        return record.message()
    if outcome.command.kind == CommandKind.TRANSFER:
        return family.transferred(outcome)
    assert outcome.order is not None
    if outcome.events[0].kind == EventKind.CANCELLED:
        return outcome.order
    return Placed(outcome.order, outcome.trades)


def gathered(mirror: Mirror, outcome: Outcome, order_id: int) -> Placed:
    """What a wildcard came to with its last member."""
    order = mirror.orders.get(order_id) or mirror.closed[order_id]
    return Placed(order.message(), [fill for fill in outcome.trades if fill.order_id == str(order_id)])


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
