"""How two hours of one place move together, and how much a forward moves as its delivery comes near.

The log of a forward price for a delivery h hours away is linear in (x, z, xi), with the loadings
(e^(-kh), e^(-bh), 1). So the covariance of two of them, as they will stand u hours from now, is

    loadings(h1 - u)' Cov(x, z, xi at u | now) loadings(h2 - u)

and a price at delivery is a forward with nothing left to run: for the two prices at delivery u is the
time to the earlier one, since what the later hour learns after it is independent of it. One formula
so serves the prices at delivery (no ``horizon``) and the moves of the forwards until a ``horizon``.
The fall of the volatility with the time to delivery is Samuelson's (1965).
"""

import numpy as np

from strategies.curves.filtering import Belief, Floats, Rates
from strategies.curves.forward import jump_cumulant, moments
from strategies.curves.model import Parameters

_EXPONENT_MAX = 40.0


def log_covariance(
    parameters: Parameters, belief: Belief, ahead: Floats, horizon_hours: float = float("inf")
) -> Floats:
    """(n, n) covariance of the log forwards of (n,) hours ``ahead``, as they will stand at the horizon.

    An hour that is delivered before the horizon stands at its price of then. Without a horizon: of
    the log prices at delivery. Doubt about the present state counts as a move, for it will be resolved.
    """
    return _covariance(parameters.rates, belief, ahead, horizon_hours)


def price_covariance(parameters: Parameters, belief: Belief, now_hours: float, at_hours: Floats) -> Floats:
    """(n, n) covariance of the prices at (n,) delivery hours, in squared dollars: exact, jumps included."""
    rates = parameters.rates
    ahead = at_hours - now_hours
    log_price, _ = moments(parameters, belief, now_hours, at_hours)
    first = np.minimum.outer(ahead, ahead).ravel()
    apart = np.abs(np.subtract.outer(ahead, ahead)).ravel()
    # A jump before both counts in both, in the later one faded further.
    once = jump_cumulant(rates, 1.0, ahead)
    both = jump_cumulant(rates, 1.0 + np.exp(-rates.fading * apart), first) + jump_cumulant(rates, 1.0, apart)
    calm = _covariance(rates._replace(jump_rate=0.0), belief, ahead, float("inf"))
    joint = calm + both.reshape(ahead.size, -1) - np.add.outer(once, once)
    prices = np.exp(np.minimum(log_price, _EXPONENT_MAX))
    covariance: Floats = np.outer(prices, prices) * np.expm1(np.minimum(joint, _EXPONENT_MAX))
    return covariance


def forward_volatility(parameters: Parameters, ahead: Floats) -> Floats:
    """(n,) volatility of the log forward price, per square root of an hour, by hours to delivery."""
    rates = parameters.rates
    decay, fade = np.exp(-rates.reversion * ahead), np.exp(-rates.fading * ahead)
    variance = (
        rates.diffusion_variance * decay**2
        + rates.long_variance
        + 2.0 * rates.shared_variance * decay
        + rates.jump_rate * (rates.jump_mean**2 + rates.jump_variance) * fade**2
    )
    volatility: Floats = np.sqrt(np.maximum(variance, 0.0))
    return volatility


def _covariance(rates: Rates, belief: Belief, ahead: Floats, horizon_hours: float) -> Floats:
    until = np.minimum(np.minimum.outer(ahead, ahead), horizon_hours)
    left = ahead[:, None] - until
    rows = np.exp(-rates.reversion * left), np.exp(-rates.fading * left)
    return _quadratic(_states(rates, belief, until), rows, (rows[0].T, rows[1].T))


def _states(rates: Rates, belief: Belief, hours: Floats) -> tuple[Floats, ...]:
    """Covariance of (x, z, xi) so many hours from now: xx, zz, ll, xz, xl, zl."""
    decay, fade = np.exp(-rates.reversion * hours), np.exp(-rates.fading * hours)
    jumps = rates.jump_rate * (rates.jump_mean**2 + rates.jump_variance) / (2.0 * rates.fading)
    return (
        belief.deviation_variance * decay**2 + rates.diffusion_variance * (1.0 - decay**2) / (2.0 * rates.reversion),
        belief.spike_variance * fade**2 + jumps * (1.0 - fade**2),
        belief.long_variance + rates.long_variance * hours,
        belief.deviation_spike * decay * fade,
        belief.deviation_long * decay + rates.shared_variance * (1.0 - decay) / rates.reversion,
        belief.spike_long * fade,
    )


def _quadratic(states: tuple[Floats, ...], one: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> Floats:
    """Loadings times covariance times loadings, where the loading of xi is 1."""
    xx, zz, ll, xz, xl, zl = states
    (x1, z1), (x2, z2) = one, other
    total: Floats = xx * x1 * x2 + zz * z1 * z2 + ll + xz * (x1 * z2 + z1 * x2) + xl * (x1 + x2) + zl * (z1 + z2)
    return total
