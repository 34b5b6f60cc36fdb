"""The control problem becomes a linear system, and the linear system a sum without a minus sign.

With V = x + q S + h(tau, q) the Hamilton-Jacobi-Bellman equation is

    dh/dtau = -risk/2 q^2 + sup_d A e^(-k d) (d + h(q+1) - h(q)) + sup_d A e^(-k d) (d + h(q-1) - h(q))   (2)

with h(0, q) = -loss(q). The best depths are 1/k + h(q) - h(q+1) and 1/k + h(q) - h(q-1), and with them
omega = exp(k h) obeys

    d omega/dtau = M(tau) omega,   M = A/e on both sides of the diagonal, -k risk/2 q^2 on it             (3)

(Cartea, Jaimungal and Penalva, "Algorithmic and High-Frequency Trading", 2015, section 10.2; in Guéant,
Lehalle and Fernandez-Tapia, 2013, with another risk). M has no negative number off its diagonal. So
with its diagonal raised to 0 or more, exp(M t) is a power series of sums of products of what is not negative, and
every omega, down to those e^-1000 of the largest, is right to the last few digits of its own (uniformization).
Each step begins at omega = 1 in units of what it is, so nothing runs under or over, either.
"""

from collections.abc import Iterator
from math import inf

import numpy as np

from strategies.making.perishable.problem import Floats, Problem
from strategies.making.perishable.table import Table

HORIZON_HOURS = 400.0  # farther from the gate the quotes stand still
TERMS = 32.0  # of the series that one step may need, about
SEEN_HOURS = 1e-5  # a step is no longer than this or a share of tau: between them one interpolates
GROWTH = 0.15
# exp of more cannot be written down. Such a slope lasts for less than e^-600 hours.
_STEEPEST = 600.0
_STILL = 1e-7  # a change of k h that nobody can see
_LEAST_TERM = 1e-17


def solve(problem: Problem, horizon_hours: float = HORIZON_HOURS) -> Table:
    """The table of ``problem`` from the gate to ``horizon_hours`` before it, or to where it stands still."""
    slopes = np.clip(np.diff(-problem.k * problem.losses()), -_STEEPEST, _STEEPEST)
    logs = np.concatenate([[0.0], np.cumsum(slopes)])
    logs -= logs[problem.inventory_max] + problem.k * problem.losses()[problem.inventory_max]
    taus, nodes = [0.0], [logs]
    for start, end in _pieces(problem, horizon_hours):
        for tau, logs in _through(problem, nodes[-1], start, end, end == horizon_hours):
            taus.append(tau)
            nodes.append(logs)
    return Table(problem, np.array(taus), np.array(nodes) / problem.k)


def _pieces(problem: Problem, horizon_hours: float) -> Iterator[tuple[float, float]]:
    """The times between which M stands still."""
    edges = {*problem.arrivals.starts, *problem.risk.starts}
    inner = sorted(edge for edge in edges if edge < horizon_hours)
    yield from zip(inner, [*inner[1:], horizon_hours], strict=True)


def _through(problem: Problem, logs: Floats, start: float, end: float, is_last: bool) -> Iterator[tuple[float, Floats]]:
    """Nodes (tau, k h) on the way from ``start`` to ``end``; the last piece ends where nothing moves any more."""
    rate = problem.arrivals.at(start) / np.e
    decay = problem.k * problem.risk.at(start) / 2 * problem.inventories**2
    # How fast the differences settle, at least: the gap between the two largest eigenvalues of M without risk.
    settling = rate * 3.0 * np.pi**2 / decay.size**2
    tau = start
    while tau < end:
        upper, lower = rate * np.exp(np.diff(logs)), rate * np.exp(-np.diff(logs))
        rows = decay.max() - decay
        rows[:-1] += upper
        rows[1:] += lower
        step = min(end - tau, max(SEEN_HOURS, GROWTH * tau), TERMS / rows.max() if rows.any() else inf)
        # So short a step may be lost in tau, but not in h.
        tau = end if step >= end - tau else tau + step
        later = logs + np.log(_series(upper, lower, decay, step)) - decay.max() * step
        moved = np.abs(np.diff(later) - np.diff(logs)).max()
        logs = later
        yield tau, logs
        if is_last and tau > 1.0 and moved < _STILL * settling * step:
            return


def _series(upper: Floats, lower: Floats, decay: Floats, step: float) -> Floats:
    """exp(step (M + max decay)) applied to ones."""
    diagonal = decay.max() - decay
    term, total, count = np.ones(decay.size), np.ones(decay.size), 0
    while (term > _LEAST_TERM * total).any():
        count += 1
        longer = diagonal * term
        longer[:-1] += upper * term[1:]
        longer[1:] += lower * term[:-1]
        term = longer * (step / count)
        total += term
    return total
