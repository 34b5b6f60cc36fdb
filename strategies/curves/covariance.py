"""How the log prices of any places and hours move together, in closed form and as factors.

Place p moves as in ``model``, by a Brownian motion W for the short term, one for the long term that
is rho W + sqrt(1 - rho^2) V, and jumps. Between places W, V and jumps are correlated ("low rank plus
diagonal": what is common, and what is a place's own), and all three kinds are independent. So

    cov = sum over kinds of   share(place, other) * integral of response(u) response'(u) du

where ``response`` is what a shock at u does to the price at delivery T: exp(-k (T - u)) s + rho s_xi
to W, sqrt(1 - rho^2) s_xi to V, exp(-b (T - u)) to a jump; the integral runs over the times that
both hours still see. It is cut where an hour is delivered. On a piece, the responses of all places
and hours are combinations of a few functions exp(-k u), one for each k there is; a pivoted Cholesky
root of their Gram matrix makes the integral a product of short vectors. A sum of products of Gram
matrices has no variance below 0 (Schur), and nothing here is ever n by n unless it is asked for.

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


class Part(NamedTuple):
    """One kind of shock to n rows: row i feels ``time[i]`` (m,) of it, and its place says with whom it shares that."""

    time: Floats
    shared: Shared


class Factors(NamedTuple):
    """The covariance of n rows as a sum over ``parts``; ``place`` (n,) says where each row is."""

    place: Places
    parts: tuple[Part, ...]

    def variance(self) -> Floats:
        """(n,): the diagonal."""
        total = np.zeros(self.place.size)
        for time, (common, own) in self.parts:
            total += np.einsum("im,im->i", time, time) * ((common**2).sum(axis=1) + own)[self.place]
        return total

    def covariance(self) -> Floats:
        """(n, n), for a few rows."""
        here = self.place
        total = np.zeros((here.size, here.size))
        alike = here[:, None] == here[None, :]
        for time, (common, own) in self.parts:
            total += time @ time.T * (common[here] @ common[here].T + np.where(alike, own[here], 0.0))
        return total

    def loadings(self) -> tuple[Floats, Floats]:
        """``common`` (n, m) and ``own`` (n, k): the covariance of two rows is that of their common loadings,
        and of their own ones too if they are in one place."""
        common = [
            (time[:, :, None] * across[self.place][:, None, :]).reshape(self.place.size, -1)
            for time, (across, _) in self.parts
        ]
        own = [time * np.sqrt(alone)[self.place][:, None] for time, (_, alone) in self.parts]
        empty = np.zeros((self.place.size, 0))
        return np.concatenate([empty, *common], axis=1), np.concatenate([empty, *own], axis=1)

    def weighted(self, group: Places, weights: Floats) -> "Factors":
        """Sums of rows: row g of the result is the sum of ``weights`` times the rows whose ``group`` is g.

        group: (n,) from 0, without a gap; rows of one group are in one place.
        """
        count = int(group.max(initial=-1)) + 1
        place = np.zeros(count, dtype=np.intp)
        place[group] = self.place
        parts = []
        for time, shared in self.parts:
            summed = np.zeros((count, time.shape[1]))
            np.add.at(summed, group, time * weights[:, None])
            parts.append(Part(summed, shared))
        return Factors(place, tuple(parts))


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


def _jumping(moments: Moments, jumps: Floats) -> Shared:
    """What a place's jumps share, as a variance an hour."""
    rates, felt = events(moments, jumps)
    often = felt * np.sqrt(rates)
    common = np.concatenate(
        [often * moments.jump_mean[:, None], often * np.sqrt(moments.jump_variance)[:, None]], axis=1
    )
    whole = moments.jump_rate * (moments.jump_mean**2 + moments.jump_variance)
    return Shared(common, np.maximum(whole - (common**2).sum(axis=1), 0.0))


def factors(
    moments: Moments,
    comoving: Comoving,
    place: Places,
    ahead: Floats,
    horizon_hours: float = np.inf,
    beliefs: Floats | None = None,
) -> Factors:
    """How the log forward of each row moves from now over ``horizon_hours``, or until it is delivered if that is sooner.

    place, ahead: (n,) number of the place, and hours from now to delivery, none below 0. Without a horizon this is
    the law of the log price at delivery. beliefs: (P, 3, 3) covariance of (x, z, xi) of each place now, each place's
    own; without them the present is taken as known.
    """
    ends = np.minimum(ahead, horizon_hours)
    s = np.sqrt(moments.diffusion_variance)[place]
    long = np.sqrt(moments.long_variance)
    through, rest = (long * moments.correlation)[place], (long * np.sqrt(1.0 - moments.correlation**2))[place]
    short_time, long_time, jump_time = [], [], []
    start = 0.0
    for end in np.unique(ends[ends > 0.0]).tolist():
        sees = ends >= end
        left = np.where(sees, ahead - end, 0.0)
        root, row = basis(np.append(moments.reversion, 0.0), end - start)
        steady = root[row[-1]]
        decayed = np.where(sees, s * np.exp(-moments.reversion[place] * left), 0.0)
        short_time.append(decayed[:, None] * root[row[place]] + np.where(sees, through, 0.0)[:, None] * steady)
        long_time.append(np.where(sees, rest * np.sqrt(end - start), 0.0)[:, None])
        root, row = basis(moments.fading, end - start)
        jump_time.append(np.where(sees, np.exp(-moments.fading[place] * left), 0.0)[:, None] * root[row[place]])
        start = end
    parts = []
    if start > 0.0:
        jumping = _jumping(moments, comoving.jumps)
        kinds = ((short_time, comoving.short), (long_time, comoving.long), (jump_time, jumping))
        parts = [Part(np.concatenate(time, axis=1), shared) for time, shared in kinds]
    if beliefs is not None:
        parts.append(_believed(moments, place, ahead, beliefs))
    return Factors(place, tuple(part for part in parts if part.time.any()))


def _believed(moments: Moments, place: Places, ahead: Floats, beliefs: Floats) -> Part:
    """What is not known of the present, as far as it lasts until delivery."""
    # The covariance is that of an exactly seen sum, so it is singular, and rounding may put it below 0.
    variances, directions = np.linalg.eigh(beliefs)
    root = directions * np.sqrt(np.maximum(variances, 0.0))[:, None, :]
    lasting = np.stack(
        [np.exp(-moments.reversion[place] * ahead), np.exp(-moments.fading[place] * ahead), np.ones(place.size)], axis=1
    )
    count = moments.reversion.size
    return Part(np.einsum("is,ism->im", lasting, root[place]), Shared(np.zeros((count, 0)), np.ones(count)))
