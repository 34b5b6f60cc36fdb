"""The control problem of an hour that expires: against brute force, the linear system, and its limits."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.linalg import expm
from scipy.stats import nbinom, poisson

from strategies.making.perishable import Problem, Steps, constant, newsvendor, rushing, solve, stepped

TOY = Problem(constant(6.0), k=40.0, c_long=0.5, c_short=0.75, inventory_max=20)


def brute_force(problem: Problem, hours: float, steps: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Value, and best bid depth, by backward induction: binomial fills, and every depth of a fine grid tried."""
    depths = np.linspace(-1.2, 1.2, 4801)[:, None]
    step = hours / steps
    value = -problem.losses()
    bid = np.zeros(value.size)
    for number in range(steps):
        tau = (number + 0.5) * step
        filled = np.minimum(1.0, problem.arrivals.at(tau) * np.exp(-problem.k * depths) * step)
        more, fewer = np.append(value[1:], -1e9), np.insert(value[:-1], 0, -1e9)
        bids, asks = filled * (depths + more - value), filled * (depths + fewer - value)
        bid = depths[bids.argmax(axis=0), 0]
        # Not to quote is a choice, too: what earns less than nothing is left.
        gained = np.maximum(bids.max(axis=0), 0.0) + np.maximum(asks.max(axis=0), 0.0)
        value = value + gained - problem.risk.at(tau) / 2 * problem.inventories**2 * step
    return value, bid


@pytest.mark.parametrize(
    "problem",
    [
        Problem(constant(5.0), 4.0, 0.5, 0.75, inventory_max=3),
        Problem(constant(5.0), 4.0, 0.2, 0.3, 0.1, 0.7, constant(0.05), 3),
        Problem(Steps((0.0, 0.3), (9.0, 2.0)), 3.0, 0.5, 0.1, 0.0, -1.0, Steps((0.0, 0.6), (0.0, 0.1)), 2),
    ],
)
def test_brute_force_finds_the_same(problem: Problem) -> None:
    """A thousand moments, 4,801 depths in each, no calculus; the error falls with the length of a moment."""
    table = solve(problem, 1.0)
    errors = []
    for steps in (500, 1000):
        value, bid = brute_force(problem, 1.0, steps)
        mine = np.array([table.value(1.0, int(q)) for q in problem.inventories])
        errors.append(np.abs(value - mine).max())
        depths = [table.depths(1.0, q).bid for q in problem.inventories[:-1].tolist()]
        assert bid[:-1] == pytest.approx(depths, abs=0.01)
    assert errors[1] < 0.01
    assert errors[1] == pytest.approx(errors[0] / 2, rel=0.15)


def test_it_is_the_exponential_of_the_matrix() -> None:
    """Piece by piece, where that can be written down at all; to twelve digits."""
    problem = Problem(Steps((0.0, 0.5), (9.0, 2.0)), 3.0, 0.5, 0.75, 0.1, 0.5, Steps((0.0, 1.5), (0.1, 0.02)), 4)
    table = solve(problem, 4.0)
    omega, ends = np.exp(-problem.k * problem.losses()), [0.0, 0.5, 1.5, 4.0]
    for start, end in pairwise(ends):
        beside = problem.arrivals.at(start) / np.e * (np.eye(9, k=1) + np.eye(9, k=-1))
        matrix = beside - np.diag(problem.k * problem.risk.at(start) / 2 * problem.inventories**2)
        omega = expm(matrix * (end - start)) @ omega
        assert table.values[table.taus.index(end)] == pytest.approx(np.log(omega) / problem.k, abs=1e-12)


def test_what_is_paid_at_the_gate() -> None:
    """Two over the target 0.5 each, one under it 0.75; and half of 0.1 times the square of either."""
    losses = Problem(constant(1.0), 40.0, 0.5, 0.75, 0.1, 1.0, inventory_max=3).losses()
    assert losses == pytest.approx([3.0 + 0.8, 2.25 + 0.45, 1.5 + 0.2, 0.75 + 0.05, 0.0, 0.5 + 0.05, 1.0 + 0.2])


def test_at_the_gate_a_unit_is_worth_what_it_will_be_sold_or_bought_in_for() -> None:
    """q* = 0 and a = 0: S - c_long when long, S + c_short when short; 2/k + c_long + c_short around nothing."""
    table = solve(TOY)
    assert table.depths(0.0, 3).reservation == pytest.approx(-0.5)
    assert table.depths(0.0, -3).reservation == pytest.approx(0.75)
    flat = table.depths(0.0, 0)
    assert flat.bid + flat.ask == pytest.approx(2 / 40 + 0.5 + 0.75)
    # And it goes there, as long as nobody can come by in the time that is left.
    near = [table.depths(tau, 1) for tau in (1e-6, 1e-9, 1e-12, 1e-15)]
    apart = [depths.reservation + 0.5 for depths in near]
    assert apart == sorted(apart, reverse=True)
    assert apart[-1] < 0.02
    spreads = [table.depths(tau, 0) for tau in (1e-6, 1e-9, 1e-12, 1e-18)]
    assert spreads[-1].bid + spreads[-1].ask == pytest.approx(2 / 40 + 1.25, abs=1e-3)


