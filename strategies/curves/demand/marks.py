"""What a job brings with it: its GPUs and how long it holds them.

The law of the two together is that of the jobs seen, each as likely as another, independent of when they
come. GPU-hours in an hour are then those of a queue with servers for all (Eick, Massey and Whitt, 1993):
a job in progress counts for the part of the hour that it runs.
"""

from typing import NamedTuple

import numpy as np

from strategies.curves.filtering import Floats


class Marks(NamedTuple):
    """Jobs that ended, by rising duration: (k,) GPUs and hours."""

    gpus: Floats
    hours: Floats

    @property
    def gpu_hours_mean(self) -> float:
        return float((self.gpus * self.hours).mean()) if self.hours.size else 0.0

    def drawn(self, count: int, rng: np.random.Generator) -> "Marks":
        """GPUs and hours of ``count`` new jobs; none at all where no duration is known."""
        if not self.hours.size:
            return Marks(np.zeros(count), np.zeros(count))
        rows = rng.integers(self.hours.size, size=count)
        return Marks(self.gpus[rows], self.hours[rows])

    def lasting(self, ages: Floats, rng: np.random.Generator) -> Floats:
        """(n,) hours that jobs run on that have run for ``ages``: as long as one drawn of those that lasted longer.

        0 for a job that is older than any that ended.
        """
        first = np.searchsorted(self.hours, ages, side="right")
        rows = first + np.floor(rng.random(ages.size) * (self.hours.size - first)).astype(np.int64)
        known = first < self.hours.size
        return np.where(known, self.hours[np.where(known, rows, 0)] - ages, 0.0)

    def twice_integrated(self, ages: Floats) -> Floats:
        """Expected GPU-hours, integrated over age from 0 to each of ``ages``, of one job that began so long ago."""
        if not self.hours.size:
            return np.zeros(np.shape(ages))
        ages = np.maximum(ages, 0.0)
        used = np.concatenate([[0.0], np.cumsum(self.gpus * self.hours)])
        used_squared = np.concatenate([[0.0], np.cumsum(self.gpus * self.hours**2)])
        gpus = np.concatenate([[0.0], np.cumsum(self.gpus)])
        over = np.searchsorted(self.hours, ages, side="right")
        done = used[over] * ages - 0.5 * used_squared[over]
        held: Floats = (done + (gpus[-1] - gpus[over]) * ages**2 / 2.0) / self.hours.size
        return held


def occupied(begins: Floats, ends: Floats, gpus: Floats, first_hour: int, count: int) -> Floats:
    """(count,) GPU-hours in each hour from ``first_hour`` on, of jobs that hold GPUs from ``begins`` to ``ends``."""
    low = np.clip(begins - first_hour, 0.0, float(count))
    high = np.clip(ends - first_hour, low, float(count))
    one, other = low.astype(np.int64), high.astype(np.int64)
    same = one == other
    size = count + 2
    total = np.bincount(one, gpus * np.where(same, high - low, one + 1 - low), size)
    total += np.bincount(other, gpus * np.where(same, 0.0, high - other), size)
    whole = np.where(same, 0.0, gpus)
    total += np.cumsum(np.bincount(np.minimum(one + 1, other), whole, size) - np.bincount(other, whole, size))
    hours: Floats = total.astype(np.float64)[:count]
    return hours
