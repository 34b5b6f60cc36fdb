"""Expectation and maximisation (Dempster, Laird and Rubin, 1977; Shumway and Stoffer, 1982) for a panel.

E: the law of the factors at all dates given all prices (``smoothing``). M: the parameters that make the
expected log density of factors and prices together the highest. Dates are unevenly apart and the
parameters stand in the convexity of each forward price, so that this has no closed form but for the
noises: these are the mean squares of what is left, and are put in; the other coordinates go up the
expected log density by L-BFGS-B from where they are. The premium and the drift of pricing, which the
hidden factors all but fix and which EM would take thousands of rounds to move, then go up the
likelihood itself (the ECME of Liu and Rubin, 1994). As neither half ends lower than it began, the
likelihood never falls: a generalised EM. It is robust and slow: maximum likelihood by the filter
(``panel_fit``) ends in the same place sooner, and gives standard errors.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from strategies.curves.filtering import Floats
from strategies.curves.panel import (
    NAMES,
    Panel,
    Point,
    coordinates,
    first_belief,
    level_of,
    looks_of,
    point_of,
    units_of,
)
from strategies.curves.panel_fit import bounds_of, climbed_in
from strategies.curves.smoothing import Smoothed, smoothed, transition

_NOISE_VARIANCE_MIN = 1e-8
_IMPOSSIBLE = 1e12
_OF_PRICING = ("premium_short", "pricing_drift_per_day")


class Climb(NamedTuple):
    """Where it ended, and the log likelihood at the start of each round and at the end: it never falls."""

    point: Point
    log_likelihoods: tuple[float, ...]


def climbed(panel: Panel, start: Point, rounds: int = 50, gain_min: float = 1e-3, held: tuple[str, ...] = ()) -> Climb:
    """Up to ``rounds`` of EM from ``start``, until one gains less than ``gain_min``; ``held`` names are left alone."""
    free = [column for column, name in enumerate(NAMES) if name not in held]
    pricing = [column for column in free if NAMES[column] in _OF_PRICING]
    point, likelihoods = start, []
    for _ in range(rounds):
        known = smoothed(point, panel)
        likelihoods.append(known.log_likelihood)
        if len(likelihoods) > 1 and likelihoods[-1] - likelihoods[-2] < gain_min:
            return Climb(point, tuple(likelihoods))
        point = _maximised(panel, point, known, free)
        if pricing:
            point = climbed_in(panel, point, pricing)
    return Climb(point, (*likelihoods, smoothed(point, panel).log_likelihood))


def _maximised(panel: Panel, point: Point, known: Smoothed, free: list[int]) -> Point:
    start, level = coordinates(point), level_of(panel)
    low, high = np.array(bounds_of(panel)).T
    date, units = np.searchsorted(known.hours, panel.hours), units_of(start)[free]

    def completed(part: Floats) -> Point:
        whole = start.copy()
        whole[free] = part * units
        moved = point_of(whole, level)
        squares = _squares_left(panel, moved, known, date)
        variances = np.bincount(panel.group, weights=squares) / np.bincount(panel.group)
        return moved._replace(noise_deviations=tuple(np.sqrt(np.maximum(variances, _NOISE_VARIANCE_MIN)).tolist()))

    def loss(part: Floats) -> float:
        value = -expected_log_density(panel, completed(part), known, date)
        return value if np.isfinite(value) else _IMPOSSIBLE

    part = start[free] / units
    edges = list(zip(np.minimum(low[free] / units, part), np.maximum(high[free] / units, part), strict=True))
    best = minimize(loss, part, method="L-BFGS-B", bounds=edges, options={"maxiter": 25})
    return completed(best.x if best.fun <= loss(part) else part)


def expected_log_density(panel: Panel, point: Point, known: Smoothed, date: np.ndarray) -> float:
    """Of factors and prices together, where the factors have the law ``known``; constants are left out."""
    variances = np.square(point.noise_deviations)[panel.group]
    seen = float((np.log(variances) + _squares_left(panel, point, known, date) / variances).sum())
    matrices, shifts, noises = transition(point, np.diff(known.hours))
    residual = known.means[1:] - np.einsum("tij,tj->ti", matrices, known.means[:-1]) - shifts
    crossed = np.einsum("tij,tkj->tik", known.lagged, matrices)
    squares = (
        np.einsum("ti,tj->tij", residual, residual)
        + known.covariances[1:]
        - crossed
        - crossed.transpose(0, 2, 1)
        + matrices @ known.covariances[:-1] @ matrices.transpose(0, 2, 1)
    )
    determinant = noises[:, 0, 0] * noises[:, 1, 1] - noises[:, 0, 1] ** 2
    traces = (
        noises[:, 1, 1] * squares[:, 0, 0]
        + noises[:, 0, 0] * squares[:, 1, 1]
        - noises[:, 0, 1] * (squares[:, 0, 1] + squares[:, 1, 0])
    ) / determinant
    moved = float((np.log(determinant) + traces).sum())
    first = first_belief(point.parameters).deviation_variance
    began = float(np.log(first) + (known.means[0, 0] ** 2 + known.covariances[0, 0, 0]) / first)
    return -0.5 * (seen + moved + began)


def _squares_left(panel: Panel, point: Point, known: Smoothed, date: np.ndarray) -> Floats:
    """(n,) expected squares of what is left of each price once the factors are taken out."""
    looks = looks_of(point, panel)
    on = looks.deviation_loadings
    means, covariances = known.means[date], known.covariances[date]
    left = looks.observed - on * means[:, 0] - means[:, 1]
    doubt = on**2 * covariances[:, 0, 0] + covariances[:, 1, 1] + 2.0 * on * covariances[:, 0, 1]
    squares: Floats = left**2 + doubt
    return squares
