"""How much each law counts: distances and weights against brute force."""

import numpy as np
import pytest

from strategies.curves.blend.bins import BINS
from strategies.curves.blend.law import Law, mixed
from strategies.curves.blend.stacking import best_weights, distances
from strategies.curves.filtering import Floats

LAWS, MOMENTS = 3, 12


def told(seed: int) -> tuple[Floats, Floats, Floats]:
    """(LAWS, MOMENTS, BINS) laws, what came, and how much each moment counts. The second law is the best."""
    rng = np.random.default_rng(seed)
    came = rng.normal(0.0, 1.0, MOMENTS)
    spreads, offs = np.array([0.5, 1.0, 2.0]), np.array([1.0, 0.1, -0.5])
    laws = rng.normal(0.0, 1.0, (LAWS, MOMENTS, BINS)) * spreads[:, None, None] + offs[:, None, None]
    laws[1] += 0.5 * came[:, None]
    laws[2, 3] = 0.25  # a law may be one price
    weights = rng.exponential(1.0, MOMENTS)
    return np.sort(laws, axis=2), came, weights / weights.sum()


def measured(laws: Floats, came: Floats, weights: Floats) -> tuple[Floats, Floats]:
    from_came, between = np.empty(LAWS), np.empty((LAWS, LAWS))
    distances(laws, came, weights, from_came, between)
    return from_came, between


def test_distances_are_means_over_all_pairs_of_draws() -> None:
    """E|X - y| and E|X - X'|, every pair of atoms written out."""
    laws, came, weights = told(1)
    from_came, between = measured(laws, came, weights)
    np.testing.assert_allclose(from_came, np.abs(laws - came[:, None]).mean(axis=2) @ weights)
    apart = np.abs(laws[:, None, :, :, None] - laws[None, :, :, None, :]).mean(axis=(3, 4)) @ weights
    np.testing.assert_allclose(between, apart)


def test_the_form_in_the_weights_is_the_score_of_the_mixture() -> None:
    """w.a - w.B.w / 2 is the mean CRPS of the mixed law."""
    laws, came, moments = told(2)
    from_came, between = measured(laws, came, moments)
    weights = np.array([0.2, 0.5, 0.3])
    score = 0.0
    for one, (outcome, moment) in enumerate(zip(came, moments, strict=True)):
        mixture = mixed([Law(law[one], np.full(BINS, 1.0 / BINS)) for law in laws], weights)
        score += moment * mixture.crps(float(outcome))
    assert score == pytest.approx(float(weights @ from_came - weights @ between @ weights / 2.0))


@pytest.mark.parametrize("ridge", [0.0, 0.05, 1.0])
@pytest.mark.parametrize("seed", range(6))
def test_the_weights_are_the_best_of_a_fine_grid(seed: int, ridge: float) -> None:
    """Nothing on a grid of hundredths of the simplex is better, nor by more than its step worse."""
    from_came, between = measured(*told(seed))
    prior = np.array([0.1, 0.2, 0.7])

    def loss(weights: Floats) -> Floats:
        form = ((weights @ between) * weights).sum(axis=-1) / 2.0
        lost: Floats = weights @ from_came - form + ridge * ((weights - prior) ** 2).sum(axis=-1)
        return lost

    found = best_weights(from_came, between, prior, ridge)
    assert found.sum() == pytest.approx(1.0)
    assert (found >= 0.0).all()
    steps = np.arange(101) / 100.0
    grid = np.array([(one, other, 1.0 - one - other) for one in steps for other in steps if one + other <= 1.0 + 1e-9])
    losses = loss(grid)
    assert loss(found) <= losses.min() + 1e-5
    assert np.abs(found - grid[losses.argmin()]).max() < 0.1


def test_a_strong_ridge_gives_the_prior_and_equal_laws_share() -> None:
    """Where nothing can be said the usual weights stand."""
    from_came, between = measured(*told(1))
    prior = np.array([0.1, 0.2, 0.7])
    np.testing.assert_allclose(best_weights(from_came, between, prior, 1e6), prior, atol=1e-4)
    np.testing.assert_allclose(best_weights(np.ones(3), np.zeros((3, 3)), prior, 0.01), prior, atol=1e-4)
