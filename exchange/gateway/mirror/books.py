"""The levels of one book, kept from events: how many lots stand at which price."""

from bisect import bisect_left, insort

from exchange.domain.enums import Side

# (side, price in ticks) -> lots that stood there before
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

    def best(self) -> tuple[int, int]:
        """(price, lots) of the best level; (0, 0) when the side is empty."""
        if not self.prices:
            return (0, 0)
        price_ticks = self.prices[-1 if self.best_last else 0]
        return price_ticks, self.lots[price_ticks]

    def top(self, depth: int) -> list[tuple[int, int]]:
        """(price, lots) of up to ``depth`` levels, best first."""
        prices = self.prices[: -depth - 1 : -1] if self.best_last else self.prices[:depth]
        return [(price_ticks, self.lots[price_ticks]) for price_ticks in prices]


class Book:
    """Both sides and the number of the last event that changed them."""

    __slots__ = ("asks", "bids", "change_id")

    def __init__(self, change_id: int) -> None:
        self.bids = Levels(Side.BUY)
        self.asks = Levels(Side.SELL)
        self.change_id = change_id

    def side(self, side: int) -> Levels:
        return self.bids if side == Side.BUY else self.asks

    def add(self, side: int, price_ticks: int, lots: int, change_id: int, touched: Touched) -> None:
        """Change a level and note in ``touched`` what stood there when the turn began."""
        before = self.side(side).add(price_ticks, lots)
        touched.setdefault((side, price_ticks), before)
        self.change_id = change_id
