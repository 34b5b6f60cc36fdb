"""The quadratic program of the smoothest curve, as Clarabel solves it: deterministic, sparse, some milliseconds."""

from typing import Any

import clarabel
import numpy as np
from scipy import sparse

from strategies.curves.demands import Demands
from strategies.curves.filtering import Floats
from strategies.curves.prices import PRICE_USD_MIN
from strategies.curves.prior import Prior
from strategies.curves.smoothness import MARGIN_HOURS, smoothness

# What missing a target by its noise costs, beside a gap of one error: so much that none is missed without need.
_MISS_COST = 1e4
# Of a quote: errors of an hour to its noise, as far as they count.
_CLOSENESS = (0.1, 100.0)
_TOLERANCE = 1e-9
_ITERATIONS_MAX = 60
# An interior-point method may stall just short of its tolerances: what counts is that bids and asks are respected.
_OFF_USD_MAX = 5e-7


def smoothest(prior: Prior, asked: Demands) -> Floats | None:
    """The prices, or None if none satisfies the bounds.

    Variables are the gaps as shares of their errors, also in the margins, then what each target is missed by from
    below and from above. All of them in the unit that makes the widest gap about one, however absurd a quote is.
    """
    unit = _unit(prior, asked)
    at = np.flatnonzero(~np.isnan(asked.targets))
    low, high = np.flatnonzero(asked.low > 0.0), np.flatnonzero(np.isfinite(asked.high))
    # What the gaps come to in dollars: of each hour, without the margins, and of each contract.
    law = smoothness(prior.prices.size)
    hours = sparse.diags_array(prior.errors / prior.errors.mean()) @ law.inside
    contracts = sparse.csr_array(asked.weights @ hours)
    misses = sparse.eye_array(at.size)
    rows: Any = [
        [contracts[at], misses, -misses],
        [contracts[high], None, None],
        [-contracts[low], None, None],
        [-hours, None, None],
        [None, -misses, None],
        [None, None, -misses],
    ]
    model = asked.weights @ prior.prices
    bounds = [
        asked.targets[at] - model[at],
        asked.high[high] - model[high],
        model[low] - asked.low[low],
        prior.prices - PRICE_USD_MIN,
        np.zeros(2 * at.size),
    ]
    cost = _MISS_COST * np.clip(prior.errors.mean() / asked.noises[at], *_CLOSENESS)
    solution = clarabel.DefaultSolver(
        sparse.csc_matrix(
            sparse.block_diag([law.precision, sparse.csc_array((2 * at.size, 2 * at.size))], format="csc")
        ),
        np.concatenate([np.zeros(law.precision.shape[0]), cost, cost]),
        sparse.csc_matrix(sparse.block_array(rows, format="csc")),
        np.concatenate(bounds) / unit,
        [clarabel.ZeroConeT(at.size), clarabel.NonnegativeConeT(sum(bound.size for bound in bounds[1:]))],
        _settings(),
    ).solve()
    if solution.status not in (clarabel.SolverStatus.Solved, clarabel.SolverStatus.AlmostSolved):
        return None
    gaps = np.array(solution.x[MARGIN_HOURS : MARGIN_HOURS + prior.prices.size]) * unit / prior.errors.mean()
    prices: Floats = np.maximum(prior.prices + prior.errors * gaps, PRICE_USD_MIN)
    return prices if asked.allows(prices, _OFF_USD_MAX) else None


def _unit(prior: Prior, asked: Demands) -> float:
    """Dollars: the error of an hour, or the widest gap that a quote asks for, if that is wider."""
    model = asked.weights @ prior.prices
    asked_usd = np.concatenate([asked.low - model, (model - asked.high), np.abs(asked.targets - model)])
    return float(np.nanmax([prior.errors.mean(), *asked_usd]))


def _settings() -> clarabel.DefaultSettings:
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    settings.max_iter = _ITERATIONS_MAX
    settings.tol_feas = settings.tol_gap_abs = settings.tol_gap_rel = _TOLERANCE
    return settings
