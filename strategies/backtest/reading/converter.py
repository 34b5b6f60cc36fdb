"""From messages to FLOW, a piece at a time: the arrays that compiled code works on, and their growth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exchange.domain.flow import FLOW
from exchange.domain.records import Rows
from strategies.backtest.reading import queues as parts
from strategies.backtest.reading.by_level import by_best, by_level
from strategies.backtest.reading.by_order import by_order, rename
from strategies.backtest.reading.by_view import begin, by_view
from strategies.backtest.reading.models import QueueModel
from strategies.backtest.reading.queues import Integers, Queues

_ORDERS, _NAMES, _LEVELS, _ROWS = 1 << 12, 1 << 13, 1 << 6, 1 << 16

_WRONG = {
    parts.ADDED_TWICE: "the order is added a second time",
    parts.NOT_OPEN: "the order is neither open nor of the first book",
    parts.ELSEWHERE: "the order stands on another side or at another price",
    parts.TOO_MANY: "the order has another size open than is taken away",
    parts.NOT_BEST: "executed, but a better price stands before it",
    parts.OTHER_BOOK: "the book after it is not the recorded one",
    parts.WOULD_TRADE: "the order would trade as soon as it is added",
}

Entry = Callable[[int, Rows], tuple[int, int, int]]


class Misfit(Exception):
    """Message ``place`` of a piece, from 0, does not fit the book; caught by readers, which know its row."""

    def __init__(self, place: int, reason: str) -> None:
        super().__init__(reason)
        self.place = place
        self.reason = reason


class Converter:
    """One recording on its way. Every method takes the next piece, in order, and returns its rows of FLOW."""

    def __init__(self, contracts: int, model: QueueModel | None = None) -> None:
        books = 2 * contracts
        levels = np.zeros((books, _LEVELS), np.int64)
        self._queues = Queues(
            orders=np.zeros(_ORDERS, parts.ORDER),
            free=np.zeros(_ORDERS, np.int64),
            names=np.zeros(_NAMES, np.int64),
            keys=levels.copy(),
            oldest=levels.copy(),
            newest=levels.copy(),
            totals=levels.copy(),
            depths=np.zeros(books, np.int64),
            counts=np.zeros(parts.COUNTS, np.int64),
        )
        self._model = model or QueueModel()
        self._queues.counts[parts.RANDOM] = self._model.seed
        self._rows = np.zeros(_ROWS, FLOW)

    def count(self, which: int) -> int:
        """One of the counts of ``queues``."""
        return int(self._queues.counts[which])

    def orders(self, feed: Rows) -> Rows:
        """Of messages that name their order. Raises Misfit."""
        return self._run(len(feed), lambda start, out: by_order(self._queues, feed[start:], out))

    def first_view(self, time_ns: int, view: Integers) -> Rows:
        """The orders of a book that is met in the middle of the day; ``view`` as in ``by_view``, one row."""
        while self._queues.keys.shape[1] < view.shape[1] + 2 * parts.ROOM:
            self._grow(parts.LACKS_LEVELS)
        return self._rows[: begin(self._queues, time_ns, view, self._rows)].copy()

    def views(self, feed: Rows, views: Integers) -> Rows:
        """Of messages each with the book after it. Raises Misfit."""
        return self._run(len(feed), lambda start, out: by_view(self._queues, feed[start:], views[start:], out))

    def levels(self, feed: Rows) -> Rows:
        """Of levels and trades."""
        feed, model = _last_of_each(feed), self._model
        return self._run(
            len(feed), lambda start, out: by_level(self._queues, feed[start:], out, model.kind, model.power)
        )

    def bests(self, feed: Rows, views: Integers) -> Rows:
        """Of trades, and the best levels after everything else."""
        model = self._model
        return self._run(
            len(feed),
            lambda start, out: by_best(self._queues, feed[start:], views[start:], out, model.kind, model.power),
        )

    def _run(self, messages: int, entry: Entry) -> Rows:
        pieces: list[Rows] = []
        start = 0
        while start < messages:
            consumed, written, why = entry(start, self._rows)
            pieces.append(self._rows[:written].copy())
            start += consumed
            if why == parts.NO_ROOM:
                lacking = self.count(parts.LACKING)
                # Rows that are full are emptied above; more of them are wanted where that comes too often.
                scarce = consumed < (1 << 10)
                self._grow(lacking if scarce else lacking & ~parts.LACKS_ROWS)
            elif why != parts.DONE:
                raise Misfit(start, _WRONG[why])
        return np.concatenate(pieces) if pieces else np.zeros(0, FLOW)

    def _grow(self, lacking: int) -> None:
        queues = self._queues
        if lacking & parts.LACKS_ROWS:
            self._rows = np.zeros(2 * len(self._rows), FLOW)
        if lacking & parts.LACKS_ORDERS:
            queues = queues._replace(orders=_doubled(queues.orders), free=_doubled(queues.free))
        if lacking & parts.LACKS_LEVELS:
            arrays = {name: getattr(queues, name) for name in ("keys", "oldest", "newest", "totals")}
            queues = queues._replace(**{name: np.hstack([array, 0 * array]) for name, array in arrays.items()})
        if lacking & parts.LACKS_NAMES:
            queues = queues._replace(names=np.zeros(2 * len(queues.names), np.int64))
            rename(queues)
        self._queues = queues


def _doubled(array: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([array, np.zeros_like(array)])


def _last_of_each(feed: Rows) -> Rows:
    """Of a level that is told more than once at one time only the last word counts."""
    levels = np.flatnonzero(feed["kind"] == parts.LEVEL)
    if not len(levels):
        return feed
    rows = feed[levels]
    # Neighbours of the same time and contract belong together.
    apart = (np.diff(levels) > 1) | (np.diff(rows["time_ns"]) != 0) | (np.diff(rows["contract"]) != 0)
    group = np.concatenate([[0], np.cumsum(apart)])
    order = np.lexsort((levels, rows["side"], rows["price_ticks"], group))
    same = np.ones(len(order) - 1, bool)
    for column in (group, rows["price_ticks"], rows["side"]):
        same &= column[order[1:]] == column[order[:-1]]
    keep = np.ones(len(feed), bool)
    keep[levels[order[:-1][same]]] = False
    return feed[keep]
