"""Parameters chosen on past windows and scored on the next: what choosing would have earned.

Anchored: on all windows before. Rolling: on the last few. The in-sample winner, chosen with every
window in sight, stands beside it over the same windows.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from strategies.sweeps.sharpe import Floats, TooFewPeriods

Objective = Callable[[Floats], float]

WINDOWS_MIN = 3


class Step(NamedTuple):
    """In window ``window`` the trial of this column earned this much, chosen on ``past`` windows before."""

    window: int
    past: int
    column: int
    profit_usd: float


class Walk(NamedTuple):
    """``profit_usd``: the sum of the steps. ``hindsight_usd``: what the in-sample winner earned in the same windows."""

    steps: tuple[Step, ...]
    profit_usd: float
    hindsight_usd: float

    @property
    def kept(self) -> float:
        """The share of the hindsight's profit; 0 where that has none."""
        return self.profit_usd / self.hindsight_usd if self.hindsight_usd > 0.0 else 0.0


def walk_forward(profits: Floats, winner: int, objective: Objective, rolling: int = 0) -> Walk:
    """One step for each window but the first ones, which are only learnt from.

    profits: (windows, periods, trials) in order of time. winner: column of the in-sample winner. rolling: windows to
    learn from; 0 is anchored, from one on. Of trials that are equally good the first is chosen.
    Raises TooFewPeriods below WINDOWS_MIN windows, or where rolling leaves none to score.
    """
    windows, periods, trials = profits.shape
    first = rolling or 1
    if windows < WINDOWS_MIN or first >= windows:
        needed = max(WINDOWS_MIN, first + 1)
        raise TooFewPeriods(f"a walk forward needs at least {needed} windows; here are {windows}")
    steps = []
    for window in range(first, windows):
        past = profits[window - rolling if rolling else 0 : window]
        learnt = past.reshape(past.shape[0] * periods, trials)
        column = int(np.argmax([objective(learnt[:, place]) for place in range(trials)]))
        steps.append(Step(window, past.shape[0], column, float(profits[window, :, column].sum())))
    return Walk(tuple(steps), float(sum(step.profit_usd for step in steps)), float(profits[first:, :, winner].sum()))
