"""The whole curve at once: expected prices and their deviations in all places and hours.

A time h ahead, with d = exp(-k h) and f = exp(-b h), the log price has, but for the jumps to come,

    mean      usual + x d + z f + xi + drift h - premium (1 - d) / k
    variance  v' B v + s^2 (1 - d^2) / 2k + s_xi^2 h + 2 rho s s_xi (1 - d) / k      v = (d, f, 1)

(Schwartz and Smith, 2000, equations 5 and 9), where B is the covariance of the belief. The jumps
multiply it by exp(C_p(h)) as in ``forward``. What depends on few parameters is computed once for
all places that share them.
"""

from typing import NamedTuple

import numpy as np

from strategies.curves.filtering import Floats, Rates
from strategies.curves.forward import jump_cumulant
from strategies.curves.shocks import Moments

# No price is e**40 dollars: an exponent beyond it comes from parameters no market has.
_EXPONENT_MAX = 40.0


class Surface(NamedTuple):
    """(P, H) expected prices and standard deviations of the price, in dollars per GPU-hour."""

    prices: Floats
    deviations: Floats


def surface(moments: Moments, means: Floats, beliefs: Floats, usual: Floats, ahead: Floats) -> Surface:
    """The forward prices of P places at H hours.

    means (P, 3) and beliefs (P, 3, 3): of (x, z, xi) now. usual (P, H): level and season, in logs.
    ahead (H,): hours to delivery, none below 0.
    """
    decay, passed = _fading(moments.reversion, ahead)
    fade, _ = _fading(moments.fading, ahead)
    s, long = np.sqrt(moments.diffusion_variance), np.sqrt(moments.long_variance)
    mean = usual + means[:, 0:1] * decay + means[:, 1:2] * fade + means[:, 2:3]
    mean += moments.drift[:, None] * ahead - moments.premium[:, None] * passed
    variance = decay**2 * beliefs[:, 0, 0, None] + fade**2 * beliefs[:, 1, 1, None] + beliefs[:, 2, 2, None]
    variance += 2.0 * decay * (fade * beliefs[:, 0, 1, None] + beliefs[:, 0, 2, None])
    variance += 2.0 * fade * beliefs[:, 1, 2, None] + moments.long_variance[:, None] * ahead
    # (1 - d^2) / 2k = (1 - d) / k times (1 + d) / 2.
    variance += (moments.diffusion_variance[:, None] * (0.5 + 0.5 * decay)) * passed
    variance += (2.0 * moments.correlation * s * long)[:, None] * passed
    np.maximum(variance, 0.0, out=variance)
    once, twice = _cumulants(moments, ahead)
    prices = np.exp(np.minimum(mean + 0.5 * variance + once, _EXPONENT_MAX))
    relative = np.expm1(np.clip(variance + twice - 2.0 * once, 0.0, _EXPONENT_MAX))
    return Surface(prices, prices * np.sqrt(relative))


def _fading(rates: Floats, ahead: Floats) -> tuple[Floats, Floats]:
    """(P, H) exp(-rate h), and the integral of it up to h."""
    different, row = np.unique(rates, return_inverse=True)
    gone = -np.expm1(-different[:, None] * ahead)
    return (1.0 - gone)[row], (gone / different[:, None])[row]


def _cumulants(moments: Moments, ahead: Floats) -> tuple[Floats, Floats]:
    """(P, H) C_1 and C_2 of the jumps to come."""
    columns = (moments.fading, moments.jump_rate, moments.jump_mean, moments.jump_variance)
    different, row = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    hours, column = np.unique(ahead, return_inverse=True)
    both = np.empty((2, len(different), hours.size))
    for number, (fading, rate, mean, variance) in enumerate(different.tolist()):
        rates = Rates(
            reversion=1.0,
            diffusion_variance=0.0,
            fading=fading,
            jump_rate=rate,
            jump_mean=mean,
            jump_variance=variance,
        )
        for power in (1, 2):
            both[power - 1, number] = jump_cumulant(rates, float(power), hours)
    once, twice = both[:, row.ravel()][:, :, column]
    return once, twice
