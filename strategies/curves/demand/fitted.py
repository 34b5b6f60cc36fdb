"""An estimate with the arrivals it was made from: what they still cause, and the levels of days to come."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from strategies.curves.demand.estimation import Estimate
from strategies.curves.demand.intensity import Base, Excitement, Intensity, Kernel, Walk, begun, walk
from strategies.curves.demand.level import LevelLaw, level_law
from strategies.curves.demand.likelihood import Sample
from strategies.curves.demand.season import CELL_HOURS
from strategies.curves.filtering import Floats
from strategies.curves.model import HOURS_PER_DAY

# A day of which less than this part of its usual demand is over says too little of its own level.
_SEEN_MIN = 0.1


class Fitted(NamedTuple):
    """What is believed of arrivals, at their end."""

    sample: Sample
    estimate: Estimate

    @property
    def intensity(self) -> Intensity:
        """At the level of the last day."""
        return self.estimate.intensity

    def walk(self, kernel: Kernel | None = None) -> Walk:
        """Over all arrivals after the first."""
        kernel = kernel or self.intensity.kernel
        start, times = begun(kernel, float(self.sample.times[0])), self.sample.times[1:]
        return walk(self.estimate.base(self.sample), kernel, times, start, self.sample.end_hours)

    def excitement(self, kernel: Kernel | None = None) -> Excitement:
        """What the arrivals so far still add at the end."""
        return self.walk(kernel).after

    @property
    def _unseen(self) -> int:
        """1 if too little of the last day is over to know its level, else 0."""
        if self.estimate.levels.size == 1:
            return 0
        begin = self.sample.day_hour + (self.sample.first_day + int(self.sample.days[-1])) * HOURS_PER_DAY
        day = self.intensity.base(begin, begin + HOURS_PER_DAY)
        until = np.array([begin, min(self.sample.end_hours, begin + HOURS_PER_DAY)])
        seen = np.diff(day.integral(until))[0]
        return int(seen < _SEEN_MIN * day.per_hour.sum() * CELL_HOURS)

    def level_law(self, logs: Floats | None = None) -> LevelLaw:
        """Of the days after the last; ``logs``: (days,) log levels, if not the best. A day hardly begun is left out."""
        logs = np.log(self.estimate.levels) if logs is None else logs
        return level_law(logs[: logs.size - self._unseen])

    def stretches(self, end: float) -> list[tuple[float, float, bool]]:
        """From the end of the arrivals to ``end``: stretches of one level, and whether it is not yet known."""
        if not self.estimate.shape.levels:
            return [(self.sample.end_hours, end, False)]
        first = self.sample.day_hour + (self.sample.first_day + int(self.sample.days[-1]) + 1) * HOURS_PER_DAY
        edges = [self.sample.end_hours, *np.arange(first, end, HOURS_PER_DAY).tolist(), end]
        return [(*pair, at > 0 or self._unseen > 0) for at, pair in enumerate(pairwise(edges))]

    def expected_levels(self, ahead: Base) -> Floats:
        """(n,) expected level in each quarter of an hour ahead, beside that of the last day."""
        days = self._days_after(ahead)
        return np.where(days > 0, self.level_law().mean, 1.0)

    def drawn_levels(self, ahead: Base, logs: Floats, rng: np.random.Generator) -> Floats:
        """(n,) levels of one future, given the log levels of days past."""
        days = self._days_after(ahead)
        return np.append(1.0, self.level_law(logs).drawn(max(int(days.max()), 1), rng))[days]

    def _days_after(self, ahead: Base) -> NDArray[np.int64]:
        """(n,) which day after the last whose level is known each quarter is in; all 0 if there is one level."""
        middles = (ahead.first_cell + np.arange(ahead.per_hour.size) + 0.5) * CELL_HOURS
        days = np.floor((middles - self.sample.day_hour) / HOURS_PER_DAY).astype(np.int64) - self.sample.first_day
        last = int(self.sample.days[-1]) - self._unseen
        after: NDArray[np.int64] = (days - last) * int(self.estimate.shape.levels)
        return after
