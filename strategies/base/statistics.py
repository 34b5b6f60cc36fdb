"""What a desk has done and earned, as plain values to show, to compare and to write down."""

from collections.abc import Mapping
from dataclasses import dataclass

from strategies.base.ledger import ContractResult, Ledger
from strategies.base.uptime import Uptime


@dataclass(slots=True)
class Counts:
    """What a desk has sent and heard."""

    messages: int = 0
    orders: int = 0
    refusals: int = 0


@dataclass(frozen=True, slots=True)
class ContractStatistics:
    """Of one contract; dollars, and GPU-hours where it says so. ``two_sided_share`` is of open time."""

    symbol: str
    position_lots: int
    position_gpu_hours: int
    trades: int
    volume_gpu_hours: int
    spread_usd: float
    inventory_usd: float
    fees_usd: float
    pnl_usd: float
    two_sided_share: float


@dataclass(frozen=True, slots=True)
class DeskStatistics:
    """Of one participant. ``pnl_usd`` = ``spread_usd`` + ``inventory_usd`` - ``fees_usd``."""

    name: str
    messages: int
    orders: int
    refusals: int
    trades: int
    volume_gpu_hours: int
    spread_usd: float
    inventory_usd: float
    fees_usd: float
    pnl_usd: float
    two_sided_share: float
    contracts: tuple[ContractStatistics, ...]


def desk_statistics(
    name: str, counts: Counts, ledger: Ledger, uptimes: Mapping[str, Uptime], now_ns: int
) -> DeskStatistics:
    elapsed_ns = sum(uptime.elapsed_ns(now_ns) for uptime in uptimes.values())
    two_sided_ns = sum(uptime.total_ns(now_ns) for uptime in uptimes.values())
    return DeskStatistics(
        name,
        counts.messages,
        counts.orders,
        counts.refusals,
        ledger.trades,
        ledger.volume_gpu_hours,
        ledger.spread_usd,
        ledger.inventory_usd,
        ledger.fees_usd,
        ledger.pnl_usd,
        two_sided_ns / elapsed_ns if elapsed_ns else 0.0,
        tuple(_of_contract(result, uptimes, now_ns) for result in ledger.results.values()),
    )


def _of_contract(result: ContractResult, uptimes: Mapping[str, Uptime], now_ns: int) -> ContractStatistics:
    uptime = uptimes.get(result.contract.symbol)
    elapsed_ns = uptime.elapsed_ns(now_ns) if uptime else 0
    return ContractStatistics(
        result.contract.symbol,
        result.position_lots,
        result.position_lots * result.contract.gpu_hours_per_lot,
        result.trades,
        result.volume_gpu_hours,
        result.spread_usd,
        result.inventory_usd,
        result.fees_usd,
        result.pnl_usd,
        uptime.total_ns(now_ns) / elapsed_ns if uptime and elapsed_ns else 0.0,
    )
