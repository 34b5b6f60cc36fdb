"""An administered price: it is set by hand, stands, and is set anew now and then.

The price is a compound Poisson process in logs: steps come at a rate, and each is as likely up as
down (a list of three years of falling prices does not promise a fourth: prices of H100 fell to a
quarter and rose again). The rate is that of the last months, drawn to one of two usual kinds of list, so
that a price that never moved may still move; sizes have the law of Laplace, drawn to the usual one.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import gammaln

from strategies.curves.blend.law import Law
from strategies.curves.filtering import Floats

# A large provider's list of 26 machine types in 40 regions, 2022 to 2025: one price was set anew in 31,500 hours.
# Some lists are set anew every few weeks. Steps and hours that a list of either kind seems to have been seen for:
_SELDOM, _OFTEN = (2.0, 60_000.0), (0.5, 500.0)
_USUAL_STEPS = 2.0
USUAL_STEP = 0.05
_MEMORY_HOURS = 260.0 * 24.0  # what was seen counts half after 180 days
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
    moves, age = np.abs(np.diff(logs)), hours[-1] - hours[1:]
    stepped = moves > 0.0
    counted = float(np.exp(-age[stepped] / _MEMORY_HOURS).sum())
    span = _MEMORY_HOURS * float(-np.expm1(-(hours[-1] - hours[0]) / _MEMORY_HOURS))
    scale = (float(moves.sum()) + _USUAL_STEPS * USUAL_STEP) / (int(stepped.sum()) + _USUAL_STEPS)
    return Steps(_rate(counted, span), scale)


def _rate(steps: float, span: float) -> float:
    """The mean rate after ``steps`` in ``span`` hours: Gamma priors of both kinds, weighed by Bayes' rule."""
    kinds = np.array([_SELDOM, _OFTEN])
    shapes, hours = kinds.T
    evidence = shapes * np.log(hours) + gammaln(shapes + steps) - gammaln(shapes)
    evidence -= (shapes + steps) * np.log(hours + span)
    weights = np.exp(evidence - evidence.max())
    return float(weights @ ((shapes + steps) / (hours + span)) / weights.sum())
