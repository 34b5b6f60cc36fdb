"""What moves prices, place by place, and which part of it places share.

Jumps: a share of those of a place are events that other places feel, too. Events of a class come at
the rate Q = max (share r); a place takes part in share r / Q of them, each for itself, with a size of
m + sqrt(v) g where g is the event's. Each place alone keeps its rate r and its sizes exactly, and two
share jump covariance share share' r r' (m m' + sqrt(v v')) / Q an hour.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from strategies.curves.filtering import Floats

Places = NDArray[np.intp]
# A Gram matrix is taken as exhausted when so little of its trace is left: rounding.
_EXHAUSTED = 1e-15


class Moments(NamedTuple):
    """(P,) each: the parameters of each place, per hour, and the drift of the measure that is asked about."""

    reversion: Floats
    diffusion_variance: Floats
    fading: Floats
    jump_rate: Floats
    jump_mean: Floats
    jump_variance: Floats
    long_variance: Floats
    correlation: Floats
    drift: Floats  # of the long-term factor, less its premium
    premium: Floats  # short term: lambda_chi of Schwartz and Smith (2000), equation 9


class Shared(NamedTuple):
    """What a shock to each place is made of: ``common`` (P, K) loadings on independent unit shocks, and what
    ``own`` (P,) variance is left. Two places share ``common @ common.T``; a place alone also has its own."""

    common: Floats
    own: Floats


class Comoving(NamedTuple):
    """How places move together: correlations of the short- and the long-term shocks, and ``jumps`` (P, C),
    which share of a place's jumps are events of each class."""

    short: Shared
    long: Shared
    jumps: Floats


def basis(rates: Floats, hours: float) -> tuple[Floats, Places]:
    """A root C (U, m) of the Gram matrix of exp(-rate u) on [0, hours], and (n,) which row of it each rate has.

    rates: (n,), of which U are different. C @ C.T is that matrix to rounding; m is mostly below 10.
    """
    different, row = np.unique(rates, return_inverse=True)
    both = different[:, None] + different[None, :]
    slow = both * hours < 1e-12
    gram = np.where(slow, hours, -np.expm1(-both * hours) / np.where(slow, 1.0, both))
    return _root(gram), row.astype(np.intp)


def _root(gram: Floats) -> Floats:
    """Pivoted Cholesky: columns until nothing is left."""
    left = np.diag(gram).copy()
    enough = _EXHAUSTED * left.max(initial=0.0)
    columns: list[Floats] = []
    while len(columns) < left.size and left.max() > enough:
        pivot = int(np.argmax(left))
        column = gram[:, pivot].copy()
        for done in columns:
            column -= done * done[pivot]
        column /= np.sqrt(left[pivot])
        columns.append(column)
        left = np.maximum(left - column**2, 0.0)
        left[pivot] = 0.0
    return np.stack(columns, axis=1) if columns else np.zeros((left.size, 0))


def events(moments: Moments, jumps: Floats) -> tuple[Floats, Floats]:
    """(C,) rate of each class of events, and (P, C) the part of them that each place feels."""
    each = jumps * moments.jump_rate[:, None]
    rates = each.max(axis=0, initial=0.0)
    return rates, np.divide(each, rates, out=np.zeros_like(each), where=rates > 0.0)


def jumping(moments: Moments, jumps: Floats) -> Shared:
    """What a place's jumps share, as a variance an hour."""
    rates, felt = events(moments, jumps)
    often = felt * np.sqrt(rates)
    common = np.concatenate(
        [often * moments.jump_mean[:, None], often * np.sqrt(moments.jump_variance)[:, None]], axis=1
    )
    whole = moments.jump_rate * (moments.jump_mean**2 + moments.jump_variance)
    return Shared(common, np.maximum(whole - (common**2).sum(axis=1), 0.0))
