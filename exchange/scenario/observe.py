"""Events of one command in the words of a scenario."""

from __future__ import annotations

from decimal import Decimal

from exchange.domain.enums import Cohesion, EventKind, FixingMethod, Phase, Reason, Reject
from exchange.domain.units import MICROS_PER_DOLLAR
from exchange.scenario.outcomes import Outcome
from exchange.scenario.venue import START_NS, Venue
from exchange.scenario.words import cohesion_word
from exchange.wire.events import Event

_DONE = (
    EventKind.LISTED,
    EventKind.ACCOUNT_OPENED,
    EventKind.CASH,
    EventKind.TRANSFER,
    EventKind.BOND,
    EventKind.NOMINATED,
    EventKind.ATTESTED,
    EventKind.COMPENSATED,
    EventKind.BOUGHT_IN,
    EventKind.MADE_GOOD,
    EventKind.CAPACITY,
    EventKind.CONFIGURED,
    EventKind.MEMBER,
)
# What an order loses where it is; a peg, in contrast, goes elsewhere.
_CUT = (Reason.REDUCE_ONLY, Reason.SELF_TRADE, Reason.SHARED)


def dollars(micros: int) -> Decimal:
    return Decimal(micros) / MICROS_PER_DOLLAR


def observe(venue: Venue, events: list[Event], acting_id: int = 0) -> list[Outcome]:
    """Outcomes in the order of ``events``; ``acting_id`` is the order that the line is about.

    That an order was accepted goes without saying where it does anything else next, and that it
    rests where all of it does. That something is done goes without saying where it has effects.
    """
    outcomes = []
    left = events[::-1]
    while left:
        event = left.pop()
        if event.kind in (EventKind.ACCEPTED, EventKind.AMENDED):
            word = _standing(event, left)
            if word in ("accepted", "moved") and left and _rests_whole(event, left[-1]):
                left.pop()
            if word:
                outcomes.append(_about_order(venue, event, word, event.open_lots, acting_id))
        elif event.kind not in _DONE:
            outcomes.append(_outcome(venue, event, acting_id))
        elif len(events) == 1:
            outcomes.append(Outcome("done"))
    return outcomes


def _standing(event: Event, later: list[Event]) -> str:
    """What to call it that an order was accepted or amended before ``later``; "" if that says it.

    later: the events that follow, the next one last.
    """
    amended = event.kind == EventKind.AMENDED
    if event.resting or (amended and event.reason in _CUT):
        return "amended" if amended else "accepted"
    members = {other.order_id for other in later if _joins(other) and other.maker_order_id == event.order_id}
    if not any(other.order_id in {event.order_id, *members} and not _joins(other) for other in later):
        return "waits"
    if amended:
        return "moved"
    return "accepted" if _rests_whole(event, later[-1]) else ""


def _joins(event: Event) -> bool:
    return event.kind == EventKind.MEMBER


def _rests_whole(event: Event, following: Event) -> bool:
    """Whether all of the order that was accepted or moved goes into the book next, just as it was."""
    same = (event.order_id, event.price_ticks, event.open_lots)
    return (
        not event.resting
        and following.kind == EventKind.RESTED
        and same
        == (
            following.order_id,
            following.price_ticks,
            following.open_lots,
        )
    )


def _outcome(venue: Venue, event: Event, acting_id: int) -> Outcome:
    match event.kind:
        case EventKind.FILLED:
            return _fill(venue, event, acting_id)
        case EventKind.RESTED:
            return _about_order(venue, event, "rests", event.open_lots, acting_id)
        case EventKind.PARKED | EventKind.TRIGGERED:
            return _about_order(venue, event, EventKind(event.kind).name.lower(), event.open_lots, acting_id)
        case EventKind.REFRESHED:
            return _about_order(venue, event, "refreshed", event.shown_lots, acting_id)
        case EventKind.STRIP | EventKind.SHARED:
            return _about_order(venue, event, EventKind(event.kind).name.lower(), event.lots, acting_id)
        case EventKind.CANCELLED | EventKind.EXPIRED:
            return _about_order(venue, event, EventKind(event.kind).name.lower(), event.lots, acting_id)
        case EventKind.REJECTED:
            first = venue.label(event.order_id) if event.reason == Reject.DUPLICATE_CLIENT_ID and event.order_id else ""
            return Outcome("refused", first, reason=Reject(event.reason).name.lower())
        case EventKind.PHASE:
            until_ns = event.amount - START_NS if event.amount else None
            return Outcome(Phase(event.reason).name.lower(), venue.symbol(event.contract), until_ns=until_ns)
        case EventKind.INDICATIVE:
            price = _price(venue, event) if event.price_ticks else None
            return Outcome("indicative", venue.symbol(event.contract), event.lots, price, surplus=event.amount)
        case EventKind.FIXING:
            return _fixing(venue, event)
        case EventKind.CORRECTED:
            return Outcome("corrected", venue.symbol(event.contract), price=_price(venue, event))
        case EventKind.MARGIN_CALL:
            if not event.reason:
                return Outcome("covered", venue.account_name(event.account))
            return Outcome("called", venue.account_name(event.account), price=dollars(event.amount))
        case _:
            assert event.kind == EventKind.FROZEN
            return Outcome("frozen", venue.account_name(event.account), event.lots, delta=event.amount)


def _about_order(venue: Venue, event: Event, word: str, lots: int, acting_id: int) -> Outcome:
    reason = Reason(event.reason).name.lower() if event.reason else ""
    return Outcome(word, _name(venue, event.order_id, acting_id), lots, _price(venue, event), reason)


def _fill(venue: Venue, event: Event, acting_id: int) -> Outcome:
    return Outcome(
        "fill",
        venue.label(event.maker_order_id),
        event.lots,
        _price(venue, event),
        Reason(event.reason).name.lower() if event.reason else "",
        _name(venue, event.order_id, acting_id),
        fee=dollars(event.fee),
        maker_fee=dollars(event.maker_fee),
        cohesion=cohesion_word(Cohesion(event.old_open_lots)) if event.old_open_lots else "",
    )


def _fixing(venue: Venue, event: Event) -> Outcome:
    """With the lots that it was made from; of a middle there are none, but the time for which it stood."""
    method = FixingMethod(event.reason)
    return Outcome(
        "fixing",
        venue.symbol(event.contract),
        {FixingMethod.CALL: event.lots, FixingMethod.VOLUME: event.amount}.get(method),
        _price(venue, event) if event.price_ticks else None,
        method.name.lower(),
        stood_ns=event.order_id,
    )


def _name(venue: Venue, order_id: int, acting_id: int) -> str:
    return "" if order_id == acting_id else venue.label(order_id)


def _price(venue: Venue, event: Event) -> Decimal:
    return event.price_ticks * venue.tick(event.contract)
