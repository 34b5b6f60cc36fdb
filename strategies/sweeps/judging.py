"""The winner, and everything that may be said against it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np

from exchange.domain.errors import GpuxError
from strategies.sweeps import sharpe
from strategies.sweeps.choices import Objective
from strategies.sweeps.overfitting import Overfitting, overfitting
from strategies.sweeps.plan import Plan
from strategies.sweeps.sharpe import Floats, TooFewPeriods, Track
from strategies.sweeps.study import End, Trial
from strategies.sweeps.walk_forward import Walk, walk_forward

CONFIDENCE = 0.95
_ROLLING_SHARE = 2  # a rolling walk learns from a half of the windows

T = TypeVar("T")


class Verdict(StrEnum):
    """SKILL: it earns, and better than the others. EDGE: it earns, but so may the others. OPEN: too little was seen."""

    SKILL = "skill"
    EDGE = "edge"
    LUCK = "luck"
    LOSS = "loss"
    OPEN = "open"


class NoWinner(GpuxError):
    """No trial ran to the end."""


class UnevenPeriods(GpuxError):
    """Trials that met the same windows have different numbers of periods."""


@dataclass(frozen=True)
class Deflated:
    """The winner's ratio against luck: what the best of ``trials`` different ones without skill would show.

    As published, ``luck`` takes the variance of the ratios over the trials, and so takes for luck what is a true
    difference between good and bad parameters; ``probability`` is that the winner's true ratio is above 0, deflated by
    that. ``luck_noise`` takes the variance that ratios have where nobody has any skill, and the verdict stands on
    ``probability_noise``. ``independent``: how many independent trials they amount to, by their mean correlation, and
    ``probability_independent`` is deflated for so many, by noise. ``probabilistic``: not deflated at all.
    ``periods_proof``: how many periods as good as these would bring ``probability_noise`` to CONFIDENCE; nan if none
    would. ``periods_luck``: in fewer, noise alone shows the winner's ratio.
    """

    track: Track
    trials: int
    variance: float
    luck: float
    probability: float
    luck_noise: float
    probability_noise: float
    independent: float
    probability_independent: float
    probabilistic: float
    periods_proof: float
    periods_luck: float
    autocorrelation: float


@dataclass(frozen=True)
class Judgement:
    """What is None was refused, and ``refusals`` says why."""

    winner: Trial
    different: int
    deflated: Deflated | None
    overfitting: Overfitting | None
    anchored: Walk | None
    rolling: Walk | None
    finished: tuple[Trial, ...]
    verdict: Verdict
    refusals: tuple[str, ...]


def judge(plan: Plan, trials: Sequence[Trial]) -> Judgement:
    """Raises NoWinner and UnevenPeriods."""
    different = tuple({trial.parameters: trial for trial in reversed(trials)}.values())[::-1]
    finished = tuple(trial for trial in different if trial.end is End.COMPLETE)
    if not finished:
        raise NoWinner("no trial ran to the end, so there is no winner")
    winner = max(finished, key=lambda trial: trial.value)  # the first of equals
    profits = _matrix(plan, finished)
    flat = profits.reshape(-1, len(finished))
    column = finished.index(winner)
    refusals: list[str] = []
    deflated = _unless(refusals, lambda: deflate(winner, [t for t in different if t.end is not End.FAILED], flat))
    over = _unless(refusals, lambda: overfitting(flat, by_mean=plan.objective is Objective.PROFIT))
    rolling = len(plan.windows) // _ROLLING_SHARE
    anchored = _unless(refusals, lambda: walk_forward(profits, column, plan.value))
    rolled = _unless(refusals, lambda: walk_forward(profits, column, plan.value, max(1, rolling)))
    found = _verdict(winner, deflated, over, anchored)
    reasons = tuple(dict.fromkeys(refusals))
    return Judgement(winner, len(different), deflated, over, anchored, rolled, finished, found, reasons)


def deflate(winner: Trial, tried: Sequence[Trial], profits: Floats) -> Deflated:
    """tried: all different trials with a score. profits: (periods, trials) of those that ran to the end.

    A pruned trial counts with the periods it has, whose ratio is rougher: that makes the published luck look larger.
    Raises TooFewPeriods.
    """
    track = sharpe.track_of(winner.profits)
    ratios = np.array([sharpe.sharpe_ratio(trial.profits) for trial in tried])
    variance = float(np.var(ratios, ddof=1)) if ratios.size > 1 else 0.0
    noise = sharpe.noise_variance(track.periods)
    independent = sharpe.independent_trials(mean_correlation(profits), ratios.size)
    return Deflated(
        track,
        ratios.size,
        variance,
        sharpe.luck(variance, ratios.size),
        sharpe.deflated_sharpe(track, variance, ratios.size),
        sharpe.luck(noise, ratios.size),
        sharpe.deflated_sharpe(track, noise, ratios.size),
        independent,
        sharpe.deflated_sharpe(track, noise, independent),
        sharpe.probabilistic_sharpe(track),
        sharpe.periods_proof(track, ratios.size, CONFIDENCE),
        sharpe.periods_luck(track.sharpe, ratios.size),
        _autocorrelation(winner.profits),
    )


def mean_correlation(profits: Floats) -> float:
    """Between the columns that change at all, from 0 to 1; 0 if there are not two."""
    moving = profits[:, np.ptp(profits, axis=0) > 0.0]
    count = moving.shape[1]
    if count < 2:
        return 0.0
    apart = moving - moving.mean(axis=0)
    scaled = apart / np.sqrt(np.sum(apart**2, axis=0))
    # The sum of all pairs is the square of the sum.
    pairs = float(np.sum(scaled.sum(axis=1) ** 2)) - count
    return float(min(1.0, max(0.0, pairs / (count * (count - 1)))))


def _matrix(plan: Plan, finished: Sequence[Trial]) -> Floats:
    """(windows, periods, trials) of profits."""
    lengths = {len(score.profits_usd) for trial in finished for score in trial.scores}
    if len(lengths) > 1:
        raise UnevenPeriods(f"windows of {min(lengths)} and of {max(lengths)} periods cannot be compared")
    rows = [[score.profits_usd for score in trial.scores] for trial in finished]
    return np.moveaxis(np.array(rows, dtype=np.float64).reshape(len(finished), len(plan.windows), -1), 0, 2)


def _verdict(winner: Trial, deflated: Deflated | None, over: Overfitting | None, walk: Walk | None) -> Verdict:
    if winner.profits.sum() <= 0.0:
        return Verdict.LOSS
    if deflated is None or over is None or walk is None:
        return Verdict.OPEN
    if deflated.probability_noise < CONFIDENCE or walk.profit_usd <= 0.0:
        return Verdict.LUCK
    return Verdict.SKILL if over.probability <= 1.0 - CONFIDENCE else Verdict.EDGE


def _unless(refusals: list[str], statistic: Callable[[], T]) -> T | None:
    try:
        return statistic()
    except TooFewPeriods as refusal:
        refusals.append(str(refusal))
        return None


def _autocorrelation(profits: Floats) -> float:
    """Between a period and the one before; 0 if nothing changes."""
    apart = profits - profits.mean()
    total = float(apart @ apart)
    return float(apart[1:] @ apart[:-1]) / total if total > 0.0 else 0.0
