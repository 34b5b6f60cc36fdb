"""A day of 24 hours that expire, in which makers are compared: the same prices and the same people for all of them.

Each hour is quoted from the start until its gate, which is 1, 2, ... 24 hours away; orders are for one unit. Prices
follow Brownian motions with a common part. Whoever holds q at a gate pays 0.50 for each unit long and 0.75 for each
unit short. A quote at depth d is filled at A exp(-k d): literally, or (``is_capped``) by no more people than
there are: walk-ins whose reach beyond S is exponential, A of them an hour, cannot come more often than they do, however
good the price.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from strategies.making.perishable.arrivals import constant
from strategies.making.perishable.problem import Floats, Problem


@dataclass(frozen=True)
class Day:
    """Money in dollars per GPU-hour, inventory in units of one order; ``arrivals`` an hour on each side."""

    hours: int = 24
    arrivals: float = 6.0
    k: float = 40.0
    gamma: float = 2.0
    c_long: float = 0.50
    c_short: float = 0.75
    sigma: float = 0.05  # per square root of an hour
    common: float = 0.8  # of the variance of each price
    inventory_max: int = 40
    steps_per_hour: int = 60
    is_capped: bool = True

    @property
    def problem(self) -> Problem:
        """The control problem of each of its hours."""
        return Problem(
            constant(self.arrivals), self.k, self.c_long, self.c_short,
            risk=constant(self.gamma * self.sigma**2), inventory_max=self.inventory_max,
        )  # fmt: skip


class Played(NamedTuple):
    """(paths,) each, in dollars a GPU-hour: of a day. ``at_gates``: units held at the gates, without sign."""

    pnl: Floats
    spread: Floats
    at_gates: Floats


@dataclass(frozen=True)
class Policy:
    """``bids``, ``asks``: (steps + 1, 2 inventory_max + 1) depths by steps to gate and inventory; inf quotes nothing.

    horizon_hours: for so long, or until the first of the two gates, what is held in another hour is taken to last: both
    quotes are moved down by gamma times the covariance of the two prices over it.
    """

    name: str
    bids: Floats
    asks: Floats
    horizon_hours: float = 0.0


def play(day: Day, policy: Policy, paths: int, seed: int) -> Played:
    """The day many times over. The same seed brings the same prices and people, whatever the policy."""
    rng = np.random.default_rng(seed)
    step_hours = 1.0 / day.steps_per_hour
    held = np.zeros((paths, day.hours), dtype=np.int64)
    spread, moved, lost, at_gates = np.zeros((4, paths))
    losses = day.problem.losses()
    gates = np.arange(1, day.hours + 1) * day.steps_per_hour
    for step in range(day.hours * day.steps_per_hour):
        first = step // day.steps_per_hour  # hours before it are past their gates
        left = gates[first:] - step
        here = held[:, first:]
        wide = here + day.inventory_max
        lean = here @ _covariances(day, np.minimum(policy.horizon_hours, left * step_hours)) * day.gamma
        draws = rng.random((2, paths, day.hours))[:, :, first:]
        earned, change = np.zeros(here.shape), np.zeros(here.shape, dtype=np.int64)
        for sign, depths, draw in ((1, policy.bids, draws[0]), (-1, policy.asks, draws[1])):
            depth = depths[left[None, :], wide] + sign * lean
            filled = draw < _fill_probability(day, depth, step_hours)
            earned += np.where(filled, depth, 0.0)
            change += sign * filled
        spread += earned.sum(axis=1)
        here += change
        moved += (here * _moves(day, rng, paths, step_hours)[:, first:]).sum(axis=1)
        if left[0] == 1:
            lost += losses[here[:, 0] + day.inventory_max]
            at_gates += np.abs(here[:, 0])
    return Played(spread + moved - lost, spread, at_gates)


def _covariances(day: Day, lasting: Floats) -> Floats:
    """(n, n) between hours that last so long; 0 with itself."""
    both: Floats = np.minimum.outer(lasting, lasting) * day.common * day.sigma**2
    np.fill_diagonal(both, 0.0)
    return both


def _fill_probability(day: Day, depth: Floats, step_hours: float) -> Floats:
    reach = np.minimum(1.0, np.exp(-day.k * depth)) if day.is_capped else np.exp(-day.k * depth)
    probability: Floats = -np.expm1(-day.arrivals * step_hours * reach)
    return probability


def _moves(day: Day, rng: np.random.Generator, paths: int, step_hours: float) -> Floats:
    shared = rng.standard_normal((paths, 1)) * np.sqrt(day.common)
    alone = rng.standard_normal((paths, day.hours)) * np.sqrt(1.0 - day.common)
    moves: Floats = (shared + alone) * day.sigma * np.sqrt(step_hours)
    return moves
