"""One task run to its score, in whatever process."""

import inspect
from hashlib import sha256
from pathlib import Path

import numpy as np

from exchange.domain.errors import GpuxError
from strategies.backtest.recording import Recording
from strategies.backtest.running import run
from strategies.backtest.sources import open_source
from strategies.backtest.spec import Mode, RunSpec
from strategies.drivers.loading import strategy_class
from strategies.sweeps.equity import Equity
from strategies.sweeps.task import Base, Score, Task

# By source; a process of a sweep has one.
_KEPT: dict[str, Recording] = {}


class StrategyChanged(GpuxError):
    """The strategy's file is not the one that the sweep began with."""


def digest(strategy: str) -> str:
    """SHA-256 of the file that the class is in. Raises BadStrategy."""
    return sha256(Path(inspect.getfile(strategy_class(strategy))).read_bytes()).hexdigest()


def evaluate(task: Task) -> Score:
    """What goes wrong inside the run is a failure of the trial, told in its score.

    Raises StrategyChanged, because its scores are not comparable.
    """
    base = task.base
    window = task.window
    equity = Equity(window.start_ns, window.end_ns, base.periods)
    try:
        found = digest(base.spec.strategy)
        if found == base.sha256:
            outcome = run(spec_of(task, equity.sample_s), equity, recording=_recording(base))
            statistics = outcome.statistics
            return Score(equity.profits_usd(), statistics.trades, statistics.messages)
    except Exception as error:
        return Score((), failure=f"{type(error).__name__}: {error}")
    raise StrategyChanged(f"{base.spec.strategy}: the file was changed since the sweep began; begin a new one")


def spec_of(task: Task, sample_s: float) -> RunSpec:
    """Raises pydantic.ValidationError."""
    window = task.window
    varied = {
        "parameters": {**task.base.spec.parameters, **dict(task.parameters)},
        "seed": window.seed,
        "window": (window.start_ns, window.end_ns),
        "sample_s": sample_s,
    }
    return RunSpec.model_validate(task.base.spec.model_dump() | varied)


def _recording(base: Base) -> Recording | None:
    """Read once in each process, if it can be played more than once."""
    if base.spec.mode is Mode.AGENTS:
        return None
    source = base.spec.source
    if source not in _KEPT:
        recording = open_source(source)
        if not isinstance(recording.flow, np.ndarray):
            return recording
        _KEPT[source] = recording
    return _KEPT[source]
