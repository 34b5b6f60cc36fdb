"""Every book by level, and order by order those that somebody follows so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from exchange.domain.enums import Side
from exchange.views import PriceLevels, StandingOrder


class Step(NamedTuple):
    """An order showed ``before`` lots (0: it enters) and now shows ``lots`` (0: it leaves)."""

    order_id: int
    side: int
    price_ticks: int
    before: int
    lots: int


class Books(PriceLevels):
    """``steps`` gathers, by contract, what happened to the orders of those that are followed."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: dict[int, list[Step]] = {}
        # By contract, those that stand by id, in the order in which they entered. Sorted out of all orders
        # when somebody first follows any, and kept from then on: until then nobody pays for it.
        self._queues: dict[int, dict[int, StandingOrder]] | None = None

    def follow_orders(self, contract: int) -> None:
        """From now on gather the steps of a contract."""
        if self._queues is None:
            self._queues = {}
            for order in self.standing.values():
                self._queues.setdefault(order.contract, {})[order.order_id] = order
        self.steps[contract] = []

    def forget_orders(self, contract: int) -> None:
        """Gather them no more."""
        del self.steps[contract]

    def queue(self, contract: int, side: Side) -> Iterator[StandingOrder]:
        """The orders of one side: best price first, and oldest first at each price."""
        assert self._queues is not None, "somebody follows"
        standing = [order for order in self._queues.get(contract, {}).values() if order.side == side]
        # Sorting keeps the order of those at the same price.
        standing.sort(key=lambda order: -order.price_ticks if side == Side.BUY else order.price_ticks)
        return iter(standing)

    def _changed(self, order: StandingOrder, lots_before: int) -> None:
        super()._changed(order, lots_before)
        if self._queues is None:
            return
        contract = order.contract
        if not lots_before:
            self._queues.setdefault(contract, {})[order.order_id] = order
        elif not order.lots:
            del self._queues[contract][order.order_id]
        if contract in self.steps:
            step = Step(order.order_id, order.side, order.price_ticks, lots_before, order.lots)
            self.steps[contract].append(step)
