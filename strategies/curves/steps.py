"""An administered price: it is set by hand, stands, and is set anew now and then.

The price is a compound Poisson process in logs: steps come at a rate, and each is as likely up as
down (a list of three years of falling prices does not promise a fourth: prices of H100 fell to a
quarter and rose again). The rate is drawn to that of usual price lists with the weight of half a step,
so that a price that never moved may still move; sizes have the law of Laplace, drawn likewise.
"""

from typing import NamedTuple

import numpy as np

from strategies.curves.blend.law import Law
from strategies.curves.filtering import Floats

# In 40 regions a large provider changed 26 machine types 14 to 22 times in 980 days, by 2 to 5% (medians).
USUAL_STEP = 0.05
_USUAL_HOURS = 980.0 * 24.0 / 18.0
_USUAL_RATE_STEPS = 0.5
_USUAL_STEPS = 2.0
_SIZES = 40


class Steps(NamedTuple):
    """How often an administered price is set anew, and how far it then moves."""

    per_hour: float
    scale: float  # mean size of a step, in logs

    def law(self, price: float, hours: float) -> Law:
        """The law of the price in ``hours``. Of several steps within them only the number counts, not their sizes."""
        moved = float(-np.expm1(-self.per_hour * hours))
        levels = (np.arange(_SIZES // 2) + 0.5) / (_SIZES // 2)
        # Steps that follow each other add up like a random walk.
        several = np.sqrt(max(1.0, self.per_hour * hours / max(moved, 1e-300)))
        sizes = -np.log1p(-levels) * self.scale * several
        moves = np.concatenate([-sizes[::-1], [0.0], sizes])
        shares = np.full(moves.size, moved / _SIZES)
        shares[_SIZES // 2] = 1.0 - moved
        return Law(price * np.exp(moves), shares)


def steps_of(hours: Floats, logs: Floats) -> Steps:
    """The steps of (n,) log prices at rising hours; of a single price nothing but what is usual is believed."""
    moves = np.abs(np.diff(logs))
    moves = moves[moves > 0.0]
    span = max(float(hours[-1] - hours[0]), 1.0)
    scale = (float(moves.sum()) + _USUAL_STEPS * USUAL_STEP) / (moves.size + _USUAL_STEPS)
    return Steps((moves.size + _USUAL_RATE_STEPS) / (span + _USUAL_RATE_STEPS * _USUAL_HOURS), scale)
