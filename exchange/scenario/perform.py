"""Actions as commands to the engine, in the order in which the node would send them."""

from __future__ import annotations

from exchange.domain.enums import CommandKind, EventKind, OrderType, TimeInForce
from exchange.domain.records import Command
from exchange.domain.units import NEVER_NS, micros
from exchange.scenario.actions import (
    ANONYMOUS,
    EVERYBODY,
    Action,
    Cancel,
    CancelAll,
    Capacity,
    Cash,
    List,
    New,
    Open,
    Pass,
    Replace,
)
from exchange.scenario.observe import observe
from exchange.scenario.outcomes import Outcome
from exchange.scenario.venue import START_NS, Venue, text_columns
from exchange.scenario.words import Misread
from exchange.wire.events import Event


def perform(venue: Venue, action: Action) -> list[Outcome]:
    """Do it. Returns what happened; raises GpuxError if it cannot even be said to the engine."""
    match action:
        case Open():
            return _open(venue, action)
        case List():
            return _list(venue, action)
        case New():
            return _new(venue, action)
        case Cancel() | Replace():
            return _change(venue, action)
        case CancelAll():
            return observe(venue, venue.submit(_cancel_all(venue, action)))
        case Cash():
            return observe(venue, venue.submit(_cash(venue, action)))
        case Capacity():
            return observe(venue, venue.submit(_capacity(venue, action)))
        case Pass():
            return _pass(venue, action)


def _open(venue: Venue, action: Open) -> list[Outcome]:
    """An account with what it starts with, as one action."""
    opening = Command(
        kind=CommandKind.OPEN_ACCOUNT,
        maker_fee_bps=action.maker_fee_bps,
        taker_fee_bps=action.taker_fee_bps,
        **text_columns(action.account),
    )
    outcomes = observe(venue, venue.submit(opening))
    if outcomes[0].word == "refused":
        return outcomes
    if action.cash:
        outcomes += perform(venue, Cash(action.account, action.cash))
    if action.capacity_lots is not None:
        for symbol in venue.ticks:
            outcomes += perform(venue, Capacity(action.account, action.capacity_lots, symbol))
    return [outcome for outcome in outcomes if outcome.word != "done"] or outcomes[:1]


def _list(venue: Venue, action: List) -> list[Outcome]:
    gate_ns = NEVER_NS if action.gate_ns is None else START_NS + action.gate_ns
    tick_value_micros = micros(action.tick) * action.gpu_hours_per_lot
    listing = Command(
        kind=CommandKind.LIST, amount=tick_value_micros, expiry_ns=gate_ns, **text_columns(action.contract)
    )
    events = venue.submit(listing)
    if events[0].kind == EventKind.LISTED:
        venue.ticks[action.contract] = action.tick
    return observe(venue, events)


def _new(venue: Venue, action: New) -> list[Outcome]:
    contract = venue.contract(action.contract)
    default = TimeInForce.IOC if action.order_type == OrderType.MARKET else TimeInForce.GTC
    order = Command(
        kind=CommandKind.NEW,
        account=venue.account(action.account),
        contract=contract,
        side=action.side,
        order_type=action.order_type,
        time_in_force=default if action.time_in_force is None else action.time_in_force,
        self_trade=action.self_trade,
        flags=action.flags,
        price_ticks=venue.price_ticks(contract, action.price),
        lots=action.lots,
        expiry_ns=0 if action.until_ns is None else START_NS + action.until_ns,
        **text_columns("" if action.order == ANONYMOUS else action.order),
    )
    events = venue.submit(order)
    accepted = events[0].kind == EventKind.ACCEPTED
    if accepted:
        venue.remember(action.account, action.order, events[0].order_id)
    return observe(venue, events, events[0].order_id if accepted else 0)


def _change(venue: Venue, action: Cancel | Replace) -> list[Outcome]:
    """By the client's own id; by the engine's number if the name says whose order it is."""
    by_number = ":" in action.order
    command = Command(
        account=venue.account(action.account),
        order_id=venue.order_id(action.order) if by_number else 0,
        **text_columns("" if by_number else action.order),
    )
    if isinstance(action, Cancel):
        command = command._replace(kind=CommandKind.CANCEL)
    else:
        command = command._replace(
            kind=CommandKind.REPLACE,
            price_ticks=venue.price_ticks(_contract_of(venue, action.order), action.price),
            lots=action.lots,
            flags=action.flags,
        )
    events = venue.submit(command)
    return observe(venue, events, _acting_id(events))


def _acting_id(events: list[Event]) -> int:
    """The order that was cancelled or replaced: the first event of both is about it."""
    return 0 if events[0].kind == EventKind.REJECTED else events[0].order_id


def _contract_of(venue: Venue, name: str) -> int:
    """Where the order stands, for the size of a tick. A closed order has none, and then any will do."""
    try:
        order = venue.engine.order(venue.find_order(name))
    except Misread:
        order = None
    return order.contract if order else venue.contract("")


def _cancel_all(venue: Venue, action: CancelAll) -> Command:
    return Command(
        kind=CommandKind.CANCEL_ALL,
        account=0 if action.account == EVERYBODY else venue.account(action.account),
        contract=-1 if action.contract is None else venue.contract(action.contract),
    )


def _cash(venue: Venue, action: Cash) -> Command:
    return Command(
        kind=CommandKind.CASH,
        account=venue.account(action.account),
        amount=micros(action.amount),
        **text_columns(action.reference),
    )


def _capacity(venue: Venue, action: Capacity) -> Command:
    return Command(
        kind=CommandKind.CAPACITY,
        account=venue.account(action.account),
        contract=venue.contract(action.contract),
        lots=action.lots,
    )


def _pass(venue: Venue, action: Pass) -> list[Outcome]:
    """Let time pass, with a TICK at each deadline on the way."""
    until_ns = action.time_ns + (venue.now_ns if action.is_wait else START_NS)
    if until_ns < venue.now_ns:
        raise Misread("expected a time that has not passed yet, found an earlier one")
    outcomes: list[Outcome] = []
    while venue.engine.next_deadline_ns() <= until_ns:
        venue.now_ns = venue.engine.next_deadline_ns()
        outcomes += observe(venue, venue.submit(Command(kind=CommandKind.TICK)))
    venue.now_ns = until_ns
    return outcomes
