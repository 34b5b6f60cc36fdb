"""Laws of the hidden factors against paths drawn from the model."""

import numpy as np
import pytest

from exchange.domain.units import NS_PER_HOUR
from strategies.curves.blend.bins import BINS
from strategies.curves.filtering import Belief
from strategies.curves.hidden import beliefs_at, hidden_laws
from strategies.curves.model import Harmonic, Parameters
from strategies.curves.place_curve import PlaceCurve
from strategies.curves.simulate import simulate_at

START_NS = int(np.datetime64("2026-03-11", "ns").astype(np.int64))
PATHS = 40_000
CALM = Parameters(level_usd=2.0, half_life_hours=8.0, volatility=0.04)
DRIFTING = Parameters(
    level_usd=2.0,
    half_life_hours=8.0,
    volatility=0.04,
    long_volatility=0.006,
    correlation=0.4,
    season=(Harmonic(period_hours=24.0, cosine=0.1, sine=0.05),),
)
JUMPING = Parameters(
    level_usd=1.5,
    half_life_hours=6.0,
    volatility=0.03,
    jumps_per_day=2.0,
    jump_mean=0.3,
    jump_deviation=0.2,
    jump_half_life_hours=2.0,
)
RUSHING = JUMPING.model_copy(update={"jumps_per_day": 30.0, "jump_mean": 0.02, "jump_deviation": 0.05})
SPIKING = JUMPING.model_copy(update={"jumps_per_day": 8.0, "jump_half_life_hours": 0.7})
every_model = pytest.mark.parametrize(
    "parameters",
    [CALM, DRIFTING, JUMPING, RUSHING, SPIKING],
    ids=["calm", "drifting", "jumping", "rushing", "spiking"],
)


def after_some_prices(parameters: Parameters) -> PlaceCurve:
    curve = PlaceCurve.start(parameters, START_NS)
    for hour, price in enumerate((2.0, 2.1, 2.3, 2.2)):
        curve = curve.observe(START_NS + hour * NS_PER_HOUR, price)
    return curve


@every_model
def test_laws_are_those_of_drawn_paths(parameters: Parameters) -> None:
    """Mean, spread, tails and the quantiles in between of the log price, an hour to a week ahead."""
    curve = after_some_prices(parameters)
    times_ns = curve.time_ns + np.array([1, 6, 24, 168]) * NS_PER_HOUR
    paths = np.log(simulate_at(parameters, times_ns, np.random.default_rng(5), PATHS, curve))
    for time_ns, logs in zip(times_ns, np.sort(paths.T, axis=1), strict=True):
        law = curve.law(int(time_ns))
        told = np.log(law.values)
        spread = float(logs.std())
        assert told.mean() == pytest.approx(float(logs.mean()), abs=0.03 * spread)
        # The middles of bins leave a little of the tails out.
        assert told.std() == pytest.approx(spread, rel=0.06)
        drawn = logs[((np.arange(BINS) + 0.5) / BINS * PATHS).astype(np.int64)]
        np.testing.assert_allclose(told[2:-2], drawn[2:-2], atol=(0.15 if parameters.jumps_per_day else 0.05) * spread)
        low, high = law.interval()
        held = float(((logs >= np.log(low)) & (logs <= np.log(high))).mean())
        assert held == pytest.approx(0.95, abs=0.015)


@every_model
def test_the_law_without_an_outlook_agrees_with_the_forward_price(parameters: Parameters) -> None:
    """Its mean within a percent; its deviation a little below, for bins have no tails. At once there is noise alone."""
    curve = after_some_prices(parameters)
    for ahead in (1, 12, 72):
        hour_ns = curve.time_ns + ahead * NS_PER_HOUR
        law = curve.law(hour_ns)
        assert law.mean == pytest.approx(curve.price(hour_ns), rel=0.01)
        assert 0.85 * curve.deviation(hour_ns) < law.deviation < 1.03 * curve.deviation(hour_ns)


def test_beliefs_of_the_past_are_those_that_prices_left_one_by_one() -> None:
    """Against the curve that sees the same prices, at a few of the looks, the first and the last among them."""
    rng = np.random.default_rng(2)
    hours = START_NS / NS_PER_HOUR + np.cumsum(rng.exponential(2.0, 60) + 0.01)
    logs = np.log(2.0) + 0.1 * rng.standard_normal(60)
    curve = PlaceCurve(JUMPING, int((hours[0] - 1.0) * NS_PER_HOUR), JUMPING.prior)
    after = []
    for hour, log_price in zip(hours, logs, strict=True):
        curve = curve.observe(round(hour * NS_PER_HOUR), float(np.exp(log_price)))
        after.append(curve.belief)
    rows = np.array([0, 1, 30, 59])
    found = beliefs_at(JUMPING, JUMPING.prior, hours, logs, rows)
    np.testing.assert_allclose(found, np.array([after[row] for row in rows]), rtol=1e-4, atol=1e-6)


def test_waiting_is_looking_further() -> None:
    """Half an hour after the belief, two hours ahead: two and a half hours ahead of it."""
    belief = np.array([Belief(deviation=0.2, spike=0.1, deviation_variance=0.01)])
    waited = hidden_laws(JUMPING, belief, np.array([0.5]), np.array([2.0]))
    np.testing.assert_array_equal(waited, hidden_laws(JUMPING, belief, np.zeros(1), np.array([2.5])))
