"""One order: placed once however often it is sent, changed, cancelled; and what became of it."""

from __future__ import annotations

from decimal import Decimal
from fnmatch import fnmatchcase
from itertools import islice

from msgspec import UNSET, Raw, Struct, UnsetType

from exchange.archive.holders import ClosedOrder
from exchange.domain.enums import CommandKind, Reject, Side
from exchange.domain.records import Command
from exchange.domain.text import unpack_text
from exchange.domain.units import MEMBERS_MAX
from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.changes import Outcome
from exchange.gateway.mirror.markets import Market
from exchange.gateway.mirror.orders import OrderRecord
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session import family
from exchange.gateway.session.plans import Plan, known
from exchange.gateway.session.reading.finding import find_market, find_named
from exchange.gateway.session.reading.past import result_of
from exchange.gateway.session.reading.recalling import Past
from exchange.wire import commands
from exchange.wire.messages import Capacity, Placed, UserTrade
from exchange.wire.refusals import Code, Refusal, of_reject
from exchange.wire.requests.cancels import Cancel
from exchange.wire.requests.orders import Edit, Place, PlaceAny


class Took(Struct, frozen=True):
    """A ``Placed`` whose order is in bytes already."""

    order: Raw
    trades: list[UserTrade]


# Commands that come to a ``Placed``.
_ORDERS = frozenset({CommandKind.NEW, CommandKind.REPLACE})
_DUPLICATE = Reject.DUPLICATE_CLIENT_ID.name.lower()


def buy(mirror: Mirror, account: Account, wish: Place, now_ns: int) -> list[Command] | Plan:
    return place(mirror, account, Side.BUY, wish, now_ns)


def sell(mirror: Mirror, account: Account, wish: Place, now_ns: int) -> list[Command] | Plan:
    return place(mirror, account, Side.SELL, wish, now_ns)


def buy_any(mirror: Mirror, account: Account, wish: PlaceAny, now_ns: int) -> list[Command] | Plan:
    return _place_any(mirror, account, Side.BUY, wish, now_ns)


def sell_any(mirror: Mirror, account: Account, wish: PlaceAny, now_ns: int) -> list[Command] | Plan:
    return _place_any(mirror, account, Side.SELL, wish, now_ns)


def place(mirror: Mirror, account: Account, side: Side, wish: Place, now_ns: int) -> list[Command] | Plan:
    first = known_before(mirror, account, wish.client_order_id)
    if first is not None:
        return known(first)
    market = find_market(mirror, wish.instrument_name, now_ns)
    refuse_closed(market, now_ns)
    return [commands.place(account.number, market.number, market.contract, side, wish, now_ns)]


def _place_any(mirror: Mirror, account: Account, side: Side, wish: PlaceAny, now_ns: int) -> list[Command] | Plan:
    first = known_before(mirror, account, wish.client_order_id)
    if first is not None:
        return known(first)
    if bool(wish.pattern) == bool(wish.instruments):
        raise Refusal(Code.INVALID_ARGUMENTS, "name instruments or give a pattern, one of the two", param="instruments")
    choices = [(find_market(mirror, choice.instrument_name, now_ns), choice.price_adder) for choice in wish.instruments]
    if wish.pattern:
        choices = [(market, Decimal(0)) for market in _fitting(mirror, wish.pattern, now_ns)]
    for market, _ in choices:
        refuse_closed(market, now_ns)
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
    order = find_named(mirror, account, wish.order_id, wish.client_order_id)
    if not order.is_open:
        raise _closed(order)
    refuse_closed(order.market, now_ns)
    if wish.post_only is not None and wish.post_only != order.post_only:
        advice = "an order keeps its post_only; cancel it and place another"
        raise Refusal(Code.INVALID_ARGUMENTS, advice, param="post_only")
    if wish.reduce_only is not None and wish.reduce_only != order.reduce_only:
        advice = "an order keeps its reduce_only; cancel it and place another"
        raise Refusal(Code.INVALID_ARGUMENTS, advice, param="reduce_only")
    market = order.market
    now = (order.limit_ticks, order.lots)
    return [commands.replace(account.number, market.number, market.contract, order.order_id, wish, now)]


