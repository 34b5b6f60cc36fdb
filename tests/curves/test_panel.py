"""Panels of forward prices: the likelihood against statsmodels, what is found again, and what is refused."""

import warnings
from typing import Any

import numpy as np
import pytest

from benchmarks.curves.recovery import AHEAD, NOISES
from benchmarks.curves.recovery import PANEL as TRUTH
from exchange.jit import COMPILED
from strategies.curves.expectation import climbed, expected_log_density
from strategies.curves.filtering import Floats
from strategies.curves.forward import intercept
from strategies.curves.model import Parameters
from strategies.curves.panel import Panel, Point, coordinates, level_of, panel_log_densities, panel_of, point_of
from strategies.curves.panel_fit import NotIdentified, estimate_panel
from strategies.curves.prices import BadPrices
from strategies.curves.smoothing import smoothed

uncompiled_is_too_slow = pytest.mark.skipif(
    not COMPILED, reason="fits thousands of prices: run without NUMBA_DISABLE_JIT to include it"
)


def drawn(dates: int, seed: int, ahead: Floats = AHEAD, noises: tuple[float, ...] = NOISES) -> Panel:
    """Forward prices of the model at uneven dates, a tenth of them missing."""
    rng = np.random.default_rng(seed)
    hours = 490_000.0 + np.cumsum(rng.uniform(2.0, 10.0, dates))
    rates = TRUTH.rates
    gaps = np.diff(hours, prepend=hours[0] - 1e4)
    x, xi, states = 0.0, 0.0, []
    for place, gap in enumerate(gaps):
        decay = np.exp(-rates.reversion * gap)
        xx = rates.diffusion_variance * (1 - decay**2) / (2 * rates.reversion)
        xl = rates.shared_variance * (1 - decay) / rates.reversion
        one, other = rng.multivariate_normal([0, 0], [[xx, xl], [xl, rates.long_variance * gap]])
        x = x * decay + one
        xi = xi + rates.drift * gap + other if place else 0.0
        states.append((x, xi))
    factors = np.array(states)
    logs = np.log(TRUTH.level_usd) + factors[:, :1] * np.exp(-rates.reversion * ahead) + factors[:, 1:]
    logs = logs + intercept(TRUTH, ahead) + rng.standard_normal(logs.shape) * np.array(noises)
    prices = np.where(rng.random(logs.shape) < 0.1, np.nan, np.exp(logs))
    return panel_of(hours, ahead, prices)


def of_statsmodels(point: Point, panel: Panel) -> float:
    """The log likelihood by an independent Kalman filter, all prices of a date at once, gaps as missing."""
    with warnings.catch_warnings():
        # It and pandas disagree on what is deprecated; nothing of ours is.
        warnings.simplefilter("ignore")
        from statsmodels.tsa.statespace.kalman_filter import KalmanFilter
    hours = np.unique(panel.hours)
    rates, parameters = point.parameters.rates, point.parameters
    columns = int(panel.group.max()) + 1
    logs, ahead = np.full((columns, hours.size), np.nan), np.zeros((columns, hours.size))
    date = np.searchsorted(hours, panel.hours)
    logs[panel.group, date], ahead[panel.group, date] = panel.logs, panel.ahead
    model: Any = KalmanFilter(k_endog=columns, k_states=2)
    model.bind(np.asfortranarray(logs))
    gaps = np.append(np.diff(hours), 1.0)
    decay = np.exp(-rates.reversion * gaps)
    design, transition, noise = (
        np.ones((columns, 2, hours.size)),
        np.zeros((2, 2, hours.size)),
        np.zeros((2, 2, hours.size)),
    )
    design[:, 0] = np.exp(-rates.reversion * ahead)
    transition[0, 0], transition[1, 1] = decay, 1.0
    noise[0, 0] = parameters.volatility**2 * (1 - decay**2) / (2 * rates.reversion)
    noise[1, 1] = parameters.long_volatility**2 * gaps
    noise[0, 1] = noise[1, 0] = rates.shared_variance * (1 - decay) / rates.reversion
    shift = np.zeros((2, hours.size))
    shift[1] = rates.drift * gaps
    usual = np.log(parameters.level_usd) + intercept(parameters, ahead.ravel()).reshape(ahead.shape)
    model["design"], model["transition"], model["state_cov"] = design, transition, noise
    model["selection"], model["state_intercept"], model["obs_intercept"] = np.eye(2), shift, usual
    model["obs_cov"] = np.diag(np.square(point.noise_deviations))
    first = np.diag([parameters.volatility**2 / (2 * rates.reversion), 1.0])
    model.initialize_known(np.zeros(2), first)
    model.tolerance = 0.0
    return float(model.loglike())


@pytest.mark.parametrize("ahead", [AHEAD, np.zeros(1)], ids=["forwards", "spot alone"])
def test_the_likelihood_is_that_of_statsmodels(ahead: Floats) -> None:
    """Five times to delivery with gaps, or spot alone, at the truth and away from it: equal to 1e-6, three ways."""
    panel = drawn(150, 3, ahead, NOISES[: ahead.size])
    away = TRUTH.model_copy(update={"half_life_hours": 3.0, "correlation": -0.7, "premium_short": 0.03})
    for parameters in (TRUTH, away):
        point = Point(parameters, NOISES[: ahead.size])
        log_densities, _ = panel_log_densities(point, panel)
        assert log_densities.sum() == pytest.approx(of_statsmodels(point, panel), abs=1e-6)
        assert log_densities.sum() == pytest.approx(smoothed(point, panel).log_likelihood, abs=1e-6)


