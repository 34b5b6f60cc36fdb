"""Prices of many delivery hours at each date, and their likelihood under Schwartz and Smith's two factors.

The measurement equation is that of Schwartz and Smith, "Short-term variations and long-term dynamics
in commodity prices" (2000), equation 15, with the noise of each group of prices (say, of each time to
delivery) its own. Dates may be any time apart, and each may have any of the prices: a Kalman filter
takes the prices of a date one by one, which is the same as all at once where their noises are
independent (Durbin and Koopman, Time Series Analysis by State Space Methods, 2012, section 6.4).
Spot prices alone are a panel whose times to delivery are all 0.

The log of the level is the middle of the prices and no parameter: the long-term factor begins
anywhere near it.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from strategies.curves.filtering import LOG_2, Belief, Floats, Looks, filtered
from strategies.curves.forward import intercept
from strategies.curves.model import Parameters
from strategies.curves.prices import BadPrices

FIRST_LONG_VARIANCE = 1.0
# In the order of a vector of coordinates: logs of the first three, plain, inverse hyperbolic tangent, plain.
# ``pricing_drift_per_day`` is drift_per_day less premium_long_per_day: what forward prices rise by.
NAMES = (
    "half_life_hours",
    "volatility",
    "long_volatility",
    "drift_per_day",
    "correlation",
    "premium_short",
    "pricing_drift_per_day",
)
_NOISE_DEVIATION_MIN = 1e-5
# What makes a difference: e times as much, a halving in a year, a correlation of 0.76 (its arc tangent is
# 1), a short-term premium that moves far forwards by a twentieth.
_DRIFT_UNIT = LOG_2 / 365.0
_PREMIUM_UNIT = 0.05


@dataclass(frozen=True, eq=False)
class Panel:
    """(n,) columns, one row a price: dates rise, and rows of one date stand together."""

    hours: Floats  # when it was seen, since 1970
    ahead: Floats  # from then to delivery
    logs: Floats  # of the price
    group: NDArray[np.int64]  # which noise it has

    @property
    def groups(self) -> int:
        return int(self.group.max()) + 1

    @property
    def elapsed(self) -> Floats:
        """(n,) hours since the row before; the first is 0."""
        return np.diff(self.hours, prepend=self.hours[:1])

    @property
    def dates(self) -> int:
        return int(np.unique(self.hours).size)


class Point(NamedTuple):
    """A model with the noise of each group of prices."""

    parameters: Parameters
    noise_deviations: tuple[float, ...]


def panel_of(hours: Floats, ahead_hours: Floats, prices: Floats) -> Panel:
    """A panel of (d,) dates and (d, m) prices of the (m,) or (d, m) times ``ahead_hours``; NaN where there is none.

    Each column has a noise of its own. Raises BadPrices unless dates rise, times ahead are 0 or more, and
    prices are above 0.
    """
    ahead = np.broadcast_to(ahead_hours, prices.shape)
    there = ~np.isnan(prices)
    if not (np.diff(hours) > 0.0).all() or not (ahead[there] >= 0.0).all():
        raise BadPrices("a panel needs dates that rise and times to delivery of 0 or more")
    if not there.any() or not (np.isfinite(prices[there]) & (prices[there] > 0.0)).all():
        raise BadPrices("a panel needs prices, all of them finite and above 0")
    row, column = np.nonzero(there)
    seen, group = np.unique(column, return_inverse=True)
    assert seen.size <= prices.shape[1]
    return Panel(hours[row], ahead[there].astype(np.float64), np.log(prices[there]), group)


def coordinates(point: Point) -> Floats:
    """(7 + groups,) what an optimiser moves, in the order of ``NAMES`` and then logs of the noises."""
    own = point.parameters
    plain = (own.half_life_hours, own.volatility, max(own.long_volatility, 1e-12))
    rest = (own.drift_per_day, np.arctanh(np.clip(own.correlation, -0.999999, 0.999999)), own.premium_short)
    pricing = own.drift_per_day - own.premium_long_per_day
    return np.array([*np.log(plain), *rest, pricing, *np.log(point.noise_deviations)])


def point_of(theta: Floats, level_usd: float) -> Point:
    """The opposite of ``coordinates``."""
    half_life, volatility, long_volatility = (float(value) for value in np.exp(theta[:3]))
    drift, slant, premium, pricing = (float(value) for value in theta[3:7])
    parameters = Parameters.model_construct(
        level_usd=level_usd,
        half_life_hours=half_life,
        volatility=volatility,
        long_volatility=long_volatility,
        drift_per_day=drift,
        correlation=float(np.tanh(slant)),
        premium_short=premium,
        premium_long_per_day=drift - pricing,
    )
    noises = np.maximum(np.exp(theta[7:]), _NOISE_DEVIATION_MIN)
    return Point(parameters, tuple(noises.tolist()))


def units_of(theta: Floats) -> Floats:
    """How far each coordinate must move to make a difference."""
    units = np.ones(theta.size)
    units[[3, 6]] = _DRIFT_UNIT
    units[5] = _PREMIUM_UNIT * LOG_2 / np.exp(theta[0])
    return units


def level_of(panel: Panel) -> float:
    """The level that all coordinates of this panel are about."""
    return float(np.exp(np.median(panel.logs)))


def looks_of(point: Point, panel: Panel) -> Looks:
    """What the filter sees of each row."""
    parameters, rates = point.parameters, point.parameters.rates
    usual = parameters.usual_log(panel.hours + panel.ahead)
    return Looks(
        panel.logs - usual - intercept(parameters, panel.ahead),
        np.exp(-rates.reversion * panel.ahead),
        np.exp(-rates.fading * panel.ahead),
        np.square(point.noise_deviations)[panel.group],
    )


def first_belief(parameters: Parameters) -> Belief:
    """Before the first date: the long-run law of the deviation, and a long-term factor anywhere near 0."""
    return parameters.prior._replace(long_variance=FIRST_LONG_VARIANCE)


def panel_log_densities(point: Point, panel: Panel) -> tuple[Floats, Belief]:
    """(n,) log density of each price given those before it, and the belief after the last."""
    log_densities, below = np.empty((2, panel.logs.size))
    rates = point.parameters.rates
    first = first_belief(point.parameters)
    belief = filtered(first, rates, panel.elapsed, looks_of(point, panel), log_densities, below)
    return log_densities, Belief(*belief)
