"""Three factors: closed forms against simulated paths, and what a wrong price may do."""

import numpy as np
import pytest

from exchange.domain.units import NS_PER_HOUR
from strategies.curves.comoving import forward_volatility, log_covariance, price_covariance
from strategies.curves.filtering import Floats
from strategies.curves.forward import intercept
from strategies.curves.model import Parameters
from strategies.curves.place_curve import PlaceCurve
from strategies.curves.prices import BadPrices
from strategies.curves.simulate import simulate_at

START_NS = int(np.datetime64("2026-03-11T07:00", "ns").astype(np.int64))
PATHS = 100_000
FULL = Parameters(
    level_usd=2.0,
    half_life_hours=8.0,
    volatility=0.03,
    jumps_per_day=2.0,
    jump_mean=0.2,
    jump_deviation=0.2,
    jump_half_life_hours=1.5,
    long_volatility=0.012,
    drift_per_day=-0.02,
    correlation=0.6,
)
HOURS = np.array([1.0, 4.0, 24.0, 120.0])


def seen() -> PlaceCurve:
    """After a few prices, the last a spike: all parts are in doubt and their doubts are correlated."""
    curve = PlaceCurve.start(FULL, START_NS - 30 * NS_PER_HOUR)
    for before, price in ((20, 2.2), (11, 2.1), (3, 2.3), (0, 2.8)):
        curve = curve.observe(START_NS - before * NS_PER_HOUR, price)
    return curve


def at_ns(hours: Floats) -> np.ndarray:
    return START_NS + (hours * NS_PER_HOUR).astype(np.int64)


def test_forwards_and_their_covariance_are_those_of_simulated_paths() -> None:
    """With all three factors, their correlation and jumps: means within four standard errors, covariances near."""
    curve = seen()
    paths = simulate_at(FULL, at_ns(HOURS), np.random.default_rng(7), PATHS, curve)
    prices, deviations = curve.forward(at_ns(HOURS))
    errors = paths.std(axis=0) / np.sqrt(PATHS)
    assert (np.abs(paths.mean(axis=0) - prices) < 4.0 * errors).all()
    np.testing.assert_allclose(paths.std(axis=0), deviations, rtol=0.03)
    logs = np.cov(np.log(paths), rowvar=False)
    np.testing.assert_allclose(log_covariance(FULL, curve.belief, HOURS), logs, rtol=0.04, atol=2e-4)
    now = START_NS / NS_PER_HOUR
    exact = price_covariance(FULL, curve.belief, now, now + HOURS)
    np.testing.assert_allclose(exact, np.cov(paths, rowvar=False), rtol=0.06, atol=2e-3)
    np.testing.assert_allclose(np.sqrt(np.diag(exact)), deviations)


def test_covariance_of_forward_moves_is_that_of_simulated_states() -> None:
    """Six hours ahead, the forwards of hours before and after: each path's own forwards, from its own factors."""
    calm = FULL.model_copy(update={"jumps_per_day": 0.0})
    curve = PlaceCurve.start(calm, START_NS)
    horizon, k = 6.0, calm.rates.reversion
    rng = np.random.default_rng(11)
    # Euler steps: an implementation that shares nothing with the closed form.
    steps, x, xi = 600, np.zeros(40_000), np.zeros(40_000)
    first = curve.belief
    x += np.sqrt(first.deviation_variance) * rng.standard_normal(x.size)
    xi += np.sqrt(first.long_variance) * rng.standard_normal(x.size)
    states = {}
    for step in range(1, steps + 1):
        one, other = rng.standard_normal((2, x.size)) * np.sqrt(horizon / steps)
        x = x - k * x * horizon / steps + calm.volatility * one
        xi = xi + calm.long_volatility * (0.6 * one + 0.8 * other)
        states[step] = (x, xi)
    ahead = np.array([2.0, 6.0, 24.0, 300.0])
    logs = []
    for hours in ahead:
        until = min(hours, horizon)
        then = states[round(until / horizon * steps)]
        logs.append(np.exp(-k * (hours - until)) * then[0] + then[1])
    np.testing.assert_allclose(
        log_covariance(calm, curve.belief, ahead, horizon), np.cov(np.array(logs)), rtol=0.04, atol=1e-4
    )


def test_volatility_falls_with_time_to_delivery_to_that_of_the_long_term_factor() -> None:
    """Samuelson: it is the limit of the covariance of moves over a short time, and its far end is the long factor."""
    hours = np.array([0.5, 3.0, 12.0, 48.0, 2_000.0])
    volatility = forward_volatility(FULL, hours)
    assert (np.diff(volatility) < 0.0).all()
    assert volatility[-1] == pytest.approx(FULL.long_volatility, rel=1e-6)
    nothing_in_doubt = PlaceCurve.start(FULL, START_NS).belief._replace(
        deviation_variance=0.0, spike_variance=0.0, long_variance=0.0
    )
    moves = np.diag(log_covariance(FULL, nothing_in_doubt, hours, 1e-4)) / 1e-4
    np.testing.assert_allclose(volatility**2, moves, rtol=1e-3)


