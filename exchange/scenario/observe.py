"""Events of one command in the words of a scenario."""

from __future__ import annotations

from decimal import Decimal

from exchange.domain.enums import EventKind, Phase, Reason, Reject
from exchange.domain.units import MICROS_PER_DOLLAR
from exchange.scenario.outcomes import Outcome
from exchange.scenario.venue import Venue
from exchange.wire.events import Event

_DONE = (EventKind.LISTED, EventKind.ACCOUNT_OPENED, EventKind.CASH, EventKind.CAPACITY)


def dollars(micros: int) -> Decimal:
    return Decimal(micros) / MICROS_PER_DOLLAR


def observe(venue: Venue, events: list[Event], acting_id: int = 0) -> list[Outcome]:
    """Outcomes in the order of ``events``; ``acting_id`` is the order that the line is about.

    That an order was accepted goes without saying where anything follows it, and that it rests
    where all of it does.
    """
    outcomes = []
    left = events[::-1]
    while left:
        event = left.pop()
        if event.kind in (EventKind.ACCEPTED, EventKind.AMENDED):
            rests_whole = bool(left) and not event.resting and _rests_whole(event, left[-1])
            if rests_whole:
                left.pop()
            if event.kind == EventKind.AMENDED:
                outcomes.append(Outcome("amended" if event.resting else "moved"))
            elif rests_whole:
                outcomes.append(Outcome("accepted"))
            elif not left:
                # Neither in the book nor gone: no order of today does that.
                outcomes.append(Outcome("accepted and nowhere"))
        else:
            outcomes.append(_outcome(venue, event, acting_id))
    return outcomes


def _rests_whole(event: Event, following: Event) -> bool:
    """Whether all of the order that was accepted or moved goes into the book next, just as it was."""
    same = (event.order_id, event.price_ticks, event.open_lots)
    return following.kind == EventKind.RESTED and same == (
        following.order_id,
        following.price_ticks,
        following.open_lots,
    )


def _outcome(venue: Venue, event: Event, acting_id: int) -> Outcome:
    subject = "" if event.order_id == acting_id else venue.label(event.order_id)
    match event.kind:
        case EventKind.FILLED:
            return Outcome(
                "fill",
                venue.label(event.maker_order_id),
                event.lots,
                _price(venue, event),
                fee=dollars(event.fee),
                maker_fee=dollars(event.maker_fee),
            )
        case EventKind.RESTED:
            return Outcome("rests", subject, event.open_lots, _price(venue, event))
        case EventKind.CANCELLED | EventKind.EXPIRED:
            word = EventKind(event.kind).name.lower()
            return Outcome(word, subject, event.lots, _price(venue, event), Reason(event.reason).name.lower())
        case EventKind.REJECTED:
            first = venue.label(event.order_id) if event.reason == Reject.DUPLICATE_CLIENT_ID and event.order_id else ""
            return Outcome("refused", first, reason=Reject(event.reason).name.lower())
        case EventKind.PHASE:
            return Outcome(Phase(event.reason).name.lower(), venue.symbol(event.contract))
        case _:
            assert event.kind in _DONE
            return Outcome("done")


def _price(venue: Venue, event: Event) -> Decimal:
    return event.price_ticks * venue.tick(event.contract)