def test_where_nobody_comes_any_more_the_limits_are_the_quotes() -> None:
    """The last quarter of an hour without arrivals: all of it is like the gate itself."""
    table = solve(Problem(Steps((0.0, 0.25), (0.0, 6.0)), 40.0, 0.5, 0.75))
    for tau in (0.0, 0.1, 0.25):
        assert table.depths(tau, 2).reservation == pytest.approx(-0.5)
        assert table.depths(tau, -2).reservation == pytest.approx(0.75)
    assert table.depths(0.5, 2).reservation > -0.2


def test_far_from_the_gate_the_quotes_forget_it() -> None:
    """They are those of the largest eigenvector of M, and without risk flat and 1/k wide where no limit is near."""
    problem = Problem(constant(20.0), 40.0, 0.5, 0.75, risk=constant(0.005), inventory_max=15)
    matrix = 20.0 / np.e * (np.eye(31, k=1) + np.eye(31, k=-1)) - np.diag(40 * 0.005 / 2 * problem.inventories**2)
    lasting = np.log(np.linalg.eigh(matrix)[1][:, -1] ** 2) / 2 / 40.0
    table = solve(problem)
    found = np.array([table.depths(300.0, q).bid for q in range(-15, 15)])
    assert found == pytest.approx(1 / 40 - np.diff(lasting), abs=1e-6)
    calm = solve(Problem(constant(20.0), 40.0, 0.5, 0.75, inventory_max=60))
    assert [calm.depths(300.0, q).bid * 40 for q in (-10, 0, 10)] == pytest.approx([1.0] * 3, abs=0.02)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0.1, 100.0), st.floats(1.0, 300.0), st.floats(0.0, 2.0), st.floats(0.0, 2.0), st.floats(0.0, 0.2),
    st.floats(-4.0, 4.0), st.floats(0.0, 0.05), st.floats(0.0, 60.0),
)  # fmt: skip
def test_the_more_is_held_the_lower_the_quotes(
    arrivals: float, k: float, c_long: float, c_short: float, curvature: float, target: float, risk: float, tau: float
) -> None:
    """Whatever the costs: finite, falling with inventory, and the spread never under 2/k."""
    problem = Problem(constant(arrivals), k, c_long, c_short, curvature, target, constant(risk), 5)
    table = solve(problem, 40.0)
    assert np.isfinite(table.values).all()
    depths = [table.depths(tau, q / 2) for q in range(-9, 10)]
    assert all(later.bid >= earlier.bid - 1e-12 for earlier, later in pairwise(depths))
    assert all(later.ask <= earlier.ask + 1e-12 for earlier, later in pairwise(depths))
    assert all(found.bid + found.ask >= 2 / k - 1e-12 for found in depths)
    assert table.depths(tau, 5).bid == table.depths(tau, -5).ask == float("inf")


def test_the_stock_that_walk_in_demand_calls_for() -> None:
    """Quotes are even where the target is held, and the target is what costs least on average."""
    demand = np.arange(200)
    for mean, ratio in ((3.0, 1.0), (12.5, 1.0), (12.5, 2.5)):
        shape = mean / (ratio - 1.0) if ratio > 1.0 else 0.0
        law = poisson.pmf(demand, mean) if ratio == 1.0 else nbinom.pmf(demand, shape, 1.0 / ratio)
        for c_long, c_short in ((0.5, 0.75), (0.1, 2.0), (3.0, 0.2)):
            over, under = np.maximum(demand[:, None] - demand, 0), np.maximum(demand - demand[:, None], 0)
            cost = (c_long * over + c_short * under) @ law
            assert newsvendor(mean, c_long, c_short, ratio) == cost[:100].argmin()
    table = solve(Problem(constant(6.0), 40.0, 0.6, 0.6, target=5.0))
    assert [table.depths(tau, 5.0).reservation for tau in (0.0, 0.1)] == pytest.approx([0.0, 0.0], abs=1e-12)


def test_a_rush_before_the_gate_makes_what_is_held_easier_to_bear() -> None:
    """More people to come: the long hour is marked down less, and in steps that come near the smooth rate."""
    calm, rush = solve(TOY), solve(Problem(rushing(6.0, 5.0, 1.0), 40.0, 0.5, 0.75))
    assert calm.depths(0.5, 4).reservation < rush.depths(0.5, 4).reservation < 0.0
    steps = stepped(lambda tau: tau * tau, [0.5, 1.0, 2.0])
    assert (steps.at(0.0), steps.at(0.5), steps.at(1.9), steps.at(9.0)) == (0.0625, 0.5625, 2.25, 4.0)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Steps((1.0,), (2.0,)),
        lambda: Steps((0.0, 2.0, 2.0), (1.0, 1.0, 1.0)),
        lambda: constant(-1.0),
        lambda: Problem(constant(1.0), 0.0, 0.5, 0.5),
        lambda: Problem(constant(1.0), 1.0, -0.5, 0.5),
        lambda: Problem(constant(1.0), 1.0, 0.5, 0.5, target=30.0),
        lambda: Problem(constant(1.0), 1.0, 0.5, 0.5, inventory_max=0),
        lambda: newsvendor(-1.0, 1.0, 1.0),
        lambda: newsvendor(5.0, 0.0, 1.0),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: object) -> None:
    """With a word about what it should be."""
    assert callable(wrong)
    with pytest.raises(ValueError, match=r"must|need|no stock|beyond"):
        wrong()
