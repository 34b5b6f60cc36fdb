"""A study is a function of its plan and of the scores, whoever finds them and when."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from strategies.sweeps.choices import Objective, Pruner, Sampler
from strategies.sweeps.executors import Heard, Here, Pool, WorkerDied
from strategies.sweeps.space import Parameters, parse_space
from strategies.sweeps.store import Store
from strategies.sweeps.study import End, NothingRuns
from strategies.sweeps.sweep import sweep
from strategies.sweeps.task import Score, Task, Window
from tests.sweeps import toys


class Disorderly(Here):
    """Evaluates in any order but the one asked for, and remembers what it did."""

    def __init__(self, seed: int) -> None:
        super().__init__(toys.hill)
        self.rng = np.random.default_rng(seed)
        self.tasks: list[Task] = []

    def run(self, tasks: Sequence[Task], heard: Heard) -> None:
        for place in self.rng.permutation(len(tasks)):
            self.tasks.append(tasks[place])
            heard(int(place), toys.hill(tasks[place]))


@pytest.mark.parametrize("pruner", list(Pruner))
@pytest.mark.parametrize("sampler", list(Sampler))
def test_the_order_of_answers_changes_nothing(tmp_path: Path, sampler: Sampler, pruner: Pruner) -> None:
    """To the last digit; with another seed the trials are others."""
    plan = toys.plan(sampler=sampler, pruner=pruner, trials=18)
    usual = toys.swept(tmp_path / "usual", plan, Here(toys.hill))
    assert toys.text(toys.swept(tmp_path / "mixed", plan, Disorderly(1))) == toys.text(usual)
    assert [trial.number for trial in usual] == list(range(plan.trials))
    other = toys.swept(tmp_path / "other", replace(plan, seed=2), Here(toys.hill))
    assert toys.text(other) != toys.text(usual)


def test_the_number_of_workers_changes_nothing(tmp_path: Path) -> None:
    """Two processes find what one does, to the byte."""
    plan = toys.plan()
    pool = Pool(toys.hill, 2)
    try:
        found = toys.swept(tmp_path / "two", plan, pool)
    finally:
        pool.close()
    assert toys.text(found) == toys.text(toys.swept(tmp_path / "one", plan, Here(toys.hill)))


def test_it_finds_the_hill(tmp_path: Path) -> None:
    """Better than drawing blindly, on the same number of trials."""
    best = {
        sampler: max(
            trial.value
            for trial in toys.swept(tmp_path / sampler, toys.plan(trials=48, sampler=sampler), Here(toys.hill))
        )
        for sampler in (Sampler.TPE, Sampler.RANDOM)
    }
    assert best[Sampler.TPE] > best[Sampler.RANDOM]


def test_every_trial_meets_the_same_windows(tmp_path: Path) -> None:
    """In their order, as far as it gets; so differences between trials are not those of their luck."""
    plan = toys.plan(windows=8)
    executor = Disorderly(3)
    trials = toys.swept(tmp_path / "kept", plan, executor)
    met: dict[Parameters, list[Window]] = {trial.parameters: [] for trial in trials}
    for task in executor.tasks:
        met[task.parameters].append(task.window)
    for trial in trials:
        windows = list(plan.windows[: len(trial.scores)])
        assert sorted(met[trial.parameters], key=plan.windows.index) == windows
        assert list(trial.scores) == [toys.hill(plan.task(trial.parameters, window)) for window in windows]


@pytest.mark.parametrize("pruner", [Pruner.MEDIAN, Pruner.HYPERBAND])
def test_bad_trials_are_pruned(tmp_path: Path, pruner: Pruner) -> None:
    """They stop at a rung, cost fewer runs, and are worse than those that go on, on the whole."""
    plan = toys.plan(windows=8, trials=40, pruner=pruner)
    executor = Disorderly(4)
    trials = toys.swept(tmp_path / "kept", plan, executor)
    pruned = [trial for trial in trials if trial.end is End.PRUNED]
    complete = [trial for trial in trials if trial.end is End.COMPLETE]
    assert plan.rungs == (1, 2, 4, 8)
    assert {len(trial.scores) for trial in pruned} <= {1, 2, 4}
    assert pruned
    assert {len(trial.scores) for trial in complete} == {8}
    assert len(executor.tasks) == sum(len(trial.scores) for trial in trials) < 40 * 8
    assert np.median([trial.value for trial in pruned]) < np.median([trial.value for trial in complete])
    assert max(trials, key=lambda trial: trial.value).end is End.COMPLETE


def test_without_a_pruner_everything_runs(tmp_path: Path) -> None:
    """All windows at once."""
    plan = toys.plan(pruner=Pruner.NONE)
    assert plan.rungs == (4,)
    assert {trial.end for trial in toys.swept(tmp_path / "kept", plan, Here(toys.hill))} == {End.COMPLETE}


def test_profit_is_another_objective(tmp_path: Path) -> None:
    """The mean of all periods."""
    for trial in toys.swept(tmp_path / "kept", toys.plan(objective=Objective.PROFIT), Here(toys.hill)):
        assert trial.value == pytest.approx(np.mean([score.profit_usd / toys.PERIODS for score in trial.scores]))


def test_the_same_trial_runs_once(tmp_path: Path) -> None:
    """Where few different ones are to be had, the rest costs nothing, and every run is told to the watcher."""
    few = toys.plan(space=parse_space(["x=0,1", "kind=a,b"]), trials=30, pruner=Pruner.NONE)
    executor, watcher = Disorderly(5), toys.Silent()
    store = Store(tmp_path / "kept", toys.IDENTITY, False)
    trials = sweep(few, executor, store, watcher)
    store.close()
    assert len(executor.tasks) == len({trial.parameters for trial in trials}) * 4 <= 16
    assert watcher.runs == 30 * 4
    assert watcher.rounds == [8, 8, 8, 6]


def fragile(task: Task) -> Score:
    """Breaks in one window, for low parameters."""
    if float(dict(task.parameters)["x"]) < 0.5 and task.window.seed == 2:
        return Score((), failure="ValueError: too low")
    return toys.hill(task)


def test_a_trial_that_fails_is_left_out(tmp_path: Path) -> None:
    """It never wins, says why, and the others go on."""
    trials = toys.swept(tmp_path / "kept", toys.plan(), Here(fragile))
    failed = [trial for trial in trials if trial.end is End.FAILED]
    assert failed
    assert {trial.failure for trial in failed} == {"ValueError: too low"}
    assert all(np.isnan(trial.value) and float(dict(trial.parameters)["x"]) < 0.5 for trial in failed)
    assert any(trial.end is End.COMPLETE for trial in trials)


def test_where_everything_fails_it_stops(tmp_path: Path) -> None:
    """After the first round, with the first reason."""
    with pytest.raises(NothingRuns, match="the first one: KeyError: gone"):
        toys.swept(tmp_path / "kept", toys.plan(), Here(lambda _: Score((), failure="KeyError: gone")))


def leave(_: Task) -> Score:
    """As a process does that is killed."""
    os._exit(9)


def test_a_worker_that_dies_is_said(tmp_path: Path) -> None:
    """It is not a score, and nothing hangs."""
    pool = Pool(leave, 1)
    try:
        with pytest.raises(WorkerDied, match="--resume goes on"):
            toys.swept(tmp_path / "kept", toys.plan(), pool)
    finally:
        pool.close()
