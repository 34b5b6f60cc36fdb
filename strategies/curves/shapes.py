"""Which parts a model has, and its parameters as the vector that an optimiser moves.

A vector holds logs of what must be above 0 and plain values of the rest, in the order of ``Shape.names``,
then the free weights of each spline of the season (the last weight makes their mean 0), then the
sizes of the steps. Level, season and steps are linear in it.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from strategies.curves.filtering import Floats
from strategies.curves.model import HOURS_PER_DAY, HOURS_PER_WEEK, Parameters
from strategies.curves.season import UTC, Spline, Step, spline_columns

NAMES = ("level_usd", "half_life_hours", "volatility")
JUMP_NAMES = ("jumps_per_day", "jump_mean", "jump_deviation", "jump_half_life_hours")
LONG_NAMES = ("long_volatility",)
DRIFT_NAMES = ("drift_per_day",)
MISTAKE_NAMES = ("mistake_share",)
PLAIN = ("jump_mean", "drift_per_day")  # these stand in a vector as they are
# Some price is always a mistake; this share costs a right one nothing.
MISTAKES_MIN = 1e-4

_LEVEL_LOG_MAX = float(np.log(1e4)) - 1e-12  # that of ``Parameters``, in spite of rounding

DAY_COARSE = (HOURS_PER_DAY, 4)
DAY_FINE = (HOURS_PER_DAY, 8)
WEEK = (HOURS_PER_WEEK, 7)
_SEASONS = {
    (): "no season",
    (DAY_COARSE,): "daily season of 4",
    (DAY_FINE,): "daily season of 8",
    (WEEK,): "weekly season",
    (DAY_COARSE, WEEK): "daily season of 4 and weekly season",
    (DAY_FINE, WEEK): "daily season of 8 and weekly season",
}


class Sample(NamedTuple):
    """(n,) times in hours since 1970, rising; hours since the time before; log prices."""

    hours: Floats
    elapsed: Floats
    logs: Floats


class Shape(NamedTuple):
    """Which parts a model has."""

    jumps: bool = False
    long: bool = False
    drift: bool = False
    mistakes: bool = False
    splines: tuple[tuple[float, int], ...] = ()  # period in hours and pieces
    steps: tuple[str, ...] = ()  # dates
    time_zone: str = UTC

    @property
    def names(self) -> tuple[str, ...]:
        return (
            *NAMES,
            *JUMP_NAMES * self.jumps,
            *LONG_NAMES * self.long,
            *DRIFT_NAMES * self.drift,
            *MISTAKE_NAMES * self.mistakes,
        )

    @property
    def size(self) -> int:
        return len(self.names) + sum(pieces - 1 for _, pieces in self.splines) + len(self.steps)

    @property
    def title(self) -> str:
        parts = ("jumps" if self.jumps else "no jumps", _SEASONS[self.splines])
        extras = ("long-term factor" * self.long, "drift" * self.drift, "mistakes" * self.mistakes)
        return ", ".join(part for part in (*parts, *extras) if part)

    def grown(self, theta: Floats, other: "Shape", values: dict[str, float]) -> Floats:
        """``theta`` of this shape as one of ``other``, which has more parts: ``values`` for its names, else 0."""
        own = dict(zip(self.names, theta, strict=False))
        head = [own.get(name, values.get(name, 0.0)) for name in other.names]
        tail = theta[len(self.names) :]
        weights, sizes = tail[: tail.size - len(self.steps)], tail[tail.size - len(self.steps) :]
        added = other.size - len(other.names) - tail.size
        return np.concatenate([head, weights, np.zeros(added), sizes])


class Design:
    """A sample as one shape looks at it: what is linear in a vector, worked out once."""

    def __init__(self, sample: Sample, shape: Shape) -> None:
        self.sample = sample
        self.shape = shape

    @cached_property
    def columns(self) -> Floats:
        """(n, weights and steps) how the free weights of the season, and the steps, load on each log price."""
        columns = []
        for period, pieces in self.shape.splines:
            every = spline_columns(self.sample.hours, period, pieces, self.shape.time_zone)
            columns.append(every[:, :-1] - every[:, -1:])
        columns += [Step(date=date, size=1.0).log_at(self.sample.hours)[:, None] for date in self.shape.steps]
        return np.concatenate(columns, axis=1) if columns else np.empty((self.sample.hours.size, 0))

    def observed(self, theta: Floats) -> Floats:
        """(n,) log prices less level, season and steps."""
        left: Floats = self.sample.logs - theta[0] - self.columns @ theta[len(self.shape.names) :]
        return left

    @cached_property
    def bounds(self) -> tuple[Floats, Floats]:
        """Edges of what can be told: nothing much faster than the prices come, or much slower than they last.

        Jumps are what is rare: at most six a day and one price in ten. Otherwise they would be a second
        noise, and the deviation would be left with nothing to explain.
        """
        sample = self.sample
        gap = max(float(np.median(sample.elapsed[1:])), 1.0 / 60.0)
        lasting = float(sample.hours[-1] - sample.hours[0]) / 8.0
        fastest, slowest = gap / 2.0, max(min(lasting, 2.0 * HOURS_PER_WEEK), gap)
        edges = {
            "level_usd": (float(sample.logs.min()), min(float(sample.logs.max()), _LEVEL_LOG_MAX)),
            "half_life_hours": _logs(fastest, slowest),
            "volatility": _logs(1e-3, 3.0),
            "jumps_per_day": _logs(24e-4, min(6.0, 2.4 / gap)),
            "jump_mean": (-2.0, 2.0),
            "jump_deviation": _logs(0.05, 1.5),
            "jump_half_life_hours": _logs(fastest, max(min(lasting, HOURS_PER_DAY), gap)),
            "long_volatility": _logs(1e-5, 1.0),
            "drift_per_day": (-0.2, 0.2),
            "mistake_share": _logs(MISTAKES_MIN, 0.05),
        }
        rest = [(-2.0, 2.0)] * (self.shape.size - len(self.shape.names))
        low, high = np.array([*(edges[name] for name in self.shape.names), *rest]).T
        return low, high

    def inside(self, theta: Floats) -> list[int]:
        """Which places of ``theta`` are not at an edge."""
        low, high = self.bounds
        margin = 1e-3 * (high - low)
        places: list[int] = np.flatnonzero((theta > low + margin) & (theta < high - margin)).tolist()
        return places


def parameters_of(shape: Shape, theta: Floats) -> Parameters:
    """The parameters that ``theta`` holds."""
    named = {
        name: float(value if name in PLAIN else np.exp(value)) for name, value in zip(shape.names, theta, strict=False)
    }
    named.setdefault("mistake_share", MISTAKES_MIN)
    season, at = [], len(shape.names)
    for period, pieces in shape.splines:
        free = [float(weight) for weight in theta[at : at + pieces - 1]]
        season.append(Spline(period_hours=period, weights=(*free, -sum(free)), time_zone=shape.time_zone))
        at += pieces - 1
    steps = [Step(date=date, size=float(size)) for date, size in zip(shape.steps, theta[at:], strict=True)]
    return Parameters.model_validate({**named, "season": tuple(season), "steps": tuple(steps)})


def _logs(least: float, most: float) -> tuple[float, float]:
    return float(np.log(least)), float(np.log(most))
