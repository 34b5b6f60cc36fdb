"""What moves together is found again from prices seen at any times, and what nobody saw is not made up."""

import warnings

import numpy as np
import pytest
from numpy.typing import NDArray

from strategies.curves.comovement import low_rank, shares_of
from strategies.curves.filtering import Floats
from strategies.curves.structure import Shares, structured
from strategies.curves.surprises import BadSurprises, Correlations, Surprises, correlations

SKUS = ("A", "A", "A", "B", "B", "B", "C", "C", "C", "D", "D", "D")
REGIONS = ("E", "W", "N") * 4


def together(correlation: Floats, steps: int, seed: int) -> Floats:
    """(steps, P) standard normal shocks."""
    root = np.linalg.cholesky(correlation + 1e-12 * np.eye(len(correlation)))
    return np.random.default_rng(seed).standard_normal((steps, len(correlation))) @ root.T


def seen(shocks: Floats, reversions: Floats, keep: list[NDArray[np.intp]]) -> list[Surprises]:
    """Deviations that the shocks (one each hour) drive, seen at the hours ``keep`` of each place alone."""
    found = []
    for place, (reversion, hours) in enumerate(zip(reversions, keep, strict=True)):
        level, path = 0.0, []
        for shock in shocks[:, place]:
            level = level * np.exp(-reversion) + shock
            path.append(level)
        prices, gaps = np.array(path)[hours], np.diff(hours)
        surprises = prices[1:] - prices[:-1] * np.exp(-reversion * gaps)
        variance = (1.0 - np.exp(-2.0 * reversion * gaps)) / (1.0 - np.exp(-2.0 * reversion)) if reversion else gaps
        times = hours.astype(np.float64)
        found.append(Surprises(times[:-1], times[1:], surprises / np.sqrt(variance), reversion))
    return found


def hourly(shocks: Floats) -> list[Surprises]:
    hours = np.arange(len(shocks) + 1).astype(np.float64)
    return [Surprises(hours[:-1], hours[1:], column, 0.0) for column in shocks.T]


def test_prices_that_are_never_seen_at_one_time_tell_how_they_move_together() -> None:
    """Three places at random hours of their own, one of them slow: no bias, and errors as the counts promise."""
    truth = np.array([[1.0, 0.7, 0.3], [0.7, 1.0, -0.4], [0.3, -0.4, 1.0]])
    reversions = np.array([0.3, 0.05, 0.0])
    rng = np.random.default_rng(1)
    found, naive, promised = [], [], []
    for seed in range(40):
        keep = [np.flatnonzero(rng.random(2_000) < share) for share in (0.5, 0.3, 0.2)]
        every = seen(together(truth, 2_000, seed), reversions, keep)
        result = correlations(every)
        found.append(result.values[np.triu_indices(3, 1)])
        promised.append(1.0 / np.sqrt(result.counts.sum(axis=0)[np.triu_indices(3, 1)]))
        one, other = every[0], every[1]
        last = np.searchsorted(other.ends, one.ends) - 1
        naive.append(np.corrcoef(one.scores[last >= 0], other.scores[last[last >= 0]])[0, 1])
    mean, spread = np.mean(found, axis=0), np.std(found, axis=0)
    assert (np.abs(mean - truth[np.triu_indices(3, 1)]) < 4.0 * spread / np.sqrt(40)).all()
    assert np.mean(naive) < 0.5
    assert (spread < 1.6 * np.mean(promised, axis=0)).all()
    assert (spread > 0.5 * np.mean(promised, axis=0)).all()


@pytest.mark.parametrize("factors", [0, 1, 2])
def test_as_many_factors_are_found_as_there_are(factors: int) -> None:
    """Twelve places, 1,500 common hours, places that are missing half of the time."""
    rng = np.random.default_rng(factors)
    loadings = rng.uniform(0.4, 0.7, (12, factors)) * np.sign(rng.standard_normal((12, factors)))
    truth = loadings @ loadings.T
    np.fill_diagonal(truth, 1.0)
    every = hourly(together(truth, 1_500, 4))
    for place in range(0, 12, 3):
        gone = rng.random(1_500) < 0.5
        one = every[place]
        every[place] = Surprises(one.starts[~gone], one.ends[~gone], one.scores[~gone], 0.0)
    found = low_rank(correlations(every))
    assert int(np.argmin(found.criteria)) == factors == found.shared.common.shape[1]
    np.testing.assert_allclose(found.shared.common @ found.shared.common.T, loadings @ loadings.T, atol=0.13)
    np.testing.assert_allclose((found.shared.common**2).sum(axis=1) + found.shared.own, 1.0)


def test_loadings_of_complete_prices_are_those_of_maximum_likelihood() -> None:
    """Against the factor analysis of statsmodels, on the same 5,000 hours of eight places."""
    rng = np.random.default_rng(9)
    loadings = rng.uniform(-0.7, 0.7, (8, 2))
    truth = loadings @ loadings.T
    np.fill_diagonal(truth, 1.0)
    shocks = together(truth, 5_000, 6)
    with warnings.catch_warnings():
        # It uses what the next pandas will not have.
        warnings.simplefilter("ignore")
        from statsmodels.multivariate.factor import Factor
    mine = low_rank(correlations(hourly(shocks))).shared.common
    rival = Factor(shocks, n_factor=2, method="ml").fit().loadings
    assert mine.shape == (8, 2)
    np.testing.assert_allclose(mine @ mine.T, rival @ rival.T, atol=0.02)


