"""The forward curve from what trades: hourly prices that agree with every quote, and as smooth as they can be.

Prices of hours are model plus gap. Among all gaps for which

    each strip's average over its hours lies between its bid and its ask,
    each contract that trades (a close book, or a last price in it) costs its middle or last price,
    each hour costs more than 0,

the smoothest is taken (``smoothness``): a quadratic program, solved by Clarabel's interior points. So
there is nothing to gain between hours and strips, and a curve that trades nowhere is the model's own.
Middles may contradict each other where bids and asks do not. Each is then missed by as little as the
others allow, those of closer books less; bids and asks are never given up for a middle. Where even bids and asks
contradict each other somebody can earn without risk: ``arbitrages`` says how, and the curve agrees
with the quotes after the least concession.

The same Gaussian law of the gap, given the quotes with half their spreads as noise, says how surely the
forward prices are known: ``errors``. What bounds add to that is left out, so hours
with one-sided quotes are known a little better than it says. ``deviations`` are the prior's with the
settled part of the error taken out; what is to come before delivery stays, however close the books.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_HOUR
from strategies.curves.arbitrage import OFF_USD_MIN, Arbitrage, least_stretch
from strategies.curves.demands import Demands, demands
from strategies.curves.filtering import Floats
from strategies.curves.place_curve import PlaceCurve
from strategies.curves.prices import PRICE_USD_MIN
from strategies.curves.prior import Prior, prior_of
from strategies.curves.quoted import SPREAD_MAX, BadQuote, Quoted
from strategies.curves.smoothest import smoothest
from strategies.curves.smoothness import variances

HOURS_MAX = 24 * 62
_AGREES_USD = 1e-9
# What bounds that just touch are moved apart for an interior-point method. Only absurd quotes need more than the first.
_EASES_USD = tuple(OFF_USD_MIN * 10.0**power for power in range(5))


@dataclass(frozen=True, eq=False)
class ForwardCurve:
    """Prices of consecutive delivery hours; a ``Curve`` to strategies. Arrays are (n,), in dollars per GPU-hour."""

    hours_ns: NDArray[np.int64]
    prices: Floats
    deviations: Floats  # of the price between now and delivery
    errors: Floats  # of the forward price itself
    prior: Prior
    quotes: tuple[Quoted, ...]
    arbitrages: tuple[Arbitrage, ...]

    def price(self, hour_start_ns: int) -> float:
        """Of the hour that this time is in; before the first hour, of the first.

        Raises BadQuote after the last.
        """
        return float(self.prices[self._place(hour_start_ns)])

    def deviation(self, hour_start_ns: int) -> float:
        """Of the price between now and delivery. The hour as in ``price``."""
        return float(self.deviations[self._place(hour_start_ns)])

    def strip(self, contract: Contract) -> float:
        """The price of a contract: the average of its hours. Raises BadQuote if one is not on the curve."""
        places = np.array(contract.delivery_hours) - int(self.hours_ns[0]) // NS_PER_HOUR
        if places[0] < 0 or places[-1] >= self.prices.size:
            raise BadQuote(f"{contract.symbol} delivers outside the hours of the curve")
        return float(self.prices[places].mean())

    def _place(self, time_ns: int) -> int:
        place = max(time_ns - int(self.hours_ns[0]), 0) // NS_PER_HOUR
        if place >= self.prices.size:
            raise BadQuote(f"hour {np.datetime64(time_ns, 'ns')} is after the last of the curve")
        return place


def forward_curve(curve: PlaceCurve, quotes: Iterable[Quoted], first_ns: int, hours: int) -> ForwardCurve:
    """The curve of at least ``hours`` hours from the one of ``first_ns``, as long as the quotes need it.

    Raises BadQuote for a quote that cannot be used, or for more than HOURS_MAX hours.
    """
    quotes = tuple(quotes)
    first = first_ns // NS_PER_HOUR
    last = max([first + hours - 1, *(quoted.contract.delivery_hours[-1] for quoted in quotes)])
    if not 0 < last + 1 - first <= HOURS_MAX:
        raise BadQuote(f"a curve of {last + 1 - first} hours is not one of 1 to {HOURS_MAX}")
    return construct(prior_of(curve, first_ns, last + 1 - first), quotes)


def construct(prior: Prior, quotes: Iterable[Quoted], spread_max: float = SPREAD_MAX) -> ForwardCurve:
    """The smoothest curve near ``prior`` that agrees with ``quotes``; their order does not matter.

    spread_max: books no wider than this share of their middle make a price of it. Raises BadQuote for a
    prior that is not of finite prices above 0 in consecutive hours, and for quotes as ``demands`` says.
    """
    _check(prior)
    asked = demands(prior, quotes, spread_max)
    prices, arbitrages = _agreed(prior, asked)
    settled = _settled(prior, asked)
    unsure = np.minimum(prior.errors, prior.deviations)
    deviations = np.sqrt(np.maximum(prior.deviations**2 - settled * unsure**2, 0.0))
    errors = unsure * np.sqrt(1.0 - settled)
    for column in (prices, deviations, errors):
        column.setflags(write=False)
    return ForwardCurve(prior.hours_ns, prices, deviations, errors, prior, asked.quotes, arbitrages)


def _agreed(prior: Prior, asked: Demands) -> tuple[Floats, tuple[Arbitrage, ...]]:
    """The smoothest prices; if no prices fit the bids and asks, those after the least concession."""
    if asked.met_by(prior.prices, _AGREES_USD):
        return prior.prices.copy(), ()
    prices = smoothest(prior, asked)
    if prices is not None:
        return prices, ()
    stretch = least_stretch(asked)
    for ease_usd in _EASES_USD:
        eased = asked._replace(
            low=np.where(asked.low > 0.0, asked.low - stretch.down - ease_usd, 0.0),
            high=asked.high + stretch.up + ease_usd,
        )
        prices = smoothest(prior, eased)
        if prices is not None:
            return prices, stretch.arbitrages
    bounds = np.concatenate([asked.low[asked.low > 0.0], asked.high[np.isfinite(asked.high)]])
    raise BadQuote(f"no curve was found for quotes as far apart as {bounds.min():g} and {bounds.max():g} dollars")


def _settled(prior: Prior, asked: Demands) -> Floats:
    """(n,) which share of the variance of each hour's error the quotes take away: from 0 to less than 1."""
    heard = ~np.isnan(asked.noises)
    if not heard.any():
        return np.zeros(prior.prices.size)
    # In errors. A quote of one hour keeps the band narrow, so only strips cost more than a few sums.
    scaled = sparse.csr_array(sparse.diags_array(1.0 / np.where(heard, asked.noises, np.inf)) @ asked.weights)
    scaled = sparse.csr_array(scaled @ sparse.diags_array(prior.errors))
    is_hour = np.diff(asked.weights.indptr) == 1
    told = np.asarray(scaled[is_hour].power(2).sum(axis=0)).ravel()
    return 1.0 - variances(told, scaled[heard & ~is_hour])


def _check(prior: Prior) -> None:
    hours_ns, prices, deviations, error = prior
    if not hours_ns.size or not (np.diff(hours_ns) == NS_PER_HOUR).all() or int(hours_ns[0]) % NS_PER_HOUR:
        raise BadQuote("the prior's hours are not consecutive whole hours")
    if not hours_ns.shape == prices.shape == deviations.shape:
        raise BadQuote("the prior does not have one price and one deviation for each hour")
    if not (np.isfinite(prices).all() and (prices >= PRICE_USD_MIN).all()):
        raise BadQuote(f"the prior has a price that is not a number of at least {PRICE_USD_MIN}")
    if not (np.isfinite(deviations).all() and (deviations >= 0.0).all()):
        raise BadQuote("the prior has a deviation that is not a number of at least 0")
    if not 0.0 < error < np.inf:
        raise BadQuote(f"the prior's error {error} is not a number above 0")
