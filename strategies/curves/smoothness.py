"""How the gap between market and model may run from hour to hour: smoothly, and back to nothing where nothing trades.

The gap g, in units of the model's error, is Gaussian with density proportional to exp(-F/2),

    F(g) = c * sum over h of [ l^4 (g[h-1] - 2 g[h] + g[h+1])^2 + g[h]^2 ],

the squared second differences of maximum smoothness (Adams and van Deventer, 1994; Benth, Koekebakker
and Ollmar, 2007, who smooth the gap to a seasonal prior, as here) and a small pull to the model (Fleten
and Lemming, 2003). It is a spline in discrete time, and a stationary process (Whittle, 1963): a gap is
half as wide 1.4 l hours away, and gone after 3 l. c makes the variance of each g[h] one.

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
    """The law of g: its precision, with the margins at both ends."""

    precision: Any  # scipy.sparse.csc_array, the upper triangle alone
    inside: Any  # scipy.sparse.csr_array, (n, n and margins): leaves the margins out
    upper: Floats  # (3, n and margins): the precision's bands, the diagonal last


@lru_cache(maxsize=8)
def smoothness(hours: int) -> Smoothness:
    """The law of the gaps of ``hours`` consecutive hours."""
    count = hours + 2 * MARGIN_HOURS
    second = sparse.diags_array([1.0, -2.0, 1.0], offsets=[0, 1, 2], shape=(count - 2, count))
    plain = LENGTH_HOURS**4 * (second.T @ second) + sparse.eye_array(count)
    deviations = np.sqrt(np.diag(solveh_banded(_bands(plain), np.eye(count))))
    scale = sparse.diags_array(deviations)
    precision = sparse.csc_array(sparse.triu(scale @ plain @ scale))
    inside = sparse.csr_array(sparse.eye_array(hours, count, k=MARGIN_HOURS))
    upper = _bands(precision)
    upper.setflags(write=False)
    return Smoothness(precision, inside, upper)


def variances(told: Floats, strips: Any) -> Floats:
    """(n,) what is left of the variance of each gap, once it is known that averages of gaps are 0 give or take one.

    told: (n,) of each hour alone: its squared weights summed. strips: (k, n) sparse, weights in the
    other averages.
    """
    law = smoothness(told.size)
    inside = slice(MARGIN_HOURS, MARGIN_HOURS + told.size)
    upper = law.upper.copy()
    upper[-1, inside] += told
    covariance = solveh_banded(upper, np.eye(upper.shape[1]), check_finite=False)[inside, inside]
    left: Floats = np.diag(covariance).copy()
    seen = strips @ covariance
    among = strips @ seen.T + np.eye(strips.shape[0])
    # One after the other, as a Kalman filter does: nothing here is big enough for threads to be worth waking.
    for strip in range(strips.shape[0]):
        left -= seen[strip] ** 2 / among[strip, strip]
        gain = among[:, strip] / among[strip, strip]
        seen = seen - gain[:, None] * seen[strip]
        among = among - gain[:, None] * among[strip]
    return np.clip(left, 0.0, 1.0)


def _bands(matrix: Any) -> Floats:
    """(3, n) the diagonal last, above it the second diagonals, as LAPACK wants them."""
    upper = np.zeros((3, matrix.shape[0]))
    for place in range(3):
        upper[2 - place, place:] = matrix.diagonal(place)
    return upper
