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
    """Half a step in all the time it was seen, of the usual size; a single price says as little as an hour."""
    hours = np.arange(1_000.0)
    never = steps_of(hours, np.zeros(1_000))
    assert never == Steps(0.5 / 999.0, USUAL_STEP)
    below, upto = never.law(2.0, 1.0).below(2.0)
    assert 0.0 < 1.0 - (upto - below) < 0.001
    assert steps_of(hours[:1], np.zeros(1)) == Steps(0.5, USUAL_STEP)


def test_steps_that_were_seen_are_believed() -> None:
    """Some 160 steps of a known rate and size: both within a quarter."""
    rng = np.random.default_rng(9)
    hours = np.arange(8_000.0)
    moves = np.where(rng.random(8_000) < 0.02, rng.laplace(0.0, 0.02, 8_000), 0.0)
    found = steps_of(hours, np.cumsum(moves))
    assert found.per_hour == pytest.approx(0.02, rel=0.25)
    assert found.scale == pytest.approx(0.02, rel=0.25)
