"""What a line does to the engine, and what comes of it."""

from __future__ import annotations

from exchange.domain.enums import CommandKind, EventKind, Side
from exchange.domain.records import Command
from exchange.scenario import commands
from exchange.scenario.actions import (
    Action,
    Cancel,
    CancelAll,
    Capacity,
    Cash,
    Legs,
    List,
    Member,
    New,
    Open,
    Pass,
    Quote,
    Replace,
    Tick,
    Wildcard,
)
from exchange.scenario.observe import observe
from exchange.scenario.outcomes import Outcome
from exchange.scenario.venue import START_NS, Venue, member_name, quote_name
from exchange.scenario.words import Misread
from exchange.wire.events import Event


def perform(venue: Venue, action: Action) -> list[Outcome]:
    """Do it. Returns what happened; raises GpuxError if it cannot even be said to the engine."""
    match action:
        case Open():
            return _open(venue, action)
        case List():
            return _list(venue, action)
        case Legs():
            return _legs(venue, action)
        case New():
            return _new(venue, action)
        case Wildcard():
            return _wildcard(venue, action)
        case Member():
            events = _join(venue, action)
            return observe(venue, events, events[0].maker_order_id)
        case Cancel() | Replace():
            events = venue.submit(commands.change(venue, action))
            return observe(venue, events, _acting_id(events))
        case CancelAll():
            return observe(venue, venue.submit(commands.cancel_all(venue, action)))
        case Quote():
            return _quote(venue, action)
        case Pass():
            return _pass(venue, action)
        case Tick():
            return _tick(venue)
        case _:
            return observe(venue, venue.submit(commands.setting(venue, action)))


def _open(venue: Venue, action: Open) -> list[Outcome]:
    """An account with what it starts with, as one action."""
    outcomes = observe(venue, venue.submit(commands.opening(action)))
    if outcomes[0].word == "refused":
        return outcomes
    if action.cash:
        outcomes += perform(venue, Cash(action.account, action.cash))
    if action.capacity_lots is not None:
        hours = [symbol for symbol in venue.ticks if not venue.engine.legs(venue.contract(symbol))]
        for symbol in hours:
            outcomes += perform(venue, Capacity(action.account, action.capacity_lots, symbol))
    return _surprises(outcomes)


def _surprises(outcomes: list[Outcome]) -> list[Outcome]:
    """Of several commands in one line: that all is done is said once, and not beside anything else."""
    return [outcome for outcome in outcomes if outcome.word != "done"] or outcomes[:1]


def _legs(venue: Venue, action: Legs) -> list[Outcome]:
    legs = [commands.leg(venue, action.strip, hour) for hour in action.hours]
    return _surprises([outcome for leg in legs for outcome in observe(venue, venue.submit(leg))])


def _list(venue: Venue, action: List) -> list[Outcome]:
    events = venue.submit(commands.listing(action))
    if events[0].kind == EventKind.LISTED:
        venue.ticks[action.contract] = action.tick
    return observe(venue, events)


def _new(venue: Venue, action: New) -> list[Outcome]:
    events = venue.submit(commands.new(venue, action))
    accepted = events[0].kind == EventKind.ACCEPTED
    if accepted:
        venue.remember(action.account, action.order, events[0].order_id)
    return observe(venue, events, events[0].order_id if accepted else 0)


def _wildcard(venue: Venue, action: Wildcard) -> list[Outcome]:
    """An order and its members as one action; a member is called after its order and its contract."""
    events = venue.submit(commands.wildcard(venue, action))
    if events[0].kind == EventKind.REJECTED:
        return observe(venue, events)
    order_id = events[0].order_id
    venue.remember(action.account, action.order, order_id)
    for member in action.members:
        events += _join(venue, member)
    return observe(venue, events, order_id)


def _join(venue: Venue, action: Member) -> list[Event]:
    events = venue.submit(commands.member(venue, action))
    if events[0].kind == EventKind.MEMBER:
        venue.remember(action.account, member_name(action), events[0].order_id)
    return events


def _quote(venue: Venue, action: Quote) -> list[Outcome]:
    """A quote's orders are called ``bid0``, ``ask0``, after their slot."""
    events = venue.submit(commands.quote(venue, action))
    for event in events:
        if event.kind == EventKind.ACCEPTED:
            venue.remember(action.account, quote_name(Side(event.side), action.slot), event.order_id)
    return observe(venue, events)


def _acting_id(events: list[Event]) -> int:
    """The order that was cancelled or replaced: the first event of both is about it."""
    return 0 if events[0].kind == EventKind.REJECTED else events[0].order_id


def _pass(venue: Venue, action: Pass) -> list[Outcome]:
    """Let time pass, with a TICK at each deadline on the way."""
    until_ns = action.time_ns + (venue.now_ns if action.is_wait else START_NS)
    if until_ns < venue.now_ns:
        raise Misread("expected a time that has not passed yet, found an earlier one")
    outcomes: list[Outcome] = []
    while venue.engine.next_deadline_ns() <= until_ns:
        venue.now_ns = venue.engine.next_deadline_ns()
        outcomes += _tick(venue)
    venue.now_ns = until_ns
    return outcomes


def _tick(venue: Venue) -> list[Outcome]:
    return observe(venue, venue.submit(Command(kind=CommandKind.TICK)))
