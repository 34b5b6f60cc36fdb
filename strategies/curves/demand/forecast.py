"""Demand in each hour to come: its mean in closed form, its law by exact simulation.

Within a quarter of an hour the base rate is constant, so the expected intensity of each echo and the expected count
follow a linear differential equation (Oakes, 1975) whose solution is a matrix exponential. The quantiles come from
paths, each with numbers drawn from what the fit knows of them (normal, within their bounds) and with levels of its
own, so that they hold the uncertainty of the fit and of the days to come.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import expm

from strategies.curves.demand.estimation import Estimate, read_off
from strategies.curves.demand.fit import DemandFit
from strategies.curves.demand.intensity import Base, Excitement, Kernel
from strategies.curves.demand.marks import Marks, occupied
from strategies.curves.demand.season import CELL_HOURS
from strategies.curves.demand.simulate import simulate_on
from strategies.curves.filtering import Floats

HOURS_MAX = 1000
PROBABILITIES = (0.025, 0.25, 0.5, 0.75, 0.975)


class Hourly(NamedTuple):
    """Something counted in each of (n,) hours: its expected value under the best numbers, and (paths, n) draws."""

    means: Floats
    draws: Floats

    def quantiles(self, probabilities: tuple[float, ...] = PROBABILITIES) -> Floats:
        """(k, n)."""
        return np.quantile(self.draws, probabilities, axis=0)


class DemandForecast(NamedTuple):
    """Demand hour by hour; an hour that has begun counts from now."""

    hours: Floats  # (n,) local hours since 1970
    arrivals: Hourly
    gpu_hours: Hourly  # jobs in progress included


def expected_arrivals(base: Base, kernel: Kernel, now: Excitement, edges: Floats) -> Floats:
    """(n,) expected arrivals between each of the (n + 1,) rising ``edges`` and the next; ``now`` is not after them."""
    cuts = cuts_of(now.hours, edges)
    widths, rates = np.diff(cuts), base.at((cuts[1:] + cuts[:-1]) / 2.0)
    unlike, which = np.unique(np.round(widths, 9), return_inverse=True)
    steps = expm(_generator(kernel) * unlike[:, None, None])
    state = np.array([*now.added, 0.0, 1.0])
    count = np.zeros(cuts.size)
    for row, rate in enumerate(rates.tolist()):
        state[-1] = rate
        state = steps[which[row]] @ state
        count[row + 1] = state[-2]
    return np.diff(np.interp(edges, cuts, count))


def cuts_of(start: float, edges: Floats) -> Floats:
    """All ends of quarters of an hour from ``start`` to the last edge, and the edges."""
    quarters = np.arange(np.floor(start / CELL_HOURS) + 1, np.ceil(edges[-1] / CELL_HOURS)) * CELL_HOURS
    return np.unique(np.concatenate([[start], quarters, edges]))


def _generator(kernel: Kernel) -> Floats:
    """d/dt of (expected intensity of each echo, expected count, base rate), the last of which stands still."""
    size = kernel.fading.size + 2
    matrix = np.zeros((size, size))
    matrix[-2] = 1.0
    matrix[-2, -2] = 0.0
    matrix[:-2] = np.outer(kernel.added, matrix[-2])
    matrix[:-2, :-2] -= np.diag(kernel.fading)
    return matrix


def expected_gpu_hours(base: Base, kernel: Kernel, marks: Marks, now: Excitement, edges: Floats) -> Floats:
    """(n,) expected GPU-hours, between edges, of jobs yet to come: those of a quarter come evenly over it."""
    cuts = cuts_of(now.hours, edges)
    per_hour = expected_arrivals(base, kernel, now, cuts) / np.diff(cuts)
    begun = marks.twice_integrated(edges[:, None] - cuts[:-1])
    done = marks.twice_integrated(edges[:, None] - cuts[1:])
    return np.diff((begun - done) @ per_hour)


def forecast(fit: DemandFit, hours: int, rng: np.random.Generator, paths: int = 400) -> DemandForecast:
    """Demand in each of the next ``hours`` after the end of the jobs that were fitted, this hour's rest the first."""
    assert 0 < hours <= HOURS_MAX, f"a forecast of {hours} hours"
    end, first = fit.fitted.sample.end_hours, int(np.floor(fit.fitted.sample.end_hours))
    edges = first + np.arange(hours + 1.0)
    edges[0] = end
    found = fit.fitted.estimate
    usual = fit.intensity.base(end, edges[-1])
    kernel = fit.intensity.kernel
    likely = Base(usual.first_cell, usual.per_hour * fit.fitted.expected_levels(usual))
    now, running = fit.fitted.excitement(), fit.jobs.running()
    arrivals, used = np.empty((2, paths, hours))
    for path, theta in enumerate(drawn_numbers(found, rng, paths)):
        times = _path(fit, theta, end, edges[-1], rng)
        arrivals[path] = np.bincount((times - first).astype(np.int64), minlength=hours)[:hours]
        new = fit.marks.drawn(times.size, rng)
        begins = np.concatenate([np.full(running.gpus.size, end), times])
        lengths = np.concatenate([running.remaining(fit.marks, rng), new.hours])
        used[path] = occupied(begins, begins + lengths, np.concatenate([running.gpus, new.gpus]), first, hours)
    means = expected_gpu_hours(likely, kernel, fit.marks, now, edges) + running.expected(fit.marks, edges)
    return DemandForecast(
        first + np.arange(float(hours)),
        Hourly(expected_arrivals(likely, kernel, now, edges), arrivals),
        Hourly(means, used),
    )


def drawn_numbers(found: Estimate, rng: np.random.Generator, count: int) -> Floats:
    """(count, size) numbers as they may as well be: drawn from the normal law of the estimate, kept within bounds."""
    values, vectors = np.linalg.eigh(found.covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    drawn = found.theta + rng.standard_normal((count, found.theta.size)) @ root.T
    clipped: Floats = np.clip(drawn, *found.bounds.T)
    return clipped


def _path(fit: DemandFit, theta: Floats, end: float, last: float, rng: np.random.Generator) -> Floats:
    """Arrivals of one future under these numbers."""
    intensity, levels = read_off(fit.fitted.estimate.shape, theta)
    usual = intensity.base(end, last)
    base = Base(usual.first_cell, usual.per_hour * fit.fitted.drawn_levels(usual, np.log(levels), rng))
    return simulate_on(base, intensity.kernel, fit.fitted.excitement(intensity.kernel), last, rng)
