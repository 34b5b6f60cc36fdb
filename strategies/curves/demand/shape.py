"""Which parts an intensity has, and how its numbers are laid out for an optimizer.

theta = children (branching ratio; of two echoes also the share of the first), log half-lives,
        weights of the splines (all but the last of each, since they add up to 0), log base rate of each day
"""

from typing import NamedTuple

import numpy as np

from strategies.curves.demand.season import DAILY_KNOTS, WEEKLY_KNOTS
from strategies.curves.filtering import Floats

BRANCHING_MAX = 0.99
FASTEST_HOURS = 5.0 / 3600.0  # starts are whole seconds: nothing faster can be seen
_PARTED_HOURS = 0.25  # of two echoes one is faster than this and one slower, so that they cannot change places
_SHARE_MIN, _SHARE_MAX = 0.01, 0.99
_WEIGHT_MAX = 12.0
_HALF_LIVES = {0: (), 1: (0.1,), 2: (0.03, 1.0)}
_ECHO_NAMES = {
    0: (),
    1: ("branching", "half_life_hours"),
    2: ("branching", "fast_share", "fast_half_life_hours", "slow_half_life_hours"),
}


class Shape(NamedTuple):
    """Parts of an intensity."""

    daily: bool = False
    weekly: bool = False
    levels: bool = False  # each day has its own, or all have one
    echoes: int = 0

    @property
    def free_weights(self) -> tuple[int, int]:
        """Of the daily and the weekly spline."""
        return (DAILY_KNOTS - 1) * self.daily, (WEEKLY_KNOTS - 1) * self.weekly

    @property
    def season_at(self) -> int:
        """Where in ``theta`` the weights begin."""
        return 2 * self.echoes

    @property
    def days_at(self) -> int:
        """Where the log base rates begin."""
        return self.season_at + sum(self.free_weights)

    @property
    def title(self) -> str:
        season = {(False, False): "no season", (True, False): "daily season", (True, True): "daily and weekly season"}
        level = "a level for each day" if self.levels else "one level"
        return f"{season[self.daily, self.weekly]}, {level}, {('no echo', 'one echo', 'two echoes')[self.echoes]}"

    @property
    def echo_names(self) -> tuple[str, ...]:
        """What the first numbers of ``theta`` are called."""
        return _ECHO_NAMES[self.echoes]

    def children(self, theta: Floats) -> Floats:
        """(echoes,) children of each echo."""
        if self.echoes < 2:
            return theta[: self.echoes]
        both: Floats = theta[0] * np.array([theta[1], 1.0 - theta[1]])
        return both

    def half_lives(self, theta: Floats) -> Floats:
        return np.exp(theta[self.echoes : self.season_at])

    def weights(self, theta: Floats) -> tuple[Floats, Floats]:
        """All weights of the daily and of the weekly spline."""
        cut = self.season_at + self.free_weights[0]
        return _closed(theta[self.season_at : cut]), _closed(theta[cut : self.days_at])

    def start(self, days: int, rate_per_hour: float) -> Floats:
        """Where to begin: half of the arrivals caused by others, no season."""
        theta = np.zeros(self.days_at + days)
        theta[: self.echoes] = 0.5
        theta[self.echoes : self.season_at] = np.log(_HALF_LIVES[self.echoes])
        theta[self.days_at :] = np.log(rate_per_hour * (0.5 if self.echoes else 1.0))
        return theta

    def bounds(self, days: int, rate_per_hour: float, span_hours: float) -> list[tuple[float, float]]:
        """What so many arrivals in so long a time can tell."""
        slowest = max(span_hours / 4.0, 2.0 * _PARTED_HOURS)
        cuts = {0: (), 1: (FASTEST_HOURS, slowest), 2: (FASTEST_HOURS, _PARTED_HOURS, slowest)}[self.echoes]
        bounds = [(0.0, BRANCHING_MAX)] * (self.echoes > 0) + [(_SHARE_MIN, _SHARE_MAX)] * (self.echoes > 1)
        bounds += list(zip(np.log(cuts[:-1]).tolist(), np.log(cuts[1:]).tolist(), strict=True))
        bounds += [(-_WEIGHT_MAX, _WEIGHT_MAX)] * sum(self.free_weights)
        return bounds + [(np.log(rate_per_hour) - 15.0, np.log(rate_per_hour) + 15.0)] * days


def _closed(free: Floats) -> Floats:
    return np.append(free, -free.sum()) if free.size else free