def cancel(mirror: Mirror, account: Account, wish: Cancel, now_ns: int) -> list[Command]:
    client_order_id = wish.client_order_id
    if wish.order_id is UNSET and client_order_id is not UNSET and client_order_id not in account.by_client_id:
        # It may be on its way from another connection: the engine knows.
        return [commands.cancel_by_client_id(account.number, client_order_id)]
    order = find_named(mirror, account, wish.order_id, client_order_id)
    if not order.is_open:
        raise _closed(order)
    return [commands.cancel(account.number, order.order_id)]


def known_before(mirror: Mirror, account: Account, client_order_id: str | UnsetType) -> Placed | Past | None:
    """What the first order with this client order id came to so far, if the mirror remembers it."""
    order = None if client_order_id is UNSET else account.by_client_id.get(client_order_id)
    return None if order is None else result_of(mirror, account, order)


def refusal_of(outcome: Outcome) -> Refusal | None:
    """Why the engine refused a command, if it did."""
    rejected = outcome.rejected
    return None if rejected is None else of_reject(Reject(rejected.reason), rejected.order_id)


def first_result(mirror: Mirror, outcome: Outcome, refusal: Refusal) -> Placed | Past | None:
    """Of an order that was refused as a repeat of another: what the first one came to, or where that is asked for."""
    if refusal.reason != _DUPLICATE or not refusal.order_id:
        return None
    order = mirror.orders.get(int(refusal.order_id)) or mirror.closed.get(int(refusal.order_id))
    if order is not None:
        return result_of(mirror, mirror.accounts[order.account], order)

    def say(first: Placed | None) -> Placed:
        if first is None:
            raise refusal
        return first

    question = ClosedOrder(outcome.command.account, refusal.order_id, with_trades=True)
    return Past(question, say, otherwise=refusal)


def result(mirror: Mirror, outcome: Outcome) -> object:
    """What a durable command came to. Raises Refusal if the engine refused it."""
    refusal = refusal_of(outcome)
    if refusal is not None:
        is_new = outcome.command.kind == CommandKind.NEW
        first = first_result(mirror, outcome, refusal) if is_new else None
        if first is None:
            raise refusal
        return first
    kind = outcome.command.kind
    if kind in _ORDERS:
        assert outcome.order is not None
        return Took(outcome.order, outcome.trades)
    if kind == CommandKind.CAPACITY:
        declared = outcome.events[0]
        market = mirror.markets[declared.contract]
        return Capacity(market.symbol, market.amount(declared.lots))
    if kind == CommandKind.ATTEST:
        record = mirror.nominations.get(outcome.command.contract, unpack_text(outcome.command[5:9]))
        assert record is not None
        return record.message()
    if kind == CommandKind.TRANSFER:
        return family.transferred(outcome)
    assert kind == CommandKind.CANCEL
    assert outcome.order is not None
    return outcome.order


def gathered(mirror: Mirror, outcome: Outcome, order_id: int) -> Placed:
    """What a wildcard came to with its last member."""
    order = mirror.orders.get(order_id) or mirror.closed[order_id]
    return Placed(order.message(), [fill for fill in outcome.trades if fill.order_id == str(order_id)])


def refuse_closed(market: Market, now_ns: int) -> None:
    if market.is_over or now_ns >= market.gate_ns:
        raise of_reject(Reject.CONTRACT_CLOSED)


def _closed(order: OrderRecord) -> Refusal:
    advice = f"order {order.order_id} is {order.state} already; there is nothing left to change"
    return Refusal(Code.ALREADY_CLOSED, advice, param="order_id")
