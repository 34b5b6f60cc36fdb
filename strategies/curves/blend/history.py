"""What has been seen of one price: when, how much, and whether it stands until the next is seen.

A list of changes (an auction) says the price at every moment; a list of looks (a scraper, a price
list fetched now and then) says it only where it was looked at. Which of the two a file is shows in
itself: changes never repeat the price before, although prices on a grid of ticks return to the same
values all the time; looks do repeat it.
"""

from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from strategies.curves.filtering import Floats

SEEN_MAX = 8_192  # older prices say nothing that so many do not
LOOKS_MAX = 2_000
_REPEATED_MAX = 0.005
_RETURNED_MIN = 0.5
_GAPS_MAX = 4.0
_LOOK_EVERY_HOURS = 1.0
_LATE = 1.05
_BEYOND = log(1.5)
_EARLY = 0.5
_NEARLY = 0.95


class History(NamedTuple):
    """(n,) rising hours since 1970 and the (n,) logarithms of the prices seen then."""

    hours: Floats
    logs: Floats
    stands: bool  # each price holds until the next
    standing_hours: float  # and no longer than so
    until: float  # the hour up to which this is all that was seen

    def after(self, hour: float, log_price: float) -> "History":
        """With one more price; a price of the same time takes the place of the last.

        Whether prices stand, and how long, stays as it was read from the prices before.
        """
        keep = self.hours.size - (self.hours.size > 0 and hour <= self.hours[-1])
        hours, logs = np.append(self.hours[:keep], hour), np.append(self.logs[:keep], log_price)
        return self._replace(hours=hours[-SEEN_MAX:], logs=logs[-SEEN_MAX:], until=hour)


class Looks(NamedTuple):
    """(n,) moments at which the price was known, and what it was."""

    hours: Floats
    logs: Floats


def history_of(hours: Floats, logs: Floats) -> History:
    """The history of prices at rising times, of which there is at least one."""
    hours, logs = hours[-SEEN_MAX:], logs[-SEEN_MAX:]
    if hours.size < 2:
        return History(hours, logs, False, _LOOK_EVERY_HOURS, float(hours[-1]))
    repeated = float((np.diff(logs) == 0.0).mean())
    returned = 1.0 - np.unique(logs).size / logs.size
    stands = repeated < _REPEATED_MAX and returned > _RETURNED_MIN
    standing_hours = np.inf if stands else _GAPS_MAX * float(np.median(np.diff(hours)))
    return History(hours, logs, stands, standing_hours, float(hours[-1]))


def looks_of(history: History) -> Looks:
    """Where the price was looked at, or each hour, up to now, where it always stands."""
    if not history.stands:
        return Looks(history.hours[-LOOKS_MAX:], history.logs[-LOOKS_MAX:])
    last = history.until
    first = max(float(history.hours[0]), last - (LOOKS_MAX - 1) * _LOOK_EVERY_HOURS)
    hours: Floats = (
        last - np.arange(int((last - first) / _LOOK_EVERY_HOURS), -1, -1, dtype=np.float64) * _LOOK_EVERY_HOURS
    )
    return Looks(hours, history.logs[np.searchsorted(history.hours, hours, side="right") - 1])


class Pairs(NamedTuple):
    """(n,) looks and what the price was ``horizon`` later: rising in both."""

    looks: NDArray[np.int64]
    hours: Floats  # when it was known what came
    logs: Floats


def pairs_of(history: History, looks: Looks, horizon: float) -> Pairs:
    """Every look of which it is known what came.

    Where prices were only looked at, what came is the last look within the horizon (and a twentieth
    more), if more than half of it had passed by then. Where more looks may still come within the
    horizon, nearly all of it must have passed: the laws of now are then those that were judged.
    """
    if history.stands:
        then = looks.hours + horizon
        known = np.flatnonzero(then <= history.until)
        seen = np.searchsorted(history.hours, then[known], side="right") - 1
        return Pairs(known, then[known], history.logs[seen])
    seen = np.searchsorted(looks.hours, looks.hours + horizon * _LATE, side="right") - 1
    is_over = looks.hours + horizon * _LATE < looks.hours[-1]
    known = np.flatnonzero(looks.hours[seen] - looks.hours >= horizon * np.where(is_over, _EARLY, _NEARLY))
    return Pairs(known, looks.hours[seen[known]], looks.logs[seen[known]])


def sight_of(looks: Looks, rows: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """(m,) log prices each: half below the lowest and half above the highest look so far, at the ``rows`` of looks."""
    return np.minimum.accumulate(looks.logs)[rows] - _BEYOND, np.maximum.accumulate(looks.logs)[rows] + _BEYOND
