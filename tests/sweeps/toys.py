"""Scores without a market: what parameters earn in a window is drawn from the window's seed."""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from exchange.domain.units import NS_PER_SECOND
from strategies.backtest.spec import RunSpec
from strategies.sweeps.executors import Executor, Pool
from strategies.sweeps.plan import Plan
from strategies.sweeps.sharpe import Floats
from strategies.sweeps.space import parse_space
from strategies.sweeps.store import Store
from strategies.sweeps.study import Trial
from strategies.sweeps.sweep import sweep
from strategies.sweeps.task import Base, Score, Task, Window

PERIODS = 12
HOUR_NS = 3_600 * NS_PER_SECOND
BASE = Base(RunSpec(strategy="a.toy:Toy"), PERIODS, "")
IDENTITY = {"run": "toy"}
_PLAN = Plan(parse_space(["x=0:1", "n=1:50:int:log", "kind=a,b"]), (), 24, BASE)


def plan(windows: int = 4, **changes: object) -> Plan:
    seeds = tuple(Window(f"seed {seed}", seed, 0, HOUR_NS) for seed in range(1, windows + 1))
    return replace(_PLAN, windows=seeds, **changes)  # type: ignore[arg-type]


def hill(task: Task) -> Score:
    """Best where x is .7, and worth it; the same noise for every trial of a window."""
    parameters = dict(task.parameters)
    edge = 1.0 - 4.0 * abs(float(parameters["x"]) - 0.7) + (0.2 if parameters["kind"] == "a" else 0.0)
    return _score(edge + np.random.default_rng(task.window.seed).normal(size=PERIODS))


def blind(task: Task) -> Score:
    """Nothing is worth anything; noise of its own for each trial."""
    return _score(_own(task).normal(size=PERIODS))


def plateau(task: Task) -> Score:
    """Everything is worth the same."""
    return _score(1.0 + _own(task).normal(size=PERIODS))


def pit(task: Task) -> Score:
    """Everything loses."""
    return _score(-2.0 + _own(task).normal(size=PERIODS))


def slow(task: Task) -> Score:
    time.sleep(0.02)
    return hill(task)


def _own(task: Task) -> np.random.Generator:
    x = float(dict(task.parameters)["x"])
    return np.random.default_rng([task.window.seed, int(x * 2**53)])


def _score(profits: Floats) -> Score:
    return Score(tuple(profits.tolist()), trades=3, messages=9)


class Silent:
    """A watcher that counts."""

    def __init__(self) -> None:
        self.runs = 0
        self.rounds: list[int] = []

    def ran(self, runs: int) -> None:
        self.runs += runs

    def told(self, trials: Sequence[Trial]) -> None:
        self.rounds.append(len(trials))


def swept(path: Path, wanted: Plan, by: Executor, is_resumed: bool = False) -> tuple[Trial, ...]:
    """The trials of a sweep whose scores are kept in ``path``."""
    store = Store(path, IDENTITY, is_resumed)
    try:
        return sweep(wanted, by, store, Silent())
    finally:
        store.close()


def text(trials: Sequence[Trial]) -> str:
    """All that trials are, to the last digit."""
    return json.dumps([[t.number, t.parameters, t.end, repr(t.value), [vars(s) for s in t.scores]] for t in trials])


if __name__ == "__main__":
    # A sweep in a process of its own, to be killed.
    _pool = Pool(slow, 2)
    try:
        print(text(swept(Path(sys.argv[1]), plan(), _pool)))
    finally:
        _pool.close()
