"""An order comes in, is changed by its owner, or is taken back."""

from __future__ import annotations

from exchange.domain.enums import EventKind, OrderType, Reason, TimeInForce
from exchange.domain.records import Command
from tests.reference.forms import text_of
from tests.reference.limits import count_in_rate
from tests.reference.market import Market
from tests.reference.matching import can_fill_now, work
from tests.reference.orders import STOPS, Order
from tests.reference.prices import effective_ticks
from tests.reference.refusals import keeps_place, replaced_lots, replaced_ticks
from tests.reference.strips import would_trade


def accept_new(market: Market, command: Command) -> None:
    contract = market.contracts[command.contract]
    nobody_there = not contract.book.best_ticks(1 - command.side)
    order = _order(market, command, effective_ticks(contract, command))
    count_in_rate(market.accounts[order.account], market.time_ns)
    market.remember(order)
    if _rests_as_it_is(market, order, command.minimum_lots, nobody_there):
        contract.book.add(order)
        market.tell(EventKind.ACCEPTED, order)
        return
    market.tell(EventKind.ACCEPTED, order)
    if order.order_type == OrderType.MARKET_TO_LIMIT and nobody_there and not contract.collecting:
        market.take_away(order, EventKind.EXPIRED, Reason.IOC)
    elif order.time_in_force == TimeInForce.FOK and not can_fill_now(market, order, order.open_lots):
        market.take_away(order, EventKind.EXPIRED, Reason.FOK)
    elif command.minimum_lots and not can_fill_now(market, order, command.minimum_lots):
        market.take_away(order, EventKind.EXPIRED, Reason.MINIMUM)
    else:
        _place(market, order, waits=order.order_type in STOPS)


def _order(market: Market, command: Command, price_ticks: int) -> Order:
    market.arrivals += 1
    return Order(
        order_id=next(market.new_ids, -market.arrivals),  # a made-up id shows that the engine accepted less
        text=text_of(command),
        account=command.account,
        contract=command.contract,
        side=command.side,
        order_type=command.order_type,
        time_in_force=command.time_in_force,
        flags=command.flags,
        self_trade=command.self_trade,
        price_ticks=price_ticks,
        limit_ticks=price_ticks,
        lots=command.lots,
        open_lots=command.lots,
        expiry_ns=command.expiry_ns,
        created_ns=command.time_ns,
        per_lot_micros=market.per_lot_micros(command.account, command.contract, price_ticks),
        arrival=market.arrivals,
        trigger_ticks=command.trigger_ticks,
        display_lots=command.display_lots,
        offset_ticks=command.offset_ticks,
        cohesion=command.option if market.contracts[command.contract].legs else 0,
    )


def _rests_as_it_is(market: Market, order: Order, minimum_lots: int, nobody_there: bool) -> bool:
    """Whether ACCEPTED already says that it stands in the visible book."""
    contract = market.contracts[order.contract]
    if order.order_type not in (OrderType.LIMIT, OrderType.MARKET_TO_LIMIT) or not order.rests:
        return False
    if order.all_or_none or minimum_lots:
        return False
    if contract.collecting:
        return not order.reduces_only
    if order.order_type == OrderType.MARKET_TO_LIMIT and nobody_there:
        return False
    if contract.legs:
        return not would_trade(market, order)
    return not contract.crosses(order.side, order.price_ticks)


def _place(market: Market, order: Order, *, waits: bool) -> None:
    """A new or newly placed order waits for its trigger or in the watch list, or works at once."""
    if waits:
        market.contracts[order.contract].ladder(order).add(order)
    elif not order.pegged and not order.all_or_none:
        work(market, order, order.limit_ticks)


def cancel(market: Market, command: Command) -> None:
    market.take_away(_target(market, command), EventKind.CANCELLED, Reason.USER)


def _target(market: Market, command: Command) -> Order:
    order = market.find_order(command.account, command.order_id, text_of(command))
    assert order is not None
    return order


def replace(market: Market, command: Command) -> None:
    order = _target(market, command)
    contract = market.contracts[order.contract]
    count_in_rate(market.accounts[order.account], market.time_ns)
    keeps = keeps_place(order, command)
    old = (order.price_ticks, order.open_lots)
    lots, open_lots = replaced_lots(order, command)
    limit_ticks = replaced_ticks(contract, order, command)
    waits = order.waits_for_trigger
    if not keeps:
        market.leave(order)
        order.limit_ticks = order.price_ticks = limit_ticks
    market.release(order, order.open_lots)
    order.lots, order.open_lots = lots, open_lots
    order.per_lot_micros = market.per_lot_micros(order.account, order.contract, order.limit_ticks)
    market.reserve(order)
    order.shown_lots = min(order.shown_lots, open_lots)
    market.tell(EventKind.AMENDED, order, old=old)
    if keeps:
        return
    order.trigger_ticks = command.trigger_ticks or order.trigger_ticks
    if order.order_id in contract.watch:
        contract.watch[order.order_id] = contract.watch.pop(order.order_id)
    _place(market, order, waits=waits)
