"""Evaluation on a cluster, by Ray: the same interface, the same scores.

Nothing is reported to anybody: usage statistics and the dashboard are off. Files that a task names,
such as the strategy's, must be at the same path on every machine.
"""

import logging
import os
import socket
from collections.abc import Sequence

from exchange.domain.errors import GpuxError
from strategies.sweeps.executors import Evaluate, Heard, WorkerDied
from strategies.sweeps.task import Task

LOCAL = "local"
_REACH_S = 5.0


class NoCluster(GpuxError):
    """Ray is not installed, or there is no cluster at the address."""


class OnRay:
    """``address``: of a cluster that runs, ``auto`` for the one of this machine, or LOCAL to start one here.

    ``jobs``: how many processors a cluster that is started here has; 0: all there are.
    """

    def __init__(self, evaluate: Evaluate, address: str, jobs: int = 0) -> None:
        """Raises NoCluster."""
        if ":" in address:
            _reach(address)
        # Ray reads both when it is imported.
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        os.environ.setdefault("RAY_DISABLE_IMPORT_WARNING", "1")
        try:
            import ray
        except ImportError:
            raise NoCluster("Ray is not installed: pip install 'gpu-spot-exchange[cluster]'") from None
        logging.getLogger("ray").setLevel(logging.ERROR)
        self._ray = ray
        is_local = address == LOCAL
        try:
            ray.init(
                address="local" if is_local else address,
                num_cpus=(jobs or None) if is_local else None,
                include_dashboard=False if is_local else None,
                log_to_driver=False,
                configure_logging=False,
            )
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise NoCluster(f"there is no Ray cluster at {address}: {error}") from None
        self._evaluate = ray.remote(evaluate)

    def run(self, tasks: Sequence[Task], heard: Heard) -> None:
        ray = self._ray
        places = {self._evaluate.remote(task): place for place, task in enumerate(tasks)}
        waiting = list(places)
        while waiting:
            ready, waiting = ray.wait(waiting)
            for reference in ready:
                try:
                    score = ray.get(reference)
                except ray.exceptions.RayTaskError as error:
                    if isinstance(error.cause, GpuxError):
                        raise error.cause from None
                    raise WorkerDied(f"a trial on the cluster ended without a score: {_first_line(error)}") from None
                except ray.exceptions.RayError as error:
                    raise WorkerDied(f"a trial on the cluster ended without a score: {_first_line(error)}") from None
                heard(places[reference], score)

    def close(self) -> None:
        self._ray.shutdown()


def _reach(address: str) -> None:
    """Raises NoCluster: Ray itself would try for minutes, and then end this process."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host, int(port)), _REACH_S).close()
    except (OSError, OverflowError, ValueError) as error:
        raise NoCluster(f"there is no Ray cluster at {address}: {error}") from None


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
