"""The hours of a local day: what the clocks of a region make of UTC, daylight saving included.

Zones come from the pinned ``tzdata`` package and never from the machine, so that all machines
agree on the hours that a contract delivers. This is the only module of the core that imports
``datetime``, for its arithmetic on dates: it never asks what time it is.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from importlib import resources
from typing import NamedTuple
from zoneinfo import ZoneInfo

from exchange.domain.errors import BadTimeZone

# Local hours of the day, the first inclusive, the last exclusive, on every day of the week.
PEAK_FIRST, PEAK_END = 8, 20

# No clock is further from UTC, behind or ahead.
_OFFSET_HOURS_MAX = 15
_SECONDS_PER_HOUR = 3600
_EPOCH = date(1970, 1, 1)


class LocalDay(NamedTuple):
    """The hours of one local date, counted in UTC since 1970, ascending: together all of it, nothing twice."""

    peak: tuple[int, ...]
    off_peak: tuple[int, ...]


@lru_cache(maxsize=4096)
def local_day(time_zone: str, day: int) -> LocalDay:
    """The hours that begin on the date ``day`` (counted from 1970) in ``time_zone``.

    Where clocks change the day has 23 or 25 hours. Raises BadTimeZone if there is no such zone,
    or if its hours do not begin with those of UTC.
    """
    zone, date_ordinal = _zone(time_zone), _EPOCH.toordinal() + day
    peak: list[int] = []
    off_peak: list[int] = []
    for hour in range(day * 24 - _OFFSET_HOURS_MAX, (day + 1) * 24 + _OFFSET_HOURS_MAX):
        local = datetime.fromtimestamp(hour * _SECONDS_PER_HOUR, zone)
        if local.minute or local.second:
            raise BadTimeZone(f"hours in {time_zone[:40]!r} do not begin with those of UTC")
        if local.toordinal() == date_ordinal:
            (peak if PEAK_FIRST <= local.hour < PEAK_END else off_peak).append(hour)
    return LocalDay(tuple(peak), tuple(off_peak))


def check_zone(time_zone: str) -> None:
    """Raises BadTimeZone unless there is such a zone, whole hours from UTC."""
    # Where only a part of the year is broken (Lord Howe Island), this is in it.
    local_day(time_zone, (date(2026, 7, 1) - _EPOCH).days)


@lru_cache(maxsize=64)
def clock_changes(time_zone: str) -> tuple[tuple[int, int], ...]:
    """From which hour (UTC, since 1970) on the clocks are how many hours ahead, ascending, for the years 2000 to 2100.

    Raises BadTimeZone if there is no such zone.
    """
    zone = _zone(time_zone)

    def ahead(hour: int) -> int:
        offset = datetime.fromtimestamp(hour * _SECONDS_PER_HOUR, zone).utcoffset()
        assert offset is not None
        return round(offset.total_seconds() / _SECONDS_PER_HOUR)

    first, last = ((date(year, 1, 1) - _EPOCH).days * 24 for year in (2000, 2101))
    changes = [(first, ahead(first))]
    # Summer and winter last for more than a week everywhere.
    for week in range(first + 168, last, 168):
        if ahead(week) != changes[-1][1]:
            hour = next(hour for hour in range(week - 167, week + 1) if ahead(hour) != changes[-1][1])
            changes.append((hour, ahead(hour)))
    return tuple(changes)


@lru_cache(maxsize=256)
def _zone(time_zone: str) -> ZoneInfo:
    try:
        with resources.files("tzdata").joinpath("zoneinfo", *time_zone.split("/")).open("rb") as file:
            return ZoneInfo.from_file(file, key=time_zone)
    except (OSError, ValueError):
        raise BadTimeZone(f"{time_zone[:40]!r} is not a time zone like Europe/Paris") from None
