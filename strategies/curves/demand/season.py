"""How demand follows the hour of the day and of the week.

    log s(t) = daily(hour of day) + weekly(hour of week) + constant, the mean of s over a week being 1

Both are periodic cubic B-splines (de Boor, 1978) in local time, read off at the middle of each
quarter of an hour: within a quarter s is constant, so that likelihood, simulation and forecast are exact.
Local hours are counted from 1 January 1970 at 00:00 by the wall clock; a change of clocks is not seen.
"""

from functools import cached_property
from typing import Annotated

import numpy as np
from pydantic import Field

from strategies.curves.filtering import Floats
from strategies.curves.model import HOURS_PER_DAY, HOURS_PER_WEEK, Part

CELL_HOURS = 0.25
CELLS = int(HOURS_PER_WEEK / CELL_HOURS)
DAILY_KNOTS = 24  # one each hour
WEEKLY_KNOTS = 7  # one each day
MIDDLES: Floats = np.arange(0.5, CELLS, dtype=np.float64) * CELL_HOURS

Weight = Annotated[float, Field(ge=-20, le=20)]


class Season(Part):
    """Spline weights in logs, at evenly spaced knots from hour 0 of the day and of the week (Thursday); or none."""

    daily: tuple[Weight, ...] = ()
    weekly: tuple[Weight, ...] = ()

    @cached_property
    def levels(self) -> Floats:
        """(672,) s in each quarter of an hour of the week; the mean is 1."""
        levels = np.exp(self._logs)
        scaled: Floats = levels / levels.mean()
        return scaled

    @property
    def mean(self) -> float:
        """Of exp(daily + weekly), which is 1 only if both are flat."""
        return float(np.exp(self._logs).mean())

    @cached_property
    def _logs(self) -> Floats:
        logs = np.zeros(CELLS)
        for period, weights in ((HOURS_PER_DAY, self.daily), (HOURS_PER_WEEK, self.weekly)):
            if weights:
                logs = logs + basis(MIDDLES, period, len(weights)) @ np.array(weights)
        return logs


def basis(hours: Floats, period_hours: float, knots: int) -> Floats:
    """(n, knots) periodic cubic B-splines with evenly spaced knots, which add up to 1 everywhere."""
    assert knots >= 4, "a cubic B-spline spans four knots"
    place = np.remainder(hours, period_hours)[:, None] * (knots / period_hours)
    apart = np.abs(np.remainder(place - np.arange(knots) + knots / 2.0, knots) - knots / 2.0)
    near = 2.0 / 3.0 - apart**2 + apart**3 / 2.0
    far = np.maximum(2.0 - apart, 0.0) ** 3 / 6.0
    return np.where(apart < 1.0, near, far)
