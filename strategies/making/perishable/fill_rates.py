"""A and k as one's own quotes have met them: a Poisson regression of fills on depth, with a prior.

While a quote stands at depth d for t hours it is filled Poisson(A exp(-k d) t) times. Depths are put into bins, and
in each bin hours and fills are added up; what is old fades. The prior is hours and fills, too, as if they had been
seen, spread over the depths where one quotes, so that without news it is the answer and no fill is infinitely much.
Fitted by Newton's method: the likelihood is concave (McCullagh and Nelder, "Generalized linear models", 1989).
"""

from math import exp, log

import numpy as np

_BIN = 0.25  # of 1/k of the prior
_FROM, _BINS = -2.0, 32
_PRIOR = slice(8, 20)  # the bins from 0 to 3/k
_TURNS = 12
_FAR = log(20.0)  # A and k stay within this of the prior


class FillRates:
    """``arrivals`` an hour and ``k`` are believed like ``prior_hours`` of quoting; seen hours fade by ``memory_hours``.

    Depths are in the money that 1/k is in.
    """

    def __init__(self, arrivals: float, k: float, prior_hours: float = 24.0, memory_hours: float = 168.0) -> None:
        self._k = k
        self._memory_hours = memory_hours
        self._centers = (_FROM + _BIN * (np.arange(_BINS) + 0.5)) / k
        self._hours, self._fills = np.zeros((2, _BINS))
        prior = np.zeros(_BINS)
        prior[_PRIOR] = prior_hours / (_PRIOR.stop - _PRIOR.start)
        self._prior_hours, self._prior_fills = prior, prior * arrivals * np.exp(-k * self._centers)
        self._prior = np.array([log(arrivals), k / self._k])

    def stood(self, depth: float, hours: float) -> None:
        """A quote of one side stood at ``depth`` for so long, whether it was filled or not."""
        self._hours[self._bin(depth)] += hours

    def filled(self, depth: float, units: float = 1.0) -> None:
        self._fills[self._bin(depth)] += units

    def passed(self, hours: float) -> None:
        """So much time has gone by: what was seen before counts less."""
        faded = exp(-hours / self._memory_hours)
        self._hours *= faded
        self._fills *= faded

    def estimate(self) -> tuple[float, float]:
        """(A in orders an hour, k)."""
        hours, fills = self._prior_hours + self._hours, self._prior_fills + self._fills
        design = np.stack([np.ones(_BINS), -self._centers * self._k], axis=1)
        found = self._prior.copy()
        for _ in range(_TURNS):
            expected = hours * np.exp(design @ found)
            step = np.linalg.solve((design * expected[:, None]).T @ design, design.T @ (fills - expected))
            found += np.clip(step, -1.0, 1.0)
        log_arrivals = min(max(float(found[0]), self._prior[0] - _FAR), self._prior[0] + _FAR)
        steepness = min(max(float(found[1]), exp(-_FAR)), exp(_FAR))
        return exp(log_arrivals), steepness * self._k

    def _bin(self, depth: float) -> int:
        return int(min(max((depth * self._k - _FROM) / _BIN, 0.0), _BINS - 1.0))
