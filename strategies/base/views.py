"""What a strategy may look at: books, trades, fills and curves, in ticks, lots and dollars."""

from typing import Any, NamedTuple, Protocol

import msgspec

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract

Level = tuple[int, int]  # (price_ticks, lots)


class BookView(msgspec.Struct, array_like=True):
    """One book as last heard of; ``bids`` and ``asks`` are best first and may be cut to a depth.

    Nobody writes to one that was handed out.
    """

    bids: tuple[Level, ...] = ()
    asks: tuple[Level, ...] = ()
    time_ns: int = 0
    last_price_ticks: int = 0

    @property
    def best_bid_ticks(self) -> int:
        """0 if nobody bids."""
        return self.bids[0][0] if self.bids else 0

    @property
    def best_ask_ticks(self) -> int:
        """0 if nobody offers."""
        return self.asks[0][0] if self.asks else 0

    @property
    def mid_ticks(self) -> float:
        """Halfway between the best prices; the last price if a side is empty; 0 if there is none either."""
        if self.bids and self.asks:
            return (self.bids[0][0] + self.asks[0][0]) / 2
        return float(self.last_price_ticks)

    def levels(self, side: Side) -> tuple[Level, ...]:
        return self.bids if side == Side.BUY else self.asks

    def _replace(self, **columns: Any) -> "BookView":
        """As of a named tuple."""
        return msgspec.structs.replace(self, **columns)


EMPTY_BOOK = BookView()


class TradeView(NamedTuple):
    """A trade that everybody sees; ``side`` is the taker's."""

    contract: Contract
    side: Side
    price_ticks: int
    lots: int
    time_ns: int


class Fill(NamedTuple):
    """A trade of one's own; ``side`` is one's own, ``fee_usd`` is positive when paid."""

    contract: Contract
    client_id: str
    side: Side
    price_ticks: int
    lots: int
    fee_usd: float
    is_maker: bool
    time_ns: int


class Ack(NamedTuple):
    """The venue's answer to one message, or the news that an order is gone; ``reason`` is empty if it is good news."""

    contract: Contract
    client_id: str
    tag: str
    is_open: bool
    reason: str


class Curve(Protocol):
    """A forward curve of one SKU in one region: dollars per GPU-hour for each delivery hour."""

    def price(self, hour_start_ns: int) -> float: ...

    def deviation(self, hour_start_ns: int) -> float:
        """Standard deviation, in dollars, of the price between now and delivery."""
        ...


class CurveSource(Protocol):
    """The forward curve for this contract's SKU and region, as known at ``time_ns``."""

    def __call__(self, contract: Contract, time_ns: int) -> Curve: ...


class FairValue(Protocol):
    """What a GPU-hour of this contract is worth at ``time_ns``, in dollars; the same answer for the same question."""

    def __call__(self, contract: Contract, time_ns: int) -> float: ...
