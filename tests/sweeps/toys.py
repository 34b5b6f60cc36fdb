"""Scores without a market: what parameters earn in a window is drawn from the window's seed."""

import numpy as np

from exchange.domain.units import NS_PER_SECOND
from strategies.backtest.spec import RunSpec
from strategies.sweeps.plan import Plan
from strategies.sweeps.space import parse_space
from strategies.sweeps.task import Base, Score, Task, Window

PERIODS = 12
HOUR_NS = 3_600 * NS_PER_SECOND
BASE = Base(RunSpec(strategy="a.toy:Toy"), PERIODS, "")


def plan(trials: int = 24, windows: int = 4, **given: object) -> Plan:
    seeds = tuple(Window(f"seed {seed}", seed, 0, HOUR_NS) for seed in range(1, windows + 1))
    return Plan(parse_space(["x=0:1", "n=1:50:int:log", "kind=a,b"]), seeds, trials, BASE, **given)  # type: ignore[arg-type]


def hill(task: Task) -> Score:
    """Best where x is .7, and worth it: the same noise for every trial of a window."""
    parameters = dict(task.parameters)
    noise = np.random.default_rng(task.window.seed).normal(size=PERIODS)
    edge = 1.0 - 4.0 * abs(float(parameters["x"]) - 0.7) + (0.2 if parameters["kind"] == "a" else 0.0)
    return Score(tuple((edge + noise).tolist()), trades=3, messages=9)
