"""What level days to come may have: that of a day seen, a late one likelier than an early one.

A day's level is like the last ones mostly and very unlike them at times (a holiday, a launch), which neither a
random walk nor any normal law has: its errors, taken from a low level, would make of a high one what nobody has seen.
So the law of every day to come is that of the days seen, their weights halving every h days back. h is 1, 2, 4 or 8:
the one whose forecasts of each day seen, made the day before, have the smallest mean CRPS. A drift beyond the
levels seen is not believed; days to come are drawn independently.
"""

from typing import NamedTuple

import numpy as np

from strategies.curves.filtering import Floats

DAYS_MIN = 4
_HALVINGS = (8.0, 4.0, 2.0, 1.0)
_FIRST_JUDGED = 3


class LevelLaw(NamedTuple):
    """Log levels that a day to come may have, (k,), and their probabilities."""

    logs: Floats
    weights: Floats
    halving_days: float

    @property
    def mean(self) -> float:
        return float(np.exp(self.logs) @ self.weights)

    def drawn(self, days: int, rng: np.random.Generator) -> Floats:
        """(days,) levels of one future."""
        levels: Floats = np.exp(rng.choice(self.logs, size=days, p=self.weights))
        return levels


def level_law(logs: Floats) -> LevelLaw:
    """The law of what comes after the (n,) log levels of days, the last of them the newest."""
    return min((_law(logs, halving) for halving in _HALVINGS), key=lambda law: _past_crps(logs, law.halving_days))


def crps(values: Floats, weights: Floats, seen: float) -> float:
    """Continuous ranked probability score of a discrete law (Gneiting and Raftery, 2007): 0 is perfect."""
    apart = np.abs(values[:, None] - values)
    return float(weights @ np.abs(values - seen) - 0.5 * weights @ apart @ weights)


def _law(logs: Floats, halving_days: float) -> LevelLaw:
    weights = 0.5 ** (np.arange(logs.size)[::-1] / halving_days)
    return LevelLaw(logs, weights / weights.sum(), halving_days)


def _past_crps(logs: Floats, halving_days: float) -> float:
    scores = [crps(*_law(logs[:day], halving_days)[:2], float(logs[day])) for day in range(_FIRST_JUDGED, logs.size)]
    return float(np.mean(scores)) if scores else 0.0
