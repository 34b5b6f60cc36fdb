"""What a live run looks like at one moment, as plain values to render."""

from dataclasses import dataclass

from exchange.wire.contracts import Delivery, Fixing
from exchange.wire.messages import CurvePoint
from strategies.base import DeskStatistics


@dataclass(frozen=True, slots=True)
class MarketRow:
    """One book: dollars per GPU-hour (0 if there is none) and GPU-hours in view."""

    symbol: str
    bid_usd: float
    ask_usd: float
    bid_gpu_hours: int
    ask_gpu_hours: int
    last_usd: float
    trades: int
    volume_gpu_hours: int

    @property
    def spread_usd(self) -> float:
        """0 unless both sides are there."""
        return self.ask_usd - self.bid_usd if self.bid_usd and self.ask_usd else 0.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    time_ns: int
    elapsed_s: float
    trades: int  # seen on the public feed since the start
    volume_gpu_hours: int
    average_spread_usd: float  # over time and over the books that had both sides
    market: tuple[MarketRow, ...]
    participants: tuple[DeskStatistics, ...]
    # Newest last.
    fixings: tuple[Fixing, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    # The forward curves that participants publish.
    curve: tuple[CurvePoint, ...] = ()

    def participant(self, name: str) -> DeskStatistics:
        return next(found for found in self.participants if found.name == name)
