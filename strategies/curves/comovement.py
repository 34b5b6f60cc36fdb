"""How places move together, from prices seen at different and irregular times.

Each place gives its surprises: what a price differs from the forecast made of the price before, in
standard deviations. A surprise is a weighted integral of the place's shocks since then, so two of
them share what happened while both were waited for, and no more:

    E[e_i e_j] = R c_ij,   c_ij = integral over the overlap of exp(-k (t_i - u) - k' (t_j - u)) du / sqrt(g_i g_j)

with g the same integral of a surprise with itself. Least squares over all that overlap give
R = sum(e e c) / sum(c c), and sum(c c) counts how many common observations that is worth. For k = 0
this is the estimator of Hayashi and Yoshida (2005), each product weighted by what it tells; prices need
not be aligned, nothing is filled in, and what is missing is simply not there.

Two models of R follow. ``low_rank`` finds loadings, R = L L' + diagonal, by least squares in Fisher's
z = artanh(R), whose variance is 1 / count; the number of factors is the one with the least
sum of squares + parameters * log(count), Schwarz's criterion. ``shares_of`` says how much two places
share because they are in one market, sell one SKU, or are in one region, which also serves places
nobody has seen; their standard errors leave out one stretch of time after the other (jackknife).
"""

from collections.abc import Sequence
from math import exp, expm1, sqrt
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize, nnls

from exchange.jit import entry, kernel
from strategies.curves.covariance import Shared
from strategies.curves.filtering import Floats

FACTORS_MAX = 4
BLOCKS = 10
COUNT_MIN = 30.0  # common observations; of fewer nothing is said
_COMMON_MAX = 0.995  # of a place's variance: nothing is quite common
_CORRELATION_MAX = 0.995


class BadSurprises(ValueError):
    """Surprises that cannot be compared; the message says whose and why."""


class Surprises(NamedTuple):
    """(n,) each: when a surprise began and ended, in hours, rising and apart, and how large it was.

    scores: in standard deviations. reversion: of the place's deviation per hour; 0 for a price that only drifts.
    """

    starts: Floats
    ends: Floats
    scores: Floats
    reversion: float


class Correlations(NamedTuple):
    """(B, P, P) each, for B stretches of time: sums of products, and of what they are worth."""

    products: Floats
    counts: Floats

    @property
    def values(self) -> Floats:
        """(P, P); 0 where nothing was seen together."""
        counts = self.counts.sum(axis=0)
        found = np.divide(self.products.sum(axis=0), counts, out=np.zeros_like(counts), where=counts > 0.0)
        limited: Floats = np.clip(found, -_CORRELATION_MAX, _CORRELATION_MAX)
        np.fill_diagonal(limited, 1.0)
        return limited

    def without(self, block: int) -> "Correlations":
        return Correlations(*(np.delete(sums, block, axis=0) for sums in self))


class Shares(NamedTuple):
    """What part of the variance of a place's shocks is the whole market's, its SKU's, and its region's."""

    everywhere: float
    sku: float
    region: float


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


def correlations(series: Sequence[Surprises], blocks: int = BLOCKS) -> Correlations:
    """Of each place with each other, by ``blocks`` equal stretches of time. Raises BadSurprises."""
    scaled = [_checked(number, each) for number, each in enumerate(series)]
    first = min((each.starts[0] for each in scaled if each.starts.size), default=0.0)
    last = max((each.ends[-1] for each in scaled if each.ends.size), default=1.0)
    products, counts = np.zeros((2, blocks, len(series), len(series)))
    for p, one in enumerate(scaled):
        for q, other in enumerate(scaled[:p]):
            sums = np.zeros((2, blocks))
            overlapped(*one[:3], float(one.reversion), *other[:3], float(other.reversion), first, last, sums)
            products[:, p, q] = products[:, q, p] = sums[0]
            counts[:, p, q] = counts[:, q, p] = sums[1]
    return Correlations(products, counts)


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


def structured(shares: Shares, skus: Sequence[str], regions: Sequence[str]) -> Shared:
    """The loadings of any places, seen or not: one factor for all, one for each SKU, and one for each region."""
    kinds = ((shares.everywhere, [""] * len(skus)), (shares.sku, skus), (shares.region, regions))
    columns = [np.sqrt(share) * _membership(labels) for share, labels in kinds if share > 0.0]
    common = np.concatenate([np.zeros((len(skus), 0)), *columns], axis=1)
    return Shared(common, np.maximum(1.0 - (common**2).sum(axis=1), 0.0))


def _membership(labels: Sequence[str]) -> Floats:
    """(P, K) of 0 and 1, a column for each label in order."""
    return (np.array(labels)[:, None] == np.array(sorted(set(labels)))[None, :]).astype(np.float64)


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
        model = np.clip(base + loadings @ loadings.T, -_CORRELATION_MAX, _CORRELATION_MAX)
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
    return room * v / np.sqrt(1.0 + (v**2).sum(axis=1, keepdims=True)), float(found.fun)


def _checked(number: int, each: Surprises) -> Surprises:
    """Its scores with a mean square of 1. Raises BadSurprises."""
    starts, ends, scores = (np.asarray(column, dtype=np.float64) for column in each[:3])
    if not (starts.shape == ends.shape == scores.shape and starts.ndim == 1):
        raise BadSurprises(f"place {number}: starts, ends and scores are of one length")
    if not (np.isfinite(starts).all() and np.isfinite(ends).all() and np.isfinite(scores).all()):
        raise BadSurprises(f"place {number}: a time or a score is not finite")
    if not ((ends > starts).all() and (starts[1:] >= ends[:-1]).all() and each.reversion >= 0.0):
        raise BadSurprises(f"place {number}: surprises end after they start, rise and do not overlap; none reverts below 0")
    size = float(np.sqrt((scores**2).mean())) if scores.size else 0.0
    return Surprises(starts, ends, scores / size if size > 0.0 else scores, each.reversion)


@kernel
def weight(rate: float, hours: float) -> float:
    """Integral of exp(-rate u) over so many hours."""
    return -expm1(-rate * hours) / rate if rate * hours > 1e-12 else hours


@entry
def overlapped(
    starts: Floats,
    ends: Floats,
    scores: Floats,
    reversion: float,
    other_starts: Floats,
    other_ends: Floats,
    other_scores: Floats,
    other_reversion: float,
    first: float,
    last: float,
    sums: Floats,
) -> None:
    """Add up what the surprises of two places have in common.

    sums: (2, B), to which sum(e e c) and sum(c c) are added, by the stretch between ``first`` and ``last`` in which
    the overlap begins. Does not raise.
    """
    blocks = sums.shape[1]
    i = j = 0
    while i < starts.size and j < other_starts.size:
        begin, end = max(starts[i], other_starts[j]), min(ends[i], other_ends[j])
        if end > begin:
            both = weight(reversion + other_reversion, end - begin)
            both *= exp(-reversion * (ends[i] - end) - other_reversion * (other_ends[j] - end))
            alone = weight(2.0 * reversion, ends[i] - starts[i])
            other_alone = weight(2.0 * other_reversion, other_ends[j] - other_starts[j])
            common = both / sqrt(alone * other_alone)
            block = min(blocks - 1, int((begin - first) / (last - first) * blocks))
            sums[0, block] += scores[i] * other_scores[j] * common
            sums[1, block] += common * common
        if ends[i] <= other_ends[j]:
            i += 1
        else:
            j += 1
