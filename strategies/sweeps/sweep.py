"""A whole sweep: the study, fed by the store where it knows a score and by the executor where it does not."""

from collections.abc import Sequence
from typing import Protocol

from strategies.sweeps.executors import Executor
from strategies.sweeps.plan import Plan
from strategies.sweeps.store import Store
from strategies.sweeps.study import Trial, search
from strategies.sweeps.task import Score, Task


class Watcher(Protocol):
    """Hears how far a sweep is."""

    def ran(self, runs: int) -> None:
        """So many more runs are there, new or found in the store."""
        ...

    def told(self, trials: Sequence[Trial]) -> None:
        """A round has ended."""
        ...


def sweep(plan: Plan, executor: Executor, store: Store, watcher: Watcher) -> tuple[Trial, ...]:
    """Every trial, by number. Raises NothingRuns, WorkerDied and BadStore."""
    source = _Scores(executor, store, watcher)
    trials: list[Trial] = []
    for found in search(plan, source.of):
        watcher.told(found)
        trials += found
    return tuple(trials)


class _Scores:
    def __init__(self, executor: Executor, store: Store, watcher: Watcher) -> None:
        self._executor = executor
        self._store = store
        self._watcher = watcher

    def of(self, tasks: Sequence[Task]) -> list[Score]:
        """Each task that nobody has run is run once, however often it is asked for."""
        missing = [task for task in dict.fromkeys(tasks) if self._known(task) is None]
        self._watcher.ran(len(tasks) - len(missing))
        self._executor.run(missing, lambda place, score: self._heard(missing[place], score))
        scores = [self._known(task) for task in tasks]
        return [score for score in scores if score is not None]

    def _known(self, task: Task) -> Score | None:
        return self._store.get(task.parameters, task.window)

    def _heard(self, task: Task, score: Score) -> None:
        self._store.put(task.parameters, task.window, score)
        self._watcher.ran(1)
