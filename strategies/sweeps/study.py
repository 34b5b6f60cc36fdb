"""The search: trials are asked for in rounds, run over the same windows, and told, always in the same order.

Every trial of a round is asked for before any is told, and those that are left are run up to each
rung together. So a study is a function of its plan and of the scores, whoever found them and when.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import TrialState

from exchange.domain.errors import GpuxError
from strategies.sweeps.choices import Pruner, Sampler
from strategies.sweeps.plan import Plan
from strategies.sweeps.sharpe import Floats
from strategies.sweeps.space import Choice, Parameters, Range
from strategies.sweeps.task import Score, Task

# The scores of these tasks, in their order.
Run = Callable[[Sequence[Task]], list[Score]]

_NAME = "gpux"  # Hyperband draws by it
_REDUCTION = 2  # of trials at each rung, as windows double


class End(StrEnum):
    COMPLETE = "complete"
    PRUNED = "pruned"
    FAILED = "failed"


class NothingRuns(GpuxError):
    """Every trial of the first round failed."""


@dataclass(frozen=True)
class Trial:
    """``scores``: of the windows it met, all of them if it is complete. ``value``: its objective over these."""

    number: int
    parameters: Parameters
    end: End
    value: float
    scores: tuple[Score, ...]

    @property
    def profits(self) -> Floats:
        """Of every period, window after window."""
        return _profits(self.scores)

    @property
    def failure(self) -> str:
        return next((score.failure for score in self.scores if score.failure), "")


@dataclass
class _Running:
    asked: optuna.Trial
    parameters: Parameters
    scores: list[Score] = field(default_factory=list)
    end: End | None = None


def search(plan: Plan, run: Run) -> Iterator[tuple[Trial, ...]]:
    """Each round's trials, by number. Raises NothingRuns, and what ``run`` raises."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize", study_name=_NAME, sampler=_sampler(plan), pruner=_pruner(plan))
    distributions = {axis.name: _distribution(axis) for axis in plan.space.axes}
    for first in range(0, plan.trials, plan.round_trials):
        count = min(plan.round_trials, plan.trials - first)
        asked = [study.ask(distributions) for _ in range(count)]
        trials = [_Running(trial, tuple(sorted(trial.params.items()))) for trial in asked]
        _climb(plan, trials, run)
        found = tuple(_told(plan, study, trial) for trial in trials)
        if not first and all(trial.end is End.FAILED for trial in found):
            raise NothingRuns(f"every trial of the first round failed; the first one: {found[0].failure}")
        yield found


def _climb(plan: Plan, trials: list[_Running], run: Run) -> None:
    """Run the trials up to each rung, and drop those that fail or are pruned there."""
    done = 0
    for rung in plan.rungs:
        left = [trial for trial in trials if trial.end is None]
        windows = plan.windows[done:rung]
        scores = iter(run([plan.task(trial.parameters, window) for trial in left for window in windows]))
        for trial in left:
            trial.scores += [next(scores) for _ in windows]
            if any(score.failure for score in trial.scores):
                trial.end = End.FAILED
            else:
                trial.asked.report(plan.value(_profits(trial.scores)), rung)
        if rung < len(plan.windows):
            for trial in left:
                if trial.end is None and trial.asked.should_prune():
                    trial.end = End.PRUNED
        done = rung


def _told(plan: Plan, study: optuna.Study, trial: _Running) -> Trial:
    end = trial.end or End.COMPLETE
    value = float("nan") if end is End.FAILED else plan.value(_profits(trial.scores))
    if end is End.COMPLETE:
        study.tell(trial.asked, value)
    else:
        study.tell(trial.asked, state=TrialState.PRUNED if end is End.PRUNED else TrialState.FAIL)
    return Trial(trial.asked.number, trial.parameters, end, value, tuple(trial.scores))


def _distribution(axis: Range | Choice) -> BaseDistribution:
    if isinstance(axis, Choice):
        return CategoricalDistribution(axis.values)
    if axis.is_int:
        return IntDistribution(int(axis.low), int(axis.high), log=axis.is_log)
    return FloatDistribution(axis.low, axis.high, log=axis.is_log)


def _sampler(plan: Plan) -> BaseSampler:
    if plan.sampler is Sampler.RANDOM:
        return RandomSampler(seed=plan.seed)
    return TPESampler(seed=plan.seed)


def _pruner(plan: Plan) -> BasePruner:
    if plan.pruner is Pruner.MEDIAN:
        return MedianPruner(n_startup_trials=plan.round_trials)
    if plan.pruner is Pruner.HYPERBAND:
        return HyperbandPruner(min_resource=1, max_resource=len(plan.windows), reduction_factor=_REDUCTION)
    return NopPruner()


def _profits(scores: Sequence[Score]) -> Floats:
    return np.array([profit for score in scores for profit in score.profits_usd])
