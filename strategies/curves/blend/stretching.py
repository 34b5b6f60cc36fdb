"""Laws that were too sure of themselves are stretched around their median, below and above it each for itself.

By so much that in the past no more than a fortieth of what came lay beyond either end of the central
95% (split conformal prediction, as in Romano, Patterson and Candes, 2019), and at most twice.
"""

import numpy as np

from strategies.curves.blend.bins import BINS
from strategies.curves.filtering import Floats

STRETCH_MAX = 2.0
_TAIL = 0.025


def stretches_of(laws: Floats, weights: Floats, came: Floats, counts: Floats) -> tuple[float, float]:
    """The stretches, below and above, with which the blend would have held what came.

    laws: (laws, m, BINS) rising log prices, blended with (laws,) ``weights``. came: (m,) log prices, which
    count for (m,) ``counts``, adding up to 1.
    """
    low, middle, high = blended_quantiles(laws, weights, np.array([_TAIL, 0.5, 1.0 - _TAIL])).T
    below, above = (middle - came) / np.maximum(middle - low, 1e-6), (came - middle) / np.maximum(high - middle, 1e-6)
    return _least(below, counts), _least(above, counts)


def _least(needed: Floats, counts: Floats) -> float:
    order = np.argsort(needed, kind="stable")
    at = min(int(np.searchsorted(np.cumsum(counts[order]), 1.0 - _TAIL)), needed.size - 1)
    return float(np.clip(needed[order[at]], 1.0, STRETCH_MAX))


def blended_quantiles(laws: Floats, weights: Floats, levels: Floats) -> Floats:
    """(m, levels) quantiles of the blend of (laws, m, BINS) laws with (laws,) weights, at the (l,) levels."""
    used = np.flatnonzero(weights)
    atoms = laws[used].transpose(1, 0, 2).reshape(laws.shape[1], -1)
    shares = np.repeat(weights[used] / BINS, BINS)
    order = np.argsort(atoms, axis=1, kind="stable")
    atoms, reached = np.take_along_axis(atoms, order, axis=1), np.cumsum(shares[order], axis=1)
    places = np.array([np.searchsorted(row, levels - 1e-9) for row in reached]).reshape(-1, levels.size)
    quantiles: Floats = np.take_along_axis(atoms, np.minimum(places, atoms.shape[1] - 1), axis=1)
    return quantiles


def stretched(values: Floats, middle: Floats | float, stretches: tuple[float, float]) -> Floats:
    """Log prices, further from the ``middle``."""
    apart = values - middle
    wider: Floats = middle + np.where(apart < 0.0, stretches[0], stretches[1]) * apart
    return wider
