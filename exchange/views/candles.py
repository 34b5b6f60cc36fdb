"""Candles: what traded in each stretch of time, from trades alone.

A stretch begins at a whole multiple of its length since 1970, so a day begins at midnight UTC and
a longer candle is made of shorter ones. Times are milliseconds, prices ticks, sizes lots. Where
nothing traded there is no candle, until somebody who draws a chart has the gaps filled.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

MS_PER_MINUTE = 60_000
# Minutes, by the names that charts give them.
RESOLUTIONS = {
    "1": 1, "3": 3, "5": 5, "10": 10, "15": 15, "30": 30,
    "60": 60, "120": 120, "180": 180, "360": 360, "720": 720, "1D": 1_440,
}  # fmt: skip


class Candle(NamedTuple):
    """``tick_lots`` is the sum of price times lots, 0 if nothing traded: then it stands at the price before."""

    start_ms: int
    open_ticks: int
    high_ticks: int
    low_ticks: int
    close_ticks: int
    lots: int
    tick_lots: int

    def followed_by(self, later: Candle) -> Candle:
        """Both as one that starts when this one does."""
        return Candle(
            self.start_ms,
            self.open_ticks,
            max(self.high_ticks, later.high_ticks),
            min(self.low_ticks, later.low_ticks),
            later.close_ticks,
            self.lots + later.lots,
            self.tick_lots + later.tick_lots,
        )


def start_of(time_ms: int, minutes: int) -> int:
    """When the candle that a moment falls into begins."""
    return time_ms - time_ms % (minutes * MS_PER_MINUTE)


def of_trade(time_ms: int, minutes: int, price_ticks: int, lots: int) -> Candle:
    """The candle of one trade."""
    start_ms = start_of(time_ms, minutes)
    return Candle(start_ms, price_ticks, price_ticks, price_ticks, price_ticks, lots, price_ticks * lots)


def merged(candles: Iterable[Candle], minutes: int) -> Iterator[Candle]:
    """Candles of ``minutes`` out of shorter ones, which come in order and divide it."""
    step_ms = minutes * MS_PER_MINUTE
    # Where the candle that is being made ends, 0 before the first.
    end_ms = first = high = low = close = lots = tick_lots = 0
    for start_ms, opened, highest, lowest, closed, more_lots, more_tick_lots in candles:
        if start_ms < end_ms:
            high, low, close = max(high, highest), min(low, lowest), closed
            lots += more_lots
            tick_lots += more_tick_lots
            continue
        if end_ms:
            yield Candle(end_ms - step_ms, first, high, low, close, lots, tick_lots)
        end_ms = start_ms - start_ms % step_ms + step_ms
        first, high, low, close, lots, tick_lots = opened, highest, lowest, closed, more_lots, more_tick_lots
    if end_ms:
        yield Candle(end_ms - step_ms, first, high, low, close, lots, tick_lots)


def flat(start_ms: int, price_ticks: int) -> Candle:
    """The candle of a stretch in which nothing traded."""
    return Candle(start_ms, price_ticks, price_ticks, price_ticks, price_ticks, 0, 0)


def filled(candles: Iterable[Candle], minutes: int, start_ms: int, end_ms: int, most: int) -> list[Candle]:
    """One candle for each stretch that ``start_ms`` to ``end_ms`` touches, the last ``most`` of them.

    candles: of ``minutes``, in order, also from before. There is none for the time before the first of them.
    """
    step_ms = minutes * MS_PER_MINUTE
    last_ms = start_of(end_ms, minutes)
    first_ms = max(start_of(start_ms, minutes), last_ms - (most - 1) * step_ms)
    found: list[Candle] = []
    close_ticks, next_ms = 0, last_ms + step_ms  # nothing is drawn before the first
    for candle in candles:
        if candle.start_ms > last_ms:
            break
        if candle.start_ms >= first_ms:
            if candle.start_ms > next_ms:
                found += _between(next_ms, candle.start_ms, step_ms, close_ticks)
            found.append(candle)
        close_ticks, next_ms = candle.close_ticks, max(candle.start_ms + step_ms, first_ms)
    return found + _between(next_ms, last_ms + step_ms, step_ms, close_ticks)


def _between(start_ms: int, end_ms: int, step_ms: int, price_ticks: int) -> list[Candle]:
    return [flat(at_ms, price_ticks) for at_ms in range(start_ms, end_ms, step_ms)]


class Candles:
    """Those of one length, as trades come in: the last ``most`` in which something traded."""

    def __init__(self, minutes: int, most: int) -> None:
        self.minutes = minutes
        self._kept: deque[Candle] = deque(maxlen=most)

    def __iter__(self) -> Iterator[Candle]:
        """The oldest first."""
        return iter(self._kept)

    def __reversed__(self) -> Iterator[Candle]:
        return reversed(self._kept)

    def extend(self, candles: Iterable[Candle]) -> None:
        """Take in those of this length, which come in order."""
        self._kept.extend(candles)

    @property
    def is_full(self) -> bool:
        """Whether some may have been forgotten."""
        return len(self._kept) == self._kept.maxlen

    def add(self, time_ms: int, price_ticks: int, lots: int) -> None:
        """Take in a trade, which is not earlier than those before it."""
        candle = of_trade(time_ms, self.minutes, price_ticks, lots)
        if self._kept and self._kept[-1].start_ms == candle.start_ms:
            self._kept[-1] = self._kept[-1].followed_by(candle)
        else:
            assert not self._kept or self._kept[-1].start_ms < candle.start_ms
            self._kept.append(candle)
