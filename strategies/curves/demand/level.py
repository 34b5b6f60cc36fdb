"""How the level of demand goes from day to day: simple exponential smoothing, its past errors drawn again.

    forecast(d + 1) = smoothed(d),  smoothed(d) = smoothed(d - 1) + alpha error(d),  error(d) = log level(d) - smoothed(d - 1)

(Hyndman and Athanasopoulos, "Forecasting", 2021, sections 8.1 and 5.5.) alpha is the one of ten with the smallest
mean absolute error. Days are like the last ones most of the time and very unlike them at times, which no normal law
has: so errors to come are drawn from those that were, less their median, for no trend is believed to last.
"""

from typing import NamedTuple

import numpy as np

from strategies.curves.filtering import Floats

_ALPHAS = np.arange(1, 11) / 10.0
DAYS_MIN = 4


class LevelLaw(NamedTuple):
    """What is believed of the log levels of days to come."""

    smoothed: float
    alpha: float
    errors: Floats

    def means(self, days: int) -> Floats:
        """(days,) expected level of each, exactly."""
        ahead = np.arange(days)
        once = np.exp(self.errors).mean()
        each: Floats = np.exp(self.smoothed) * once * np.exp(self.alpha * self.errors).mean() ** ahead
        return each

    def drawn(self, days: int, rng: np.random.Generator) -> Floats:
        """(days,) levels of one future."""
        errors = self.errors[rng.integers(self.errors.size, size=days)]
        before = np.cumsum(errors) - errors
        levels: Floats = np.exp(self.smoothed + self.alpha * before + errors)
        return levels


def level_law(logs: Floats) -> LevelLaw:
    """The law of what comes after the (n,) log levels of days, the last of them the newest."""
    if logs.size < DAYS_MIN:
        return LevelLaw(float(logs[-1]), 1.0, np.zeros(1))
    tried = [_smoothed(logs, float(alpha)) for alpha in _ALPHAS]
    return min(tried, key=lambda law: float(np.abs(law.errors).mean()))


def _smoothed(logs: Floats, alpha: float) -> LevelLaw:
    smoothed, errors = float(logs[0]), []
    for log in logs[1:].tolist():
        errors.append(log - smoothed)
        smoothed += alpha * errors[-1]
    return LevelLaw(smoothed, alpha, np.array(errors) - np.median(errors))
