"""The whole curve and joint draws: the mean is the forward, the covariance the closed form, each place its own law."""

import numpy as np
import pytest

from exchange.domain.units import NS_PER_HOUR
from strategies.curves.covariance import factors
from strategies.curves.filtering import Floats
from strategies.curves.joint import draw
from strategies.curves.market import market_of
from strategies.curves.model import Harmonic, Parameters
from strategies.curves.place_curve import PlaceCurve
from strategies.curves.shocks import Comoving, Moments, Shared
from strategies.curves.simulate import simulate_at
from strategies.curves.surface import surface
from tests.curves.places import beliefs_drawn, moments_drawn

START_NS = int(np.datetime64("2026-11-30T07:30", "ns").astype(np.int64))
AHEAD = np.array([0.5, 1.5, 2.5, 9.5, 33.5])
PATHS = 40_000
PLACES = 4


@pytest.fixture(scope="module")
def world() -> tuple[Moments, Comoving, Floats, Floats]:
    """Four places with everything: jumps, half of them shared, and a long-term factor with drift and premium."""
    rng = np.random.default_rng(11)
    moments = moments_drawn(rng, PLACES)._replace(
        diffusion_variance=np.array([0.0064, 0.0025, 0.0036, 0.0049]),
        jump_rate=np.array([0.05, 0.02, 0.1, 0.0]),
        reversion=np.array([0.4, 0.17, 0.27, 0.1]),
        long_variance=np.array([2e-3, 0.0, 1e-4, 4e-4]),
        correlation=np.array([0.9, 0.5, -0.6, -0.2]),
        drift=np.array([0.002, 0.0, -0.001, 0.0]),
        premium=np.array([0.0, 0.01, 0.0, -0.02]),
    )
    common = np.array([[0.6, 0.3], [0.7, 0.5], [-0.6, 0.6], [0.8, -0.3]])
    shared = Shared(common, 1.0 - (common**2).sum(axis=1))
    comoving = Comoving(shared, Shared(common[::-1], shared.own[::-1]), np.tile([0.5, 0.2], (PLACES, 1)))
    return moments, comoving, rng.normal(0.0, 0.1, (PLACES, 3)), 0.1 * beliefs_drawn(rng, PLACES)


@pytest.fixture(scope="module")
def drawn(world: tuple[Moments, Comoving, Floats, Floats]) -> Floats:
    """(N, P, H) log prices without level and season."""
    return draw(*world, AHEAD, PATHS, seed=3)


def test_the_mean_of_joint_draws_is_the_forward_and_their_spread_its_deviation(
    world: tuple[Moments, Comoving, Floats, Floats], drawn: Floats
) -> None:
    """Four places and five hours, each within four and a half standard errors."""
    moments, _, means, beliefs = world
    prices, deviations = surface(moments, means, beliefs, np.zeros((PLACES, AHEAD.size)), AHEAD)
    paths = np.exp(drawn)
    assert (np.abs(paths.mean(axis=0) - prices) < 4.5 * paths.std(axis=0) / np.sqrt(PATHS)).all()
    np.testing.assert_allclose(paths.std(axis=0), deviations, rtol=0.04)


def test_the_covariance_of_joint_draws_is_the_closed_form(
    world: tuple[Moments, Comoving, Floats, Floats], drawn: Floats
) -> None:
    """All 400 entries between places and hours, each within five standard errors."""
    moments, comoving, _, beliefs = world
    flat = drawn.reshape(PATHS, -1)
    centred = flat - flat.mean(axis=0)
    found = centred.T @ centred / PATHS
    errors = np.sqrt((centred**2).T @ (centred**2) / PATHS - found**2) / np.sqrt(PATHS)
    place = np.repeat(np.arange(PLACES), AHEAD.size)
    expected = factors(moments, comoving, place, np.tile(AHEAD, PLACES), np.inf, beliefs).covariance()
    assert (np.abs(found - expected) < 5.0 * errors).all()
    across = expected[place[:, None] != place[None, :]]
    assert (np.abs(across) > 20.0 * errors[place[:, None] != place[None, :]]).mean() > 0.2


