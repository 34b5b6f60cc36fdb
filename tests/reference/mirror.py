"""The market as somebody sees it who hears every event and nothing else: sizes of orders, and queues.

It asserts as it listens that sizes add up and that trades take the oldest order at the best price.
"""

from __future__ import annotations

from dataclasses import dataclass

from exchange.domain.enums import EventKind, Reason, Side
from tests.reference.events import Event

_ENDS = (EventKind.CANCELLED, EventKind.EXPIRED)
_STATES = (
    EventKind.ACCEPTED,
    EventKind.RESTED,
    EventKind.AMENDED,
    EventKind.REFRESHED,
    EventKind.PARKED,
    EventKind.TRIGGERED,
)


@dataclass(slots=True)
class Heard:
    """An order, as its last event left it. Its total is always what was filled and what is open."""

    account: int
    contract: int
    side: int
    lots: int
    filled_lots: int
    open_lots: int
    price_ticks: int
    shown_lots: int = 0
    whole: int = 0  # of a member of a wildcard: the order of which it is a part


class Mirror:
    def __init__(self) -> None:
        self.orders: dict[int, Heard] = {}
        self.queues: dict[tuple[int, int], dict[int, list[int]]] = {}  # contract and side: price: ids, oldest first
        self.deposits_micros = 0
        self.leg_fills: list[Event] = []  # of the step of a strip that is being told
        self.members: dict[int, list[int]] = {}  # of wildcards
        self.unshared: dict[int, int] = {}  # lots that members traded, and of which their wildcards have yet to tell

    def hear(self, event: Event) -> None:
        if event.kind == EventKind.CASH:
            self.deposits_micros += event.amount
        elif event.kind == EventKind.FILLED:
            self._fill(event)
        elif event.kind == EventKind.STRIP:
            self._trade_strip(event)
        elif event.kind in _ENDS:
            order = self.orders[event.order_id]
            assert order.open_lots == event.lots
            assert event.open_lots == 0
            assert bool(order.shown_lots) == bool(event.resting)
            self._close(event.order_id)
        elif event.kind == EventKind.MEMBER:
            whole = self.orders[event.maker_order_id]
            assert (event.account, event.side) == (whole.account, whole.side)
            self.orders[event.order_id] = Heard(
                event.account, event.contract, event.side, 0, 0, 0, event.price_ticks, whole=event.maker_order_id
            )
            self.members.setdefault(event.maker_order_id, []).append(event.order_id)
        elif event.kind == EventKind.SHARED:
            assert self.unshared.pop(event.maker_order_id) == event.lots
            self._lose(event.order_id, event.lots, event.open_lots)
        elif event.kind in _STATES:
            self._state(event)

    def best_ticks(self, contract: int, side: int) -> int:
        prices = self.queues.get((contract, side))
        if not prices:
            return 0
        return max(prices) if side == Side.BUY else min(prices)

    def _state(self, event: Event) -> None:
        if event.kind == EventKind.ACCEPTED:
            assert event.order_id not in self.orders
            self.orders[event.order_id] = Heard(
                event.account, event.contract, event.side, event.lots, 0, event.lots, event.price_ticks
            )
        order = self.orders[event.order_id]
        if event.kind == EventKind.RESTED and order.whole and not order.lots:
            # Until it stands nothing of it is open.
            order.lots = order.open_lots = self.orders[order.whole].open_lots
        assert (order.account, order.contract, order.side) == (event.account, event.contract, event.side)
        if event.kind == EventKind.AMENDED:
            assert event.old_open_lots == order.open_lots
            order.lots, order.open_lots = event.lots, event.open_lots
        assert event.lots == order.lots == order.filled_lots + order.open_lots
        assert event.open_lots == order.open_lots
        assert bool(event.resting) == (event.shown_lots > 0)
        if event.kind == EventKind.AMENDED and event.resting:
            assert order.shown_lots >= event.shown_lots
            assert order.price_ticks == event.price_ticks
            order.shown_lots = event.shown_lots
            return
        if order.shown_lots or event.kind == EventKind.REFRESHED:
            self._step_back(event.order_id)
        order.price_ticks = event.price_ticks
        if event.resting:
            order.shown_lots = event.shown_lots
            prices = self.queues.setdefault((event.contract, event.side), {})
            prices.setdefault(event.price_ticks, []).append(event.order_id)

    def _step_back(self, order_id: int) -> None:
        order = self.orders[order_id]
        order.shown_lots = 0
        prices = self.queues.get((order.contract, order.side), {})
        queue = prices.get(order.price_ticks, [])
        if order_id in queue:
            queue.remove(order_id)
            if not queue:
                del prices[order.price_ticks]

    def _fill(self, event: Event) -> None:
        if not event.order_id:
            self._take(event)
            return
        auction = event.reason == Reason.AUCTION
        taker, maker = self.orders[event.order_id], self.orders[event.maker_order_id]
        assert taker.side == event.side != maker.side
        in_leg = event.contract != taker.contract and event.order_id not in self.members
        if maker.whole:
            self.unshared[event.maker_order_id] = event.lots
        if auction and taker.whole:
            self.unshared[event.order_id] = event.lots
        assert maker.contract == event.contract
        if in_leg:
            self.leg_fills.append(event)
            assert event.open_lots == taker.open_lots - event.lots
        elif auction:
            self._is_next(event.order_id, taker)
            taker.shown_lots -= event.lots
        else:
            assert not taker.shown_lots
        if maker.shown_lots:
            if not event.old_open_lots:  # who wants all hours from one hand passes over others
                self._is_next(event.maker_order_id, maker)
            maker.shown_lots -= event.lots
            assert auction or event.price_ticks == maker.price_ticks
        assert maker.shown_lots == event.shown_lots
        if not in_leg:
            self._lose(event.order_id, event.lots, event.open_lots)
        self._lose(event.maker_order_id, event.lots, event.maker_open_lots)

    def _take(self, event: Event) -> None:
        """One lot of a standing sell for somebody who has no order. It may stand behind orders of the parties."""
        maker = self.orders[event.maker_order_id]
        assert (event.side, event.lots, event.open_lots) == (Side.BUY, 1, 0)
        assert (maker.side, maker.contract, maker.price_ticks) == (Side.SELL, event.contract, event.price_ticks)
        assert maker.account != event.account
        if maker.whole:
            self.unshared[event.maker_order_id] = 1
        maker.shown_lots -= 1
        assert maker.shown_lots == event.shown_lots >= 0
        self._lose(event.maker_order_id, 1, event.maker_open_lots)

    def _trade_strip(self, event: Event) -> None:
        """What was told of each leg just before, in sum."""
        order, fills = self.orders[event.order_id], self.leg_fills
        assert {(fill.order_id, fill.lots) for fill in fills} == {(event.order_id, event.lots)}
        assert [fill.contract for fill in fills] == sorted({fill.contract for fill in fills})
        assert sum(fill.price_ticks for fill in fills) == event.price_ticks
        assert (sum(fill.amount for fill in fills), sum(fill.fee for fill in fills)) == (event.amount, event.fee)
        self.leg_fills = []
        assert order.contract == event.contract
        assert bool(order.shown_lots) == bool(event.resting)
        if event.resting:
            self._is_next(event.order_id, order)
            order.shown_lots -= event.lots
        assert order.shown_lots == event.shown_lots
        self._lose(event.order_id, event.lots, event.open_lots)

    def _lose(self, order_id: int, lots: int, open_lots: int) -> None:
        order = self.orders[order_id]
        order.filled_lots += lots
        order.open_lots -= lots
        assert order.open_lots == open_lots >= 0
        if not open_lots:
            self._close(order_id)

    def _close(self, order_id: int) -> None:
        """With those members of a wildcard that have not come to stand."""
        self._step_back(order_id)
        del self.orders[order_id]
        for member in self.members.pop(order_id, []):
            if member in self.orders and not self.orders[member].lots:
                del self.orders[member]

    def check_shares(self) -> None:
        """After a command: what stands of a wildcard is as much as it has left, and all that traded is told."""
        assert not self.unshared
        for order in self.orders.values():
            assert not order.lots or not order.whole or order.open_lots == self.orders[order.whole].open_lots

    def _is_next(self, order_id: int, order: Heard) -> None:
        """The oldest at the best price of its side."""
        best_ticks = self.best_ticks(order.contract, order.side)
        assert order.price_ticks == best_ticks
        assert self.queues[order.contract, order.side][best_ticks][0] == order_id
