"""A law as bins of the same probability, each with the mean price in it: small, and its mean is exact."""

from math import log

import numpy as np
from numpy.typing import NDArray

from exchange.jit import kernel
from strategies.curves.filtering import Floats

# Two bins of eighty are the lowest fortieth: the edge of a central interval of 95%.
BINS = 80


@kernel
def pour(bins: Floats, poured: float, value: float, share: float) -> float:
    """Put probability ``share`` of a price ``value`` on top of what was ``poured`` before; returns the new sum.

    bins: (BINS,), cleared at first; values come in rising order. Does not raise.
    """
    while share > 0.0:
        at = int(poured * BINS)
        if at >= BINS - 1:
            bins[BINS - 1] += value * share
            return poured + share
        room = (at + 1.0) / BINS - poured
        if share < room:
            bins[at] += value * share
            return poured + share
        bins[at] += value * room
        share -= room
        # The next bin begins here, whatever rounding says.
        poured = (at + 1.0) / BINS + 1e-15
    return poured


@kernel
def fill(bins: Floats, order: NDArray[np.int64], known: int, prices: Floats, weights: Floats, total: float) -> None:
    """Make ``bins`` the law of the first ``known`` of (n,) prices, in the ``order`` that rises. Does not raise.

    weights: (n,), which add up to ``total`` over those that are known.
    """
    bins[:] = 0.0
    poured = 0.0
    for place in range(order.size):
        row = order[place]
        if row < known:
            poured = pour(bins, poured, prices[row], weights[row] / total)
    settle(bins, poured)


@kernel
def settle(bins: Floats, filled: float, is_rising: bool = True) -> None:
    """From sums of prices to the rising logarithms of the mean price of each bin.

    filled: what was poured, nearly 1. is_rising: it was poured from the lowest price; else from the highest.
    """
    last = max(filled - (BINS - 1.0) / BINS, 1e-12)
    for at in range(BINS):
        bins[at] = log(max(bins[at] / (last if at == BINS - 1 else 1.0 / BINS), 1e-12))
    if not is_rising:
        for at in range(BINS // 2):
            bins[at], bins[BINS - 1 - at] = bins[BINS - 1 - at], bins[at]
    # Rounding may leave neighbours that hold the same price a little out of order.
    for at in range(1, BINS):
        bins[at] = max(bins[at], bins[at - 1])
