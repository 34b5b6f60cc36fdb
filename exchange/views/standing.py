"""What events say about who stands in the visible book, which is where every view begins.

An order enters at the back of its queue, shows another number of lots, or leaves: there is
nothing else that can happen to a book. Which of these an event means depends on whether its
order stands, so that is remembered here, by id: a trade with an order that waits outside of the
book must not take lots from the level at its price, and in an auction both sides stood.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from exchange.domain.enums import EventKind
from exchange.domain.records import Rows
from exchange.wire.events import Event, event_tuples

_FILLED = int(EventKind.FILLED)
_STRIP = int(EventKind.STRIP)
_AMENDED = int(EventKind.AMENDED)
_ENTERS = frozenset({EventKind.ACCEPTED, EventKind.RESTED, EventKind.REFRESHED})
_CHANGES = frozenset({EventKind.AMENDED, EventKind.CANCELLED, EventKind.EXPIRED, EventKind.PARKED})


class StandingOrder:
    """An order in the visible book. ``lots`` is what shows of it, at least 1. Read it, do not change it."""

    __slots__ = ("contract", "lots", "order_id", "price_ticks", "side")

    def __init__(self, order_id: int, contract: int, side: int, price_ticks: int, lots: int) -> None:
        self.order_id = order_id
        self.contract = contract
        self.side = side
        self.price_ticks = price_ticks
        self.lots = lots


class Standing:
    """Follows events; a view says in ``_changed`` what it makes of each step."""

    def __init__(self) -> None:
        self.standing: dict[int, StandingOrder] = {}

    def apply(self, events: Rows | Iterable[Event]) -> None:
        """Follow ``events``, which go on where the last ones ended."""
        for event in event_tuples(events) if isinstance(events, np.ndarray) else events:
            self.follow(event)

    def follow(self, event: Event) -> None:
        """Follow one event; one that concerns no book changes nothing."""
        kind = event.kind
        if kind == _FILLED:
            for order_id in (event.order_id, event.maker_order_id):
                order = self.standing.get(order_id)
                # A strip order trades in every leg, and loses its lots once, when STRIP says so.
                if order is not None and order.contract == event.contract:
                    self._show(order, order.lots - event.lots)
        elif kind == _STRIP:
            order = self.standing.get(event.order_id)
            if order is not None:
                self._show(order, order.lots - event.lots)
        elif kind in _ENTERS:
            if event.resting:
                self.enter(event.order_id, event.contract, event.side, event.price_ticks, _shown(event))
        elif kind in _CHANGES:
            order = self.standing.get(event.order_id)
            if order is not None:
                self._show(order, _shown(event) if kind == _AMENDED and event.resting else 0)

    def enter(self, order_id: int, contract: int, side: int, price_ticks: int, lots: int) -> None:
        """``lots`` of an order show from now on, behind all others at its price."""
        assert order_id not in self.standing
        assert lots > 0
        order = self.standing[order_id] = StandingOrder(order_id, contract, side, price_ticks, lots)
        self._changed(order, 0)

    def _show(self, order: StandingOrder, lots: int) -> None:
        assert lots >= 0
        before, order.lots = order.lots, lots
        if not lots:
            del self.standing[order.order_id]
        if lots != before:
            self._changed(order, before)

    def _changed(self, order: StandingOrder, lots_before: int) -> None:
        """``order`` showed ``lots_before`` (0: it has entered) and now shows its lots (0: it has left)."""


def _shown(event: Event) -> int:
    # Who writes events without icebergs leaves the column 0: all that is open shows.
    return event.shown_lots or event.open_lots
