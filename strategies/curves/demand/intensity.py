"""When jobs come: a base rate with a season and a level, and echoes: each arrival makes the next ones likelier.

    intensity(t) = base(t) + sum over echoes j and earlier arrivals i of a_j b_j exp(-b_j (t - t_i))
    base(t)      = base rate * level(day of t) * s(hour of week of t)

A Hawkes process (Hawkes, 1971) with exponential kernels. An arrival begets a_j more on average, so the sum of the
a_j is the branching ratio, the share of arrivals that earlier ones caused; below 1 the process cannot explode.
The log likelihood is exact and takes one pass (Ogata, 1981): of an exponential kernel the past is one number.
By the random time change (Ogata, 1988) what the compensator gains between two arrivals is a unit exponential
if the model is right.
"""

from functools import cached_property
from math import exp, expm1, log
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from exchange.jit import entry
from strategies.curves.demand.season import CELL_HOURS, CELLS, Season
from strategies.curves.filtering import LOG_2, Floats
from strategies.curves.model import Part


class Echo(Part):
    """What one arrival causes: ``children`` more on average, half of them within ``half_life_hours``."""

    children: Annotated[float, Field(ge=0, lt=1)]
    half_life_hours: Annotated[float, Field(gt=0, le=1e5)]


class Kernel(NamedTuple):
    """Echoes as compiled code wants them: (m,) fading per hour, and intensity that an arrival adds."""

    fading: Floats
    added: Floats


class Base(NamedTuple):
    """A base rate: (n,) arrivals an hour in each quarter of an hour from ``first_cell`` on (0 began in 1970)."""

    first_cell: int
    per_hour: Floats

    def at(self, hours: Floats) -> Floats:
        return self.per_hour[self._cell(hours)]

    def integral(self, hours: Floats) -> Floats:
        """Expected arrivals from the start of the table to each of ``hours``."""
        begun = np.concatenate([[0.0], np.cumsum(self.per_hour) * CELL_HOURS])
        cell = self._cell(hours)
        total: Floats = begun[cell] + (hours - (self.first_cell + cell) * CELL_HOURS) * self.per_hour[cell]
        return total

    def _cell(self, hours: Floats) -> NDArray[np.int64]:
        return np.minimum(np.floor(hours / CELL_HOURS).astype(np.int64) - self.first_cell, self.per_hour.size - 1)


class Intensity(Part):
    """All numbers of the model but the levels of days, which are data of a time and not of the model."""

    base_per_hour: Annotated[float, Field(gt=0, le=1e7)]  # arrivals that no earlier one caused, mean over a week
    season: Season = Season()
    echoes: tuple[Echo, ...] = ()

    @model_validator(mode="after")
    def _lasting(self) -> "Intensity":
        if self.branching >= 1.0:
            raise ValueError(f"branching ratio {self.branching:.3f} is not under 1: demand would grow without end")
        return self

    @property
    def branching(self) -> float:
        """The share of arrivals that earlier ones caused, in the long run."""
        return sum(echo.children for echo in self.echoes)

    @property
    def mean_per_hour(self) -> float:
        """Arrivals an hour in the long run."""
        return self.base_per_hour / (1.0 - self.branching)

    @cached_property
    def kernel(self) -> Kernel:
        fading = np.array([LOG_2 / echo.half_life_hours for echo in self.echoes])
        return Kernel(fading, np.array([echo.children for echo in self.echoes]) * fading)

    def base(self, start_hours: float, end_hours: float) -> Base:
        """The base rate between two times, at the usual level."""
        first, last = first_cell_of(start_hours), int(np.ceil(end_hours / CELL_HOURS))
        cells = np.arange(first, max(last, first + 1))
        return Base(first, self.base_per_hour * self.season.levels[cells % CELLS])


def first_cell_of(hours: float) -> int:
    return int(np.floor(hours / CELL_HOURS))


class Excitement(NamedTuple):
    """What earlier arrivals still add at ``hours``: per hour, for each echo."""

    hours: float
    added: tuple[float, ...]


class Walk(NamedTuple):
    """One pass over arrivals: (n,) log intensity just before each, (n,) gain of the compensator since the last."""

    log_intensities: Floats
    gains: Floats
    last_gain: float  # from the last arrival to the end
    after: Excitement  # at the end

    @property
    def log_likelihood(self) -> float:
        return float(self.log_intensities.sum() - self.gains.sum() - self.last_gain)


def walk(base: Base, kernel: Kernel, times: Floats, start: Excitement, end_hours: float) -> Walk:
    """Judge the arrivals at ``times``, (n,) rising local hours after ``start``, and the silence up to ``end_hours``."""
    ends = np.append(times, end_hours)
    base_gone = np.diff(base.integral(np.append(start.hours, ends)))
    added = np.array(start.added, dtype=np.float64)
    logs, gains = np.empty((2, ends.size))
    passed_over(kernel, np.diff(ends, prepend=start.hours), base_gone, base.at(ends), added, logs, gains)
    # The end was walked like an arrival: what it would have added is taken back.
    left = tuple((added - kernel.added).tolist())
    return Walk(logs[:-1], gains[:-1], float(gains[-1]), Excitement(end_hours, left))


def begun(kernel: Kernel, hours: float) -> Excitement:
    """Just after a first arrival at ``hours``, with nothing before it."""
    return Excitement(hours, tuple(kernel.added.tolist()))


@entry
def passed_over(
    kernel: Kernel, gone: Floats, base_gone: Floats, bases: Floats, added: Floats, logs: Floats, gains: Floats
) -> None:
    """The recursion over arrivals.

    gone, base_gone: (n,) hours, and integral of the base rate, since the arrival before. bases: (n,) base rate at each.
    added: (m,) intensity by echo at the start, overwritten with that after the last arrival.
    logs, gains: (n,), overwritten: log intensity just before each arrival, gain of the compensator. Does not raise.
    """
    for row in range(gone.size):
        total, gain = bases[row], base_gone[row]
        for echo in range(added.size):
            faded = kernel.fading[echo] * gone[row]
            gain += added[echo] / kernel.fading[echo] * -expm1(-faded)
            before = added[echo] * exp(-faded)
            total += before
            added[echo] = before + kernel.added[echo]
        logs[row] = log(total)
        gains[row] = gain


@entry
def traced(fading: Floats, times: Floats, sums: Floats, moments: Floats) -> None:
    """What each arrival sees of those before it.

    fading: (m,) per hour. times: (n,) rising. sums, moments: (m, n), overwritten: over earlier arrivals the sum of
    exp(-fading age), and of age exp(-fading age). Does not raise.
    """
    for echo in range(fading.size):
        total, moment = 0.0, 0.0
        for row in range(times.size):
            if row:
                gone = times[row] - times[row - 1]
                fade = exp(-fading[echo] * gone)
                moment = fade * (moment + gone * (total + 1.0))
                total = fade * (total + 1.0)
            sums[echo, row] = total
            moments[echo, row] = moment
