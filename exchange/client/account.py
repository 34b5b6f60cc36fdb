"""A local copy of one's account: what its numbered events have come to, none missed and none counted twice. Pure.

While there is no connection, and until what was missed is in, events that are heard wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from exchange.wire.messages import Order
from exchange.wire.private import AccountState, Held, HoldingEvent, OrderEvent, PrivateEvent

CHANNEL = "user.events.raw"
_OPEN = ("open", "untriggered")


class Account:
    """Cash in dollars, open orders by id, positions by instrument, as of event ``seq``."""

    __slots__ = (
        "_heard",
        "_waiters",
        "balance",
        "begun",
        "losses",
        "orders",
        "positions",
        "repairs",
        "resumes",
        "seq",
        "synced",
    )

    def __init__(self) -> None:
        self.seq = 0
        self.balance = 0.0
        self.orders: dict[str, Order] = {}
        self.positions: dict[str, Held] = {}
        self.begun = False
        self.synced = False  # with the exchange, but for what is on its way
        self.resumes = 0  # how often it went on after a break
        self.repairs = 0  # how often the exchange said something else than what the events came to
        self.losses = 0  # how often what was missed could not be had, so that it began anew
        self._heard: list[PrivateEvent] = []
        self._waiters: list[asyncio.Future[None]] = []

    async def ready(self) -> None:
        """Wait until it is in step with the exchange. Raises what ended the connection if it never will be."""
        while not self.synced:
            await self.changed()

    async def changed(self) -> None:
        """Wait for the next event, or until it is in step again."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter

    def pause(self) -> None:
        """The link is gone: events may be missed from here on."""
        self.synced = False
        self._heard.clear()

    def hear(self, events: list[PrivateEvent]) -> list[PrivateEvent] | None:
        """Those of ``events`` that are new, once they count; None if one before them is missing."""
        if not self.synced:
            self._heard += events
            return []
        return self.take(events)

    def take(self, events: Iterable[PrivateEvent]) -> list[PrivateEvent] | None:
        """The same of events that were asked for."""
        new = [event for event in events if event.seq > self.seq]
        for event in new:
            if event.seq != self.seq + 1:
                return None
            self._apply(event)
            self.seq = event.seq
        self._wake()
        return new

    def begin(self, state: AccountState) -> None:
        """Stand where the exchange says, whatever stood here."""
        self.begun = True
        self.seq, self.balance = state.seq, state.balance
        self.orders = {order.order_id: order for order in state.orders}
        self.positions = {held.instrument_name: held for held in state.positions}

    def settle(self, state: AccountState) -> list[PrivateEvent] | None:
        """All before ``state`` is here or was heard: count it, hold it against ``state``, and be in step.

        Returns what is new, None if something is missing.
        """
        heard, self._heard = self._heard, []
        early = self.take(event for event in heard if event.seq <= state.seq)
        if early is None or self.seq < state.seq:
            return None
        if not self.agrees(state):
            self.repairs += 1
            self.begin(state)
        late = self.take(heard)
        if late is None:
            return None
        self.synced = True
        self._wake()
        return early + late

    def agrees(self, state: AccountState) -> bool:
        """Whether the exchange, at this ``seq``, says the same."""
        return (
            (self.seq, self.balance) == (state.seq, state.balance)
            and self.positions == {held.instrument_name: held for held in state.positions}
            and _essence(self.orders.values()) == _essence(state.orders)
        )

    def end(self, error: Exception) -> None:
        """Nothing more will come: fail those who wait."""
        self.pause()
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_exception(error)

    def _apply(self, event: PrivateEvent) -> None:
        if isinstance(event, OrderEvent):
            if event.order_state in _OPEN:
                self.orders[event.order_id] = event
            else:
                self.orders.pop(event.order_id, None)
        elif isinstance(event, HoldingEvent):
            self.balance = event.balance
            for held in event.positions:
                if held.size or held.capacity:
                    self.positions[held.instrument_name] = held
                else:
                    self.positions.pop(held.instrument_name, None)

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)


def _essence(orders: Iterable[Order]) -> dict[str, tuple[object, ...]]:
    # A venue that was started anew has forgotten labels, and at which prices an order had filled.
    return {order.order_id: (order.order_state, order.price, order.amount, order.filled_amount) for order in orders}
