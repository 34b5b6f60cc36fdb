"""What somebody believes who sees only prices, and what a maker that quotes from it does."""

import numpy as np
import pytest

from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from strategies.agents import FilteredIndex, PricePath, SpotIndex, place_of
from strategies.curves import PlaceCurve, simulate
from strategies.curves.forward import forward
from strategies.curves.model import Parameters
from tests.strategies.world import LEVELS_USD, PATH_STEP_NS, START_NS, contracts, parameters

LISTED = contracts()
HOUR, LATER = LISTED[0], LISTED[5]
SPEED = 360.0  # a price of the path every sixth of a second
MODEL = parameters(2.5)


def paths(seed: int = 1) -> dict[str, PricePath]:
    rng = np.random.default_rng(seed)
    found = {}
    for place in dict.fromkeys(place_of(contract) for contract in LISTED):
        model = parameters(LEVELS_USD[place.split("_")[0]])
        _, prices = simulate(model, START_NS, 200.0, 60.0, rng)
        found[place] = PricePath(model, prices.tolist(), START_NS, PATH_STEP_NS)
    return found


def of_prices(prices: list[float], speed: float = SPEED, lag_ns: int = 0) -> FilteredIndex:
    """The first place's, whose path is these prices."""
    path = PricePath(MODEL, prices, START_NS, PATH_STEP_NS)
    return FilteredIndex({place_of(HOUR): path}, LISTED, START_NS, speed, lag_ns)


def seconds(count: float) -> int:
    return START_NS + int(count * NS_PER_SECOND)


def test_it_believes_what_a_filter_makes_of_the_path_s_prices_and_the_price_of_now() -> None:
    """By hand: the path's prices a minute of path time apart, half a minute more to now, and hours of the clock."""
    prices = [2.5, 2.6, 2.7, 2.4]
    curve = PlaceCurve.start(MODEL, START_NS)
    for step, price in enumerate(prices[:3]):
        curve = curve.observe(START_NS + step * PATH_STEP_NS, price)
    curve = curve.observe(START_NS + 5 * PATH_STEP_NS // 2, 2.55)
    found = of_prices(prices, speed=300.0)(LATER, seconds(0.5))
    ahead = (LATER.start_ns - seconds(0.5)) / NS_PER_HOUR
    expected = forward(MODEL, curve.belief, 0.0, np.array([ahead]))
    assert found.price(LATER.start_ns) == pytest.approx(expected.prices[0], rel=1e-9)
    assert found.deviation(LATER.start_ns) == pytest.approx(expected.deviations[0], rel=1e-9)


def test_prices_that_are_still_to_come_change_nothing() -> None:
    """Only the line to the very next price of the path is known."""
    known = [2.5, 2.6, 2.7, 2.4]
    one, other = (of_prices([*known, rest, rest]) for rest in (1.0, 9.0))
    assert one(HOUR, seconds(0.5)) == other(HOUR, seconds(0.5))
    assert one(HOUR, seconds(0.7)) != other(HOUR, seconds(0.7))


def test_who_hears_late_is_less_sure_and_the_more_so_the_faster_the_path() -> None:
    """The price of half a second ago is older in path time than in the clock's."""
    deviations = [
        of_prices([2.5], speed, lag_ns)(HOUR, seconds(2)).deviation(HOUR.start_ns)
        for speed, lag_ns in ((360.0, 0), (360.0, NS_PER_SECOND // 2), (3600.0, NS_PER_SECOND // 2))
    ]
    assert deviations[0] * 1.01 < deviations[1]
    assert deviations[1] * 1.1 < deviations[2]
    late, early = of_prices([2.5, 2.6, 2.7, 2.4, 2.5], lag_ns=NS_PER_SECOND), of_prices([2.5])
    assert late(HOUR, seconds(0.9)).price(HOUR.start_ns) == pytest.approx(
        early(HOUR, START_NS).price(HOUR.start_ns), rel=0.01
    )


def test_a_move_leaves_doubt_whether_it_lasts() -> None:
    """It may be a deviation or a jump. The exact index shrugs: to it a price is as uncertain as before."""
    model = Parameters(
        level_usd=2.5, half_life_hours=0.6, volatility=0.12, jumps_per_day=1.0, jump_deviation=0.2,
        jump_half_life_hours=12.0,
    )  # fmt: skip
    path = PricePath(model, [2.5] * 60 + [3.0] * 3, START_NS, 10 * PATH_STEP_NS)
    exact = SpotIndex({place_of(HOUR): path}, LISTED, START_NS, 10 * SPEED)
    filtered = FilteredIndex({place_of(HOUR): path}, LISTED, START_NS, 10 * SPEED)
    before, after = seconds(9.8), seconds(10.0)
    curves = (filtered(HOUR, before), filtered(HOUR, after), exact.curve(HOUR, before), exact.curve(HOUR, after))
    calm, moved, sure, still_sure = (curve.deviation(HOUR.start_ns) / curve.price(HOUR.start_ns) for curve in curves)
    assert moved > 1.1 * calm
    assert still_sure == pytest.approx(sure, rel=0.01)


def test_who_comes_late_believes_nearly_what_those_believe_who_were_there() -> None:
    """A week of path time is enough to know; and an earlier time has the answer of the latest one."""
    there, late = (FilteredIndex(paths(), LISTED, START_NS, 6000.0) for _ in range(2))
    answers = [there(HOUR, seconds(second)) for second in range(60)]
    found = late(HOUR, seconds(59))
    assert found.price(HOUR.start_ns) == pytest.approx(answers[-1].price(HOUR.start_ns), rel=1e-3)
    assert found.deviation(HOUR.start_ns) == pytest.approx(answers[-1].deviation(HOUR.start_ns), rel=1e-3)
    assert there(HOUR, START_NS) == answers[-1]


def test_fair_value_is_the_price_averaged_over_the_hours() -> None:
    """Of one hour its price."""
    index = FilteredIndex(paths(), LISTED, START_NS, SPEED)
    assert index.fair(HOUR, seconds(3)) == index(HOUR, seconds(3)).price(HOUR.start_ns)
