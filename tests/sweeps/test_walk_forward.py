"""Parameters are chosen with the past in sight only, and what they earn next is added up."""

import numpy as np
import pytest

from strategies.sweeps.sharpe import Floats, TooFewPeriods
from strategies.sweeps.walk_forward import walk_forward


def mean(profits: Floats) -> float:
    return float(profits.mean())


def table(*rows: list[float]) -> Floats:
    """(windows, 1 period, trials)."""
    return np.array(rows)[:, None, :]


# The first trial is good twice, the second later on; the third has the one great window.
PROFITS = table([3.0, 1.0, 0.0], [3.0, 2.0, 0.0], [-9.0, 2.0, 0.0], [1.0, 4.0, 30.0], [1.0, 4.0, -1.0])


def test_anchored_learns_from_all_that_was() -> None:
    """The first until it fails, then the second, then the third, one window too late."""
    walk = walk_forward(PROFITS, 2, mean)
    assert [(step.window, step.past, step.column) for step in walk.steps] == [
        (1, 1, 0),
        (2, 2, 0),
        (3, 3, 1),
        (4, 4, 2),
    ]
    assert [step.profit_usd for step in walk.steps] == [3.0, -9.0, 4.0, -1.0]
    assert (walk.profit_usd, walk.hindsight_usd) == (-3.0, 29.0)
    assert walk.kept == pytest.approx(-3.0 / 29.0)


def test_rolling_forgets() -> None:
    """With one window only it follows whoever was best last; equals go to the first."""
    walk = walk_forward(PROFITS, 1, mean, rolling=1)
    assert [(step.past, step.column) for step in walk.steps] == [(1, 0), (1, 0), (1, 1), (1, 2)]
    two = walk_forward(PROFITS, 1, mean, rolling=2)
    assert [(step.window, step.past, step.column) for step in two.steps] == [(2, 2, 0), (3, 2, 1), (4, 2, 2)]
    assert two.hindsight_usd == 10.0


def test_the_future_cannot_be_seen() -> None:
    """Whatever comes later, what was chosen before stays as it was."""
    later = PROFITS.copy()
    later[3:] = 1e6
    before = walk_forward(PROFITS, 0, mean).steps[:3]
    assert [step.column for step in before] == [step.column for step in walk_forward(later, 0, mean).steps[:3]]


@pytest.mark.parametrize(("windows", "rolling", "needed"), [(2, 0, 3), (3, 3, 4)])
def test_too_few_windows_are_refused(windows: int, rolling: int, needed: int) -> None:
    """Two are one choice and one score; and rolling needs one more than it learns from."""
    with pytest.raises(TooFewPeriods, match=f"at least {needed} windows; here are {windows}"):
        walk_forward(PROFITS[:windows], 0, mean, rolling)
