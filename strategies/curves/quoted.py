"""What the market says of one contract, and what that asks of a forward curve."""

from dataclasses import dataclass
from math import isfinite

from exchange.domain.instruments import Contract
from strategies.curves.prices import PRICE_USD_MAX, PRICE_USD_MIN, BadPrices

# Bid and ask no further apart than this, as a share of their middle, make a price of the middle.
SPREAD_MAX = 0.05
# No quote is believed closer than this share of it: what the filter believes of a price, too.
_NOISE_MIN = 0.002


class BadQuote(BadPrices):
    """A quote that no market could show, or that a curve has no place for; the message names the contract."""


@dataclass(frozen=True)
class Quoted:
    """Best bid, best ask and last price of a contract, in dollars per GPU-hour; None where there is none.

    Of a strip they are averages over its hours, as the venue shows them. Raises BadQuote unless each is a
    finite price above 0 and the bid is not above the ask.
    """

    contract: Contract
    bid_usd: float | None = None
    ask_usd: float | None = None
    last_usd: float | None = None
    time_ns: int = 0

    def __post_init__(self) -> None:
        symbol = self.contract.symbol
        for name, price_usd in (("bid", self.bid_usd), ("ask", self.ask_usd), ("last price", self.last_usd)):
            if price_usd is not None and not (isfinite(price_usd) and PRICE_USD_MIN <= price_usd <= PRICE_USD_MAX):
                bounds = f"{PRICE_USD_MIN} and {PRICE_USD_MAX:.0f} dollars a GPU-hour"
                raise BadQuote(f"{symbol}: {name} {price_usd} is not a number between {bounds}")
        if self.bid_usd is not None and self.ask_usd is not None and self.bid_usd > self.ask_usd:
            raise BadQuote(f"{symbol}: bid {self.bid_usd} is above ask {self.ask_usd}")

    @property
    def mid_usd(self) -> float | None:
        """None unless both sides are there."""
        return None if self.bid_usd is None or self.ask_usd is None else (self.bid_usd + self.ask_usd) / 2.0

    @property
    def spread_usd(self) -> float | None:
        return None if self.bid_usd is None or self.ask_usd is None else self.ask_usd - self.bid_usd

    def target_usd(self, spread_max: float = SPREAD_MAX) -> float | None:
        """The price it trades at: the middle of a close book, else the last price if it lies in the book; or None."""
        mid_usd, spread_usd = self.mid_usd, self.spread_usd
        if mid_usd is not None and spread_usd is not None and spread_usd <= spread_max * mid_usd:
            return mid_usd
        low_usd = self.bid_usd or 0.0
        high_usd = self.ask_usd or PRICE_USD_MAX
        return self.last_usd if self.last_usd is not None and low_usd <= self.last_usd <= high_usd else None

    def noise_usd(self, spread_max: float = SPREAD_MAX) -> float | None:
        """One standard deviation of how far the price may be from its middle or target: half the spread.

        A last price counts as half of ``spread_max``. None if the quote does not say where the price is.
        """
        target_usd, spread_usd = self.target_usd(spread_max), self.spread_usd
        halves = [] if spread_usd is None else [spread_usd / 2.0]
        if target_usd is not None:
            halves.append(spread_max * target_usd / 2.0)
        centre_usd = self.mid_usd if target_usd is None else target_usd
        return max(min(halves), _NOISE_MIN * centre_usd) if centre_usd is not None else None
