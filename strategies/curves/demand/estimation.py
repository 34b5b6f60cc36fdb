"""Maximum likelihood for an intensity of given parts, and how sure each number is.

Standard errors come from the curvature of the penalised log likelihood (Ogata, 1978, for the likelihood's own);
they hold if the model is right. Starts that were written down in the same second are spread evenly over it,
where they are on average; half-lives under five seconds are out of reach.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from exchange.domain.errors import GpuxError
from strategies.curves.demand.intensity import Base, Echo, Intensity
from strategies.curves.demand.likelihood import Posterior, Sample
from strategies.curves.demand.season import Season
from strategies.curves.demand.shape import Shape
from strategies.curves.filtering import Floats

_ROUNDS_MAX = 500
_STEP = 1e-5
_SMOOTHINGS_MAX = 6
_SMOOTH_ENOUGH = 0.1


class UnclearDemand(GpuxError):
    """Arrivals that cannot tell what a model would need to know; the message says why."""


class Estimate(NamedTuple):
    """What the arrivals say, given the parts."""

    shape: Shape
    intensity: Intensity  # at the level of the last day
    levels: Floats  # (days,) of the base rate, beside that of the last day
    theta: Floats
    log_likelihood: float
    standard_errors: dict[str, float]  # of the numbers that are inside their bounds
    at_bound: tuple[str, ...]
    covariance: Floats  # (size, size) of theta, 0 where it is at a bound
    bounds: Floats  # (size, 2)

    def base(self, sample: Sample) -> Base:
        """The base rate while the sample was watched."""
        usual = self.intensity.base(float(sample.times[0]), sample.end_hours)
        return Base(usual.first_cell, usual.per_hour * self.levels[sample.days * self.shape.levels])


def spread(hours: Floats) -> Floats:
    """Rising whole seconds, as hours: m arrivals of one second at the places k / (m + 1) of it."""
    seconds, which, counts = np.unique(np.rint(hours * 3600.0), return_inverse=True, return_counts=True)
    rank = np.arange(hours.size) - (np.cumsum(counts) - counts)[which]
    spread_out: Floats = (seconds[which] + (rank + 1.0) / (counts[which] + 1.0)) / 3600.0
    return spread_out


def estimate(shape: Shape, sample: Sample) -> Estimate:
    """The best numbers for these parts, and how sure they are."""
    posterior = Posterior(shape, sample)
    days = sample.day_count(shape)
    edges = shape.bounds(days, sample.rate_per_hour, sample.span_hours)
    bounds = np.array(edges)
    start: NDArray[np.float64] = np.clip(shape.start(days, sample.rate_per_hour), *bounds.T)
    margin = 1e-3 * (bounds[:, 1] - bounds[:, 0])
    for _ in range(_SMOOTHINGS_MAX):
        found = minimize(
            posterior.loss,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=edges,
            options={"maxiter": _ROUNDS_MAX, "maxcor": 30},
        )
        start = theta = np.asarray(found.x, dtype=np.float64)
        inside = np.flatnonzero((theta > bounds[:, 0] + margin) & (theta < bounds[:, 1] - margin))
        covariance = np.zeros((theta.size, theta.size))
        covariance[np.ix_(inside, inside)] = _covariance(posterior, theta, inside)
        if posterior.smoothed(theta, covariance) < _SMOOTH_ENOUGH:
            break
    intensity, levels = read_off(shape, theta)
    return Estimate(
        shape,
        intensity,
        levels,
        theta,
        posterior.log_likelihood(theta)[0],
        _errors(shape, theta, covariance, intensity),
        tuple(name for at, name in enumerate(shape.echo_names) if at not in inside),
        covariance,
        bounds,
    )


def read_off(shape: Shape, theta: Floats) -> tuple[Intensity, Floats]:
    """The model that ``theta`` holds, at the level of the last day, and all days' levels beside that."""
    daily, weekly = (tuple(weights.tolist()) for weights in shape.weights(theta))
    season = Season(daily=daily, weekly=weekly)
    echoes = tuple(
        Echo(children=float(children), half_life_hours=float(half))
        for children, half in zip(shape.children(theta), shape.half_lives(theta), strict=True)
    )
    last = float(theta[-1])
    rate = float(np.exp(last)) * season.mean
    return Intensity(base_per_hour=rate, season=season, echoes=echoes), np.exp(theta[shape.days_at :] - last)


def _covariance(posterior: Posterior, theta: Floats, inside: NDArray[np.int64]) -> Floats:
    """The inverse of the curvature in the numbers that are not at a bound, from differences of exact slopes."""
    columns = []
    for column in inside:
        step = np.zeros(theta.size)
        step[column] = _STEP
        columns.append((posterior.loss(theta + step)[1] - posterior.loss(theta - step)[1])[inside] / (2.0 * _STEP))
    curvature = np.stack(columns, axis=1)
    values, vectors = np.linalg.eigh((curvature + curvature.T) / 2.0)
    # A flat direction is one that the arrivals say nothing about: it is given a wide error, not an infinite one.
    covariance: Floats = (vectors / np.maximum(values, 1e-2)) @ vectors.T
    return covariance


def _errors(shape: Shape, theta: Floats, covariance: Floats, intensity: Intensity) -> dict[str, float]:
    """Errors in units; what is kept as a log is scaled to its own."""
    errors = {}
    for at, name in enumerate(shape.echo_names):
        if covariance[at, at] > 0.0:
            scale = float(np.exp(theta[at])) if name.endswith("half_life_hours") else 1.0
            errors[name] = float(np.sqrt(covariance[at, at])) * scale
    # The base rate is that of the last day times the mean of the season, which moves with its weights.
    slope = np.zeros(theta.size)
    slope[-1] = 1.0
    for column in range(shape.season_at, shape.days_at):
        step = np.zeros(theta.size)
        step[column] = _STEP
        slope[column] = np.log(
            read_off(shape, theta + step)[0].season.mean / read_off(shape, theta - step)[0].season.mean
        )
        slope[column] /= 2.0 * _STEP
    errors["base_per_hour"] = float(np.sqrt(slope @ covariance @ slope)) * intensity.base_per_hour
    return errors
