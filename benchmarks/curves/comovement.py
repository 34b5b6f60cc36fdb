"""Whether what moves together is found again: ``python -m benchmarks.curves.comovement``.

Simulated markets whose truth is known, each place seen at hours of its own: shares of market, SKU and region, how often
their 95% intervals hold, and how often the number of factors is right. Takes a minute.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.signal import lfilter

from strategies.curves.comovement import low_rank, shares_of
from strategies.curves.filtering import Floats
from strategies.curves.structure import Shares, structured
from strategies.curves.surprises import BLOCKS, Surprises, correlations

RUNS = 100
TRUTH = Shares(0.2, 0.3, 0.15)
_SKUS = tuple(sku for sku in "ABCD" for _ in range(3))
_REGIONS = ("E", "W", "N") * 4
_HOURS = 1_500
# Two-sided 95% of Student's t with as many degrees as there are stretches of time less one.
_QUANTILE = 2.262
assert BLOCKS == 10, "the quantile is that of ten stretches"


class Recovery(NamedTuple):
    """Of so many simulated markets."""

    runs: int
    shares_mean: Shares
    shares_covered: Shares  # part of the 95% intervals that hold
    factors_right: tuple[float, ...]  # part in which as many factors are found as there are: 0, 1, 2


def measure(runs: int = RUNS) -> Recovery:
    shared = structured(TRUTH, _SKUS, _REGIONS)
    truth = shared.common @ shared.common.T + np.diag(shared.own)
    fits = [shares_of(correlations(_seen(truth, seed)), _SKUS, _REGIONS) for seed in range(runs)]
    found, errors = np.array([fit.shares for fit in fits]), np.array([fit.errors for fit in fits])
    covered = (np.abs(found - TRUTH) < _QUANTILE * errors).mean(axis=0)
    right = tuple(float(np.mean([_found(count, seed) == count for seed in range(runs)])) for count in range(3))
    return Recovery(runs, Shares(*found.mean(axis=0).tolist()), Shares(*covered.tolist()), right)


def _found(count: int, seed: int) -> int:
    """How many factors are found where there are so many."""
    rng = np.random.default_rng((seed, count))
    loadings = rng.uniform(0.4, 0.7, (len(_SKUS), count)) * rng.choice([-1.0, 1.0], (len(_SKUS), count))
    truth = loadings @ loadings.T
    np.fill_diagonal(truth, 1.0)
    return int(np.argmin(low_rank(correlations(_seen(truth, seed))).criteria))


def _seen(truth: Floats, seed: int) -> list[Surprises]:
    """Deviations with half-lives of two hours to two days, each seen in half of the hours, or in a fifth."""
    rng = np.random.default_rng(seed)
    shocks = rng.standard_normal((_HOURS, len(truth))) @ np.linalg.cholesky(truth).T
    found = []
    for place in range(len(truth)):
        reversion = float(rng.uniform(0.015, 0.35))
        keep = np.flatnonzero(rng.random(_HOURS) < (0.5 if place % 2 else 0.2))
        path = lfilter([1.0], [1.0, -np.exp(-reversion)], shocks[:, place])
        gaps = np.diff(keep)
        surprises = path[keep][1:] - path[keep][:-1] * np.exp(-reversion * gaps)
        deviation = np.sqrt(np.expm1(-2.0 * reversion * gaps) / np.expm1(-2.0 * reversion))
        times = keep.astype(np.float64)
        found.append(Surprises(times[:-1], times[1:], surprises / deviation, reversion))
    return found


def main() -> None:
    found = measure()
    print(f"{found.runs} simulated markets of {len(_SKUS)} places, {_HOURS} hours each")
    for name, truth, mean, covered in zip(Shares._fields, TRUTH, found.shares_mean, found.shares_covered, strict=True):
        print(f"  share {name:>10}: true {truth:.2f}, mean {mean:.3f}, 95% intervals hold {covered:.1%}")
    for count, right in enumerate(found.factors_right):
        print(f"  {count} factors: found in {right:.1%}")


if __name__ == "__main__":
    main()
