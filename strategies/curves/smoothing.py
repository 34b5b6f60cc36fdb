"""What all prices of a panel, earlier and later, say of its two factors at each date.

The smoother of Rauch, Tung and Striebel, "Maximum likelihood estimates of linear dynamic systems" (1965).
"""

from typing import NamedTuple

import numpy as np

from strategies.curves.filtering import Floats
from strategies.curves.panel import Panel, Point, first_belief, looks_of


class Smoothed(NamedTuple):
    """Laws of the state (x, xi) at each of d dates given all prices."""

    hours: Floats  # (d,) dates
    means: Floats  # (d, 2)
    covariances: Floats  # (d, 2, 2)
    lagged: Floats  # (d - 1, 2, 2) of a state (rows) and the one before (columns)
    log_likelihood: float


def transition(point: Point, gaps: Floats) -> tuple[Floats, Floats, Floats]:
    """(g, 2, 2) matrices, (g, 2) shifts and (g, 2, 2) covariances of the noise over (g,) gaps in hours."""
    rates = point.parameters.rates
    decay = np.exp(-rates.reversion * gaps)
    matrices, noises = np.zeros((2, gaps.size, 2, 2))
    matrices[:, 0, 0], matrices[:, 1, 1] = decay, 1.0
    noises[:, 0, 0] = rates.diffusion_variance * (1.0 - decay**2) / (2.0 * rates.reversion)
    noises[:, 1, 1] = rates.long_variance * gaps
    noises[:, 0, 1] = noises[:, 1, 0] = rates.shared_variance * (1.0 - decay) / rates.reversion
    return matrices, np.stack([np.zeros(gaps.size), rates.drift * gaps], axis=1), noises


def smoothed(point: Point, panel: Panel) -> Smoothed:
    """Filter forth and smooth back, in plain matrices: it shares nothing with the compiled filter but its numbers."""
    hours, starts = np.unique(panel.hours, return_index=True)
    matrices, shifts, noises = transition(point, np.diff(hours))
    looks = looks_of(point, panel)
    loadings = np.stack([looks.deviation_loadings, np.ones(panel.logs.size)], axis=1)
    first = first_belief(point.parameters)
    mean, covariance = np.zeros(2), np.diag([first.deviation_variance, first.long_variance])
    means, covariances = np.empty((hours.size, 2)), np.empty((hours.size, 2, 2))
    before_means, before = np.empty_like(means), np.empty_like(covariances)
    log_likelihood = 0.0
    for date, rows in enumerate(np.split(np.arange(panel.logs.size), starts[1:])):
        if date:
            mean = matrices[date - 1] @ mean + shifts[date - 1]
            covariance = matrices[date - 1] @ covariance @ matrices[date - 1].T + noises[date - 1]
        before_means[date], before[date] = mean, covariance
        on = loadings[rows]
        spread = on @ covariance @ on.T + np.diag(looks.noise_variances[rows])
        surprise = looks.observed[rows] - on @ mean
        gain = np.linalg.solve(spread, on @ covariance).T
        log_likelihood -= 0.5 * float(
            surprise @ np.linalg.solve(spread, surprise)
            + np.linalg.slogdet(spread)[1]
            + rows.size * np.log(2.0 * np.pi)
        )
        mean, covariance = mean + gain @ surprise, covariance - gain @ on @ covariance
        means[date], covariances[date] = mean, covariance
    lagged = np.empty((hours.size - 1, 2, 2))
    for date in range(hours.size - 2, -1, -1):
        back = np.linalg.solve(before[date + 1], matrices[date] @ covariances[date]).T
        means[date] += back @ (means[date + 1] - before_means[date + 1])
        lagged[date] = covariances[date + 1] @ back.T
        covariances[date] += back @ (covariances[date + 1] - before[date + 1]) @ back.T
    return Smoothed(hours, means, covariances, lagged, log_likelihood)