def test_shares_of_market_sku_and_region_are_found_with_honest_errors() -> None:
    """Of 60 simulated years, 95% intervals hold nine times in ten at least, for each of three shares."""
    truth = Shares(0.2, 0.3, 0.15)
    shared = structured(truth, SKUS, REGIONS)
    correlation = shared.common @ shared.common.T + np.diag(shared.own)
    held, found = [], []
    for seed in range(60):
        fit = shares_of(correlations(hourly(together(correlation, 400, seed))), SKUS, REGIONS)
        assert fit.unknown == ()
        held.append(np.abs(np.array(fit.shares) - truth) < 2.26 * np.array(fit.errors))
        found.append(fit.shares)
    np.testing.assert_allclose(np.mean(found, axis=0), truth, atol=0.02)
    assert (np.mean(held, axis=0) >= 0.88).all()


def test_a_share_that_no_two_places_tell_is_named() -> None:
    """Three SKUs in one place each: only what they all share can be seen."""
    fit = shares_of(
        correlations(hourly(together(np.full((3, 3), 0.4) + 0.6 * np.eye(3), 2_000, 3))), tuple("ABC"), tuple("EWN")
    )
    assert fit.unknown == ("sku", "region")
    assert fit.shares.everywhere == pytest.approx(0.4, abs=0.06)
    assert fit.shares[1:] == (0.0, 0.0)


def test_a_place_that_nobody_has_seen_gets_the_structure_and_no_more() -> None:
    """A fourth SKU in a seen region: it moves as region and market say, whatever else the seen ones do together."""
    shares = Shares(0.2, 0.3, 0.1)
    given = structured(shares, SKUS, REGIONS).common
    extra = np.zeros((12, 1))
    extra[:8] = 0.5
    truth = given @ given.T + extra @ extra.T
    np.fill_diagonal(truth, 1.0)
    every = hourly(together(truth, 3_000, 8))
    every[9:] = [Surprises(*(np.zeros(0),) * 3, 0.0)] * 3
    found = low_rank(correlations(every), given).shared
    assert found.common.shape[1] == given.shape[1] + 1
    np.testing.assert_allclose(found.common[9:, -1], 0.0, atol=1e-3)
    np.testing.assert_allclose(
        (found.common @ found.common.T)[:8, :8], truth[:8, :8] - np.diag(found.own[:8]), atol=0.1
    )
    np.testing.assert_allclose((found.common @ found.common.T)[9, 6], 0.2 + 0.1, atol=1e-3)


def test_nothing_seen_says_nothing() -> None:
    """No places, one place, places without a common hour: no factor, no share, no failure."""
    for series in ([], hourly(np.ones((5, 1))), [Surprises(*(np.zeros(0),) * 3, 0.0)] * 4):
        found = correlations(series)
        assert (found.values == np.eye(len(series))).all()
        assert low_rank(found).shared.common.shape == (len(series), 0)
        fit = shares_of(found, SKUS[: len(series)], REGIONS[: len(series)])
        assert (fit.shares, len(fit.unknown)) == ((0.0, 0.0, 0.0), 3)


def test_structured_loadings_never_exceed_a_place() -> None:
    """Shares that add up to 1 leave a place nothing of its own; the correlation of two is what they share."""
    shared = structured(Shares(0.5, 0.3, 0.2), SKUS, REGIONS)
    correlation = shared.common @ shared.common.T
    np.testing.assert_allclose(np.diag(correlation), 1.0)
    assert shared.own.max() < 1e-12
    np.testing.assert_allclose(correlation[0, [1, 3, 4]], [0.8, 0.7, 0.5])


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (Surprises(np.array([0.0, 1.0]), np.array([2.0, 3.0]), np.ones(2), 0.0), "do not overlap"),
        (Surprises(np.array([0.0]), np.array([0.0]), np.ones(1), 0.0), "end after they start"),
        (Surprises(np.array([0.0]), np.array([1.0]), np.array([np.nan]), 0.0), "not finite"),
        (Surprises(np.array([0.0]), np.array([1.0]), np.ones(2), 0.0), "of one length"),
    ],
)
def test_surprises_that_cannot_be_are_refused(wrong: Surprises, reason: str) -> None:
    with pytest.raises(BadSurprises, match=f"place 1: .*{reason}"):
        correlations([Surprises(np.array([0.0]), np.array([1.0]), np.ones(1), 0.0), wrong])


def test_leaving_out_a_stretch_of_time_leaves_its_surprises_out() -> None:
    found = correlations(hourly(np.ones((100, 2))), blocks=4)
    assert found.counts.sum(axis=0)[0, 1] == pytest.approx(100.0)
    assert isinstance(found.without(0), Correlations)
    assert found.without(0).counts.sum(axis=0)[0, 1] == pytest.approx(75.0)
