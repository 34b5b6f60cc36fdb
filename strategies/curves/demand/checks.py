"""Whether the model explains the arrivals it was fitted to, by the random time change (Ogata, 1988).

What the compensator gains from one arrival to the next is a unit exponential if the model is right, so
1 - exp(-gain) is uniform and independent of the next; and in any window the count scatters about the compensator with
a variance equal to it.
"""

from typing import NamedTuple

import numpy as np

from strategies.curves.demand.fitted import Fitted
from strategies.curves.filtering import Floats

_KOLMOGOROV_5_PERCENT = 1.358
WINDOWS_HOURS = (1.0 / 12.0, 1.0, 6.0, 24.0)


class Checks(NamedTuple):
    """What should be near its ideal, and how far it is from it."""

    uniforms: Floats  # (n,) 1 - exp(-gain)
    distance: float  # Kolmogorov-Smirnov, of the uniforms
    distance_usual: float  # exceeded by one right model in twenty
    lag_correlation: float  # of the uniforms with the ones before: 0
    scatter: dict[float, float]  # window in hours: mean of (count - expected)^2 / mean of expected, 1 if right

    @property
    def is_explained(self) -> bool:
        return self.distance <= self.distance_usual


def checked(fitted: Fitted) -> Checks:
    """The checks of a fit on its own arrivals."""
    found = fitted.walk()
    uniforms = -np.expm1(-found.gains)
    count = uniforms.size
    ranks = np.arange(count + 1) / count
    ordered = np.sort(uniforms)
    distance = max(float(np.max(ranks[1:] - ordered)), float(np.max(ordered - ranks[:-1])))
    # Between arrivals the compensator is read off a straight line.
    times = np.append(fitted.sample.times, fitted.sample.end_hours)
    compensator = np.concatenate([[0.0], np.cumsum(np.append(found.gains, found.last_gain))])
    scatter = {
        window: _scatter(times, compensator, window)
        for window in WINDOWS_HOURS
        if fitted.sample.span_hours >= 5 * window
    }
    return Checks(
        uniforms,
        distance,
        _KOLMOGOROV_5_PERCENT / float(np.sqrt(count)),
        float(np.corrcoef(uniforms[1:], uniforms[:-1])[0, 1]),
        scatter,
    )


def _scatter(times: Floats, compensator: Floats, window: float) -> float:
    edges = np.arange(times[0], times[-1], window)
    counts = np.diff(np.searchsorted(times[1:-1], edges))
    expected = np.diff(np.interp(edges, times, compensator))
    return float(((counts - expected) ** 2).sum() / expected.sum())