def test_coordinates_and_points_are_the_same_thing() -> None:
    """There and back."""
    back = point_of(coordinates(Point(TRUTH, NOISES)), 2.0)
    assert back.noise_deviations == pytest.approx(NOISES)
    for name, value in TRUTH.model_dump(exclude={"season", "steps"}).items():
        assert getattr(back.parameters, name) == pytest.approx(value), name


@uncompiled_is_too_slow
def test_known_parameters_are_found_again_within_their_stated_errors() -> None:
    """Two hundred and fifty dates of five forwards: all within four errors; the drift is refused or said to be weak."""
    found = estimate_panel(drawn(250, 5))
    truth = {**TRUTH.model_dump(), "pricing_drift_per_day": -0.007} | {f"noise_{i}": n for i, n in enumerate(NOISES)}
    told = found.point.parameters.model_dump() | {f"noise_{i}": n for i, n in enumerate(found.point.noise_deviations)}
    told["pricing_drift_per_day"] = told["drift_per_day"] - told["premium_long_per_day"]
    for name in ("half_life_hours", "volatility", "long_volatility", "correlation", "pricing_drift_per_day", "noise_1"):
        error = found.standard_errors[name]
        assert error > 0.0
        assert abs(told[name] - truth[name]) < 4.0 * error, name
    assert found.standard_errors["half_life_hours"] < 5.0
    assert found.standard_errors["pricing_drift_per_day"] < 1e-3
    assert "drift_per_day" in found.refused
    assert "premium_long_per_day" in found.refused


@uncompiled_is_too_slow
def test_spot_alone_does_not_tell_premiums_or_correlation() -> None:
    """Refused with their reasons and held at none; half-life and volatility are told nevertheless."""
    found = estimate_panel(drawn(1_500, 8, np.zeros(1), (0.002,)))
    assert {"premium_short", "pricing_drift_per_day", "correlation"} <= set(found.refused)
    assert "only the sum" in found.refused["correlation"]
    assert (found.point.parameters.correlation, found.point.parameters.premium_short) == (0.0, 0.0)
    seen = TRUTH.volatility**2 + 2.0 * TRUTH.rates.shared_variance
    assert found.point.parameters.volatility == pytest.approx(np.sqrt(seen), rel=0.15)


@uncompiled_is_too_slow
def test_expectation_maximisation_never_falls_and_ends_where_the_likelihood_is_highest() -> None:
    """From far away: no round loses, and the end is what L-BFGS-B finds."""
    panel = drawn(80, 9)
    level = level_of(panel)
    best = estimate_panel(panel)
    far = Parameters(level_usd=level, half_life_hours=8.0, volatility=0.05, long_volatility=0.02)
    climb = climbed(panel, Point(far, (0.03,) * 5), rounds=60, held=("drift_per_day",))
    steps = np.diff(climb.log_likelihoods)
    assert (steps > -1e-6).all()
    assert climb.log_likelihoods[-1] > climb.log_likelihoods[0] + 100.0
    assert climb.log_likelihoods[-1] == pytest.approx(best.log_likelihood, abs=0.5)


def test_the_expected_log_density_rises_as_the_likelihood_does() -> None:
    """Fisher's identity: where the factors' law is that of the same point, both have the same slope in everything."""
    panel = drawn(60, 4)
    level, theta = level_of(panel), coordinates(Point(TRUTH, tuple(5.0 * noise for noise in NOISES)))
    known, date = smoothed(point_of(theta, level), panel), np.searchsorted(np.unique(panel.hours), panel.hours)
    for column in range(theta.size):
        ends = []
        for by in (1e-5, -1e-5):
            moved = theta.copy()
            moved[column] += by
            point = point_of(moved, level)
            ends.append((expected_log_density(panel, point, known, date), panel_log_densities(point, panel)[0].sum()))
        expected, exact = (np.array(ends[0]) - np.array(ends[1])) / 2e-5
        assert expected == pytest.approx(exact, rel=1e-4, abs=1e-3)


def test_a_panel_that_tells_nothing_is_refused() -> None:
    """Few dates, prices that never move, dates that fall, prices of 0, no price at all, delivery before the date."""
    with pytest.raises(NotIdentified, match="30 dates are too few"):
        estimate_panel(drawn(30, 1))
    dates = np.arange(100.0)
    with pytest.raises(NotIdentified, match="half-life or volatility"):
        estimate_panel(panel_of(dates, AHEAD, np.full((100, 5), 2.0)))
    rising, ones = np.array([1.0, 2.0]), np.ones((2, 1))
    for hours, ahead, prices in (
        (rising[::-1], 0.0, ones),
        (rising, -1.0, ones),
        (rising, 0.0, 0.0 * ones),
        (rising, 0.0, np.nan * ones),
    ):
        with pytest.raises(BadPrices, match="a panel needs"):
            panel_of(hours, np.full(1, ahead), prices)