def test_a_place_alone_is_drawn_as_if_it_were_alone(world: tuple[Moments, Comoving, Floats, Floats]) -> None:
    """Shared jumps change no place's own law: 1st to 99th percentile agree with paths of one place."""
    parameters = Parameters(
        level_usd=1.0,
        half_life_hours=6.0,
        volatility=0.02,
        jumps_per_day=3.0,
        jump_mean=0.4,
        jump_deviation=0.3,
        jump_half_life_hours=2.0,
    )
    curves = [
        ((sku, "USE"), PlaceCurve.start(parameters, START_NS).observe(START_NS, 1.0)) for sku in ("H100SXM", "H200SXM")
    ]
    comoving = Comoving(world[1].short, world[1].long, np.full((2, 1), 0.8))
    shared = Shared(np.full((2, 1), 0.6), np.full(2, 0.64))
    here = market_of(curves, comoving._replace(short=shared, long=shared), START_NS)
    ahead = np.array([1.0, 6.0])
    joint = np.exp(draw(here.moments, here.comoving, here.means, here.beliefs, ahead, PATHS, seed=5))
    times_ns = START_NS + (ahead * NS_PER_HOUR).astype(np.int64)
    alone = simulate_at(parameters, times_ns, np.random.default_rng(6), PATHS, curves[0][1])
    levels = [1, 5, 25, 50, 75, 95, 99]
    for place in range(2):
        found = np.log(np.percentile(joint[:, place], levels, axis=0))
        np.testing.assert_allclose(found, np.log(np.percentile(alone, levels, axis=0)), atol=0.03)
    both = np.log(joint[:, :, 0]).T
    assert 0.55 < np.corrcoef(both)[0, 1] < 0.85


def test_the_same_seed_draws_the_same_and_no_hour_is_drawn_twice(
    world: tuple[Moments, Comoving, Floats, Floats],
) -> None:
    """Equal to the bit; another seed differs; an hour that is asked for twice has one price."""
    ahead = np.array([0.0, 1.0, 1.0, 5.0])
    one, again, other = (draw(*world, ahead, 50, seed) for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).all()
    assert (one[:, :, 1] == one[:, :, 2]).all()


def test_the_whole_curve_is_that_of_each_place() -> None:
    """Prices and deviations of three places side by side are those of three curves, hours begun included."""
    season = (Harmonic(period_hours=24.0, cosine=0.1, sine=0.2),)
    calm = Parameters(level_usd=2.0, half_life_hours=6.0, volatility=0.05, season=season)
    jumpy = calm.model_copy(update={"jumps_per_day": 2.0, "jump_mean": 0.3, "jump_deviation": 0.4, "season": ()})
    jumpy = jumpy.model_copy(update={"long_volatility": 0.01, "correlation": -0.6, "drift_per_day": 0.02})
    jumpy = jumpy.model_copy(update={"premium_short": 0.003, "premium_long_per_day": 0.01})
    curves = [
        (("H100SXM", "USE"), PlaceCurve.start(calm, START_NS).observe(START_NS + 5, 2.5)),
        (("H100SXM", "EUW"), PlaceCurve.start(jumpy, START_NS).observe(START_NS + 5, 9.0)),
        (("H200SXM", "USE"), PlaceCurve.start(calm.scaled(1.5), START_NS).observe(START_NS + 5, 1.0)),
    ]
    none = Shared(np.zeros((3, 0)), np.ones(3))
    here = market_of(curves, Comoving(none, none, np.zeros((3, 0))), START_NS + 5)
    assert len(here.seasons) == 2
    hours_ns = START_NS + np.arange(-1, 60, 3) * NS_PER_HOUR
    prices, deviations = here.forward(hours_ns)
    for number, (_, curve) in enumerate(curves):
        expected = curve.forward(hours_ns)
        np.testing.assert_allclose(prices[number], expected.prices, rtol=1e-12)
        np.testing.assert_allclose(deviations[number], expected.deviations, rtol=1e-7)


def test_a_place_without_new_prices_is_known_less_every_hour() -> None:
    """Six hours after the last price the market's deviation of the present hour is what the curve foresaw."""
    jumpy = Parameters(
        level_usd=2.0, half_life_hours=6.0, volatility=0.05, jumps_per_day=2.0, jump_mean=0.3, jump_deviation=0.1
    )
    curve = PlaceCurve.start(jumpy, START_NS).observe(START_NS, 2.5)
    later_ns = START_NS + 6 * NS_PER_HOUR
    none = Shared(np.zeros((1, 0)), np.ones(1))
    here = market_of([(("H100SXM", "USE"), curve)], Comoving(none, none, np.zeros((1, 0))), later_ns)
    log_variance = here.factors(np.array([0]), np.array([later_ns])).variance()[0]
    then = market_of([(("H100SXM", "USE"), curve)], Comoving(none, none, np.zeros((1, 0))), START_NS)
    assert log_variance == pytest.approx(then.factors(np.array([0]), np.array([later_ns])).variance()[0], rel=1e-9)
    assert here.forward(np.array([later_ns])).prices[0, 0] == pytest.approx(curve.price(later_ns), rel=0.01)
