"""Up the likelihood by its scores: the method of Berndt, Hall, Hall and Hausman (1974), damped.

The slope of each price's log density in each parameter costs one run of the filter a parameter, and
the sum of the squares of the slopes is an estimate of the curvature: so a step knows how far to go in
every direction from the start. Where the model is not true that estimate is poor, so each round also
learns from how the slope changed, as quasi-Newton methods do. Levenberg's damping makes a step
shorter while it does not pay; what would leave the edges stays at the edge.
"""

from typing import NamedTuple

import numpy as np

from strategies.curves.filtering import Belief, Floats, Rates, judged, spot_looks
from strategies.curves.model import long_run
from strategies.curves.shapes import Design, Shape, parameters_of

_IMPOSSIBLE = 1e12
_NEAR = 1e-5
_ROUNDS_MAX = 60
_GAIN_MIN = 0.01  # of the log likelihood: one standard error of one parameter is worth a half
_DAMPING_FIRST, _DAMPING_MIN, _DAMPING_MAX = 1e-2, 1e-6, 1e6


class Place(NamedTuple):
    """A vector of a shape, and the negative log likelihood there."""

    theta: Floats
    loss: float


def log_densities(design: Design, theta: Floats) -> Floats:
    """(n,) log density of each price given those before it; very low where it is not finite."""
    rates = rates_of(design.shape, theta)
    found = np.empty(design.sample.hours.size)
    judged(started(rates), rates, design.sample.elapsed, spot_looks(design.observed(theta)), found)
    if not np.isfinite(found).all():
        found = np.nan_to_num(found, nan=-_IMPOSSIBLE, neginf=-_IMPOSSIBLE, posinf=-_IMPOSSIBLE)
    return found


def rates_of(shape: Shape, theta: Floats) -> Rates:
    return parameters_of(shape._replace(splines=(), steps=()), theta[: len(shape.names)]).rates


def started(rates: Rates) -> Belief:
    """Before the first price: the long-term factor is counted from there."""
    return long_run(rates)


def loss_at(design: Design, theta: Floats) -> float:
    return -float(log_densities(design, theta).sum())


def climbed(design: Design, start: Floats, rounds_max: int = _ROUNDS_MAX, gain_min: float = _GAIN_MIN) -> Place:
    """The local maximum of the likelihood that ``start`` leads to, until a round gains less than ``gain_min``."""
    low, high = design.bounds
    theta = np.clip(start, low, high)
    base = log_densities(design, theta)
    place, damping = Place(theta, -float(base.sum())), _DAMPING_FIRST
    slopes = near_slopes(design, place.theta, base)
    uphill, bends = slopes.sum(axis=0), slopes.T @ slopes
    for _ in range(rounds_max):
        # What would leave an edge does not move.
        free = ~(((place.theta <= low) & (uphill < 0.0)) | ((place.theta >= high) & (uphill > 0.0)))
        scale = np.diag(np.maximum(np.diag(bends), 1e-12))
        gained = -1.0
        while gained < 0.0 and damping < _DAMPING_MAX:
            step = np.zeros(theta.size)
            step[free] = np.linalg.solve((bends + damping * scale)[np.ix_(free, free)], uphill[free])
            candidate = np.clip(place.theta + step, low, high)
            there = log_densities(design, candidate)
            gained = place.loss + float(there.sum())
            damping = max(damping * (0.1 if gained >= 0.0 else 10.0), _DAMPING_MIN)
        if gained < 0.0:
            return place
        way = candidate - place.theta
        place, base = Place(candidate, -float(there.sum())), there
        if gained < gain_min:
            return place
        ahead = near_slopes(design, candidate, base).sum(axis=0)
        bends, uphill = _learnt(bends, way, uphill - ahead), ahead
    return place


def _learnt(bends: Floats, way: Floats, change: Floats) -> Floats:
    """The curvature that also explains how the slope changed on the way (Broyden, Fletcher, Goldfarb and Shanno)."""
    expected = bends @ way
    along, seen = float(way @ expected), float(way @ change)
    if seen < 0.1 * along:
        # Powell's damping keeps it a bowl.
        share = 0.9 * along / (along - seen) if along > seen else 0.0
        change = share * change + (1.0 - share) * expected
        seen = float(way @ change)
    if along <= 0.0 or seen <= 0.0:
        return bends
    learnt: Floats = bends - np.outer(expected, expected) / along + np.outer(change, change) / seen
    return learnt


def near_slopes(design: Design, theta: Floats, base: Floats) -> Floats:
    """(n, size) slope of each price's log density in each parameter, by steps that stay within the edges."""
    high = design.bounds[1]
    slopes = np.empty((base.size, theta.size))
    for column in range(theta.size):
        by = _NEAR if theta[column] + _NEAR <= high[column] else -_NEAR
        slopes[:, column] = (log_densities(design, moved(theta, (column, by))) - base) / by
    return slopes


def moved(theta: Floats, *moves: tuple[int, float]) -> Floats:
    other = theta.copy()
    for column, by in moves:
        other[column] += by
    return other
