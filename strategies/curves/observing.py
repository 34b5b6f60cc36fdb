"""From what is seen to what a curve can use: trades, books, fixings and price lists as observations and quotes.

Markets are seen badly: messages come late, twice, or not at all, books stand crossed for a moment, and
old ones look alive. None of that is an error here: what cannot be believed is left out and counted.

A look at the same book a second later is not news, though a filter would take it for an independent
measurement and grow too sure of itself. So a book speaks again only once its middle has moved by more than
its noise, or some time has passed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import NamedTuple

from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_MINUTE
from strategies.curves.curve import Curve
from strategies.curves.names import canonical_region, canonical_sku
from strategies.curves.prices import PRICE_USD_MAX, PRICE_USD_MIN, PriceSeries
from strategies.curves.quoted import SPREAD_MAX, Quoted

_NOISE_MIN = 0.002
# Prices of providers are asked, not paid, and stand for more than one machine.
_LIST_NOISE = 0.02


class Source(StrEnum):
    """Where a price was seen."""

    TRADE = "trade"
    BOOK = "book"
    FIXING = "fixing"
    LIST = "list"


class Observation(NamedTuple):
    """One price of one hour: seen at ``time_ns``, of the hour that begins at ``delivery_ns``."""

    sku: str
    region: str
    time_ns: int
    delivery_ns: int
    price_usd: float
    noise: float  # one standard deviation of the log price
    source: Source


@dataclass(frozen=True)
class Rules:
    """What is believed.

    spread_max: of a book, as a share of its middle, for the middle to be a price. book_ns_max, trade_ns_max:
    how long a book that was not heard of, and a last price, still count. apart_ns: how long a book that does
    not move keeps silent.
    """

    spread_max: float = SPREAD_MAX
    book_ns_max: int = 15 * NS_PER_MINUTE
    trade_ns_max: int = 60 * NS_PER_MINUTE
    apart_ns: int = NS_PER_MINUTE


class _Book(NamedTuple):
    bid_usd: float | None
    ask_usd: float | None
    time_ns: int


class _Trade(NamedTuple):
    price_usd: float
    time_ns: int


class Feeder:
    """Remembers the last word on each contract. ``dropped`` counts what was left out, by reason."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.dropped: Counter[str] = Counter()
        self._books: dict[Contract, _Book] = {}
        self._trades: dict[Contract, _Trade] = {}
        self._said: dict[Contract, Observation] = {}

    def trade(self, contract: Contract, price_usd: float, time_ns: int) -> Observation | None:
        """Someone traded. An observation, unless it is of a strip or cannot be believed."""
        if not self._is_price(price_usd) or self._is_late(self._trades.get(contract), time_ns):
            return None
        self._trades[contract] = _Trade(price_usd, time_ns)
        spread_usd = self._spread_usd(contract, time_ns)
        spread = self.rules.spread_max if spread_usd is None else min(spread_usd / price_usd, self.rules.spread_max)
        return self._seen(contract, price_usd, spread / 2.0, time_ns, Source.TRADE)

    def book(
        self, contract: Contract, bid_usd: float | None, ask_usd: float | None, time_ns: int
    ) -> Observation | None:
        """The best prices changed; None for a side without any.

        An observation if they are close to each other and their middle is news.
        """
        if self._is_late(self._books.get(contract), time_ns):
            return None
        if not self._is_book(bid_usd, ask_usd):
            # Whatever stood there before does not stand any more.
            self._books.pop(contract, None)
            return None
        self._books[contract] = _Book(bid_usd, ask_usd, time_ns)
        quoted = Quoted(contract, bid_usd, ask_usd, time_ns=time_ns)
        mid_usd, noise_usd = quoted.target_usd(self.rules.spread_max), quoted.noise_usd(self.rules.spread_max)
        if mid_usd is None or noise_usd is None:
            return None
        said = self._said.get(contract)
        is_news = said is None or time_ns - said.time_ns >= self.rules.apart_ns
        if said is not None and not is_news and abs(mid_usd - said.price_usd) <= noise_usd:
            return None
        return self._seen(contract, mid_usd, noise_usd / mid_usd, time_ns, Source.BOOK)

    def fixing(self, contract: Contract, price_usd: float, method: str, time_ns: int) -> Observation | None:
        """The venue fixed the price of an hour at its gate; by the method ``none`` it did not."""
        if method == "none" or not self._is_price(price_usd):
            return None
        noise = self.rules.spread_max / 2.0 if method == "middle" else _NOISE_MIN
        return self._seen(contract, price_usd, noise, time_ns, Source.FIXING)

    def quotes(self, sku: str, region: str, now_ns: int) -> tuple[Quoted, ...]:
        """What stands now in that place, by contract's name: fresh, not crossed, not past its gate."""
        contracts = {**self._books, **self._trades}
        found = []
        for contract in sorted(contracts, key=lambda contract: contract.symbol):
            if (contract.sku.code, contract.region.code) != (sku, region) or contract.gate_ns <= now_ns:
                continue
            book, trade = self._books.get(contract), self._trades.get(contract)
            if book is not None and now_ns - book.time_ns > self.rules.book_ns_max:
                self.dropped["stale book"] += 1
                book = None
            if trade is not None and now_ns - trade.time_ns > self.rules.trade_ns_max:
                trade = None
            if book is not None and book.bid_usd is None and book.ask_usd is None:
                book = None
            looks = [look for look in (book, trade) if look is not None]
            if looks:
                bid_usd, ask_usd, _ = book or (None, None, 0)
                last_usd = trade.price_usd if trade else None
                found.append(Quoted(contract, bid_usd, ask_usd, last_usd, max(look.time_ns for look in looks)))
        return tuple(found)

    def _seen(
        self, contract: Contract, price_usd: float, noise: float, time_ns: int, source: Source
    ) -> Observation | None:
        if contract.is_strip:
            return None
        place = (contract.sku.code, contract.region.code)
        seen = Observation(*place, time_ns, contract.start_ns, price_usd, max(noise, _NOISE_MIN), source)
        if source is Source.BOOK:
            self._said[contract] = seen
        return seen

    def _spread_usd(self, contract: Contract, now_ns: int) -> float | None:
        book = self._books.get(contract)
        if book is None or book.bid_usd is None or book.ask_usd is None:
            return None
        return None if now_ns - book.time_ns > self.rules.book_ns_max else book.ask_usd - book.bid_usd

    def _is_book(self, bid_usd: float | None, ask_usd: float | None) -> bool:
        sides = [side for side in (bid_usd, ask_usd) if side is not None]
        if not all(self._is_price(side) for side in sides):
            return False
        is_crossed = len(sides) == 2 and sides[0] > sides[1]
        self.dropped["crossed"] += is_crossed
        return not is_crossed

    def _is_price(self, price_usd: float) -> bool:
        is_price = isfinite(price_usd) and PRICE_USD_MIN <= price_usd <= PRICE_USD_MAX
        self.dropped["not a price"] += not is_price
        return is_price

    def _is_late(self, known: _Book | _Trade | None, time_ns: int) -> bool:
        is_late = known is not None and time_ns < known.time_ns
        self.dropped["late"] += is_late
        return is_late


def listed(series: PriceSeries, region: str = "") -> Iterator[Observation]:
    """A provider's prices as looks at the price of the time they were seen.

    region: of prices that name none. Nothing comes of a name that is no canonical SKU, or of no region.
    """
    sku = canonical_sku(series.key.sku)
    place = canonical_region(series.key.region) or region
    if sku is None or not place:
        return
    for time_ns, price_usd in zip(series.times_ns.tolist(), series.prices.tolist(), strict=True):
        yield Observation(sku, place, time_ns, time_ns, price_usd, _LIST_NOISE, Source.LIST)


def observed(curves: Curve, seen: Iterable[Observation]) -> Curve:
    """The curves after all that was seen, in order of time. Places without a curve are left out."""
    for look in sorted(seen, key=lambda look: (look.time_ns, look.delivery_ns, look)):
        place = (look.sku, look.region)
        if place not in curves:
            continue
        if look.delivery_ns <= look.time_ns:
            curves = curves.observe(place, look.time_ns, look.price_usd)
        else:
            curves = curves.observe_forward(place, look.time_ns, look.delivery_ns, look.price_usd, look.noise)
    return curves
