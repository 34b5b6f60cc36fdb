"""A law that was too sure of itself is stretched: the central 95% around its median, by a factor.

The factor is the one with which the law would have held 95% of what came (split conformal
prediction: Lei and others, 2018), and at most two. What lies beyond the 95% goes as far out as their
ends do, and nothing goes half beyond what was ever seen: spikes that were seen say how far prices go,
however unsure the law is.
"""

import numpy as np

from strategies.curves.blend.bins import BINS
from strategies.curves.filtering import Floats

STRETCH_MAX = 2.0
_HELD = 0.95
EDGES = np.array([(1.0 - _HELD) / 2.0, 0.5, (1.0 + _HELD) / 2.0])


def stretch_of(laws: Floats, weights: Floats, came: Floats, counts: Floats) -> float:
    """The factor for a blend that should have held what came.

    laws: (laws, m, BINS) rising log prices, blended with (laws,) ``weights``. came: (m,) log prices, which
    count for (m,) ``counts``, adding up to 1.
    """
    low, middle, high = blended_quantiles(laws, weights, EDGES).T
    reach = np.where(came > middle, high - middle, middle - low)
    needed = np.abs(came - middle) / np.maximum(reach, 1e-6)
    order = np.argsort(needed, kind="stable")
    at = min(int(np.searchsorted(np.cumsum(counts[order]), _HELD)), needed.size - 1)
    return float(np.clip(needed[order[at]], 1.0, STRETCH_MAX))


def blended_quantiles(laws: Floats, weights: Floats, levels: Floats) -> Floats:
    """(m, l) quantiles of the blend of (laws, m, BINS) laws with (laws,) weights, at the (l,) levels."""
    used = np.flatnonzero(weights)
    atoms = laws[used].transpose(1, 0, 2).reshape(laws.shape[1], -1)
    shares = np.repeat(weights[used] / BINS, BINS)
    order = np.argsort(atoms, axis=1, kind="stable")
    atoms, reached = np.take_along_axis(atoms, order, axis=1), np.cumsum(shares[order], axis=1)
    places = np.array([np.searchsorted(row, levels - 1e-9) for row in reached]).reshape(-1, levels.size)
    quantiles: Floats = np.take_along_axis(atoms, np.minimum(places, atoms.shape[1] - 1), axis=1)
    return quantiles


def stretched(values: Floats, edges: Floats, stretch: float, sight: tuple[Floats, Floats]) -> Floats:
    """Log prices, further out, but not out of sight.

    edges: lower end, median and upper end of the law. sight: the least and the most a price may be. All of them are
    numbers or columns.
    """
    low, middle, high = edges
    wider: Floats = np.clip(values + (stretch - 1.0) * (np.clip(values, low, high) - middle), *sight)
    return wider
