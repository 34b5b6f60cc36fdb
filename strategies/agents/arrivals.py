"""When jobs come: a daily cycle plus bursts, in which each arrival makes the next ones likelier.

A self-exciting (Hawkes) process with a rate that follows the hour of the day, drawn by thinning:
candidates come at a rate that is never exceeded, and each is kept with the chance of the true
rate over that bound. Market time runs ``speed`` times as fast as the clock.
"""

from dataclasses import dataclass
from math import cos, exp, pi

import numpy as np

from exchange.domain.units import NS_PER_HOUR


@dataclass(frozen=True)
class DailyCycle:
    """Relative demand over the day, 1 on average; ``swing`` 0.6 means 1.6 at the peak hour and 0.4 at the trough."""

    swing: float = 0.6
    peak_hour: float = 15.0

    def level(self, market_hours: float) -> float:
        return 1.0 + self.swing * cos(2 * pi * (market_hours - self.peak_hour) / 24.0)

    @property
    def level_max(self) -> float:
        return 1.0 + self.swing


class Arrivals:
    """``per_hour``: average arrivals an hour of market time, bursts included.

    ``echo``: how many further arrivals one arrival causes on average, directly (under 1).
    ``fade_per_hour``: how fast its influence fades.
    """

    def __init__(
        self,
        per_hour: float,
        speed: float,
        cycle: DailyCycle | None = None,
        echo: float = 0.4,
        fade_per_hour: float = 2.0,
    ) -> None:
        assert 0 <= echo < 1, f"echo {echo} would let bursts grow for ever"
        self._base = per_hour * (1 - echo)
        self._speed = speed
        self._cycle = cycle or DailyCycle()
        self._echo = echo
        self._fade = fade_per_hour
        self._excitement = 0.0  # extra arrivals an hour, at ``_hours``
        self._hours = 0.0  # market time since the origin
        self._origin_ns = -1

    def next_ns(self, now_ns: int, rng: np.random.Generator) -> int:
        """When the next one comes; to be asked once for each. Time starts with the first question."""
        if self._origin_ns < 0:
            self._origin_ns = now_ns
        while True:
            bound = self._base * self._cycle.level_max + self._excitement
            wait = rng.exponential(1.0 / bound)
            self._hours += wait
            self._excitement *= exp(-self._fade * wait)
            if rng.random() * bound < self._rate():
                self._excitement += self._echo * self._fade
                return self._origin_ns + int(self._hours / self._speed * NS_PER_HOUR)

    def _rate(self) -> float:
        hour_of_day = self._origin_ns / NS_PER_HOUR + self._hours
        return self._base * self._cycle.level(hour_of_day) + self._excitement
