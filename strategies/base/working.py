"""One's own order as far as one knows: what the venue confirmed, and what is still in flight."""

from dataclasses import dataclass
from enum import Enum

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from strategies.base.intents import Cancel, Replace


class Flight(Enum):
    """Which message about an order has no answer yet; there is never more than one."""

    NONE = 0
    PLACE = 1
    AMEND = 2
    PULL = 3


_PLACE, _AMEND = Flight.PLACE, Flight.AMEND  # members of an Enum take long to find


@dataclass(slots=True)
class WorkingOrder:
    client_id: str
    contract: Contract
    side: Side
    price_ticks: int
    lots: int  # total, fills included
    post_only: bool
    is_managed: bool  # stands for a Quote or Ladder, so the reconciler may move it
    tag: str = ""
    filled_lots: int = 0
    flight: Flight = Flight.PLACE
    flight_price_ticks: int = 0  # what an AMEND in flight asks for
    flight_lots: int = 0
    wish: Cancel | Replace | None = None  # an explicit act that waits for the answer in flight

    @property
    def open_lots(self) -> int:
        return self.lots - self.filled_lots

    @property
    def is_live(self) -> bool:
        """Confirmed by the venue and not yet gone, as far as one knows."""
        return self.flight is not _PLACE and self.lots > self.filled_lots

    @property
    def next_price_ticks(self) -> int:
        """The price once everything in flight has been answered with yes."""
        return self.flight_price_ticks if self.flight is _AMEND else self.price_ticks

    @property
    def next_open_lots(self) -> int:
        left = (self.flight_lots if self.flight is _AMEND else self.lots) - self.filled_lots
        return left if left > 0 else 0

    @property
    def most_open_lots(self) -> int:
        """The most it can still trade, whichever of the messages about it is answered with yes."""
        # What is asked for an order that stands for a quote is subject to its ceiling once it is sent.
        wished = self.wish.lots if isinstance(self.wish, Replace) and not self.is_managed else 0
        return max(self.open_lots, self.next_open_lots, wished)

    def would_trade_with(self, side: Side, price_ticks: int) -> bool:
        """Whether an own order of ``side`` at this price could meet this one, where it stands or where it is going."""
        if side == self.side:
            return False
        lower = min(self.price_ticks, self.next_price_ticks)
        upper = max(self.price_ticks, self.next_price_ticks)
        return price_ticks >= lower if side == Side.BUY else price_ticks <= upper
