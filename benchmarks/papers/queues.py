"""The order book of Cont, Stoikov and Talreja (2010), played on the engine until the mid price moves.

Each order is for one lot. At distance i from the best opposite price limit orders arrive at rate lambda(i), and each
order there is cancelled at rate theta(i); market orders arrive at rate mu on each side. All books are at spread 1.
Every round draws the next thing that happens in each book that is still playing, and the engine does all of them in
one batch. Whose order a market order meets, and with that the place in the queue, is the engine's answer alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from benchmarks.papers.many_books import MAKER, Flags, Floats, Integers, ManyBooks, limit_orders
from exchange.domain.enums import CommandKind, EventKind, Side, TimeInForce
from exchange.domain.records import Rows

# Table 1 and equation 2 of the paper, from a stock of the Tokyo exchange.
ARRIVALS = (1.85, 1.51, 1.09, 0.88, 0.77)
CANCELS = (0.71, 0.81, 0.68, 0.56, 0.47)
MARKET_ORDERS = 0.94
POWER_LAW = (1.92, 0.52)

BID_TICKS, ASK_TICKS = 10_000, 10_001
# More orders at a price than ever come together: 2.6 are there on average.
_QUEUE_MAX = 24


class Rates(NamedTuple):
    """(levels,) each, from distance 1 on."""

    arrivals: Floats
    cancels: Floats

    @classmethod
    def of_paper(cls, levels: int) -> Rates:
        """Beyond the distances that are printed: the power law k / i^alpha for arrivals, the last rate for cancels."""
        scale, exponent = POWER_LAW
        distances = np.arange(1, levels + 1)
        arrivals = np.asarray(scale / distances**exponent, np.float64)
        cancels = np.full(levels, CANCELS[-1])
        printed = min(levels, len(ARRIVALS))
        arrivals[:printed], cancels[:printed] = ARRIVALS[:printed], CANCELS[:printed]
        return cls(arrivals, cancels)


class Ending(NamedTuple):
    """(books,) each: how every book ended."""

    moved: Integers  # 1 mid went up, -1 down, 0 it had not moved when all orders of one's own were filled
    filled: Flags  # (books, 2): whether one's own bid and ask were filled


class Queues:
    """Books at play. Rows of every array are books; sides are 0 for bids and 1 for asks."""

    def __init__(self, books: ManyBooks, rates: Rates, generator: np.random.Generator) -> None:
        self._books = books
        self._rates = rates
        self._generator = generator
        levels = len(rates.arrivals)
        shape = (books.books, 2, levels)
        self._ids = np.zeros((*shape, _QUEUE_MAX), np.int64)  # of other people's orders, in no order
        self._counts = np.zeros(shape, np.int64)
        self._is_mine_open = np.zeros((books.books, 2), np.bool_)
        # What comes from outside: limit orders by side and level, then market orders to buy and to sell.
        outside = np.concatenate([rates.arrivals, rates.arrivals, [MARKET_ORDERS, MARKET_ORDERS]])
        self._outside = np.cumsum(outside)

    def play(self, bids: Integers, asks: Integers, mine: tuple[bool, bool]) -> Ending:
        """Begin with so many orders at the best bid and ask of each book and go on to the end.

        ``mine``: whether the last of the bids, and of the asks, is one's own, which nobody cancels.
        """
        self._open(bids, asks, mine)
        moved = np.zeros(self._books.books, np.int64)
        active = np.arange(self._books.books)
        while len(active):
            self._happen(active)
            is_empty = (self._counts[active, :, 0] == 0) & ~self._is_mine_open[active]
            moved[active] = is_empty[:, Side.SELL].astype(np.int64) - is_empty[:, Side.BUY]
            is_over = is_empty.any(axis=1)
            if any(mine):
                is_over |= ~self._is_mine_open[active].any(axis=1)
            active = active[~is_over]
        filled = ~self._is_mine_open & np.array(mine)
        return Ending(moved, filled)

    def _open(self, bids: Integers, asks: Integers, mine: tuple[bool, bool]) -> None:
        """Other people's orders first; farther from the best price as many as there are in the long run."""
        self._books.clear()
        best = np.stack([bids, asks], axis=1) - np.array(mine)
        farther = self._generator.poisson(
            (self._rates.arrivals / self._rates.cancels)[1:], self._counts[:, :, 1:].shape
        )
        self._counts[:, :, 0], self._counts[:, :, 1:] = best, farther
        flat = self._counts.reshape(-1)
        places = np.repeat(np.arange(len(flat)), flat)
        book, side, level = np.unravel_index(places, self._counts.shape)
        slots = np.arange(len(places)) - np.repeat(np.cumsum(flat) - flat, flat)
        events = self._books.apply(limit_orders(book, side, self._prices(side, level)))
        self._ids[book, side, level, slots] = events["order_id"][events["kind"] == EventKind.ACCEPTED]
        everywhere = np.arange(self._books.books)
        for side_of_mine, is_mine in enumerate(mine):
            self._is_mine_open[:, side_of_mine] = is_mine
            if is_mine:
                sides = np.full_like(everywhere, side_of_mine)
                self._books.apply(limit_orders(everywhere, sides, self._prices(sides, 0 * sides), MAKER))

    def _prices(self, side: Integers, level: Integers) -> Integers:
        prices: Integers = np.where(side == Side.BUY, BID_TICKS - level, ASK_TICKS + level)
        return prices

    def _happen(self, active: Integers) -> None:
        """The next thing in each of the ``active`` books."""
        weights = (self._counts[active] * self._rates.cancels).reshape(len(active), -1)
        draws = self._generator.random(len(active)) * (self._outside[-1] + weights.sum(axis=1))
        is_cancel = draws >= self._outside[-1]
        kinds = np.searchsorted(self._outside, draws, side="right")
        reached = np.cumsum(weights[is_cancel], axis=1) <= (draws[is_cancel] - self._outside[-1])[:, None]
        kinds[is_cancel] = reached.sum(axis=1)
        levels = len(self._rates.arrivals)
        is_market = ~is_cancel & (kinds >= 2 * levels)
        side, level = kinds // levels, kinds % levels
        # A market order stands on a side of its own: the first kind buys.
        side[is_market], level[is_market] = kinds[is_market] - 2 * levels, 0
        self._told(active, side, level, self._books.apply(self._asked(active, side, level, is_cancel, is_market)))

    def _asked(self, active: Integers, side: Integers, level: Integers, is_cancel: Flags, is_market: Flags) -> Rows:
        prices = self._prices(side, level)
        prices[is_market] = np.where(side[is_market] == Side.BUY, ASK_TICKS, BID_TICKS)
        rows = limit_orders(active, side, prices)
        rows["time_in_force"][is_market] = TimeInForce.IOC
        book, side, level = active[is_cancel], side[is_cancel], level[is_cancel]
        slot = (self._generator.random(len(book)) * self._counts[book, side, level]).astype(np.int64)
        rows["kind"][is_cancel] = CommandKind.CANCEL
        rows["order_id"][is_cancel] = self._ids[book, side, level, slot]
        return rows

    def _told(self, active: Integers, side: Integers, level: Integers, events: Rows) -> None:
        """Keep count by what the engine says, and by nothing else."""
        kind, row = events["kind"], events["sequence"] - (self._books.engine.sequence - len(active) + 1)
        added = np.flatnonzero((kind == EventKind.ACCEPTED) & (events["resting"] == 1))
        place = active[row[added]], side[row[added]], level[row[added]]
        self._ids[(*place, self._counts[place])] = events["order_id"][added]
        self._counts[place] += 1
        gone = np.flatnonzero(kind == EventKind.CANCELLED)
        self._remove(active[row[gone]], side[row[gone]], level[row[gone]], events["order_id"][gone])
        traded = np.flatnonzero(kind == EventKind.FILLED)
        is_mine = events["maker_account"][traded] == MAKER
        book, maker_side = active[row[traded]], 1 - side[row[traded]]
        self._is_mine_open[book[is_mine], maker_side[is_mine]] = False
        traded, book, maker_side = traded[~is_mine], book[~is_mine], maker_side[~is_mine]
        self._remove(book, maker_side, 0 * maker_side, events["maker_order_id"][traded])

    def _remove(self, book: Integers, side: Integers, level: Integers, order_ids: Integers) -> None:
        """The last one of the level moves to where the removed one was."""
        last = self._counts[book, side, level] - 1
        is_it = self._ids[book, side, level] == order_ids[:, None]
        slot = is_it.argmax(axis=1)
        assert is_it[np.arange(len(slot)), slot].all(), "the engine took an order that stood elsewhere"
        self._ids[book, side, level, slot] = self._ids[book, side, level, last]
        self._ids[book, side, level, last] = 0
        self._counts[book, side, level] = last
