"""Laws from what the price has lately been: how long it stood where, recent times weighing more.

The price that stood from s to e weighs exp(-(t - e) / m) - exp(-(t - s) / m) at t, for a memory of
m hours: its share of an exponentially fading time. Beside the law itself there are the two laws of
the best of a changing set (see ``offers``), which need nothing else.
"""

from math import exp

import numpy as np
from numpy.typing import NDArray

from exchange.jit import entry, kernel
from strategies.curves.blend.bins import fill
from strategies.curves.blend.offers import pour_best
from strategies.curves.filtering import Floats

_MEMORIES_MAX = 5.0


@kernel
def _weigh(hours: Floats, standing_hours: float, seen: int, at: float, memory: float, weights: Floats) -> float:
    """Fill ``weights`` of the first ``seen`` prices as of the hour ``at``, and return their sum."""
    total = 0.0
    for row in range(seen):
        weights[row] = 0.0
    row = seen - 1
    end = at
    while row >= 0 and at - end <= _MEMORIES_MAX * memory:
        begin = hours[row]
        until = min(end, begin + standing_hours)
        weight = exp(-(at - until) / memory) - exp(-(at - begin) / memory)
        # What has just been seen has not stood yet, but it is there.
        weights[row] = max(weight, 1e-9)
        total += weights[row]
        end = begin
        row -= 1
    return total


@entry
def recent_laws(
    hours: Floats,
    prices: Floats,
    order: NDArray[np.int64],
    standing_hours: float,
    at: Floats,
    seen: NDArray[np.int64],
    room: Floats,
    memories: Floats,
    bins: Floats,
) -> None:
    """The law of what was lately seen, at each of the hours ``at``, for each of the ``memories``.

    hours, prices: (n,); order: (n,) their rows from the lowest to the highest price. at: (m,) hours,
    and seen: (m,) how many prices were seen by then, at least one. room: (3, n), overwritten. bins:
    (memories, m, BINS), overwritten. Does not raise.
    """
    weights = room[0]
    for one in range(at.size):
        for memory in range(memories.size):
            total = _weigh(hours, standing_hours, seen[one], at[one], memories[memory], weights)
            fill(bins[memory, one], order, seen[one], prices, weights, total)


@entry
def best_laws(
    hours: Floats,
    prices: Floats,
    order: NDArray[np.int64],
    standing_hours: float,
    at: Floats,
    seen: NDArray[np.int64],
    room: Floats,
    memory: float,
    now: Floats,
    survivals: Floats,
    is_lowest: bool,
    bins: Floats,
    quieter: Floats,
) -> None:
    """The law of the best of a changing set, at each of the hours ``at``, when it was ``now`` there.

    The first arguments are those of ``recent_laws``. now: (m,) prices. survivals: (h,) the
    probability, for each horizon, that an offer is still there. is_lowest: the best is the lowest;
    else the highest. bins: (h, m, BINS), overwritten. quieter: (m,) overwritten with the expected
    number of offers at least as good as the one now. Does not raise.
    """
    weights, values, shares = room[0], room[1], room[2]
    for one in range(at.size):
        total = _weigh(hours, standing_hours, seen[one], at[one], memory, weights)
        count = 0
        for place in range(order.size):
            row = order[place] if is_lowest else order[order.size - 1 - place]
            if row < seen[one] and weights[row] > 0.0:
                values[count] = prices[row]
                shares[count] = weights[row] / total
                count += 1
        for horizon in range(survivals.size):
            quieter[one] = pour_best(
                bins[horizon, one], values[:count], shares[:count], now[one], survivals[horizon], is_lowest
            )
