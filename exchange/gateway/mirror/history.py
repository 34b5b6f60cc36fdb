"""What traded in one contract, as far back as memory goes: candles of any length out of two kept ones."""

from __future__ import annotations

from itertools import islice, takewhile

from exchange.views.candles import MS_PER_MINUTE, Candle, Candles, filled, merged, start_of

# Candles in which something traded. A contract trades for two weeks, so its hours are all there.
MINUTES_KEPT = 3_000
HOURS_KEPT = 500
CANDLES_MAX = 5_000
_HOUR = 60
_HOURS_A_DAY = 24


class History:
    """Mutable; only its market changes it."""

    def __init__(self) -> None:
        self._minutes = Candles(1, MINUTES_KEPT)
        self._hours = Candles(_HOUR, HOURS_KEPT)
        self._trades = 0

    def traded(self, time_ms: int, price_ticks: int, lots: int) -> None:
        """Take in a trade, which is not earlier than those before it."""
        self._minutes.add(time_ms, price_ticks, lots)
        self._hours.add(time_ms, price_ticks, lots)
        self._trades += 1

    def remember(self, minutes: list[Candle], trades: int) -> None:
        """Begin with these, of so many trades."""
        self._minutes.extend(minutes)
        self._hours.extend(merged(minutes, _HOUR))
        self._trades = trades

    def reaches(self, minutes: int, start_ms: int, end_ms: int, trades: int) -> bool:
        """Whether ``candles`` would be of all that traded; ``trades`` is how many there were in all."""
        kept = self._kept(minutes)
        if self._trades == trades and not kept.is_full:
            return True
        # What the first one is of may not be whole, and the one before the start says where a flat one stands.
        second = next(islice(kept, 1, None), None)
        start_ms = max(start_ms, end_ms - CANDLES_MAX * minutes * MS_PER_MINUTE)
        return second is not None and second.start_ms <= start_of(start_ms, minutes)

    def candles(self, minutes: int, start_ms: int, end_ms: int) -> list[Candle]:
        """One for each stretch from ``start_ms`` to ``end_ms``, but no more than the last ``CANDLES_MAX``."""
        start_ms = max(start_ms, end_ms - CANDLES_MAX * minutes * MS_PER_MINUTE)
        late = self.since(minutes, start_ms)
        earlier = self._before(minutes, start_ms)
        return filled(late if earlier is None else [earlier, *late], minutes, start_ms, end_ms, CANDLES_MAX)

    def since(self, minutes: int, start_ms: int) -> list[Candle]:
        """Those in which something traded, from the one that ``start_ms`` falls into; the oldest first."""
        kept = self._kept(minutes)
        first_ms = start_of(start_ms, minutes)
        late = list(takewhile(lambda candle: candle.start_ms >= first_ms, reversed(kept)))
        late.reverse()
        return late if kept.minutes == minutes else list(merged(late, minutes))

    def last(self, minutes: int) -> Candle | None:
        """The last in which something traded."""
        newest = next(reversed(self._minutes), None)
        return None if newest is None else self.since(minutes, newest.start_ms)[-1]

    def day(self, time_ms: int) -> list[Candle]:
        """The hours of the 24 up to ``time_ms`` in which something traded."""
        return self.since(_HOUR, time_ms - (_HOURS_A_DAY - 1) * _HOUR * MS_PER_MINUTE)

    def _before(self, minutes: int, start_ms: int) -> Candle | None:
        """One with the price and the place of the last before ``start_ms``, which is all that a flat one needs."""
        first_ms = start_of(start_ms, minutes)
        earlier = (candle for candle in reversed(self._kept(minutes)) if candle.start_ms < first_ms)
        return next((candle._replace(start_ms=start_of(candle.start_ms, minutes)) for candle in earlier), None)

    def _kept(self, minutes: int) -> Candles:
        return self._hours if minutes % _HOUR == 0 else self._minutes
