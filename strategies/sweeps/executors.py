"""Who evaluates: this process, a pool of processes on this machine, or (``on_ray``) a cluster.

A score depends on its task alone, and the study reads scores in the order of tasks, so who
evaluates and in which order they finish changes nothing.
"""

import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Protocol

from exchange.domain.errors import GpuxError
from strategies.sweeps.task import Score, Task

Evaluate = Callable[[Task], Score]
# Told at once of each score, by the place of its task, in whatever order they come.
Heard = Callable[[int, Score], None]


class WorkerDied(GpuxError):
    """A process that evaluated is gone without an answer."""


class Executor(Protocol):
    def run(self, tasks: Sequence[Task], heard: Heard) -> None:
        """Returns when every task has been heard. Raises WorkerDied."""
        ...

    def close(self) -> None: ...


class Here:
    """One after another in this process."""

    def __init__(self, evaluate: Evaluate) -> None:
        self._evaluate = evaluate

    def run(self, tasks: Sequence[Task], heard: Heard) -> None:
        for place, task in enumerate(tasks):
            heard(place, self._evaluate(task))

    def close(self) -> None:
        pass


class Pool:
    """``jobs`` fresh processes, which end when this one does, however it ends."""

    def __init__(self, evaluate: Evaluate, jobs: int) -> None:
        self._evaluate = evaluate
        # Spawned, because a fork would copy whatever threads and locks are here.
        self._pool = ProcessPoolExecutor(jobs, get_context("spawn"), _begin)

    def run(self, tasks: Sequence[Task], heard: Heard) -> None:
        places = {self._pool.submit(self._evaluate, task): place for place, task in enumerate(tasks)}
        try:
            for future in as_completed(places):
                heard(places[future], future.result())
        except BrokenProcessPool:
            raise WorkerDied("a process that ran a trial died (killed, or out of memory?); --resume goes on") from None

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    """A worker waits for work on a pipe that it holds open itself, so nothing else would tell it."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
