"""What a lot of each hour is worth in sixteen scenarios, made from marks and from how hours move together.

The scheme is that of SPAN (CME, 1988): a few joint moves of all prices, and the worst of them counts. With
``b[f]`` the move of an hour by one standard deviation of principal factor ``f``, ``s`` what of its own
standard deviation ``sigma`` the factors leave over, and ``z`` how many standard deviations are covered:

    0        the mark
    1, 2     mark * exp(z * (+-b[1] + s))          3, 4 and 5, 6 the same of factors 2 and 3
    7, 8     mark * exp(z * (+-(b[1] + b[2]) / sqrt(2) + s))
    9, 10    mark * exp(z * (+-(b[1] - b[2]) / sqrt(2) + s))
    11, 12   mark * exp(+-z * sigma)               all hours at once
    13, 14   mark * (1 + coverage * (exp(+-spike * z * sigma) - 1))   extreme, and covered in part
    15       mark * jump                           all hours dear together, whatever they did before

What is an hour's own is added upwards in 1 to 10: it makes a short dearer, and no other hour offsets it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from exchange.clearing.errors import BadTerms
from exchange.domain.units import PRICE_TICKS_MAX, SCENARIOS

FACTORS = 3
# How far from symmetric, and how far below 0 in relation to the largest, is still rounding.
_ROUNDING = 1e-9


class Scan(NamedTuple):
    """How far scenarios go."""

    z: float = 2.33  # one side of 99% of a normal distribution
    spike: float = 3.0  # times the usual move
    coverage: float = 0.35  # of that
    jump: float = 1.5  # times the mark


_SCAN = Scan()


class Factors(NamedTuple):
    """How hours move together: ``loadings`` (n, 3), what each factor moves by one deviation, and ``specific``
    (n,), the variance that is left over."""

    loadings: NDArray[np.float64]
    specific: NDArray[np.float64]


def scenarios(marks: Sequence[int], covariance: NDArray[np.float64], scan: Scan = _SCAN) -> NDArray[np.int64]:
    """(n, 16) of ticks, the marks first. Raises BadTerms.

    marks: (n,) of ticks. covariance: (n, n) of logarithms of prices over the time that it takes to close a position.
    """
    if np.shape(covariance) != (len(marks), len(marks)):
        raise BadTerms(f"a covariance of {len(marks)} hours is {len(marks)} by {len(marks)}")
    return scenarios_of_factors(marks, factors(covariance), scan)


def factors(covariance: NDArray[np.float64]) -> Factors:
    """The principal factors of ``covariance`` (n, n). Takes time with the cube of n. Raises BadTerms."""
    moves = np.asarray(covariance, np.float64)
    count = len(moves)
    if moves.shape != (count, count) or not np.isfinite(moves).all():
        raise BadTerms(f"a covariance of {count} hours is {count} by {count} and finite, found {moves.shape}")
    if not np.allclose(moves, moves.T, rtol=0, atol=_ROUNDING * max(1.0, float(np.abs(moves).max(initial=0)))):
        raise BadTerms("a covariance is symmetric")
    variances, directions = np.linalg.eigh((moves + moves.T) / 2)
    if count and variances[0] < -_ROUNDING * max(1.0, variances[-1]):
        raise BadTerms(f"a covariance has no variance below 0, found {variances[0]:g}")
    kept = min(FACTORS, count)
    loadings = np.zeros((count, FACTORS))
    leading = directions[:, ::-1][:, :kept] * np.sqrt(np.maximum(variances[::-1][:kept], 0))
    loadings[:, :kept] = leading * _signs(leading)
    return Factors(loadings, np.maximum(np.diag(moves) - (loadings**2).sum(axis=1), 0))


def _signs(loadings: NDArray[np.float64]) -> NDArray[np.float64]:
    """An eigenvector has no sign of its own: the largest part of each points upwards, of two as large the first."""
    if not loadings.size:
        return np.ones(loadings.shape[1])
    largest = np.argmax(np.round(np.abs(loadings), 12), axis=0)
    return np.where(loadings[largest, np.arange(loadings.shape[1])] < 0, -1.0, 1.0)


def scenarios_of_factors(marks: Sequence[int], moving: Factors, scan: Scan = _SCAN) -> NDArray[np.int64]:
    """The same of hours whose factors are known. Raises BadTerms."""
    _check(marks, scan)
    mark = np.array(marks, np.float64)
    one, two, three = moving.loadings.T
    own = np.sqrt(moving.specific)
    sigma = np.sqrt((moving.loadings**2).sum(axis=1) + moving.specific)
    both, apart = (one + two) / np.sqrt(2), (one - two) / np.sqrt(2)
    joint = [sign * move for move in (one, two, three, both, apart) for sign in (1.0, -1.0)]
    columns = [mark, *(mark * np.exp(scan.z * (move + own)) for move in joint)]
    columns += [mark * np.exp(sign * scan.z * sigma) for sign in (1.0, -1.0)]
    columns += [mark * (1 + scan.coverage * np.expm1(sign * scan.spike * scan.z * sigma)) for sign in (1.0, -1.0)]
    columns.append(mark * scan.jump)
    prices = np.clip(np.stack(columns, axis=1), 1, PRICE_TICKS_MAX)
    ticks: NDArray[np.int64] = np.rint(prices).astype(np.int64)
    assert ticks.shape == (len(marks), SCENARIOS)
    return ticks


def _check(marks: Sequence[int], scan: Scan) -> None:
    for mark in marks:
        if not 1 <= mark <= PRICE_TICKS_MAX:
            raise BadTerms(f"a mark of {mark} ticks is not from 1 to {PRICE_TICKS_MAX}")
    if not (scan.z > 0 and scan.spike >= 1 and 0 <= scan.coverage <= 1 and scan.jump >= 1):
        raise BadTerms(f"scenarios go upwards, by z > 0, spike >= 1, 0 <= coverage <= 1 and jump >= 1, not {scan}")
