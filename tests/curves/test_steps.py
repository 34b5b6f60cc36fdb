"""Prices that are set by hand: the law of where they stand later, against draws of the process."""

import numpy as np
import pytest

from strategies.curves.steps import USUAL_STEP, Steps, steps_of


@pytest.mark.parametrize(("per_hour", "hours"), [(0.002, 24.0), (0.01, 24.0), (0.01, 168.0), (0.05, 168.0)])
def test_chance_and_spread_are_those_of_a_compound_poisson_process(per_hour: float, hours: float) -> None:
    """How often nothing happens, and the variance of what does; steps are as likely up as down."""
    rng = np.random.default_rng(4)
    counts = rng.poisson(per_hour * hours, 200_000)
    owners = np.repeat(np.arange(counts.size), counts)
    moves = np.bincount(owners, weights=rng.laplace(0.0, 0.05, owners.size), minlength=counts.size)
    law = Steps(per_hour, 0.05).law(2.0, hours)
    below, upto = law.below(2.0)
    assert upto - below == pytest.approx(float((counts == 0).mean()), abs=0.005)
    assert below == pytest.approx(1.0 - upto)
    logs = np.log(law.values / 2.0)
    assert float(logs @ law.shares) == pytest.approx(0.0, abs=1e-12)
    # Of Laplace's law the outermost twentieth of bins is cut to its middle.
    assert float(np.sqrt(logs**2 @ law.shares)) == pytest.approx(float(moves.std()), rel=0.06)
    assert law.shares.sum() == pytest.approx(1.0)
    assert (np.diff(law.values) > 0.0).all()


def test_at_once_a_price_is_what_it_is() -> None:
    """No time, no step."""
    law = Steps(0.01, 0.05).law(3.0, 0.0)
    assert law.interval() == (3.0, 3.0)
    assert law.mean == pytest.approx(3.0)
    assert law.deviation == pytest.approx(0.0, abs=1e-7)


def test_what_never_moved_may_still_move() -> None:
    """Seldom, by the usual size; the longer it was seen to stand the more seldom."""
    hours = np.arange(1_000.0)
    never = steps_of(hours, np.zeros(1_000))
    assert never.scale == USUAL_STEP
    assert 0.0 < steps_of(np.arange(9_000.0), np.zeros(9_000)).per_hour < never.per_hour < 1.0 / 3_000.0
    below, upto = never.law(2.0, 1.0).below(2.0)
    assert 0.0 < 1.0 - (upto - below) < 0.001
    assert 0.0 < steps_of(hours[:1], np.zeros(1)).per_hour < 1.0 / 1_000.0


def test_steps_of_long_ago_count_less() -> None:
    """The same twenty steps, in the first month of three years or in the last."""
    hours, month = np.arange(0.0, 26_000.0, 24.0), np.repeat([0.0, 0.1], 10)
    early, late = np.zeros(hours.size), np.zeros(hours.size)
    early[:20], late[-20:] = month, month
    early[:20:2], late[-20::2] = 0.2, 0.2
    assert steps_of(hours, late).per_hour > 5.0 * steps_of(hours, early).per_hour


def test_steps_that_were_seen_are_believed() -> None:
    """Some 160 steps of a known rate and size: both nearly found, though drawn to what is usual."""
    rng = np.random.default_rng(9)
    hours = np.arange(8_000.0)
    moves = np.where(rng.random(8_000) < 0.02, rng.laplace(0.0, 0.02, 8_000), 0.0)
    found = steps_of(hours, np.cumsum(moves))
    assert found.per_hour == pytest.approx(0.02, rel=0.25)
    assert found.scale == pytest.approx(0.02, rel=0.25)
