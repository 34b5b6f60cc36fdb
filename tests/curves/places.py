"""Places with random parameters, for the tests of how they move together."""

import numpy as np

from strategies.curves.filtering import Floats
from strategies.curves.shocks import Comoving, Moments, Shared


def moments_drawn(rng: np.random.Generator, places: int) -> Moments:
    """All kinds: quick and slow, with and without jumps and a long-term factor."""
    slow = np.exp(rng.uniform(np.log(0.02), np.log(1.5), places))
    return Moments(
        reversion=slow,
        diffusion_variance=rng.uniform(0.0, 0.1, places) ** 2,
        fading=np.exp(rng.uniform(np.log(0.03), np.log(3.0), places)),
        jump_rate=rng.choice([0.0, 0.02, 0.1], places),
        jump_mean=rng.normal(0.1, 0.1, places),
        jump_variance=rng.uniform(0.0, 0.2, places) ** 2,
        long_variance=rng.choice([0.0, 1e-5, 4e-4], places),
        correlation=rng.uniform(-0.9, 0.9, places),
        drift=np.zeros(places),
        premium=np.zeros(places),
    )


def shared_drawn(rng: np.random.Generator, places: int, factors: int) -> Shared:
    common = rng.normal(0.0, 1.0, (places, factors))
    common *= np.sqrt(rng.uniform(0.0, 1.0, places) / (common**2).sum(axis=1))[:, None]
    return Shared(common, 1.0 - (common**2).sum(axis=1))


def comoving_drawn(rng: np.random.Generator, places: int) -> Comoving:
    jumps = rng.dirichlet(np.ones(3), places)[:, :2]
    return Comoving(shared_drawn(rng, places, 3), shared_drawn(rng, places, 2), jumps)


def beliefs_drawn(rng: np.random.Generator, places: int) -> Floats:
    roots = rng.normal(0.0, 0.05, (places, 3, 3))
    return np.asarray(roots @ roots.transpose(0, 2, 1))
