"""What the calendar does to a price: the season of the day and of the week, and steps at known dates.

A season is a sum of parts. ``Harmonic`` is one wave of UTC. ``Spline`` is a periodic cubic spline of
the local clock, daylight saving included: a price follows people, and people follow clocks. On n
equal pieces of its period it is the sum of n weights times shifted B-splines (de Boor, A Practical
Guide to Splines, 2001), so it bends smoothly, has as many parameters as pieces, peaks where it must
rather than where a wave can, and its mean over the period is the mean of its weights.
"""

from bisect import bisect_right
from functools import cached_property, lru_cache
from math import cos, inf, pi, sin
from typing import Annotated, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator

from exchange.domain.errors import BadTimeZone
from exchange.domain.local_time import check_zone, clock_changes
from strategies.curves.filtering import Floats

HOURS_PER_WEEK = 168.0
HOURS_PER_DAY = 24.0
UTC = "UTC"
_PIECES_MIN = 4
_Number = TypeVar("_Number", float, Floats)


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __copy__(self) -> Self:
        """Without what was worked out from the fields, since ``model_copy`` may change them."""
        copied = super().__copy__()
        for name in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[name]
        return copied


class Harmonic(Part):
    """One wave of the season, in logs. Its phase is 0 on 1 January 1970 at 00:00 UTC, a Thursday."""

    period_hours: Annotated[float, Field(gt=0, le=HOURS_PER_WEEK)]
    cosine: Annotated[float, Field(ge=-5, le=5)]
    sine: Annotated[float, Field(ge=-5, le=5)]

    def log_at(self, hours: Floats) -> Floats:
        """What it adds to the log price at ``hours`` since 1970."""
        angle = 2.0 * np.pi * np.remainder(hours, self.period_hours) / self.period_hours
        total: Floats = self.cosine * np.cos(angle) + self.sine * np.sin(angle)
        return total

    def log_at_one(self, hour: float) -> float:
        """``log_at`` of one time, twenty times as fast."""
        angle = 2.0 * pi * (hour % self.period_hours) / self.period_hours
        return self.cosine * cos(angle) + self.sine * sin(angle)


class Spline(Part):
    """A periodic cubic spline in logs, of the local hour of the day or week; a week begins on Thursday."""

    period_hours: Annotated[float, Field(gt=0, le=HOURS_PER_WEEK)]
    weights: Annotated[tuple[Annotated[float, Field(ge=-5, le=5)], ...], Field(min_length=_PIECES_MIN, max_length=168)]
    time_zone: str = UTC

    @field_validator("time_zone")
    @classmethod
    def _usable_zone(cls, time_zone: str) -> str:
        try:
            check_zone(time_zone)
        except BadTimeZone as error:
            raise ValueError(str(error)) from None
        return time_zone

    def log_at(self, hours: Floats) -> Floats:
        """What it adds to the log price at ``hours`` since 1970."""
        shares, first = _shares(hours, self.period_hours, len(self.weights), self.time_zone)
        weights = np.array(self.weights)
        columns = (first[..., None] + np.arange(4)) % weights.size
        total: Floats = (shares * weights[columns]).sum(axis=-1)
        return total

    def log_at_one(self, hour: float) -> float:
        """``log_at`` of one time, twenty times as fast."""
        pieces = len(self.weights)
        if self.time_zone != UTC:
            since, offsets = _offset_lists(self.time_zone)
            hour += offsets[bisect_right(since, hour) - 1]
        place = hour % self.period_hours * (pieces / self.period_hours)
        first = int(place)
        four = _four(place - first)
        return sum(share * self.weights[(first + at - 1) % pieces] for at, share in enumerate(four)) / 6.0


class Step(Part):
    """A lasting change of the level from a known date (00:00 UTC) on, such as the launch of a generation."""

    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    size: Annotated[float, Field(ge=-5, le=5)]  # of the log price: -0.22 takes a fifth off

    @field_validator("date")
    @classmethod
    def _real_date(cls, date: str) -> str:
        np.datetime64(date, "D")  # raises ValueError for 30 February
        return date

    @cached_property
    def hour(self) -> float:
        """When it comes, in hours since 1970."""
        return float(np.datetime64(self.date, "h").astype(np.int64))

    def log_at(self, hours: Floats) -> Floats:
        """What it adds to the log price at ``hours`` since 1970."""
        return np.where(np.asarray(hours) >= self.hour, self.size, 0.0)

    def log_at_one(self, hour: float) -> float:
        """``log_at`` of one time."""
        return self.size if hour >= self.hour else 0.0


def spline_columns(hours: Floats, period_hours: float, pieces: int, time_zone: str) -> Floats:
    """(n, pieces) how each weight of a ``Spline`` loads on each of ``hours`` since 1970; rows add up to 1."""
    shares, first = _shares(hours, period_hours, pieces, time_zone)
    columns = np.zeros((hours.size, pieces))
    for place in range(4):
        columns[np.arange(hours.size), (first + place) % pieces] += shares[:, place]
    return columns


def local_hours(hours: Floats, time_zone: str) -> Floats:
    """Hours since 1970 as the clocks of ``time_zone`` count them."""
    if time_zone == UTC:
        return hours
    since, offsets = _offsets(time_zone)
    local: Floats = hours + offsets[np.searchsorted(since, hours, side="right") - 1]
    return local


@lru_cache(maxsize=64)
def _offsets(time_zone: str) -> tuple[Floats, Floats]:
    since, offsets = _offset_lists(time_zone)
    return np.array(since), np.array(offsets)


@lru_cache(maxsize=64)
def _offset_lists(time_zone: str) -> tuple[list[float], list[float]]:
    changes = clock_changes(time_zone)
    return [-inf, *(float(hour) for hour, _ in changes[1:])], [float(offset) for _, offset in changes]


def _shares(hours: Floats, period_hours: float, pieces: int, time_zone: str) -> tuple[Floats, NDArray[np.int64]]:
    """(..., 4) values of the four B-splines over each hour, and which weight the first of them has."""
    place = np.remainder(local_hours(np.asarray(hours), time_zone), period_hours) * (pieces / period_hours)
    first = np.floor(place).astype(np.int64)
    u = place - first
    return np.stack(_four(u), axis=-1) / 6.0, first - 1


def _four(u: _Number) -> tuple[_Number, _Number, _Number, _Number]:
    """Six times the four cubic B-splines over a piece, at the share ``u`` of it."""
    return (1 - u) ** 3, 3 * u**3 - 6 * u**2 + 4, -3 * u**3 + 3 * u**2 + 3 * u + 1, u**3
