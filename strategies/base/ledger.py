"""Positions and profit of one participant, per contract, split into what the spread earned and what inventory did.

At each fill the distance between fair value and price is spread earned; every later move of fair
value on what is held is inventory. The two and the fees add up to the profit, always.
"""

from dataclasses import dataclass, field

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from strategies.base.views import Fill


@dataclass(slots=True)
class ContractResult:
    """What has been earned in one contract, in dollars, and what is held, in lots."""

    contract: Contract
    position_lots: int = 0
    trades: int = 0
    volume_lots: int = 0
    cash_usd: float = 0.0  # received minus paid, before fees
    fees_usd: float = 0.0
    spread_usd: float = 0.0
    mark_usd: float = 0.0  # the last fair value seen, per GPU-hour

    @property
    def volume_gpu_hours(self) -> int:
        return self.volume_lots * self.contract.gpu_hours_per_lot

    @property
    def position_usd(self) -> float:
        """What is held, at the mark."""
        return self.position_lots * self.contract.gpu_hours_per_lot * self.mark_usd

    @property
    def pnl_usd(self) -> float:
        return self.cash_usd + self.position_usd - self.fees_usd

    @property
    def inventory_usd(self) -> float:
        """What revaluation of the inventory brought: the profit that neither spread nor fees explain."""
        return self.cash_usd + self.position_usd - self.spread_usd


@dataclass(slots=True)
class Ledger:
    results: dict[str, ContractResult] = field(default_factory=dict)  # by symbol

    def of(self, contract: Contract) -> ContractResult:
        result = self.results.get(contract.symbol)
        if result is None:
            result = self.results[contract.symbol] = ContractResult(contract)
        return result

    def carry(self, contract: Contract, lots: int, fair_usd: float) -> None:
        """Begin with ``lots`` held from before, as if bought at fair value: the profit starts at 0."""
        result = self.of(contract)
        result.position_lots += lots
        result.cash_usd -= lots * contract.gpu_hours_per_lot * fair_usd
        result.mark_usd = fair_usd

    def fill(self, fill: Fill, fair_usd: float) -> None:
        """Book a fill; ``fair_usd`` is what a GPU-hour was worth at that moment."""
        result = self.of(fill.contract)
        sign = 1 if fill.side == Side.BUY else -1
        gpu_hours = sign * fill.lots * fill.contract.gpu_hours_per_lot
        price_usd = fill.contract.price_usd(fill.price_ticks)
        result.position_lots += sign * fill.lots
        result.trades += 1
        result.volume_lots += fill.lots
        result.cash_usd -= gpu_hours * price_usd
        result.fees_usd += fill.fee_usd
        result.spread_usd += gpu_hours * (fair_usd - price_usd)
        result.mark_usd = fair_usd

    @property
    def trades(self) -> int:
        return sum(result.trades for result in self.results.values())

    @property
    def volume_gpu_hours(self) -> int:
        return sum(result.volume_gpu_hours for result in self.results.values())

    @property
    def spread_usd(self) -> float:
        return sum(result.spread_usd for result in self.results.values())

    @property
    def inventory_usd(self) -> float:
        return sum(result.inventory_usd for result in self.results.values())

    @property
    def fees_usd(self) -> float:
        return sum(result.fees_usd for result in self.results.values())

    @property
    def pnl_usd(self) -> float:
        return sum(result.pnl_usd for result in self.results.values())
