"""What a sweep shall do: one frozen object, and its results are a function of it."""

from dataclasses import dataclass

import numpy as np

from strategies.sweeps.choices import Objective, Pruner, Sampler
from strategies.sweeps.sharpe import Floats, sharpe_ratio
from strategies.sweeps.space import Parameters, Space
from strategies.sweeps.task import Base, Task, Window

# Trials that are asked for together. It must not depend on the workers, or they would change the study.
ROUND_TRIALS = 8


@dataclass(frozen=True)
class Plan:
    """``base``: the run that each trial varies. ``windows``: what every trial meets, in order."""

    space: Space
    windows: tuple[Window, ...]
    trials: int
    base: Base
    seed: int = 1
    objective: Objective = Objective.SHARPE
    sampler: Sampler = Sampler.TPE
    pruner: Pruner = Pruner.MEDIAN
    round_trials: int = ROUND_TRIALS

    def task(self, parameters: Parameters, window: Window) -> Task:
        return Task(parameters, window, self.base)

    def value(self, profits: Floats) -> float:
        """The objective. profits: (periods,) of any number of windows, one after another."""
        return sharpe_ratio(profits) if self.objective is Objective.SHARPE else float(np.mean(profits))

    @property
    def rungs(self) -> tuple[int, ...]:
        """After how many windows it is asked whether to go on: 1, 2, 4, ... and all; all at once if nobody asks."""
        windows = len(self.windows)
        if self.pruner is Pruner.NONE:
            return (windows,)
        return (*(2**power for power in range((windows - 1).bit_length())), windows)
