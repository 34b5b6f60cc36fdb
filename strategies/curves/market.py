"""Many places as arrays: what all of them believe at one time, and how they move together."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log

import numpy as np
from numpy.typing import NDArray

from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_HOUR
from strategies.curves.covariance import Factors, Part, factors
from strategies.curves.filtering import Belief, Floats
from strategies.curves.joint import draw
from strategies.curves.model import HOURS_PER_DAY, Parameters
from strategies.curves.place_curve import PlaceCurve
from strategies.curves.shocks import Comoving, Moments, Places, Shared
from strategies.curves.structure import Place
from strategies.curves.surface import Surface, surface


@dataclass(frozen=True)
class Market:
    """Beliefs about P places at ``time_ns``."""

    time_ns: int
    places: tuple[Place, ...]
    moments: Moments
    comoving: Comoving
    means: Floats  # (P, 3) of (x, z, xi)
    beliefs: Floats  # (P, 3, 3) covariances
    levels: Floats  # (P,) logs
    seasons: tuple[Parameters, ...]  # the different seasons, each around one dollar
    season: Places  # (P,) which of them
    doubts: Shared  # of the levels, in logs: what places of one SKU or region are wrong about together, and alone
    horizon_hours: float = 1.0  # over which ``covariance`` is asked for: how long it takes to close a position

    def forward(self, hours_start_ns: NDArray[np.int64]) -> Surface:
        """Expected prices and their deviations, (P, H) each, of (H,) delivery hours."""
        beliefs = self._doubted((self.doubts.common**2).sum(axis=1) + self.doubts.own)
        return surface(self.moments, self.means, beliefs, self.usual(hours_start_ns), self.ahead(hours_start_ns))

    def draws(self, hours_start_ns: NDArray[np.int64], paths: int, seed: int) -> Floats:
        """(paths, P, H) prices of joint scenarios at (H,) rising hours, whose mean is ``forward``."""
        common, own = self.doubts
        ahead, beliefs = self.ahead(hours_start_ns), self._doubted(own)
        logs = draw(self.moments, self.comoving, self.means, beliefs, ahead, paths, seed)
        wrong = np.random.default_rng((seed, 1)).standard_normal((paths, common.shape[1])) @ common.T
        logs += wrong[:, :, None] + self.usual(hours_start_ns)
        prices: Floats = np.exp(logs, out=logs)
        return prices

    def factors(self, place: Places, hours_start_ns: NDArray[np.int64], horizon_hours: float = np.inf) -> Factors:
        """How the log forwards of (n,) places and hours move over the horizon, and what is not known of them now."""
        found = factors(
            self.moments,
            self.comoving,
            place,
            self.ahead(hours_start_ns),
            horizon_hours,
            self._doubted(self.doubts.own),
        )
        if not self.doubts.common.any():
            return found
        count = len(self.places)
        shared = Shared(self.doubts.common, np.zeros(count))
        levels = Part(np.ones((place.size, 1)), np.ones((count, 1, 1)), shared)
        return Factors(place, (*found.parts, levels))

    def _doubted(self, variances: Floats) -> Floats:
        """The beliefs, with these variances more of the long-term factor."""
        beliefs = self.beliefs.copy()
        beliefs[:, 2, 2] += variances
        return beliefs

    def covariance(self, contracts: Sequence[Contract]) -> Floats:
        """(n, n): of the log prices of these contracts over ``horizon_hours``.

        Raises KeyError for a place without a curve. The price of a strip is the mean of its hours', so its logarithm
        moves by theirs, weighted by price.
        """
        places = [self.numbers[contract.sku.code, contract.region.code] for contract in contracts]
        counts = [contract.hours for contract in contracts]
        place = np.repeat(np.array(places, dtype=np.intp), counts)
        starts_ns = (
            np.array([hour for contract in contracts for hour in contract.delivery_hours], np.int64) * NS_PER_HOUR
        )
        moving = self.factors(place, starts_ns, self.horizon_hours)
        if place.size == len(contracts):
            return moving.covariance()
        group = np.repeat(np.arange(len(contracts)), counts)
        different, column = np.unique(starts_ns, return_inverse=True)
        prices = self.forward(different).prices[place, column]
        weights = prices / np.bincount(group, weights=prices)[group]
        return moving.weighted(group, weights).covariance()

    @cached_property
    def numbers(self) -> dict[Place, int]:
        """Of each place, where it stands in the arrays."""
        return {place: number for number, place in enumerate(self.places)}

    def ahead(self, hours_start_ns: NDArray[np.int64]) -> Floats:
        """Hours from now. An hour that has begun costs what it costs now."""
        hours: Floats = np.maximum(np.asarray(hours_start_ns, np.int64) - self.time_ns, 0) / NS_PER_HOUR
        return hours

    def usual(self, hours_start_ns: NDArray[np.int64]) -> Floats:
        """(P, H) level and season, in logs."""
        hours = np.maximum(np.asarray(hours_start_ns, np.int64), self.time_ns) / NS_PER_HOUR
        each = np.stack([season.usual_log(hours) for season in self.seasons])
        return self.levels[:, None] + each[self.season]


def market_of(
    curves: Sequence[tuple[Place, PlaceCurve]],
    comoving: Comoving,
    time_ns: int,
    doubts: Shared | None = None,
    horizon_hours: float = 1.0,
) -> Market:
    """The curves side by side at ``time_ns``, which is not before any of them.

    What happened in a place since its last price is taken as its own. Without ``doubts`` the levels are taken as known.
    """
    parameters = [curve.parameters for _, curve in curves]
    hours = np.array([(time_ns - curve.time_ns) / NS_PER_HOUR for _, curve in curves])
    assert (hours >= 0.0).all(), "a curve does not look back"
    moments = moments_of(parameters)
    means = np.array([(curve.belief.deviation, curve.belief.spike, curve.belief.long) for _, curve in curves]).reshape(
        -1, 3
    )
    beliefs = np.array([_matrix(curve.belief) for _, curve in curves]).reshape(-1, 3, 3)
    # Beliefs follow the world, prices of later hours the pricing measure.
    world = np.array([each.rates.drift for each in parameters])
    means, beliefs = _later(moments._replace(drift=world, premium=np.zeros(len(curves))), means, beliefs, hours)
    plain = [each.model_copy(update={"level_usd": 1.0}) for each in parameters]
    seasons = {(each.season, each.steps): each for each in plain}
    order = {season: number for number, season in enumerate(seasons)}
    return Market(
        time_ns,
        tuple(place for place, _ in curves),
        moments,
        comoving,
        means,
        beliefs,
        np.array([log(each.level_usd) for each in parameters]),
        tuple(seasons.values()),
        np.array([order[each.season, each.steps] for each in plain], dtype=np.intp),
        doubts or Shared(np.zeros((len(curves), 0)), np.zeros(len(curves))),
        horizon_hours,
    )


def moments_of(parameters: Sequence[Parameters]) -> Moments:
    """The parameters of many places side by side, with the drift of the pricing measure."""
    rates = [each.rates for each in parameters]
    premiums = np.array([each.premium_long_per_day for each in parameters]) / HOURS_PER_DAY
    return Moments(
        reversion=np.array([each.reversion for each in rates]),
        diffusion_variance=np.array([each.diffusion_variance for each in rates]),
        fading=np.array([each.fading for each in rates]),
        jump_rate=np.array([each.jump_rate for each in rates]),
        jump_mean=np.array([each.jump_mean for each in rates]),
        jump_variance=np.array([each.jump_variance for each in rates]),
        long_variance=np.array([each.long_variance for each in rates]),
        correlation=np.array([each.correlation for each in parameters]),
        drift=np.array([each.drift for each in rates]) - premiums,
        premium=np.array([each.premium_short for each in parameters]),
    )


def _later(moments: Moments, means: Floats, beliefs: Floats, hours: Floats) -> tuple[Floats, Floats]:
    """What (P, 3) means and (P, 3, 3) covariances of (x, z, xi) have become after (P,) hours without a price."""
    k, b = moments.reversion, moments.fading
    kept = np.stack([np.exp(-k * hours), np.exp(-b * hours), np.ones_like(k)], axis=1)
    passed, faded = (1.0 - kept[:, 0]) / k, (1.0 - kept[:, 1]) / b
    shift = [-moments.premium * passed, moments.jump_rate * moments.jump_mean * faded, moments.drift * hours]
    fresh = np.zeros_like(beliefs)
    fresh[:, 0, 0] = moments.diffusion_variance * passed * (1.0 + kept[:, 0]) / 2.0
    sizes = moments.jump_mean**2 + moments.jump_variance
    fresh[:, 1, 1] = moments.jump_rate * sizes * faded * (1.0 + kept[:, 1]) / 2.0
    fresh[:, 2, 2] = moments.long_variance * hours
    both = moments.correlation * np.sqrt(moments.diffusion_variance * moments.long_variance) * passed
    fresh[:, 0, 2] = fresh[:, 2, 0] = both
    return means * kept + np.stack(shift, axis=1), beliefs * kept[:, :, None] * kept[:, None, :] + fresh


def _matrix(belief: Belief) -> list[list[float]]:
    spike, x, z = belief.deviation_spike, belief.deviation_long, belief.spike_long
    return [
        [belief.deviation_variance, spike, x],
        [spike, belief.spike_variance, z],
        [x, z, belief.long_variance],
    ]
