"""The demo's figures over all its legs: a leg ends when a new hour is listed, the sums go on."""

from dataclasses import dataclass, field

from strategies.base import ContractStatistics, DeskStatistics
from strategies.demo.cast import MAKER
from strategies.live import Snapshot


@dataclass(frozen=True)
class Maker:
    """What the market maker did and earned, in dollars and GPU-hours."""

    trades: int = 0
    spread_earned_usd: float = 0.0
    inventory_usd: float = 0.0
    fees_usd: float = 0.0
    pnl_usd: float = 0.0
    two_sided_share: float = 0.0


@dataclass(frozen=True)
class Totals:
    """Sums over the legs so far and the one that runs."""

    seconds: float = 0.0
    orders: int = 0
    messages: int = 0
    trades: int = 0
    volume_gpu_hours: int = 0
    average_spread_usd: float = 0.0
    maker: Maker = field(default_factory=Maker)

    def plus(self, leg: Snapshot) -> "Totals":
        """These totals and those of one more leg; shares and averages weigh by time."""
        seconds = self.seconds + leg.elapsed_s
        share = leg.elapsed_s / seconds if seconds else 1.0
        return Totals(
            seconds,
            self.orders + sum(desk.orders for desk in leg.participants),
            self.messages + sum(desk.messages for desk in leg.participants),
            self.trades + leg.trades,
            self.volume_gpu_hours + leg.volume_gpu_hours,
            self.average_spread_usd * (1 - share) + leg.average_spread_usd * share,
            _maker(self.maker, leg.participant(MAKER), share),
        )


def _maker(before: Maker, leg: DeskStatistics, share: float) -> Maker:
    return Maker(
        before.trades + leg.trades,
        before.spread_earned_usd + leg.spread_usd,
        before.inventory_usd + leg.inventory_usd,
        before.fees_usd + leg.fees_usd,
        before.pnl_usd + leg.pnl_usd,
        before.two_sided_share * (1 - share) + leg.two_sided_share * share,
    )


def by_symbol(desk: DeskStatistics) -> dict[str, ContractStatistics]:
    return {contract.symbol: contract for contract in desk.contracts}
