"""The price-level view: how many lots show at which price."""

from __future__ import annotations

from bisect import bisect_left, insort

from exchange.domain.enums import Side
from exchange.views.standing import Standing, StandingOrder

# A member of an enum takes longer to look up than all else that happens to a level.
_BUY = int(Side.BUY)
# (price in ticks, lots)
Level = tuple[int, int]
# (side, price in ticks) -> lots that showed there before
Touched = dict[tuple[int, int], int]


class Levels:
    """One side. ``prices`` ascend, so the best is last for bids and first for asks."""

    __slots__ = ("best_last", "lots", "prices")

    def __init__(self, side: Side) -> None:
        self.prices: list[int] = []
        self.lots: dict[int, int] = {}
        self.best_last = side == Side.BUY

    def add(self, price_ticks: int, lots: int) -> int:
        """Change the lots at a price by ``lots``, which may be negative; returns what stood there before."""
        before = self.lots.get(price_ticks, 0)
        after = before + lots
        assert after >= 0
        if after:
            self.lots[price_ticks] = after
            if not before:
                insort(self.prices, price_ticks)
        elif before:
            del self.lots[price_ticks]
            del self.prices[bisect_left(self.prices, price_ticks)]
        return before

    def best(self) -> Level:
        """(0, 0) when the side is empty."""
        if not self.prices:
            return (0, 0)
        price_ticks = self.prices[-1 if self.best_last else 0]
        return price_ticks, self.lots[price_ticks]

    def top(self, depth: int) -> list[Level]:
        """Up to ``depth`` levels, best first."""
        prices = self.prices[: -depth - 1 : -1] if self.best_last else self.prices[:depth]
        return [(price_ticks, self.lots[price_ticks]) for price_ticks in prices]


class Book:
    """Both sides of one contract."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        self.bids = Levels(Side.BUY)
        self.asks = Levels(Side.SELL)

    def side(self, side: int) -> Levels:
        return self.bids if side == _BUY else self.asks


class PriceLevels(Standing):
    """``touched`` gathers, by contract, which levels changed and what showed there before; whoever reads it
    may put an empty one in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.books: dict[int, Book] = {}
        self.touched: dict[int, Touched] = {}

    def book(self, contract: int) -> Book:
        """The book of a contract, which goes on changing with the view."""
        book = self.books.get(contract)
        if book is None:
            book = self.books[contract] = Book()
        return book

    def levels(self, contract: int, side: Side, depth: int) -> list[Level]:
        """Up to ``depth`` levels, best first."""
        return self.book(contract).side(side).top(depth)

    def _changed(self, order: StandingOrder, lots_before: int) -> None:
        contract, side, price_ticks = order.contract, order.side, order.price_ticks
        before = self.book(contract).side(side).add(price_ticks, order.lots - lots_before)
        self.touched.setdefault(contract, {}).setdefault((side, price_ticks), before)
