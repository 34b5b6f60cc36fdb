"""The lowest (or highest) of a changing set of offers, in closed form.

Offers come at random times, at random prices, and each stays for a random time with mean 1/d. In
the long run the number of offers at or below y is Poisson with a mean L(y), and so the lowest is
above y with probability exp(-L(y)): what has been seen of the lowest says all of L. Let m be the
lowest now. Of the others, all above m, each stays with probability s = exp(-d h), those that come
meanwhile and stay are Poisson with mean (1 - s) L(y), and the one at m is gone with probability
1 - s. The lowest h hours later is above y with probability

    exp(-(1 - s) L(y))                        y < m
    (1 - s) exp(-(L(y) - s L(m)))             y >= m

so it is m again with probability s exp(-(1 - s) L(m)). The set is an M/G/inf queue (Takacs, 1962)
marked with prices; the highest of a set is the lowest of the prices turned round. It assumes
that nothing is known of the set but its best.
"""

from math import exp, log1p

import numpy as np
from scipy.optimize import minimize_scalar

from exchange.jit import kernel
from strategies.curves.blend.bins import pour, settle
from strategies.curves.filtering import Floats

LIFE_HOURS_MIN, LIFE_HOURS_MAX = 0.05, 5_000.0


@kernel
def pour_best(bins: Floats, values: Floats, shares: Floats, now: float, survival: float, is_lowest: bool) -> float:
    """Fill ``bins`` with the law of the best offer later, when it is ``now``; returns L(now).

    values, shares: (n,) prices the best has been, from the best to the worst, and how long.
    survival: s of the module's text. Does not raise.
    """
    bins[:] = 0.0
    # A set that was never seen emptier than its worst price may be: half of one look is left for that.
    never = 0.5 / (values.size + 1.0)
    fresh = 1.0 - survival
    before, poured, reached, better_now = 1.0, 0.0, 0.0, -1.0
    for at in range(values.size + 1):
        is_past = at == values.size
        if better_now < 0.0 and (is_past or (values[at] >= now if is_lowest else values[at] <= now)):
            at_now = reached
            tied = at
            while tied < values.size and values[tied] == now:
                at_now += shares[tied]
                tied += 1
            better_now = -log1p(-min(at_now, 1.0 - never))
            rest = fresh * exp(-fresh * better_now)
            # Prices in between that were never seen count as the price now.
            poured = pour(bins, poured, now, max(before - rest, 0.0))
            before = min(before, rest)
        if is_past:
            break
        reached += shares[at]
        better = -log1p(-min(reached, 1.0 - never))
        rest = exp(-fresh * better) if better_now < 0.0 else fresh * exp(-max(better - survival * better_now, 0.0))
        poured = pour(bins, poured, values[at], max(before - rest, 0.0))
        before = min(before, rest)
    poured = pour(bins, poured, values[values.size - 1], before)
    settle(bins, poured, is_lowest)
    return better_now


def life_hours(elapsed: Floats, is_same: Floats, better: Floats) -> float:
    """The mean life of an offer, 1/d, by maximum likelihood.

    elapsed: (n,) hours between looks. is_same: (n,) 1 where the best was the same price again. better:
    (n,) L of the price before. Infinite lives and none at all end at the bounds.
    """

    def loss(log_life: float) -> float:
        survival = np.exp(-elapsed / np.exp(log_life))
        same = survival * np.exp(-(1.0 - survival) * better)
        likely = np.where(is_same > 0.0, same, 1.0 - same)
        return -float(np.log(np.maximum(likely, 1e-12)).sum())

    found = minimize_scalar(loss, bounds=(np.log(LIFE_HOURS_MIN), np.log(LIFE_HOURS_MAX)), method="bounded")
    return float(np.exp(found.x))
