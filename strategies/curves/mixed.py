"""Effects of groups that cross, each shrunk by how much groups of its kind differ: a linear mixed model.

    y = X fixed + sum over kinds of Z_kind effect_kind + noise,    effect_kind ~ normal (0, variance_kind)

The variances are those of restricted maximum likelihood (Patterson and Thompson, 1971), so that the
fixed part does not make them too small; given them, the effects are best linear unbiased predictions
(Henderson, 1975; Robinson, 1991), which come with the covariance of what they miss. A group that was
never seen is predicted too: by 0, give or take the deviation of its kind.
"""

from collections.abc import Hashable, Mapping, Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

from strategies.curves.filtering import Floats
from strategies.curves.prices import BadPrices

_SMALLEST, _LARGEST = -14.0, 4.0  # logs of variances
_NOISE = "noise"


class Mixed(NamedTuple):
    """What was found; ``variances`` has a kind's name, or ``noise``."""

    variances: dict[str, float]
    labels: dict[str, dict[Hashable, int]]  # kind, then group: its place among the effects
    fixed: Floats
    effects: Floats  # (E,) of all kinds
    covariance: Floats  # (F + E, F + E) of what fixed and effects miss, in this order

    def predicted(self, fixed: Floats, groups: Mapping[str, Hashable]) -> tuple[float, float]:
        """What X ``fixed`` and a group of some kinds add up to, and its standard error, without noise."""
        row = np.concatenate([fixed, np.zeros(self.effects.size)])
        unseen = 0.0
        for kind, group in groups.items():
            if group in self.labels[kind]:
                row[self.fixed.size + self.labels[kind][group]] += 1.0
            else:
                unseen += self.variances[kind]
        value, variance = float(row @ np.concatenate([self.fixed, self.effects])), float(row @ self.covariance @ row)
        return value, sqrt(max(variance, 0.0) + unseen)


def mixed(values: Floats, fixed: Floats, groups: Mapping[str, Sequence[Hashable | None]]) -> Mixed:
    """Fit y (n,) on X (n, F) of full rank and, for each kind, the group of each row, or None where it has none.

    Takes time with the cube of n. Raises BadPrices unless there are more rows than columns of X, all finite.
    """
    if not (len(values) > fixed.shape[1] and np.isfinite(values).all()):
        raise BadPrices(
            f"{len(values)} values, all finite, do not tell {fixed.shape[1]} fixed effects and their spread"
        )
    labels: dict[str, dict[Hashable, int]] = {}
    designs: list[Floats] = []
    first = 0
    for kind, each in groups.items():
        known = list(dict.fromkeys(group for group in each if group is not None))
        labels[kind] = {group: first + number for number, group in enumerate(known)}
        designs.append(np.array([[group == other for other in known] for group in each], np.float64))
        first += len(known)
    grams = [design @ design.T for design in designs]
    start = np.full(len(grams) + 1, np.log(values.var() / (len(grams) + 1) + 1e-6))
    bounds = [(_SMALLEST, _LARGEST)] * start.size
    found = minimize(_loss, start, args=(values, fixed, grams), jac=True, method="L-BFGS-B", bounds=bounds)
    variances = dict(zip([*groups, _NOISE], np.exp(found.x).tolist(), strict=True))
    return _predicted(values, fixed, designs, variances, labels)


def _loss(logs: Floats, values: Floats, fixed: Floats, grams: Sequence[Floats]) -> tuple[float, Floats]:
    """Minus twice the restricted log likelihood, and its slope in the log variances."""
    variances = np.exp(logs)
    total = variances[-1] * np.eye(values.size)
    for variance, gram in zip(variances, grams, strict=False):
        total += variance * gram
    factor = cho_factor(total, lower=True)
    inverse = cho_solve(factor, np.eye(values.size))
    weighted = inverse @ fixed
    information = fixed.T @ weighted
    projection = inverse - weighted @ np.linalg.solve(information, weighted.T)
    residual = projection @ values
    loss = 2.0 * np.log(np.diag(factor[0])).sum() + np.linalg.slogdet(information)[1] + values @ residual
    slope = [float((projection * gram).sum() - residual @ gram @ residual) for gram in grams]
    slope.append(float(np.trace(projection) - residual @ residual))
    return float(loss), variances * np.array(slope)


def _predicted(
    values: Floats,
    fixed: Floats,
    designs: Sequence[Floats],
    variances: dict[str, float],
    labels: dict[str, dict[Hashable, int]],
) -> Mixed:
    """Henderson's mixed model equations."""
    columns = np.concatenate([fixed, *designs], axis=1)
    *kinds, noise = variances.values()
    prior = np.concatenate(
        [np.zeros(fixed.shape[1]), *(np.full(d.shape[1], 1.0 / v) for d, v in zip(designs, kinds, strict=True))]
    )
    covariance = np.linalg.inv(columns.T @ columns / noise + np.diag(prior))
    solution = covariance @ (columns.T @ values / noise)
    size = fixed.shape[1]
    return Mixed(variances, labels, solution[:size], solution[size:], covariance)
