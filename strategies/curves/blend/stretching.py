"""A law that was too sure of itself is stretched: the central 95% around its median, by a factor.

The factor is the one with which the law would have held 95% of what came (split conformal
prediction: Lei and others, 2018), and at most two. What lies beyond the 95% goes as far out as their
ends do, and nothing goes half beyond what was ever seen: spikes that were seen say how far prices go,
however unsure the law is.
"""

from typing import NamedTuple

import numpy as np

from strategies.curves.blend.bins import BINS
from strategies.curves.blend.ordering import order_of
from strategies.curves.filtering import Floats

STRETCH_MAX = 2.0
_HELD = 0.95
EDGES = np.array([(1.0 - _HELD) / 2.0, 0.5, (1.0 + _HELD) / 2.0])


class Mixture(NamedTuple):
    """(m, n) rising log prices at each of m looks, and the (m, n) probabilities of each."""

    logs: Floats
    shares: Floats

    def quantiles(self, levels: Floats) -> Floats:
        """(m, l) log prices at the (l,) levels."""
        reached = np.cumsum(self.shares, axis=1)
        places = np.array([np.searchsorted(row, levels - 1e-9) for row in reached]).reshape(-1, levels.size)
        quantiles: Floats = np.take_along_axis(self.logs, np.minimum(places, self.logs.shape[1] - 1), axis=1)
        return quantiles


def mixture(laws: Floats, weights: Floats) -> Mixture:
    """The blend of (laws, m, BINS) rising log prices with (laws,) weights."""
    used = np.flatnonzero(weights)
    atoms = laws[used].transpose(1, 0, 2).reshape(laws.shape[1], -1)
    order = np.array([order_of(row) for row in atoms]).reshape(atoms.shape)
    shares = np.repeat(weights[used] / BINS, BINS)
    return Mixture(np.take_along_axis(atoms, order, axis=1), shares[order])


def stretched(mixed: Mixture, stretch: float, sight: tuple[Floats, Floats]) -> Mixture:
    """The same blend, further out, but not out of sight: (m,) the least and the most a log price may be."""
    low, middle, high = mixed.quantiles(EDGES).T[:, :, None]
    wider = mixed.logs + (stretch - 1.0) * (np.clip(mixed.logs, low, high) - middle)
    return Mixture(np.clip(wider, sight[0][:, None], sight[1][:, None]), mixed.shares)


def stretch_of(laws: Floats, weights: Floats, came: Floats, counts: Floats) -> float:
    """The factor for a blend that should have held what came.

    laws: (laws, m, BINS) rising log prices, blended with (laws,) ``weights``. came: (m,) log prices, which
    count for (m,) ``counts``, adding up to 1.
    """
    low, middle, high = mixture(laws, weights).quantiles(EDGES).T
    reach = np.where(came > middle, high - middle, middle - low)
    needed = np.abs(came - middle) / np.maximum(reach, 1e-6)
    order = np.argsort(needed, kind="stable")
    at = min(int(np.searchsorted(np.cumsum(counts[order]), _HELD)), needed.size - 1)
    return float(np.clip(needed[order[at]], 1.0, STRETCH_MAX))
