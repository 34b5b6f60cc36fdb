"""Forecasts judged where they had not been learnt from, and the families that a blend is told in."""

import numpy as np
import pytest
from numpy.typing import NDArray

from exchange.domain.units import NS_PER_HOUR
from exchange.jit import COMPILED
from strategies.curves.blend import Blend
from strategies.curves.blend.bins import BINS
from strategies.curves.blend.tables import NAMES
from strategies.curves.families import FAMILIES, family_of, family_weights
from strategies.curves.fit import Outcome, fit_series
from strategies.curves.held_out import HeldOut, held_out, ranked
from strategies.curves.model import Parameters
from strategies.curves.prices import PriceSeries, SeriesKey
from strategies.curves.simulate import simulate_at
from strategies.curves.steps import steps_of

START_NS = int(np.datetime64("2026-03-11", "ns").astype(np.int64))
FAR = (np.full(3, -9.0), np.full(3, 9.0))
uncompiled_is_too_slow = pytest.mark.skipif(
    not COMPILED, reason="fits hundreds of prices: run without NUMBA_DISABLE_JIT to include it"
)


def hourly(prices: NDArray[np.float64]) -> PriceSeries:
    times_ns = START_NS + np.arange(prices.size) * NS_PER_HOUR
    return PriceSeries(SeriesKey("someone", "H100SXM", "USE", "spot"), times_ns, prices, prices.size)


def blend(law: str, stretch: float) -> Blend:
    """All weight on one law, at one horizon."""
    weights = tuple(float(name == law) for name in NAMES)
    return Blend(
        horizons_hours=(1.0,), weights=(weights,), stretches=(stretch,), life_lowest_hours=1.0, life_highest_hours=1.0
    )


def test_a_lump_is_spread_over_the_transform_and_counts_as_held() -> None:
    """A law that is one lump is flat wherever it is right; one that lies always above is not."""
    lump = HeldOut(1.0, np.zeros(30), np.ones(30))
    assert lump.histogram(10) == pytest.approx(np.ones(10))
    assert lump.held() == 1.0
    halves = HeldOut(1.0, np.array([0.0, 0.5]), np.array([0.5, 1.0]))
    assert halves.histogram(4) == pytest.approx(np.ones(4))
    above = HeldOut(1.0, np.zeros(30), np.full(30, 0.01))
    assert above.histogram(10) == pytest.approx([10.0] + [0.0] * 9)
    assert above.held() == 0.0


def test_where_a_price_stands_in_a_stretched_law() -> None:
    """Even atoms from -1 to 1: at 0.5 three quarters are lower; stretched twice, 0.5 is where 0.25 was."""
    atoms = np.linspace(-1.0, 1.0, BINS)
    laws = np.tile(atoms, (len(NAMES), 3, 1))
    came = np.array([0.5, -2.0, 0.0])
    for stretch, expected in ((1.0, [0.75, 0.0, 0.5]), (2.0, [0.625, 0.0, 0.5])):
        below, upto = ranked(laws, blend("model", stretch), 0, came, FAR)
        assert below == pytest.approx(expected, abs=1.01 / BINS)
        assert upto == pytest.approx(below)
    below, upto = ranked(np.zeros((len(NAMES), 3, BINS)), blend("stays", 1.0), 0, np.array([0.0, 0.1, -0.1]), FAR)
    assert below == pytest.approx([0.0, 1.0, 0.0])
    assert upto == pytest.approx([1.0, 1.0, 0.0])


@uncompiled_is_too_slow
def test_a_price_of_the_model_is_held_about_as_often_as_said() -> None:
    """Reverting prices, an hour and more ahead; those that come are judged in the last third alone."""
    truth = Parameters(level_usd=2.0, half_life_hours=4.0, volatility=0.05)
    series = hourly(np.ones(600))
    prices = simulate_at(truth, series.times_ns, np.random.default_rng(3))[0]
    fit = fit_series(series._replace(prices=prices))
    found = held_out(fit)
    assert fit.outcome is Outcome.FITTED
    assert [one.horizon_hours for one in found] == [1.0, 6.0, 24.0]
    for one, ahead in zip(found, (1, 6, 24), strict=True):
        # What came after the last looks is known only where nearly all of the horizon had passed.
        assert one.below.size == pytest.approx(200 - 0.95 * ahead, abs=2)
        assert 0.85 <= one.held() <= 1.0
        assert 0.3 <= one.held(0.5) <= 0.7


@uncompiled_is_too_slow
def test_a_break_that_nothing_foretold_is_not_held() -> None:
    """The last third is at ten times the price: the rise itself is a surprise, and how far is not known beforehand."""
    truth = Parameters(level_usd=2.0, half_life_hours=4.0, volatility=0.05)
    series = hourly(np.ones(600))
    prices = simulate_at(truth, series.times_ns, np.random.default_rng(3))[0]
    prices[450:] *= 10.0
    day = held_out(fit_series(series._replace(prices=prices)))[2]
    assert day.held() < 0.9


def test_steps_are_judged_by_the_rate_of_the_first_two_thirds() -> None:
    """Three steps in the first 80 hours, none later: each price that stays is in the lump of the law, and held."""
    prices = np.repeat([2.0, 2.2, 2.1, 2.0], [20, 20, 20, 180])
    fit = fit_series(hourly(prices))
    assert fit.outcome is Outcome.STEPPED
    (day,) = held_out(fit)
    law = steps_of(np.arange(160.0), np.log(prices[:160])).law(1.0, 24.0)
    assert day.horizon_hours == 24.0
    assert day.upto - day.below == pytest.approx(np.full(day.below.size, law.shares.max()))
    assert day.held() == 1.0


def test_there_is_nothing_to_judge_of_a_flat_or_a_short_series() -> None:
    """No checks rather than empty ones."""
    assert held_out(fit_series(hourly(np.full(100, 2.0)))) == ()
    assert held_out(fit_series(hourly(np.full(5, 2.0)))) == ()


def test_every_law_is_of_one_family_and_their_weights_add_up() -> None:
    """A law that nobody named would be left out of the picture."""
    assert {family_of(name) for name in NAMES} == set(FAMILIES)
    for name in NAMES:
        weights = family_weights(blend(name, 1.0))
        assert weights.sum() == pytest.approx(1.0)
        assert FAMILIES[int(weights[0].argmax())] == family_of(name)
