"""Expected price and its standard deviation at a later hour, in closed form.

Given the belief about (x, z, xi) now, a time h ahead the log price is Gaussian but for the jumps
still to come, which are independent of the rest. With d = exp(-k h) and f = exp(-b h),

    E[price^p] = exp(p (usual + x d + z f + xi + D(h)) + p^2/2 (var(x d + z f + xi) + V(h)) + C_p(h))
    D(h)       = (mu - premium_long) h - premium_short (1 - d) / k
    V(h)       = s^2 (1 - d^2) / 2k + l^2 h + 2 rho s l (1 - d) / k
    C_p(h)     = r * integral over u from 0 to h of (E[exp(p J exp(-b u))] - 1) du

p = 1 is the forward price: without jumps equation 9 of Schwartz and Smith (2000), with them that of
Hambly, Howison and Kluge (2009; with b = k that of Cartea and Figueroa, 2005). p = 2 gives the
variance. C_p is the cumulant of a compound Poisson process seen through its fading; in w = exp(-b u)
the integrand is smooth, and 24 Gauss-Legendre points give it to rounding error. Deviations are those
under the pricing measure: premiums move them with the price.
"""

from typing import NamedTuple

import numpy as np

from strategies.curves.filtering import Belief, Floats, Rates
from strategies.curves.model import HOURS_PER_DAY, Parameters

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
# No price is e**40 dollars: an exponent beyond it comes from parameters no market has.
_EXPONENT_MAX = 40.0


class Forward(NamedTuple):
    """(n,) expected prices and standard deviations of the price, in dollars per GPU-hour."""

    prices: Floats
    deviations: Floats


class Moments(NamedTuple):
    """Log of an expected price, and log of 1 + its squared relative deviation: (n,) each."""

    log_price: Floats
    log_spread: Floats


def jump_cumulant(rates: Rates, power: float | Floats, hours: Floats) -> Floats:
    """C_p of the module's text for each of ``hours`` ahead: (n,) in, (n,) out; ``power`` one or (n,)."""
    if rates.jump_rate <= 0.0:
        return np.zeros(np.shape(hours))
    lowest = np.exp(-rates.fading * hours)[:, None]
    half = (1.0 - lowest) / 2.0
    left = lowest + half * (1.0 + _NODES)
    scaled = np.reshape(power, (-1, 1)) * left
    exponent = scaled * rates.jump_mean + 0.5 * scaled**2 * rates.jump_variance
    integrand = np.expm1(np.minimum(exponent, _EXPONENT_MAX)) / left
    total: Floats = rates.jump_rate / rates.fading * (half * integrand * _WEIGHTS).sum(axis=1)
    return total


def log_drift(parameters: Parameters, ahead: Floats) -> Floats:
    """D of the module's text: (n,) hours ahead in, (n,) out."""
    rates = parameters.rates
    drift = rates.drift - parameters.premium_long_per_day / HOURS_PER_DAY
    gone = -np.expm1(-rates.reversion * ahead) / rates.reversion
    total: Floats = drift * ahead - parameters.premium_short * gone
    return total


def fresh_variance(rates: Rates, ahead: Floats) -> Floats:
    """V of the module's text: (n,) hours ahead in, (n,) out."""
    gone = -np.expm1(-rates.reversion * ahead)
    total: Floats = (
        rates.diffusion_variance * gone * (2.0 - gone) / (2.0 * rates.reversion)
        + rates.long_variance * ahead
        + 2.0 * rates.shared_variance * gone / rates.reversion
    )
    return total


def intercept(parameters: Parameters, ahead: Floats) -> Floats:
    """A: what the log of a forward price is above usual + x d + z f + xi, for (n,) hours ahead."""
    rates = parameters.rates
    total: Floats = log_drift(parameters, ahead) + 0.5 * fresh_variance(rates, ahead) + jump_cumulant(rates, 1.0, ahead)
    return total


def moments(parameters: Parameters, belief: Belief, now_hours: float, at_hours: Floats) -> Moments:
    """Of the price at each of ``at_hours`` (hours since 1970, none before ``now_hours``)."""
    rates = parameters.rates
    ahead = at_hours - now_hours
    decay = np.exp(-rates.reversion * ahead)
    fade = np.exp(-rates.fading * ahead)
    mean = parameters.usual_log(at_hours) + belief.deviation * decay + belief.spike * fade + belief.long
    known = (
        belief.deviation_variance * decay**2
        + belief.spike_variance * fade**2
        + belief.long_variance
        + 2.0 * (belief.deviation_spike * decay * fade + belief.deviation_long * decay + belief.spike_long * fade)
    )
    # The covariance is that of an exactly seen sum, so rounding may take the variance below 0.
    variance = np.maximum(known + fresh_variance(rates, ahead), 0.0)
    once = jump_cumulant(rates, 1.0, ahead)
    log_price = mean + log_drift(parameters, ahead) + 0.5 * variance + once
    return Moments(log_price, variance + jump_cumulant(rates, 2.0, ahead) - 2.0 * once)


def forward(parameters: Parameters, belief: Belief, now_hours: float, at_hours: Floats) -> Forward:
    """The forward price at each of ``at_hours`` (hours since 1970, none before ``now_hours``)."""
    log_price, log_spread = moments(parameters, belief, now_hours, at_hours)
    prices = np.exp(np.minimum(log_price, _EXPONENT_MAX))
    return Forward(prices, prices * np.sqrt(np.expm1(np.clip(log_spread, 0.0, _EXPONENT_MAX))))
