"""Expected price and its standard deviation at a later hour, in closed form.

Given the belief about (x, z) now, a time h ahead the log price is Gaussian but for the jumps still
to come, which are independent of the rest. With d = exp(-k h) and f = exp(-b h),

    E[price^p] = exp(p (usual + x d + z f) + p^2/2 (var(x d + z f) + s^2 (1 - d^2) / 2k) + C_p(h))
    C_p(h)     = r * integral over u from 0 to h of (E[exp(p J exp(-b u))] - 1) du

p = 1 is the forward price (Hambly, Howison and Kluge, 2009; with b = k it is that of Cartea and
Figueroa, 2005), and p = 2 gives the variance. C_p is the cumulant of a compound Poisson process
seen through its fading; in w = exp(-b u) the integrand is smooth, and 24 Gauss-Legendre points
give it to rounding error.
"""

from typing import NamedTuple

import numpy as np

from strategies.curves.filtering import Belief, Floats, Rates
from strategies.curves.model import Parameters

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
# No price is e**40 dollars: an exponent beyond it comes from parameters no market has.
_EXPONENT_MAX = 40.0


class Forward(NamedTuple):
    """(n,) expected prices and standard deviations of the price, in dollars per GPU-hour."""

    prices: Floats
    deviations: Floats


def jump_cumulant(rates: Rates, power: float, hours: Floats) -> Floats:
    """C_p of the module's text for each of ``hours`` ahead: (n,) in, (n,) out."""
    if rates.jump_rate <= 0.0:
        return np.zeros(np.shape(hours))
    lowest = np.exp(-rates.fading * hours)[:, None]
    half = (1.0 - lowest) / 2.0
    left = lowest + half * (1.0 + _NODES)
    exponent = power * left * rates.jump_mean + 0.5 * (power * left) ** 2 * rates.jump_variance
    integrand = np.expm1(np.minimum(exponent, _EXPONENT_MAX)) / left
    total: Floats = rates.jump_rate / rates.fading * (half * integrand * _WEIGHTS).sum(axis=1)
    return total


def forward(parameters: Parameters, belief: Belief, now_hours: float, at_hours: Floats) -> Forward:
    """The forward price at each of ``at_hours`` (hours since 1970, none before ``now_hours``)."""
    rates = parameters.rates
    ahead = at_hours - now_hours
    decay = np.exp(-rates.reversion * ahead)
    fade = np.exp(-rates.fading * ahead)
    mean = parameters.usual_log(at_hours) + belief.deviation * decay + belief.spike * fade
    variance = (
        belief.deviation_variance * decay**2
        + 2.0 * belief.covariance * decay * fade
        + belief.spike_variance * fade**2
        + rates.diffusion_variance * (1.0 - decay**2) / (2.0 * rates.reversion)
    )
    # The covariance is that of an exactly seen sum, so rounding may take the variance below 0.
    variance = np.maximum(variance, 0.0)
    first = mean + 0.5 * variance + jump_cumulant(rates, 1.0, ahead)
    second = 2.0 * mean + 2.0 * variance + jump_cumulant(rates, 2.0, ahead)
    prices = np.exp(np.minimum(first, _EXPONENT_MAX))
    relative = np.expm1(np.clip(second - 2.0 * first, 0.0, _EXPONENT_MAX))
    return Forward(prices, prices * np.sqrt(relative))
