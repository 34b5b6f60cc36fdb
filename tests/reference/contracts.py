"""What the reference exchange remembers of a contract: its phase, book, stops, watch list and reference prices."""

from __future__ import annotations

from dataclasses import dataclass, field

from exchange.domain.enums import Phase, Side
from exchange.domain.text import TextWords
from exchange.domain.units import BPS, PRICE_TICKS_MAX
from tests.reference.book import Book, Ladder
from tests.reference.fixing import Memory
from tests.reference.orders import ON_MARK, Order, within

COLLECTING_PHASES = (Phase.PREOPEN, Phase.CLOSING, Phase.VOLATILITY)


@dataclass(slots=True)
class Contract:
    symbol: TextWords
    tick_value_micros: int
    gate_ns: int
    weight: int
    sku: int
    region: int
    phase: int = Phase.CONTINUOUS
    phase_end_ns: int = 0  # 0 while nothing ends it but a command
    book: Book = field(default_factory=Book)
    by_last: Ladder = field(default_factory=Ladder)
    by_mark: Ladder = field(default_factory=Ladder)
    watch: dict[int, Order] = field(default_factory=dict)  # in the order they are looked at
    last_price_ticks: int = 0
    last_lots: int = 0
    volume_lots: int = 0
    trades: int = 0
    mark_ticks: int = 0
    reference_ticks: int = 0
    band_bps: int = 0
    auction_band_bps: int = 0
    auction_ns: int = 0
    indicated: bool = True  # nothing happened since the last INDICATIVE
    fixing: Memory = field(default_factory=Memory)
    legs: list[int] = field(default_factory=list)  # of a strip
    strips: list[int] = field(default_factory=list)  # of which it is a leg
    waiting: dict[int, Order] = field(default_factory=dict)  # members of wildcards that wait for others
    scenarios: list[int] = field(default_factory=list)  # ticks, the mark first; none until they are said

    @property
    def collecting(self) -> bool:
        return self.phase in COLLECTING_PHASES

    @property
    def halted(self) -> bool:
        return self.phase in (Phase.HALTED, Phase.CANCEL_ONLY)

    def closed(self, time_ns: int) -> bool:
        return time_ns >= self.gate_ns

    def ladder(self, order: Order) -> Ladder:
        return self.by_mark if order.flags & ON_MARK else self.by_last

    @property
    def bounds_ticks(self) -> tuple[int, int]:
        """Between which prices a trade leaves continuous trading as it is."""
        if not (self.auction_band_bps and self.reference_ticks):
            return 0, PRICE_TICKS_MAX
        away_ticks = self.reference_ticks * self.auction_band_bps // BPS
        return self.reference_ticks - away_ticks, self.reference_ticks + away_ticks

    def tradable(self, price_ticks: int) -> bool:
        floor_ticks, ceiling_ticks = self.bounds_ticks
        return floor_ticks <= price_ticks <= ceiling_ticks

    def crosses(self, side: int, price_ticks: int) -> bool:
        """Whether an order at this price meets one in the visible book."""
        best_ticks = self.book.best_ticks(1 - side)
        return bool(best_ticks) and within(side, best_ticks, price_ticks)

    def everybody(self) -> list[Order]:
        """All open orders."""
        return [*self.at_work(), *self.waiting.values()]

    def at_work(self) -> list[Order]:
        """As they are swept: bids, asks, stops by last and by mark, the rest of the watch list."""
        return [
            *self.book.orders(Side.BUY),
            *self.book.orders(Side.SELL),
            *self.by_last.orders(),
            *self.by_mark.orders(),
            *[order for order in self.watch.values() if not order.stands],
        ]
