"""Everything a strategy may know: its only source of time, randomness, books, curves, orders and profit."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from exchange.domain.units import NEVER_NS, NS_PER_HOUR
from strategies.base.intents import Rung
from strategies.base.ledger import ContractResult, Ledger
from strategies.base.reconcile import Reconciler
from strategies.base.views import EMPTY_BOOK, BookView, Curve, CurveSource
from strategies.base.working import WorkingOrder


class Context:
    """Kept up to date by the desk; a strategy reads it and never writes, but for ``wake_at``.

    ``books`` is keyed by symbol and may be shared by many desks. Without ``curves`` there is no curve.
    """

    def __init__(
        self,
        contracts: Sequence[Contract],
        books: Mapping[str, BookView],
        rng: np.random.Generator,
        curves: CurveSource | None,
        reconciler: Reconciler,
        ledger: Ledger,
    ) -> None:
        self.now_ns = 0
        self.rng = rng
        self.ledger = ledger
        self.next_wake_ns = NEVER_NS
        self._contracts = tuple(contracts)
        self._books = books
        self._curves = curves
        self._reconciler = reconciler

    @property
    def contracts(self) -> list[Contract]:
        """The contracts one takes part in and whose gate has not passed, in the order given."""
        return [contract for contract in self._contracts if contract.gate_ns > self.now_ns]

    def book(self, contract: Contract) -> BookView:
        return self._books.get(contract.symbol, EMPTY_BOOK)

    def position(self, contract: Contract) -> int:
        """Lots held; negative when short."""
        return self.ledger.of(contract).position_lots

    @property
    def positions(self) -> dict[str, int]:
        """Lots held by symbol, where there are any; what is past its gate included."""
        return {symbol: held.position_lots for symbol, held in self.ledger.results.items() if held.position_lots}

    def inventory_lots(self, sku: str = "", region: str = "") -> int:
        """Net lots held of all contracts that still trade; of one SKU, or one region, or both, where said."""
        return sum(
            held.position_lots
            for held in self.ledger.results.values()
            if held.contract.gate_ns > self.now_ns
            and sku in ("", held.contract.sku.code)
            and region in ("", held.contract.region.code)
        )

    @property
    def pnl_usd(self) -> float:
        """Of all contracts, what is held at the last mark, which a fill or the driver's rhythm set."""
        return self.ledger.pnl_usd

    def result(self, contract: Contract) -> ContractResult:
        return self.ledger.of(contract)

    def orders(self, contract: Contract) -> Iterable[WorkingOrder]:
        """One's own orders, those in flight included."""
        return self._reconciler.of_contract(contract)

    def wants(self, contract: Contract, side: Side) -> tuple[Rung, ...]:
        """What of one's quote or ladder is still wanted on this side."""
        return self._reconciler.wants(contract, side)

    def ceiling(self, contract: Contract, side: Side) -> int | None:
        """How many lots may be open at once for one's quote or ladder on this side; None without a ceiling."""
        return self._reconciler.ceiling(contract, side)

    def best_other(self, contract: Contract, side: Side) -> int:
        """The best price on ``side`` that is not one's own alone; 0 if there is none in view."""
        own: dict[int, int] = {}
        for order in self.orders(contract):
            if order.side == side and order.is_live:
                own[order.price_ticks] = own.get(order.price_ticks, 0) + order.open_lots
        for price_ticks, lots in self.book(contract).levels(side):
            if lots > own.get(price_ticks, 0):
                return price_ticks
        return 0

    def curve(self, contract: Contract) -> Curve | None:
        return self._curves(contract, self.now_ns) if self._curves else None

    def curve_usd(self, contract: Contract) -> tuple[float, float] | None:
        """Forward price and its deviation for this delivery period, averaged over its hours."""
        curve = self.curve(contract)
        if curve is None:
            return None
        hours = [hour * NS_PER_HOUR for hour in contract.delivery_hours]
        price = float(sum(curve.price(hour) for hour in hours)) / len(hours)
        deviation = float(sum(curve.deviation(hour) for hour in hours)) / len(hours)
        return price, deviation

    def fair_usd(self, contract: Contract) -> float:
        """The best estimate at hand: the curve, else the middle of the book, else the last mark."""
        priced = self.curve_usd(contract)
        if priced is not None:
            return priced[0]
        mid_ticks = self.book(contract).mid_ticks
        return mid_ticks * contract.price_usd(1) if mid_ticks else self.ledger.of(contract).mark_usd

    def hours_to_gate(self, contract: Contract) -> float:
        return max(0, contract.gate_ns - self.now_ns) / NS_PER_HOUR

    def wake_at(self, time_ns: int) -> None:
        """Ask for one on_timer at this time; the earliest of several requests counts."""
        self.next_wake_ns = min(self.next_wake_ns, time_ns)
