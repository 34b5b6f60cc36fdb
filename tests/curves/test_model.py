"""The model: closed forms against simulation, the filter against brute force, the curve as strategies see it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.domain.units import NS_PER_HOUR
from strategies.curves.filtering import NOISE_VARIANCE, Belief, filtered, spot_looks
from strategies.curves.forward import jump_cumulant
from strategies.curves.model import Harmonic, Parameters
from strategies.curves.place_curve import PlaceCurve
from strategies.curves.prices import BadPrices
from strategies.curves.simulate import simulate, simulate_at

START_NS = int(np.datetime64("2026-03-11T07:30", "ns").astype(np.int64))
CALM = Parameters(level_usd=2.0, half_life_hours=6.0, volatility=0.05)
JUMPY = Parameters(
    level_usd=2.0,
    half_life_hours=8.0,
    volatility=0.04,
    jumps_per_day=3.0,
    jump_mean=0.3,
    jump_deviation=0.25,
    jump_half_life_hours=1.5,
    season=(Harmonic(period_hours=24.0, cosine=0.1, sine=-0.05), Harmonic(period_hours=168.0, cosine=0.0, sine=0.04)),
)


@pytest.mark.parametrize("parameters", [CALM, JUMPY], ids=["calm", "jumpy"])
def test_forward_prices_and_deviations_are_those_of_simulated_paths(parameters: Parameters) -> None:
    """After a spike has been seen, 200,000 paths average to the closed form within four standard errors."""
    curve = PlaceCurve.start(parameters, START_NS - 5 * NS_PER_HOUR).observe(START_NS, 2.9)
    hours_ns = START_NS // NS_PER_HOUR * NS_PER_HOUR + np.array([1, 2, 5, 24]) * NS_PER_HOUR
    paths = simulate_at(parameters, hours_ns, np.random.default_rng(7), 200_000, curve)
    prices, deviations = curve.forward(hours_ns)
    errors = paths.std(axis=0) / np.sqrt(len(paths))
    assert (np.abs(paths.mean(axis=0) - prices) < 4.0 * errors).all()
    np.testing.assert_allclose(paths.std(axis=0), deviations, rtol=0.03)


def test_jumps_of_one_size_and_one_fading_give_the_cumulant_of_plain_integration() -> None:
    """The quadrature against a Riemann sum of a million points."""
    rates = JUMPY.rates
    for power in (1.0, 2.0):
        for hours in (0.1, 3.0, 40.0):
            ago = (np.arange(1_000_000) + 0.5) / 1_000_000 * hours
            faded = power * np.exp(-rates.fading * ago)
            plain = (
                rates.jump_rate * hours * np.expm1(faded * rates.jump_mean + faded**2 * rates.jump_variance / 2).mean()
            )
            assert jump_cumulant(rates, power, np.array([hours]))[0] == pytest.approx(plain, rel=1e-6)


def test_without_jumps_the_filter_is_the_likelihood_of_one_gaussian() -> None:
    """Log densities of 40 prices at odd times add up to that of their joint normal law."""
    rng = np.random.default_rng(3)
    hours = np.cumsum(rng.exponential(2.0, 40))
    observed = rng.normal(0.0, 0.1, 40)
    rates = CALM.rates
    usual_variance = rates.diffusion_variance / (2.0 * rates.reversion)
    covariance = usual_variance * np.exp(-rates.reversion * np.abs(hours[:, None] - hours)) + NOISE_VARIANCE * np.eye(
        40
    )
    joint = -0.5 * (observed @ np.linalg.solve(covariance, observed) + np.linalg.slogdet(2 * np.pi * covariance)[1])
    log_densities, below = np.empty((2, 40))
    filtered(CALM.prior, rates, np.diff(hours, prepend=0.0), spot_looks(observed), log_densities, below)
    assert log_densities.sum() == pytest.approx(joint, rel=1e-9)


def test_the_filter_tells_a_spike_from_a_deviation() -> None:
    """A price doubled at once is a spike; one that crept up over days is a deviation."""
    sudden = (
        PlaceCurve.start(JUMPY, START_NS).observe(START_NS + NS_PER_HOUR, 2.0).observe(START_NS + 2 * NS_PER_HOUR, 4.0)
    )
    assert sudden.belief.spike > 0.5 > abs(sudden.belief.deviation)
    crept = PlaceCurve.start(CALM.model_copy(update={"jumps_per_day": 0.1, "jump_deviation": 0.5}), START_NS)
    for hour in range(1, 100):
        crept = crept.observe(START_NS + hour * NS_PER_HOUR, 2.0 * np.exp(hour * 0.002))
    assert crept.belief.deviation > 0.15 > 5.0 * abs(crept.belief.spike)


def test_a_curve_never_changes_and_the_same_prices_make_the_same_curve() -> None:
    """observe returns another curve; two runs agree to the bit."""
    first = PlaceCurve.start(JUMPY, START_NS)
    before = first.price(START_NS + 3 * NS_PER_HOUR)
    runs = []
    for _ in range(2):
        curve = first
        for hour in range(1, 50):
            curve = curve.observe(START_NS + hour * NS_PER_HOUR // 3, 2.0 + 0.3 * np.sin(hour))
        runs.append(curve)
    assert runs[0] == runs[1]
    assert first.price(START_NS + 3 * NS_PER_HOUR) == before


def test_the_near_hours_follow_the_last_price_and_the_far_ones_forget_it() -> None:
    """Right after a price the present hour costs it, with little doubt; weeks ahead only the long run is left."""
    curve = PlaceCurve.start(CALM, START_NS).observe(START_NS, 2.6)
    assert curve.price(START_NS) == pytest.approx(2.6, rel=0.01)
    assert curve.deviation(START_NS) < 0.02
    assert curve.price(START_NS - 10 * NS_PER_HOUR) == curve.price(START_NS)
    deviations = [curve.deviation(START_NS + ahead * NS_PER_HOUR) for ahead in (0, 1, 4, 24)]
    assert deviations == sorted(deviations)
    far = START_NS + 1000 * NS_PER_HOUR
    assert curve.price(far) == pytest.approx(PlaceCurve.start(CALM, START_NS).price(far))


def test_late_prices_change_nothing_and_impossible_ones_are_refused() -> None:
    """A price from before the last one is ignored; one that is no price is refused."""
    curve = PlaceCurve.start(JUMPY, START_NS).observe(START_NS + NS_PER_HOUR, 2.5)
    assert curve.observe(START_NS, 9.0) is curve
    for price in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(BadPrices, match="not a finite number above 0"):
            curve.observe(START_NS + 2 * NS_PER_HOUR, price)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 10**15), st.floats(1e-4, 1e4)), max_size=30),
    st.sampled_from([CALM, JUMPY]),
)
def test_any_prices_at_any_times_leave_a_usable_curve(seen: list[tuple[int, float]], parameters: Parameters) -> None:
    """Gaps of nothing to twelve days and prices eight powers of ten apart: finite prices, deviations not negative."""
    curve, now_ns = PlaceCurve.start(parameters, START_NS), START_NS
    for gap_ns, price in seen:
        now_ns += gap_ns
        curve = curve.observe(now_ns, price)
    prices, deviations = curve.forward(now_ns + np.arange(48) * NS_PER_HOUR)
    assert np.isfinite(prices).all()
    assert (prices > 0.0).all()
    assert np.isfinite(deviations).all()
    assert (deviations >= 0.0).all()


def test_simulation_is_a_function_of_its_generator_and_step_length_does_not_matter() -> None:
    """Equal seeds give equal paths; the long-run spread is the same by hours and by minutes."""
    times_ns, path = simulate(JUMPY, START_NS, 48.0, 600.0, np.random.default_rng(1))
    again = simulate(JUMPY, START_NS, 48.0, 600.0, np.random.default_rng(1))[1]
    assert (path == again).all()
    assert np.diff(times_ns).tolist() == [600 * 10**9] * (6 * 48)
    spreads = []
    for step in (NS_PER_HOUR * 24, NS_PER_HOUR // 4):
        times = START_NS + np.arange(0, NS_PER_HOUR * 24 + 1, step)
        ends = np.log(simulate_at(JUMPY, times, np.random.default_rng(2), 40_000)[:, -1])
        spreads.append(ends.std())
    assert spreads[0] == pytest.approx(spreads[1], rel=0.03)
    belief: Belief = JUMPY.prior
    assert spreads[0] == pytest.approx(np.sqrt(belief.deviation_variance + belief.spike_variance), rel=0.03)
