"""An estimate with the arrivals it was made from: what they still cause, and the levels of days to come."""

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
    def _last_day_is_seen(self) -> bool:
        """Whether enough of the last day is over to know its level."""
        begin = self.sample.day_hour + (self.sample.first_day + int(self.sample.days[-1])) * HOURS_PER_DAY
        day = self.intensity.base(begin, begin + HOURS_PER_DAY)
        until = np.array([begin, min(self.sample.end_hours, begin + HOURS_PER_DAY)])
        seen = np.diff(day.integral(until))[0]
        return bool(seen >= _SEEN_MIN * day.per_hour.sum() * CELL_HOURS)

    def level_law(self, logs: Floats | None = None) -> LevelLaw:
        """Of the days after the last whose level is known; ``logs``: (days,) their log levels, if not the best."""
        logs = np.log(self.estimate.levels) if logs is None else logs
        return level_law(logs if logs.size == 1 or self._last_day_is_seen else logs[:-1])

    def expected_levels(self, ahead: Base) -> Floats:
        """(n,) expected level in each quarter of an hour ahead, beside that of the last day."""
        days = self._days_after(ahead)
        return np.append(1.0, self.level_law().means(max(int(days.max()), 1)))[days]

    def drawn_levels(self, ahead: Base, logs: Floats, rng: np.random.Generator) -> Floats:
        """(n,) levels of one future, given the log levels of days past."""
        days = self._days_after(ahead)
        return np.append(1.0, self.level_law(logs).drawn(max(int(days.max()), 1), rng))[days]

    def likely_levels(self, ahead: Base) -> Floats:
        """(n,) the level in each quarter of an hour ahead if nothing unlike the last days comes."""
        return np.where(self._days_after(ahead) > 0, np.exp(self.level_law().smoothed), 1.0)

    def _days_after(self, ahead: Base) -> NDArray[np.int64]:
        """(n,) which day after the last whose level is known each quarter is in; all 0 if there is one level."""
        middles = (ahead.first_cell + np.arange(ahead.per_hour.size) + 0.5) * CELL_HOURS
        days = np.floor((middles - self.sample.day_hour) / HOURS_PER_DAY).astype(np.int64) - self.sample.first_day
        last = int(self.sample.days[-1]) - (not self._last_day_is_seen)
        return (days - last) * self.estimate.shape.levels
