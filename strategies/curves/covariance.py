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
"""

from typing import NamedTuple

import numpy as np

from strategies.curves.filtering import Floats
from strategies.curves.shocks import Comoving, Moments, Places, Shared, basis, jumping


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


def factors(
    moments: Moments,
    comoving: Comoving,
    place: Places,
    ahead: Floats,
    horizon_hours: float = np.inf,
    beliefs: Floats | None = None,
) -> Factors:
    """How the log forward of each row moves over ``horizon_hours`` from now, or until delivery.

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
        jumps = jumping(moments, comoving.jumps)
        kinds = ((short_time, comoving.short), (long_time, comoving.long), (jump_time, jumps))
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
