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

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from strategies.curves.filtering import Floats
from strategies.curves.shocks import Comoving, Moments, Places, Shared, basis, jumping


class Part(NamedTuple):
    """One kind of shock to n rows at P places, in one piece of time.

    Row i feels ``time[i]`` (a,) of the ways in which its place responds; ``ways[p]`` (a, m) says of which functions
    these are made, and ``shared`` with whom its place shares the shock.
    """

    time: Floats
    ways: Floats
    shared: Shared

    def felt(self, place: Places) -> Floats:
        """(n, m) what each row feels of each function."""
        total: Floats = np.einsum("ia,iam->im", self.time, self.ways[place])
        return total


class Factors(NamedTuple):
    """The covariance of n rows as a sum over ``parts``; ``place`` (n,) says where each row is."""

    place: Places
    parts: tuple[Part, ...]

    def variance(self) -> Floats:
        """(n,): the diagonal."""
        total = np.zeros(self.place.size)
        for part in self.parts:
            common, own = part.shared
            squares = np.einsum("pam,pbm->pab", part.ways, part.ways) * ((common**2).sum(axis=1) + own)[:, None, None]
            total += np.einsum("ia,iab,ib->i", part.time, squares[self.place], part.time)
        return total

    def covariance(self) -> Floats:
        """(n, n), for a few rows."""
        here = self.place
        total = np.zeros((here.size, here.size))
        alike = here[:, None] == here[None, :]
        for part in self.parts:
            (common, own), felt = part.shared, part.felt(here)
            total += felt @ felt.T * (common[here] @ common[here].T + np.where(alike, own[here], 0.0))
        return total

    def loadings(self) -> tuple[Floats, Floats]:
        """``common`` (n, m) and ``own`` (n, k): the covariance of two rows is that of their common loadings,
        and of their own ones too if they are in one place."""
        common, own = [np.zeros((self.place.size, 0))], [np.zeros((self.place.size, 0))]
        for part in self.parts:
            (across, alone), felt = part.shared, part.felt(self.place)
            common.append((felt[:, :, None] * across[self.place][:, None, :]).reshape(felt.shape[0], -1))
            own.append(felt * np.sqrt(alone)[self.place][:, None])
        return np.concatenate(common, axis=1), np.concatenate(own, axis=1)

    def weighted(self, group: Places, weights: Floats) -> "Factors":
        """Sums of rows: row g of the result is the sum of ``weights`` times the rows whose ``group`` is g.

        group: (n,) from 0, without a gap; rows of one group are in one place.
        """
        count = int(group.max(initial=-1)) + 1
        place = np.zeros(count, dtype=np.intp)
        place[group] = self.place
        parts = []
        for part in self.parts:
            summed = np.zeros((count, part.time.shape[1]))
            np.add.at(summed, group, part.time * weights[:, None])
            parts.append(part._replace(time=summed))
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
    jumps = jumping(moments, comoving.jumps)
    parts: list[Part] = []
    for start, end in pairwise([0.0, *np.unique(ends[ends > 0.0]).tolist()]):
        # A row that was delivered before has infinitely many hours left, and feels nothing.
        left = np.where(ends >= end, ahead - end, np.inf)
        parts += _piece(moments, comoving, jumps, place, left, end - start)
    if beliefs is not None:
        parts.append(_believed(moments, place, ahead, beliefs))
    return Factors(place, tuple(part for part in parts if part.ways.any()))


def _piece(
    moments: Moments, comoving: Comoving, jumps: Shared, place: Places, left: Floats, hours: float
) -> tuple[Part, Part, Part]:
    """What rows feel of the shocks to W, V and jumps in so many hours, after which ``left`` (n,) are left."""
    s, long = np.sqrt(moments.diffusion_variance), np.sqrt(moments.long_variance)
    root, row = basis(np.append(moments.reversion, 0.0), hours)
    # The short term fades, and what the long term takes of the same shock stays.
    stays = np.isfinite(left).astype(np.float64)
    time, ways = [np.exp(-moments.reversion[place] * left)], [s[:, None] * root[row[:-1]]]
    if long.any():
        time.append(stays)
        ways.append((long * moments.correlation)[:, None] * root[row[-1]])
    rest = long * np.sqrt((1.0 - moments.correlation**2) * hours)
    root, row = basis(moments.fading, hours)
    fades = np.exp(-moments.fading[place] * left)
    return (
        Part(np.stack(time, axis=1), np.stack(ways, axis=1), comoving.short),
        Part(stays[:, None], rest[:, None, None], comoving.long),
        Part(fades[:, None], root[row][:, None, :], jumps),
    )


def _believed(moments: Moments, place: Places, ahead: Floats, beliefs: Floats) -> Part:
    """What is not known of the present, as far as it lasts until delivery."""
    # The covariance is that of an exactly seen sum, so it is singular, and rounding may put it below 0.
    variances, directions = np.linalg.eigh(beliefs)
    root = directions * np.sqrt(np.maximum(variances, 0.0))[:, None, :]
    time = (np.exp(-moments.reversion[place] * ahead), np.exp(-moments.fading[place] * ahead), np.ones(place.size))
    count = moments.reversion.size
    return Part(np.stack(time, axis=1), root, Shared(np.zeros((count, 0)), np.ones(count)))
