"""Queues of orders at prices: the visible book, and the ladder of stops that wait for their trigger."""

from __future__ import annotations

from collections.abc import Iterator

from sortedcontainers import SortedDict

from exchange.domain.enums import Side
from tests.reference.orders import Order


class Queues:
    """price -> orders by id, oldest first; the prices run from the next to be served to the last."""

    def __init__(self, *, highest_first: bool) -> None:
        self._levels = SortedDict()
        self._end = -1 if highest_first else 0

    def __bool__(self) -> bool:
        return bool(self._levels)

    def first_ticks(self) -> int:
        """The price that is served next, 0 if nobody stands here."""
        if not self._levels:
            return 0
        price_ticks: int = self._levels.keys()[self._end]
        return price_ticks

    def first(self) -> Order | None:
        """The order that is served next."""
        if not self._levels:
            return None
        queue: dict[int, Order] = self._levels.peekitem(self._end)[1]
        return next(iter(queue.values()))

    def prices(self) -> list[int]:
        return list(reversed(self._levels) if self._end else self._levels)

    def queue(self, price_ticks: int) -> list[Order]:
        return list(self._levels.get(price_ticks, {}).values())

    def __iter__(self) -> Iterator[Order]:
        """In the order they are served. Nothing may change meanwhile."""
        for price_ticks in reversed(self._levels) if self._end else iter(self._levels):
            yield from self._levels[price_ticks].values()

    def add(self, price_ticks: int, order: Order) -> None:
        self._levels.setdefault(price_ticks, {})[order.order_id] = order

    def remove(self, price_ticks: int, order: Order) -> None:
        queue = self._levels[price_ticks]
        del queue[order.order_id]
        if not queue:
            del self._levels[price_ticks]


class Book:
    """One contract's visible orders."""

    def __init__(self) -> None:
        self._sides = (Queues(highest_first=True), Queues(highest_first=False))

    def best_ticks(self, side: int) -> int:
        """The best price of ``side``, 0 if nobody stands there."""
        return self._sides[side].first_ticks()

    def oldest(self, side: int) -> Order | None:
        """The order that is next to trade."""
        return self._sides[side].first()

    def orders(self, side: int) -> Iterator[Order]:
        """Best price first, oldest first. The book must not change meanwhile."""
        return iter(self._sides[side])

    def queue(self, side: int, price_ticks: int) -> list[Order]:
        return self._sides[side].queue(price_ticks)

    def levels(self, side: int) -> list[tuple[int, int]]:
        """(price, lots that show) of every level, best first."""
        queues = self._sides[side]
        return [(price, sum(order.shown_lots for order in queues.queue(price))) for price in queues.prices()]

    def add(self, order: Order) -> None:
        """``order`` takes its place at the back of its queue, showing what it shows."""
        order.stands = True
        order.shown_lots = order.slice_lots
        self._sides[order.side].add(order.price_ticks, order)

    def remove(self, order: Order) -> None:
        order.stands = False
        order.shown_lots = 0
        self._sides[order.side].remove(order.price_ticks, order)


class Ladder:
    """Stops that wait: buys for a price to rise to their trigger, sells for it to fall."""

    def __init__(self) -> None:
        self._sides = (Queues(highest_first=False), Queues(highest_first=True))

    def reached(self, price_ticks: int) -> Order | None:
        """The stop that is next to trigger at this price."""
        if not price_ticks:
            return None
        buys, sells = self._sides
        if buys and buys.first_ticks() <= price_ticks:
            return buys.first()
        if sells and sells.first_ticks() >= price_ticks:
            return sells.first()
        return None

    def orders(self) -> list[Order]:
        return [*self._sides[Side.BUY], *self._sides[Side.SELL]]

    def add(self, order: Order) -> None:
        order.waits_for_trigger = True
        self._sides[order.side].add(order.trigger_ticks, order)

    def remove(self, order: Order) -> None:
        order.waits_for_trigger = False
        self._sides[order.side].remove(order.trigger_ticks, order)
