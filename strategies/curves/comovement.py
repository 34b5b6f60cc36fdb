"""Which factors places have in common, from the correlations of their surprises.

``low_rank`` finds loadings, R = L L' + diagonal, by least squares in Fisher's z = artanh(R), whose
variance is 1 / count (minres factor analysis, Harman and Jones, 1966, with weights, so that places
seen seldom count less); the number of factors is the one with the least sum of squares + parameters *
log(count), Schwarz's criterion. ``shares_of`` says how much two places share because they are in one
market, sell one SKU, or are in one region; standard errors leave out one stretch of time after the
other (jackknife).
"""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize, nnls

from strategies.curves.filtering import Floats
from strategies.curves.shocks import Shared
from strategies.curves.structure import Shares
from strategies.curves.surprises import CORRELATION_MAX, Correlations

FACTORS_MAX = 4
COUNT_MIN = 30.0  # common observations; of fewer nothing is said
_COMMON_MAX = 0.995  # of a place's variance: nothing is quite common


class SharesFit(NamedTuple):
    """Shares with their standard errors; ``unknown`` names those that no pair of places tells, taken as 0."""

    shares: Shares
    errors: Shares
    unknown: tuple[str, ...]
    pairs: int


class LowRank(NamedTuple):
    """What was found, and Schwarz's criterion of each number of factors from 0."""

    shared: Shared
    criteria: tuple[float, ...]


def low_rank(found: Correlations, given: Floats | None = None) -> LowRank:
    """Loadings on as many factors as the correlations support, beyond those on ``given`` (P, K) ones.

    A place that was never seen has none but the given.
    """
    values, counts = found.values, found.counts.sum(axis=0)
    places = len(values)
    known = np.zeros((places, 0)) if given is None else given
    worth = np.where(counts >= COUNT_MIN, counts, 0.0)
    enough = worth[np.triu_indices(places, 1)]
    # As many factors as leave fewer loadings than there are pairs.
    most = min(FACTORS_MAX, int(places + 0.5 - sqrt(2.0 * places + 0.25))) if (enough > 0.0).any() else 0
    typical = float(np.median(enough[enough > 0.0])) if most > 0 else 1.0
    fits = [_loaded(values, worth, known, size) for size in range(max(most, 0) + 1)]
    free = [size * places - size * (size - 1) // 2 for size in range(len(fits))]
    criteria = tuple(float(loss + count * np.log(typical)) for (_, loss), count in zip(fits, free, strict=True))
    common = np.concatenate([known, fits[int(np.argmin(criteria))][0]], axis=1)
    return LowRank(Shared(common, 1.0 - (common**2).sum(axis=1)), criteria)


def shares_of(found: Correlations, skus: Sequence[str], regions: Sequence[str]) -> SharesFit:
    """Variance components of the correlations of places with these SKUs and regions."""
    blocks = len(found.products)
    shares, _, unknown, pairs = _components(found, skus, regions)
    # A share at 0 has an error, too: that of what it would be, were it free.
    free = np.array([_components(found.without(block), skus, regions)[1] for block in range(blocks)])
    errors = np.sqrt((blocks - 1.0) / blocks * ((free - free.mean(axis=0)) ** 2).sum(axis=0))
    return SharesFit(shares, Shares(*errors.tolist()), unknown, pairs)


def _components(
    found: Correlations, skus: Sequence[str], regions: Sequence[str]
) -> tuple[Shares, Floats, tuple[str, ...], int]:
    """Shares, what they would be if they could be below 0, which no pair tells, and how many pairs were seen."""
    one, other = np.triu_indices(len(skus), 1)
    counts = found.counts.sum(axis=0)[one, other]
    products = found.products.sum(axis=0)[one, other]
    seen = counts > 0.0
    sku, region = np.array(skus), np.array(regions)
    alike = [np.ones(one.size), sku[one] == sku[other], region[one] == region[other]]
    design = np.stack(alike, axis=1).astype(np.float64)[seen]
    weights = np.sqrt(counts[seen])
    # Left to right: what the pairs before cannot tell from the columns before is not known.
    known: list[int] = []
    for column in range(3):
        if np.linalg.matrix_rank(design[:, [*known, column]]) > len(known):
            known.append(column)
    values, free = np.zeros((2, 3))
    if known:
        weighted, wanted = design[:, known] * weights[:, None], products[seen] / counts[seen] * weights
        values[known] = nnls(weighted, wanted)[0]
        free[known] = np.linalg.lstsq(weighted, wanted, rcond=None)[0]
    values *= min(1.0, _COMMON_MAX / max(values.sum(), _COMMON_MAX))
    unknown = tuple(name for column, name in enumerate(Shares._fields) if column not in known)
    return Shares(*values.tolist()), free, unknown, int(seen.sum())


def _loaded(values: Floats, counts: Floats, given: Floats, size: int) -> tuple[Floats, float]:
    """(P, size) loadings of least squares, and the sum of squares."""
    places = len(values)
    room = np.sqrt(np.maximum(_COMMON_MAX - (given**2).sum(axis=1), 0.0))[:, None]
    base = given @ given.T
    target, weights = np.arctanh(values * (1.0 - np.eye(places))), counts * (1.0 - np.eye(places))

    def loss(theta: Floats) -> tuple[float, Floats]:
        # A place's common part stays inside a ball: l = room v / sqrt(1 + v'v).
        v = theta.reshape(places, size)
        length = np.sqrt(1.0 + (v**2).sum(axis=1, keepdims=True))
        loadings = room * v / length
        model = np.clip(base + loadings @ loadings.T, -CORRELATION_MAX, CORRELATION_MAX)
        apart = np.arctanh(model) - target
        slope = 2.0 * (weights * apart / (1.0 - model**2)) @ loadings * room / length
        inner = slope - v * (v * slope).sum(axis=1, keepdims=True) / length**2
        # One pseudo-observation for each loading keeps those of places that were hardly seen near 0.
        return float(0.5 * (weights * apart**2).sum() + (v**2).sum()), (inner + 2.0 * v).ravel()

    if size == 0:
        return np.zeros((places, 0)), loss(np.zeros(0))[0]
    variances, directions = np.linalg.eigh(np.where(weights > 0.0, values - base, 0.0))
    start = directions[:, ::-1][:, :size] * np.sqrt(np.maximum(variances[::-1][:size], 0.01))
    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    v = found.x.reshape(places, size)
    loadings: Floats = room * v / np.sqrt(1.0 + (v**2).sum(axis=1, keepdims=True))
    return loadings, float(found.fun)
