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
        # By contract, those that stand by id, in the order in which they entered.
        self._standing: dict[int, dict[int, StandingOrder]] = {}

    def follow_orders(self, contract: int) -> None:
        """From now on gather the steps of a contract."""
        self.steps[contract] = []

    def forget_orders(self, contract: int) -> None:
        """Gather them no more."""
        del self.steps[contract]

    def queue(self, contract: int, side: Side) -> Iterator[StandingOrder]:
        """The orders of one side: best price first, and oldest first at each price."""
        standing = [order for order in self._standing.get(contract, {}).values() if order.side == side]
        # Sorting keeps the order of those at the same price.
        standing.sort(key=lambda order: -order.price_ticks if side == Side.BUY else order.price_ticks)
        return iter(standing)

    def _changed(self, order: StandingOrder, lots_before: int) -> None:
        super()._changed(order, lots_before)
        contract = order.contract
        if not lots_before:
            self._standing.setdefault(contract, {})[order.order_id] = order
        elif not order.lots:
            del self._standing[contract][order.order_id]
        if contract in self.steps:
            step = Step(order.order_id, order.side, order.price_ticks, lots_before, order.lots)
            self.steps[contract].append(step)
