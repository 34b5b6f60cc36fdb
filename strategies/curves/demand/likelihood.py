"""The penalised log likelihood of arrivals and its slope, in one pass over them.

Likelihood: exact, given the first arrival, with nothing before it. The base rate is log-linear in the splines and
the days, so all its slopes are sums over quarters of an hour of (arrivals that the base rate explains, less those
it expects); the arrivals it explains are the share base / intensity of each.

Prior: second differences of the weights of a spline are normal, and so are the steps of the log base rate from day to
day: so an hour in which nobody ever came has a low demand and not none. How rough each may be is itself estimated, by
MacKay's (1992) fixed point for the marginal likelihood: a season as smooth as the arrivals allow leaves to the echoes
what is theirs.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from strategies.curves.demand.intensity import first_cell_of, traced
from strategies.curves.demand.season import CELL_HOURS, CELLS, DAILY_KNOTS, MIDDLES, WEEKLY_KNOTS, basis
from strategies.curves.demand.shape import Shape
from strategies.curves.filtering import LOG_2, Floats
from strategies.curves.model import HOURS_PER_DAY, HOURS_PER_WEEK

# Of a second difference of weights, and of a step from day to day, in logs.
_DEVIATIONS = (0.02, 3.0)
_BASES = (basis(MIDDLES, HOURS_PER_DAY, DAILY_KNOTS), basis(MIDDLES, HOURS_PER_WEEK, WEEKLY_KNOTS))


@dataclass(frozen=True)
class Sample:
    """Arrivals at ``times``, (n,) rising local hours, watched until ``end_hours``; days begin at ``day_hour``."""

    times: Floats
    end_hours: float
    day_hour: float = 0.0

    @property
    def span_hours(self) -> float:
        return self.end_hours - float(self.times[0])

    @property
    def rate_per_hour(self) -> float:
        return self.times.size / self.span_hours

    @property
    def first_day(self) -> int:
        return int((self.times[0] - self.day_hour) // HOURS_PER_DAY)

    @cached_property
    def cells(self) -> NDArray[np.int64]:
        """(c,) all quarters of an hour that were watched."""
        return np.arange(first_cell_of(float(self.times[0])), int(np.ceil(self.end_hours / CELL_HOURS)))

    @cached_property
    def watched(self) -> Floats:
        """(c,) hours of each quarter that were watched: all but of the first and the last."""
        edges = np.append(self.cells, self.cells[-1] + 1) * CELL_HOURS
        return np.diff(np.clip(edges, self.times[0], self.end_hours))

    @cached_property
    def cell_of(self) -> NDArray[np.int64]:
        """(n,) place in ``cells`` of each arrival."""
        places: NDArray[np.int64] = np.floor(self.times / CELL_HOURS).astype(np.int64) - self.cells[0]
        return places

    @cached_property
    def days(self) -> NDArray[np.int64]:
        """(c,) number of the day of each quarter, from 0."""
        middles = (self.cells + 0.5) * CELL_HOURS - self.day_hour
        days: NDArray[np.int64] = np.floor(middles / HOURS_PER_DAY).astype(np.int64) - self.first_day
        return days

    def design(self, shape: Shape) -> Floats:
        """(c, p) slopes of the log base rate in its numbers: ``theta`` from ``season_at`` on."""
        of_week = self.cells % CELLS
        columns = [
            (whole[:, :-1] - whole[:, -1:])[of_week]
            for whole, there in zip(_BASES, (shape.daily, shape.weekly), strict=True)
            if there
        ]
        return np.concatenate([*columns, np.eye(self.day_count(shape))[self.days * shape.levels]], axis=1)

    def day_count(self, shape: Shape) -> int:
        return int(self.days[-1]) + 1 if shape.levels else 1


class Posterior:
    """Minus the penalised log likelihood of one sample under one shape, as a function of ``theta``."""

    def __init__(self, shape: Shape, sample: Sample) -> None:
        self._shape, self._sample = shape, sample
        self._design = sample.design(shape)
        self._forms = _forms(shape, sample.day_count(shape))
        self._deviations = np.ones(len(self._forms))
        self._roughness = sum(self._forms, np.zeros((size := shape.days_at + sample.day_count(shape), size)))
        self._sums, self._moments = np.empty((2, shape.echoes, sample.times.size))

    def smoothed(self, theta: Floats, covariance: Floats) -> float:
        """Set how rough each part may be by what it is at ``theta``; returns by how much, in logs, this moved most."""
        before = self._deviations.copy()
        for at, form in enumerate(self._forms):
            free = np.linalg.matrix_rank(form) - float((form * covariance).sum()) / before[at] ** 2
            deviation = np.sqrt(float(theta @ form @ theta) / max(free, 0.5))
            self._deviations[at] = np.clip(deviation, *_DEVIATIONS)
        self._roughness = sum(
            (form / deviation**2 for form, deviation in zip(self._forms, self._deviations, strict=True)),
            np.zeros_like(self._roughness),
        )
        return float(np.abs(np.log(self._deviations / before)).max(initial=0.0))

    def loss(self, theta: Floats) -> tuple[float, Floats]:
        """Its value and its (size,) slope."""
        likelihood, slope = self.log_likelihood(theta)
        pull = self._roughness @ theta
        return 0.5 * float(theta @ pull) - likelihood, pull - slope

    def log_likelihood(self, theta: Floats) -> tuple[float, Floats]:
        """Without the prior, and its slope."""
        shape, sample = self._shape, self._sample
        children, fading = shape.children(theta), LOG_2 / shape.half_lives(theta)
        traced(fading, sample.times, self._sums, self._moments)
        rates = np.exp(np.minimum(self._design @ theta[shape.season_at :], 40.0))
        bases = rates[sample.cell_of]
        totals = bases + (children * fading) @ self._sums
        ages = sample.end_hours - sample.times
        faded = np.exp(-np.outer(fading, ages))
        expected = rates * sample.watched
        value = np.log(totals[1:]).sum() - expected.sum() - (children * (1.0 - faded).sum(axis=1)).sum()
        explained = np.bincount(sample.cell_of[1:], (bases / totals)[1:], sample.cells.size)
        of_children = fading * (self._sums / totals).sum(axis=1) - (1.0 - faded).sum(axis=1)
        of_fading = children * (((self._sums - fading[:, None] * self._moments) / totals).sum(axis=1))
        of_fading -= children * (faded * ages).sum(axis=1)
        slope = np.concatenate(
            [self._inner(theta, of_children), -of_fading * fading, (explained - expected) @ self._design]
        )
        return float(value), slope

    def _inner(self, theta: Floats, of_children: Floats) -> Floats:
        """Slopes in the branching ratio and the share of the first echo."""
        if self._shape.echoes < 2:
            return of_children
        one, other = of_children
        return np.array([theta[1] * one + (1.0 - theta[1]) * other, theta[0] * (one - other)])


def _forms(shape: Shape, days: int) -> list[Floats]:
    """(size, size) quadratic forms of the prior: of each spline, and of the days."""
    size = shape.days_at + days
    forms = []
    at = shape.season_at
    for free in shape.free_weights:
        if free:
            closed = np.concatenate([np.eye(free), -np.ones((1, free))])
            bends = np.roll(closed, 1, axis=0) - 2.0 * closed + np.roll(closed, -1, axis=0)
            forms.append(np.zeros((size, size)))
            forms[-1][at : at + free, at : at + free] = bends.T @ bends
            at += free
    if days > 1:
        steps = np.diff(np.eye(days), axis=0)
        forms.append(np.zeros((size, size)))
        forms[-1][at:, at:] = steps.T @ steps
    return forms
