"""What prices seen at different and irregular times have in common.

Each place gives its surprises: what a price differs from the forecast made of the price before, in
standard deviations. A surprise is a weighted integral of the place's shocks since then, so two of
them share what happened while both were waited for, and no more:

    E[e_i e_j] = R c_ij,   c_ij = integral over the overlap of exp(-k (t_i - u) - k' (t_j - u)) du / sqrt(g_i g_j)

with g the same integral of a surprise with itself. Least squares over all that overlap give
R = sum(e e c) / sum(c c), and sum(c c) counts how many common observations that is worth. For k = 0
this is the estimator of Hayashi and Yoshida (2005), each product weighted by what it tells; prices need
not be aligned, nothing is filled in, and what is missing is simply not there.
"""

from collections.abc import Sequence
from math import exp, expm1, sqrt
from typing import NamedTuple

import numpy as np

from exchange.domain.errors import GpuxError
from exchange.jit import entry, kernel
from strategies.curves.filtering import Floats

BLOCKS = 10
CORRELATION_MAX = 0.995


class BadSurprises(GpuxError):
    """Surprises that cannot be compared; the message says whose and why."""


class Surprises(NamedTuple):
    """(n,) each: when a surprise began and ended, in hours, rising and apart, and how large it was.

    scores: in standard deviations. reversion: of the place's deviation per hour; 0 for a price that only drifts.
    """

    starts: Floats
    ends: Floats
    scores: Floats
    reversion: float


class Correlations(NamedTuple):
    """(B, P, P) each, for B stretches of time: sums of products, and of what they are worth."""

    products: Floats
    counts: Floats

    @property
    def values(self) -> Floats:
        """(P, P); 0 where nothing was seen together."""
        counts = self.counts.sum(axis=0)
        found = np.divide(self.products.sum(axis=0), counts, out=np.zeros_like(counts), where=counts > 0.0)
        limited: Floats = np.clip(found, -CORRELATION_MAX, CORRELATION_MAX)
        np.fill_diagonal(limited, 1.0)
        return limited

    def without(self, block: int) -> "Correlations":
        return Correlations(*(np.delete(sums, block, axis=0) for sums in self))


def correlations(series: Sequence[Surprises], blocks: int = BLOCKS) -> Correlations:
    """Of each place with each other, by ``blocks`` equal stretches of time. Raises BadSurprises."""
    scaled = [_checked(number, each) for number, each in enumerate(series)]
    first = min((each.starts[0] for each in scaled if each.starts.size), default=0.0)
    last = max((each.ends[-1] for each in scaled if each.ends.size), default=1.0)
    products, counts = np.zeros((2, blocks, len(series), len(series)))
    for p, one in enumerate(scaled):
        for q, other in enumerate(scaled[:p]):
            sums = np.zeros((2, blocks))
            overlapped(*one[:3], float(one.reversion), *other[:3], float(other.reversion), first, last, sums)
            products[:, p, q] = products[:, q, p] = sums[0]
            counts[:, p, q] = counts[:, q, p] = sums[1]
    return Correlations(products, counts)


def _checked(number: int, each: Surprises) -> Surprises:
    """Its scores with a mean square of 1. Raises BadSurprises."""
    starts, ends, scores = (np.asarray(column, dtype=np.float64) for column in each[:3])
    if not (starts.shape == ends.shape == scores.shape and starts.ndim == 1):
        raise BadSurprises(f"place {number}: starts, ends and scores are of one length")
    if not (np.isfinite(starts).all() and np.isfinite(ends).all() and np.isfinite(scores).all()):
        raise BadSurprises(f"place {number}: a time or a score is not finite")
    if not ((ends > starts).all() and (starts[1:] >= ends[:-1]).all() and each.reversion >= 0.0):
        raise BadSurprises(
            f"place {number}: surprises end after they start, rise and do not overlap; none reverts below 0"
        )
    size = float(np.sqrt((scores**2).mean())) if scores.size else 0.0
    return Surprises(starts, ends, scores / size if size > 0.0 else scores, each.reversion)


@kernel
def weight(rate: float, hours: float) -> float:
    """Integral of exp(-rate u) over so many hours."""
    return -expm1(-rate * hours) / rate if rate * hours > 1e-12 else hours


@entry
def overlapped(
    starts: Floats,
    ends: Floats,
    scores: Floats,
    reversion: float,
    other_starts: Floats,
    other_ends: Floats,
    other_scores: Floats,
    other_reversion: float,
    first: float,
    last: float,
    sums: Floats,
) -> None:
    """Add up what the surprises of two places have in common.

    sums: (2, B), to which sum(e e c) and sum(c c) are added, by the stretch between ``first`` and ``last`` in which
    the overlap begins. Does not raise.
    """
    blocks = sums.shape[1]
    i = j = 0
    while i < starts.size and j < other_starts.size:
        begin, end = max(starts[i], other_starts[j]), min(ends[i], other_ends[j])
        if end > begin:
            both = weight(reversion + other_reversion, end - begin)
            both *= exp(-reversion * (ends[i] - end) - other_reversion * (other_ends[j] - end))
            alone = weight(2.0 * reversion, ends[i] - starts[i])
            other_alone = weight(2.0 * other_reversion, other_ends[j] - other_starts[j])
            common = both / sqrt(alone * other_alone)
            block = min(blocks - 1, int((begin - first) / (last - first) * blocks))
            sums[0, block] += scores[i] * other_scores[j] * common
            sums[1, block] += common * common
        if ends[i] <= other_ends[j]:
            i += 1
        else:
            j += 1
