"""How the gap between market and model may run from hour to hour: smoothly, and back to nothing where nothing trades.

The gap g, in units of the model's error, is Gaussian with density proportional to exp(-F/2),

    F(g) = c * sum over h of [ l^4 (g[h-1] - 2 g[h] + g[h+1])^2 + g[h]^2 ],

the squared second differences of maximum smoothness (Adams and van Deventer, 1994; Benth, Koekebakker
and Ollmar, 2007, who smooth the gap to a seasonal prior, as here) and a small pull to the model (Fleten
and Lemming, 2003). It is a spline in discrete time, and a stationary process (Whittle, 1963): a gap is
half as wide 0.9 l hours away, and gone after 3 l. c makes the variance of each g[h] one.

The curve ends, but the process does not: some hours before its first and after its last, where nothing can
trade, belong to the sum. Without them the ends could tilt freely, and the front is what trades most.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from scipy.linalg import solveh_banded

from strategies.curves.filtering import Floats

LENGTH_HOURS = 12.0
MARGIN_HOURS = 36


class Smoothness(NamedTuple):
    """The law of g: its precision with the margins at both ends, and its (n, n) correlation without them."""

    precision: Any  # scipy.sparse.csc_array, the upper triangle alone
    correlation: Floats


@lru_cache(maxsize=8)
def smoothness(hours: int) -> Smoothness:
    """The law of the gaps of ``hours`` consecutive hours."""
    count = hours + 2 * MARGIN_HOURS
    second = sparse.diags_array([1.0, -2.0, 1.0], offsets=[0, 1, 2], shape=(count - 2, count))
    plain = LENGTH_HOURS**4 * (second.T @ second) + sparse.eye_array(count)
    upper = np.zeros((3, count))
    for place in range(3):
        upper[2 - place, place:] = plain.diagonal(place)
    covariance = solveh_banded(upper, np.eye(count))
    deviations = np.sqrt(np.diag(covariance))
    scale = sparse.diags_array(deviations)
    inside = slice(MARGIN_HOURS, MARGIN_HOURS + hours)
    correlation = (covariance / np.outer(deviations, deviations))[inside, inside]
    correlation.setflags(write=False)
    return Smoothness(sparse.csc_array(sparse.triu(scale @ plain @ scale)), correlation)
