"""The order-by-order view: every queue, as market data by order has it."""

from __future__ import annotations

from exchange.domain.enums import Side
from exchange.views.standing import Standing, StandingOrder

# Orders by id, oldest first, at one price of one side of a contract.
Queue = dict[int, StandingOrder]


class OrderByOrder(Standing):
    """Which orders stand at which price, in the order in which they will trade."""

    def __init__(self) -> None:
        super().__init__()
        self._queues: dict[tuple[int, int], dict[int, Queue]] = {}

    def prices(self, contract: int, side: Side) -> list[int]:
        """Every price at which orders stand, best first."""
        return sorted(self._queues.get((contract, side), ()), reverse=side == Side.BUY)

    def queue(self, contract: int, side: Side, price_ticks: int) -> list[StandingOrder]:
        """The orders at a price, oldest first; they go on changing with the view."""
        return list(self._queues.get((contract, side), {}).get(price_ticks, {}).values())

    def _changed(self, order: StandingOrder, lots_before: int) -> None:
        queues = self._queues.setdefault((order.contract, order.side), {})
        if not lots_before:
            queues.setdefault(order.price_ticks, {})[order.order_id] = order
        elif not order.lots:
            queue = queues[order.price_ticks]
            del queue[order.order_id]
            if not queue:
                del queues[order.price_ticks]