def test_premiums_move_forward_prices_and_not_the_paths() -> None:
    """Equation 9 of Schwartz and Smith (2000), written out."""
    rich = Parameters(**{**FULL.model_dump(), "premium_short": 0.01, "premium_long_per_day": 0.03})
    plain, dear = (
        seen().forward(at_ns(HOURS)).prices,
        PlaceCurve(rich, START_NS, seen().belief).forward(at_ns(HOURS)).prices,
    )
    k = FULL.rates.reversion
    np.testing.assert_allclose(np.log(dear / plain), -0.03 / 24 * HOURS - 0.01 * (1 - np.exp(-k * HOURS)) / k)
    calm = Parameters(**{**rich.model_dump(), "jumps_per_day": 0.0})
    s, sl, rho = calm.volatility, calm.long_volatility, calm.correlation
    a = (-0.02 - 0.03) / 24 * HOURS - (1 - np.exp(-k * HOURS)) * 0.01 / k
    a += 0.5 * ((1 - np.exp(-2 * k * HOURS)) * s**2 / (2 * k) + sl**2 * HOURS)
    a += (1 - np.exp(-k * HOURS)) * rho * s * sl / k
    np.testing.assert_allclose(intercept(calm, HOURS), a)
    world = [simulate_at(of, at_ns(HOURS), np.random.default_rng(3), 2) for of in (FULL, rich)]
    assert (world[0] == world[1]).all()


def test_a_forward_seen_moves_the_factor_that_it_is_about() -> None:
    """A far forward above what was believed lifts the long-term factor; seen exactly, it is what is then believed."""
    curve = seen()
    far = START_NS + 400 * NS_PER_HOUR
    after = curve.observe_forward(START_NS, far, 1.3 * curve.price(far), 1e-3)
    assert after.belief.long > curve.belief.long + 0.1
    # The forward price is an expectation, so the doubt that is left lifts it by half its variance.
    left = after.belief.long_variance
    assert after.price(far) == pytest.approx(1.3 * curve.price(far) * np.exp(0.5 * left), rel=0.03)
    assert left < 0.1 * curve.belief.long_variance
    assert curve.observe_forward(START_NS - 1, far, 1.0) is curve
    assert curve.observe_forward(START_NS, START_NS, 2.8, 1e-9).belief == curve.observe(START_NS, 2.8).belief
    for price, deviation in ((0.0, 0.01), (1.0, 0.0), (float("nan"), 0.1), (1.0, float("inf"))):
        with pytest.raises(BadPrices, match="expected finite numbers above 0"):
            curve.observe_forward(START_NS, far, price, deviation)


@pytest.mark.parametrize("factor", [0.001, 0.1, 10.0, 1000.0])
def test_one_wrong_price_is_forgotten_and_a_move_that_stays_is_believed(factor: float) -> None:
    """A price times a thousand leaves the mean where it was; the sixth alike is taken for the truth."""
    wary = Parameters(level_usd=2.0, half_life_hours=24.0, volatility=0.01, mistake_share=1e-3)
    curve = PlaceCurve.start(wary, START_NS)
    for minute in range(60):
        curve = curve.observe(START_NS + minute * NS_PER_HOUR // 60, 2.0)
    now = START_NS + NS_PER_HOUR
    before = curve.observe(now, 2.0)
    fooled = curve.observe(now, 2.0 * factor)
    assert fooled.belief.deviation == pytest.approx(curve.belief.deviation, abs=1e-3)
    assert fooled.belief.deviation_variance > before.belief.deviation_variance
    healed = fooled.observe(now + NS_PER_HOUR // 60, 2.0).observe(now + NS_PER_HOUR // 30, 2.0)
    assert healed.price(now + NS_PER_HOUR) == pytest.approx(before.price(now + NS_PER_HOUR), rel=2e-3)
    assert healed.deviation(now + NS_PER_HOUR) == pytest.approx(before.deviation(now + NS_PER_HOUR), rel=0.1)
    for minute in range(6):
        curve = curve.observe(now + minute * NS_PER_HOUR // 60, 2.0 * factor)
    assert curve.price(curve.time_ns) == pytest.approx(2.0 * factor, rel=0.05)
    # Without the case, the wrong price is believed at once.
    trusting = PlaceCurve(
        Parameters(level_usd=2.0, half_life_hours=24.0, volatility=0.01), before.time_ns, before.belief
    )
    assert abs(trusting.observe(now + 1, 2.0 * factor).belief.deviation) > 0.5
