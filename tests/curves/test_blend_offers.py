"""The best of a changing set of offers: the closed form against offers that are born and die."""

import numpy as np
import pytest
from scipy.special import ndtr

from exchange.jit import COMPILED, entry
from strategies.curves.blend.bins import BINS
from strategies.curves.blend.offers import life_hours, pour_best
from strategies.curves.filtering import Floats

LIFE_HOURS = 10.0
OFFERS = 8.0  # on average
SPREAD = 0.3  # of the logarithm of a price around $2
SETS = 40_000 if COMPILED else 4_000


@entry
def best_law(values: Floats, shares: Floats, now: float, survival: float, is_lowest: bool, bins: Floats) -> float:
    """The kernel as Python calls it."""
    return pour_best(bins, values, shares, now, survival, is_lowest)


def law_of(values: Floats, shares: Floats, now: float, survival: float, is_lowest: bool = True) -> tuple[Floats, float]:
    bins = np.empty(BINS)
    return bins, best_law(values, shares, now, survival, is_lowest, bins)


def draws(rng: np.random.Generator, count: int) -> Floats:
    prices: Floats = 2.0 * np.exp(SPREAD * rng.standard_normal(count))
    return prices


def bests_at_rest(rng: np.random.Generator, count: int, is_lowest: bool) -> Floats:
    """The best of each of many sets in the long run, from the best to the worst."""
    sizes = rng.poisson(OFFERS, count)
    bests = [draws(rng, size).min() if is_lowest else draws(rng, size).max() for size in sizes if size]
    return np.sort(bests)[:: 1 if is_lowest else -1].copy()


def later(rng: np.random.Generator, now: float, hours: float, is_lowest: bool) -> Floats:
    """The best offer ``hours`` after it was ``now``, of many sets of which nothing else is known."""
    owners = np.repeat(np.arange(SETS), rng.poisson(OFFERS, SETS))
    prices = draws(rng, owners.size)
    others = prices > now if is_lowest else prices < now
    owners = np.concatenate([owners[others], np.arange(SETS)])
    prices = np.concatenate([prices[others], np.full(SETS, now)])
    stays = rng.exponential(LIFE_HOURS, owners.size) > hours
    born = np.repeat(np.arange(SETS), rng.poisson(OFFERS * hours / LIFE_HOURS, SETS))
    is_there = rng.exponential(LIFE_HOURS, born.size) > hours * rng.random(born.size)
    owners = np.concatenate([owners[stays], born[is_there]])
    prices = np.concatenate([prices[stays], draws(rng, born.size)[is_there]])
    found = np.full(SETS, np.inf if is_lowest else -np.inf)
    (np.minimum if is_lowest else np.maximum).at(found, owners, prices)
    bests: Floats = found[np.isfinite(found)]
    return bests


@pytest.mark.parametrize("is_lowest", [True, False], ids=["lowest", "highest"])
@pytest.mark.parametrize("hours", [0.5, 4.0, 15.0, 80.0])
@pytest.mark.parametrize("rank", [0.2, 0.5, 0.9])
def test_the_closed_form_is_the_law_of_offers_that_are_born_and_die(is_lowest: bool, hours: float, rank: float) -> None:
    """Within five errors of the simulation and half a bin, at every bin of the law."""
    rng = np.random.default_rng(7)
    values = bests_at_rest(rng, 20_000, is_lowest)
    now = float(values[int(rank * values.size)])
    bins, _ = law_of(
        values, np.full(values.size, 1.0 / values.size), now, float(np.exp(-hours / LIFE_HOURS)), is_lowest
    )
    came = np.sort(later(rng, now, hours, is_lowest))
    for at, price in enumerate(np.exp(bins)):
        below = np.searchsorted(came, price * (1.0 - 1e-9)) / came.size
        upto = np.searchsorted(came, price * (1.0 + 1e-9), side="right") / came.size
        slack = 1.0 / BINS + 5.0 * 0.5 / np.sqrt(came.size)
        assert below - slack < (at + 0.5) / BINS < upto + slack, (at, price)
    same = float((np.abs(np.exp(bins) / now - 1.0) < 1e-9).mean())
    assert same == pytest.approx(float((came == now).mean()), abs=2.0 / BINS + 2.5 / np.sqrt(came.size))


def test_in_the_long_run_the_law_is_what_was_seen() -> None:
    """When no offer of now is left, the best is distributed as it has been."""
    values = np.linspace(1.0, 3.0, 400)
    bins, _ = law_of(values, np.full(400, 1.0 / 400), 2.0, 0.0)
    np.testing.assert_allclose(np.exp(bins)[:-1], 1.0 + 2.0 * (np.arange(BINS - 1) + 0.5) / BINS, atol=0.02)


def test_at_once_the_best_is_what_it_is() -> None:
    """Every offer is still there."""
    values = np.linspace(1.0, 3.0, 40)
    for now in (0.5, 1.0, 2.0, 2.01, 3.0, 4.0):
        bins, _ = law_of(values, np.full(40, 1.0 / 40), now, 1.0)
        np.testing.assert_allclose(np.exp(bins), now, rtol=1e-9)


@pytest.mark.parametrize("is_lowest", [True, False])
def test_prices_seen_many_times_count_as_one_price_seen_long(is_lowest: bool) -> None:
    """The same law and the same number of better offers, but for what is kept for the never seen."""
    values = np.array([1.0, 1.5, 2.0, 3.0])[:: 1 if is_lowest else -1].copy()
    shares = np.array([0.1, 0.3, 0.4, 0.2])
    many = np.repeat(values, 500)
    once, better = law_of(values, shares, 1.5, 0.6, is_lowest)
    often, better_often = law_of(many, np.repeat(shares / 500.0, 500), 1.5, 0.6, is_lowest)
    assert better == pytest.approx(better_often)
    index = int(np.flatnonzero(values == 1.5)[0])
    reached = float(shares[: index + 1].sum())
    assert better == pytest.approx(-np.log1p(-reached))
    np.testing.assert_allclose(once[:-8] if is_lowest else once[8:], often[:-8] if is_lowest else often[8:], atol=0.02)


@pytest.mark.parametrize("life", [2.0, 12.0, 60.0])
def test_a_known_life_is_found_again(life: float) -> None:
    """Hourly looks, through some hundred lives, at offers that stay for a known mean time: found within a seventh."""
    rng = np.random.default_rng(11)
    gaps = rng.exponential(1.0, 2_000 + int(400 * life))
    ends = float(gaps.sum())
    # Those that are there at first have a whole life before them, as lives that are exponential have.
    begins = np.concatenate([np.zeros(rng.poisson(OFFERS)), rng.uniform(0.0, ends, rng.poisson(OFFERS * ends / life))])
    until, prices = begins + rng.exponential(life, begins.size), draws(rng, begins.size)
    hours = np.cumsum(gaps)
    lowest = np.array([prices[(begins <= hour) & (until > hour)].min(initial=np.inf) for hour in hours])
    better = OFFERS * ndtr(np.log(np.minimum(lowest, 1e9) / 2.0) / SPREAD)
    is_same = (lowest[1:] == lowest[:-1]).astype(np.float64)
    assert life_hours(gaps[1:], is_same, better[:-1]) == pytest.approx(life, rel=0.15)


def test_a_price_that_never_changes_and_one_that_always_does_end_at_the_bounds() -> None:
    """Infinite lives and none: finite answers, far apart."""
    elapsed, better = np.ones(100), np.ones(100)
    assert life_hours(elapsed, np.ones(100), better) > 1_000.0
    assert life_hours(elapsed, np.zeros(100), better) < 0.2
