"""One's own orders, those in flight included, and the messages that change them: one in flight for each at most."""

from collections.abc import Iterable

from exchange.domain.enums import OrderType, Side
from exchange.domain.instruments import Contract
from strategies.base.intents import New
from strategies.base.messages import Amend, Place, Pull
from strategies.base.working import Flight, WorkingOrder


class OwnOrders:
    """``prefix`` starts every client id and must differ between runs of one account. ``every`` is by client id."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._placed = 0
        self.every: dict[str, WorkingOrder] = {}
        self._of_contract: dict[str, dict[str, WorkingOrder]] = {}

    def of_contract(self, contract: Contract) -> Iterable[WorkingOrder]:
        return self._of_contract.get(contract.symbol, {}).values()

    def gone(self, client_id: str) -> None:
        order = self.every.pop(client_id, None)
        if order is not None:
            del self._of_contract[order.contract.symbol][client_id]

    def would_meet(self, contract: Contract, side: Side, price_ticks: int) -> bool:
        """Whether an order like this could trade with one's own."""
        return any(order.would_trade_with(side, price_ticks) for order in self.of_contract(contract))

    def pull(self, order: WorkingOrder) -> Pull:
        order.flight = Flight.PULL
        return Pull(order.client_id, order.contract)

    def amend(self, order: WorkingOrder, price_ticks: int, open_lots: int) -> Amend:
        order.flight = Flight.AMEND
        order.flight_price_ticks = price_ticks
        order.flight_lots = order.filled_lots + open_lots
        return Amend(order.client_id, order.contract, price_ticks, order.flight_lots)

    def place(self, contract: Contract, side: Side, price_ticks: int, lots: int, post_only: bool) -> Place:
        """An order that the reconciler may move."""
        order = self._add(contract, side, price_ticks, lots, post_only, is_managed=True, tag="")
        return Place(order.client_id, contract, side, price_ticks, lots, post_only=post_only)

    def place_own(self, new: New) -> Place | None:
        """One that the strategy looks after; None if it would meet another of one's own."""
        # A market order has no price to compare: the venue's self-trade prevention looks after it.
        if new.order_type is OrderType.LIMIT and self.would_meet(new.contract, new.side, new.price_ticks):
            return None
        order = self._add(
            new.contract, new.side, new.price_ticks, new.lots, new.post_only, is_managed=False, tag=new.tag
        )
        return Place(
            order.client_id, new.contract, new.side, new.price_ticks, new.lots,
            new.order_type, new.time_in_force, new.post_only, new.expiry_ns,
        )  # fmt: skip

    def _add(
        self, contract: Contract, side: Side, price_ticks: int, lots: int, post_only: bool, is_managed: bool, tag: str
    ) -> WorkingOrder:
        self._placed += 1
        client_id = f"{self._prefix}{self._placed}"
        order = WorkingOrder(client_id, contract, side, price_ticks, lots, post_only, is_managed, tag)
        self.every[client_id] = order
        self._of_contract.setdefault(contract.symbol, {})[client_id] = order
        return order
