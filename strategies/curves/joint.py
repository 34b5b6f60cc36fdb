"""Joint scenarios: prices of many places in many hours to come, drawn together.

From one hour to the next the law is exact, so no step is too long: the Brownian shocks of a step
are those of ``covariance``, common ones first and then each place's own, and jumps come at their own
times with what is left of them at the end of the step. The mean of the draws is therefore the
forward, and their covariance the closed one. The measure is that of the moments' drift and premium.
"""

import numpy as np

from strategies.curves.filtering import Floats
from strategies.curves.shocks import Comoving, Moments, basis, events


def draw(
    moments: Moments, comoving: Comoving, means: Floats, beliefs: Floats, ahead: Floats, paths: int, seed: int
) -> Floats:
    """(paths, P, H) log prices less what is usual, at the (H,) rising hours ``ahead``.

    A function of its arguments alone. means (P, 3) and beliefs (P, 3, 3): of (x, z, xi) now, from which each path
    starts, each place for itself.
    """
    steps = np.diff(ahead, prepend=0.0)
    assert (steps >= 0.0).all(), "hours must rise, from now on"
    rng = np.random.default_rng(seed)
    state = _started(means, beliefs, rng, paths)
    places = moments.reversion.size
    drawn = np.empty((ahead.size, paths, places))
    for column, hours in enumerate(steps.tolist()):
        if hours > 0.0:
            state = _stepped(state, moments, comoving, hours, rng)
        drawn[column] = state.sum(axis=0)
    by_hour: Floats = np.moveaxis(drawn, 0, -1)
    return by_hour


def _started(means: Floats, beliefs: Floats, rng: np.random.Generator, paths: int) -> Floats:
    """(3, N, P) drawn from the beliefs."""
    variances, directions = np.linalg.eigh(beliefs)
    root = directions * np.sqrt(np.maximum(variances, 0.0))[:, None, :]
    normals = rng.standard_normal((paths, len(means), 3))
    started: Floats = np.einsum("psm,npm->snp", root, normals) + means.T[:, None, :]
    return started


def _stepped(state: Floats, moments: Moments, comoving: Comoving, hours: float, rng: np.random.Generator) -> Floats:
    """(3, N, P) some hours later."""
    paths = state.shape[1]
    deviation, through = _short_shocks(moments, comoving, hours, rng, paths)
    common, own = comoving.long
    rest = rng.standard_normal((paths, common.shape[1])) @ common.T
    rest += rng.standard_normal((paths, own.size)) * np.sqrt(own)
    long = np.sqrt(moments.long_variance)
    decay = np.exp(-moments.reversion * hours)
    later = np.empty_like(state)
    later[0] = state[0] * decay + np.sqrt(moments.diffusion_variance) * deviation
    later[0] += moments.premium * np.expm1(-moments.reversion * hours) / moments.reversion
    later[1] = state[1] * np.exp(-moments.fading * hours) + _jumps(moments, comoving.jumps, hours, rng, paths)
    later[2] = state[2] + moments.drift * hours + long * moments.correlation * through
    later[2] += long * np.sqrt((1.0 - moments.correlation**2) * hours) * rest
    return later


def _short_shocks(
    moments: Moments, comoving: Comoving, hours: float, rng: np.random.Generator, paths: int
) -> tuple[Floats, Floats]:
    """(N, P) integrals of exp(-k (end - u)) dW and of dW over a step."""
    root, row = basis(np.append(moments.reversion, 0.0), hours)
    of_place, steady = root[row[:-1]], root[row[-1]]
    common, own = comoving.short
    deviation, through = np.zeros((2, paths, own.size))
    for fading, constant in zip(of_place.T, steady.tolist(), strict=True):
        shock = rng.standard_normal((paths, common.shape[1])) @ common.T
        deviation += shock * fading
        through += shock * constant
    # A place's own shocks need no more than two numbers: one, and what of the plain integral it leaves over.
    size = np.sqrt((of_place**2).sum(axis=1))
    along = of_place @ steady / size
    one, other = rng.standard_normal((2, paths, own.size)) * np.sqrt(own)
    through += one * along + other * np.sqrt(np.maximum(hours - along**2, 0.0))
    return deviation + one * size, through


def _jumps(moments: Moments, shares: Floats, hours: float, rng: np.random.Generator, paths: int) -> Floats:
    """(N, P) what is left, at the end of a step, of the jumps that came in it: each place's own, then events."""
    places = moments.reversion.size
    alone = moments.jump_rate * np.maximum(1.0 - shares.sum(axis=1), 0.0)
    counts = rng.poisson(alone * hours, (paths, places)).ravel()
    cell = np.repeat(np.arange(counts.size), counts)
    place = cell % places
    sizes = moments.jump_mean[place] + np.sqrt(moments.jump_variance)[place] * rng.standard_normal(cell.size)
    faded = sizes * np.exp(-moments.fading[place] * hours * rng.random(cell.size))
    left: Floats = np.bincount(cell, weights=faded, minlength=counts.size).astype(np.float64).reshape(paths, places)
    rates, felt = events(moments, shares)
    for rate, part in zip(rates.tolist(), felt.T, strict=True):
        owner = np.repeat(np.arange(paths), rng.poisson(rate * hours, paths))
        ago, size = hours * rng.random((owner.size, 1)), rng.standard_normal((owner.size, 1))
        felt_here = rng.random((owner.size, places)) < part
        sizes = moments.jump_mean + np.sqrt(moments.jump_variance) * size
        np.add.at(left, owner, felt_here * sizes * np.exp(-moments.fading * ago))
    return left
