"""How much each of several laws counts: the weights with which their blend would have scored best.

The score is the CRPS of the log price. For a blend with weights w it is w.a - w.B.w / 2, where a
holds the mean distance of each law from what came, and B the mean distances between the laws, so
that the best weights are those of a convex quadratic program (energy form of the score: Gneiting
and Raftery, 2007, eq. 21; the blend is the linear opinion pool of Stone, 1961).
"""

import clarabel
import numpy as np
from scipy import sparse

from exchange.jit import entry, kernel
from strategies.curves.blend.bins import BINS
from strategies.curves.filtering import Floats


@entry
def distances(laws: Floats, came: Floats, weights: Floats, from_came: Floats, between: Floats) -> None:
    """Weighted mean distances of laws from what came, and from each other.

    laws: (c, m, BINS) rising log prices. came, weights: (m,), the weights adding up to 1. from_came:
    (c,) and between: (c, c), overwritten. Does not raise.
    """
    count = laws.shape[0]
    from_came[:] = 0.0
    between[:, :] = 0.0
    for one in range(came.size):
        for law in range(count):
            total = 0.0
            for at in range(BINS):
                total += abs(laws[law, one, at] - came[one])
            from_came[law] += weights[one] * total / BINS
            for other in range(law + 1):
                apart = weights[one] * _apart(laws[law, one], laws[other, one])
                between[law, other] += apart
                if other != law:
                    between[other, law] += apart


@kernel
def _apart(one: Floats, other: Floats) -> float:
    """Mean distance between draws of two laws: the area between what each leaves below and the other above."""
    total, here, there = 0.0, 0, 0
    last = min(one[0], other[0])
    while here < BINS or there < BINS:
        if there >= BINS or (here < BINS and one[here] <= other[there]):
            value = one[here]
            step_here, step_there = 1, 0
        else:
            value = other[there]
            step_here, step_there = 0, 1
        crossing = here * (BINS - there) + there * (BINS - here)
        total += (value - last) * crossing
        last = value
        here += step_here
        there += step_there
    return total / (BINS * BINS)


def best_weights(from_came: Floats, between: Floats, prior: Floats, ridge: float) -> Floats:
    """(c,) weights of at least 0 that add up to 1; drawn to ``prior`` by ``ridge`` times their squared distance."""
    count = from_came.size
    # On the simplex a constant changes nothing, and makes the program convex outside of it as well.
    lifted = -between + 2.0 * ridge * np.eye(count) + 4.0 * float(np.abs(between).max() + 1e-9)
    linear = from_came - 2.0 * ridge * prior
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    limits = sparse.csc_matrix(np.vstack([np.ones((1, count)), -np.eye(count)]))
    bounds = np.concatenate([[1.0], np.zeros(count)])
    cones = [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(count)]
    solver = clarabel.DefaultSolver(sparse.csc_matrix(np.triu(lifted)), linear, limits, bounds, cones, settings)
    found = np.maximum(np.array(solver.solve().x), 0.0)
    found[found < 1e-3] = 0.0
    weights: Floats = found / found.sum() if found.sum() > 0.0 else prior
    return weights
