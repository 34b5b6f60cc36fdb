"""What a curve is built upon: the forward prices that a model expects, and how wrong they may be.

Two things are unsure about an hour. The model does not know the forward price of today exactly: its
belief about the present is imperfect, and so are its parameters. And the price of the hour will move
until it is delivered. A quote settles the first and says nothing of the second. So ``deviations`` hold
both, as the ``Curve`` protocol wants them, and ``error`` is the first alone.

The error is one share of the price for all hours. Were it small for hours that the model knows well and
large for others, a quote off the model in one of the former would move its neighbors by many times as much.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from exchange.domain.units import NS_PER_HOUR
from strategies.curves.curve import Curve
from strategies.curves.filtering import Floats

# What parameters fitted to some weeks of prices may be wrong by, as a share of the price.
MODEL_ERROR = 0.05


class Prior(NamedTuple):
    """Consecutive hours: when they start, their expected prices and the deviations of these, (n,) each, in dollars.

    error: one standard deviation of today's forward prices from the market's, as a share of the price.
    """

    hours_ns: NDArray[np.int64]
    prices: Floats
    deviations: Floats
    error: float = MODEL_ERROR

    @property
    def errors(self) -> Floats:
        """(n,) in dollars."""
        return self.error * self.prices


def prior_of(curve: Curve, first_ns: int, hours: int) -> Prior:
    """The prior of ``hours`` hours of delivery from the one that ``first_ns`` is in."""
    hours_ns = (first_ns // NS_PER_HOUR + np.arange(hours, dtype=np.int64)) * NS_PER_HOUR
    prices, deviations = curve.forward(hours_ns)
    return Prior(hours_ns, prices, deviations, float(np.hypot(MODEL_ERROR, _belief_deviation(curve, int(hours_ns[0])))))


def _belief_deviation(curve: Curve, first_ns: int) -> float:
    """Of the log price in the first hour: what is not known of the present, where it matters most."""
    belief, rates = curve.belief, curve.parameters.rates
    ahead = max(first_ns - curve.time_ns, 0) / NS_PER_HOUR
    decay, fade = np.exp(-rates.reversion * ahead), np.exp(-rates.fading * ahead)
    alone = belief.deviation_variance * decay**2 + belief.spike_variance * fade**2 + belief.long_variance
    shared = decay * (belief.deviation_spike * fade + belief.deviation_long) + belief.spike_long * fade
    return float(np.sqrt(max(alone + 2.0 * shared, 0.0)))
