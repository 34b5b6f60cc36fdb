"""Laws from what came after prices like this one: where the price went, or how far it moved.

A look of the past weighs more the nearer it was to the present one (by rank among all looks, a
normal kernel) and the less time has passed since: a kernel estimate of a conditional law (Hyndman,
Bashtannyk and Grunwald, 1996). Moves are from any base: the price itself, or a smoothed level, for
which the law is that of exponential smoothing with the errors that it has made.
"""

from math import exp

import numpy as np
from numpy.typing import NDArray

from exchange.jit import entry, kernel
from strategies.curves.blend.bins import BINS, fill, pour, settle
from strategies.curves.filtering import Floats

RANK_WIDTH = 0.1
PAIRS_MIN = 20


@kernel
def _weigh(known_hours: Floats, known: int, ranks: Floats, rank: float, memory: float, weights: Floats) -> float:
    """Fill ``weights`` of the first ``known`` pairs, and return their sum."""
    total = 0.0
    for row in range(known):
        apart = (ranks[row] - rank) / RANK_WIDTH
        weights[row] = exp((known_hours[row] - known_hours[known - 1]) / memory - 0.5 * apart * apart) + 1e-12
        total += weights[row]
    return total


@entry
def went_laws(
    known_hours: Floats,
    before: Floats,
    after: Floats,
    prices: Floats,
    ranks: Floats,
    order: NDArray[np.int64],
    now: Floats,
    now_ranks: Floats,
    known: NDArray[np.int64],
    memory: float,
    weights: Floats,
    bins: Floats,
) -> None:
    """By where the price went; where it had stayed the same it stays the same here, whatever it is.

    known_hours: (n,) rising, when it was known what came. before, after: (n,) log prices. prices: (n,)
    those after, in dollars. ranks: (n,) of what was before, 0 to 1. order: (n,) rows by rising
    ``after``. now, now_ranks, known: (m,), the last how many pairs were known by then. weights: (n,),
    overwritten. bins: (m, BINS), overwritten; where fewer than 20 pairs were known the price stays.
    Does not raise.
    """
    for one in range(now.size):
        if known[one] < PAIRS_MIN:
            bins[one, :] = now[one]
            continue
        total = _weigh(known_hours, known[one], ranks, now_ranks[one], memory, weights)
        same = 0.0
        for row in range(known[one]):
            if after[row] == before[row]:
                same += weights[row]
        bins[one, :] = 0.0
        poured = 0.0
        is_there = False
        for place in range(order.size):
            row = order[place]
            if row >= known[one] or after[row] == before[row]:
                continue
            if not is_there and after[row] >= now[one]:
                poured = pour(bins[one], poured, exp(now[one]), same / total)
                is_there = True
            poured = pour(bins[one], poured, prices[row], weights[row] / total)
        if not is_there:
            poured = pour(bins[one], poured, exp(now[one]), same / total)
        settle(bins[one], poured)


@entry
def moved_laws(
    known_hours: Floats,
    ratios: Floats,
    ranks: Floats,
    order: NDArray[np.int64],
    base: Floats,
    now_ranks: Floats,
    known: NDArray[np.int64],
    memory: float,
    weights: Floats,
    bins: Floats,
) -> None:
    """By how far the price moved from its base.

    ratios: (n,) of the price to its base. order: (n,) rows by rising ``ratios``. base: (m,) log prices
    to move from. The rest as for ``went_laws``; where fewer than 20 pairs were known the price goes to
    its base.
    """
    for one in range(base.size):
        if known[one] < PAIRS_MIN:
            bins[one, :] = base[one]
            continue
        total = _weigh(known_hours, known[one], ranks, now_ranks[one], memory, weights)
        fill(bins[one], order, known[one], ratios, weights, total)
        for at in range(BINS):
            bins[one, at] += base[one]


@entry
def smooth(hours: Floats, logs: Floats, memory: float, levels: Floats) -> None:
    """The mean of the prices so far, each weighing less by exp(-1) for each ``memory`` of hours.

    hours, logs: (n,) rising times and what was seen. levels: (n,), overwritten. Does not raise.
    """
    total, weight = 0.0, 0.0
    for row in range(hours.size):
        kept = exp((hours[row - 1] - hours[row]) / memory) if row > 0 else 0.0
        total = total * kept + logs[row]
        weight = weight * kept + 1.0
        levels[row] = total / weight
