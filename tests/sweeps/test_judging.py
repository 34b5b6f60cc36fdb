"""The verdict is right where the truth is known, and says what it stands on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from strategies.sweeps import words
from strategies.sweeps.choices import Objective, Pruner, Sampler
from strategies.sweeps.executors import Evaluate, Here
from strategies.sweeps.judging import (
    CONFIDENCE,
    Judgement,
    NoWinner,
    UnevenPeriods,
    Verdict,
    deflate,
    judge,
    mean_correlation,
)
from strategies.sweeps.plan import Plan
from strategies.sweeps.sharpe import Floats, TooFewPeriods
from strategies.sweeps.space import parse_space
from strategies.sweeps.study import End, Trial
from strategies.sweeps.task import Score, Task
from tests.sweeps import toys


def judged(path: Path, plan: Plan, evaluate: Evaluate) -> Judgement:
    return judge(plan, toys.swept(path, plan, Here(evaluate)))


@pytest.mark.parametrize(
    ("evaluate", "verdict", "said"),
    [
        (toys.hill, Verdict.SKILL, "can be told from luck, and from the other parameters"),
        (toys.plateau, Verdict.EDGE, "that it is better than the others cannot"),
        (toys.blind, Verdict.LUCK, "cannot be told from luck"),
        (toys.pit, Verdict.LOSS, "Nothing that was tried earns money"),
    ],
)
def test_the_verdict_is_the_truth(tmp_path: Path, evaluate: Evaluate, verdict: Verdict, said: str) -> None:
    """Of parameters that matter, that all earn alike, that earn nothing, and that lose."""
    plan = toys.plan(windows=8, pruner=Pruner.NONE, sampler=Sampler.RANDOM)
    found = judged(tmp_path / "kept", plan, evaluate)
    assert found.verdict is verdict
    assert said in words.verdict(found)
    assert found.winner.value == max(trial.value for trial in found.finished)


def test_noise_is_rarely_taken_for_skill() -> None:
    """Of the best of 30 trials without any, fewer are believed than the confidence allows; undeflated, most are."""
    rng = np.random.default_rng(9)
    believed = fooled = 0
    lucks = []
    for _ in range(300):
        profits = rng.normal(size=(60, 30))
        trials = [_trial(number, column) for number, column in enumerate(profits.T)]
        winner = max(trials, key=lambda trial: trial.value)
        found = deflate(winner, trials, profits)
        believed += found.probability_noise >= CONFIDENCE
        fooled += found.probabilistic >= CONFIDENCE
        lucks.append((found.luck, found.luck_noise))
    assert believed <= 300 * (1.0 - CONFIDENCE)
    assert fooled > 200
    published, noise = np.mean(lucks, axis=0)
    assert published == pytest.approx(noise, rel=0.03)


def test_bad_parameters_do_not_speak_against_a_good_one(tmp_path: Path) -> None:
    """As published, what separates good from bad is taken for luck; the words say so, and the verdict does not."""
    plan = toys.plan(windows=8)
    found = judged(tmp_path / "kept", plan, toys.hill)
    assert found.deflated is not None
    assert found.deflated.probability < 0.5 < CONFIDENCE < found.deflated.probability_noise
    assert any("bad parameters are truly bad" in reason for reason in words.reasons(plan, found))


def test_too_little_leaves_it_open(tmp_path: Path) -> None:
    """One window is no walk, few periods are no ratio; each refusal stands among the reasons, and nothing breaks."""
    short = toys.plan(windows=1, pruner=Pruner.NONE)
    found = judged(tmp_path / "kept", short, lambda task: replace(toys.hill(task), profits_usd=(1.0, 2.0)))
    assert found.verdict is Verdict.OPEN
    assert (found.deflated, found.overfitting, found.anchored, found.rolling) == (None, None, None, None)
    reasons = words.reasons(short, found)
    assert sum(reason.startswith("Not judged: ") for reason in reasons) == 3
    assert "too little was seen" in words.verdict(found)


def test_the_caveats_are_those_of_the_plan(tmp_path: Path) -> None:
    """A search that learnt from every window flatters the walk; a blind one does not; pruned trials are missing."""
    learnt = toys.plan()
    said = " ".join(words.reasons(learnt, judged(tmp_path / "one", learnt, toys.hill)))
    assert "learnt from every window" in said
    assert "pruned take no part" in said
    assert "no order in time" in said
    blind = toys.plan(sampler=Sampler.RANDOM, pruner=Pruner.NONE)
    said = " ".join(words.reasons(blind, judged(tmp_path / "two", blind, toys.hill)))
    assert "learnt from every window" not in said
    assert "pruned" not in said


def test_a_winner_at_the_end_of_its_range_is_said(tmp_path: Path) -> None:
    """The best may lie beyond; in the middle of it nothing is said."""
    edge = toys.plan(space=parse_space(["x=0:0.4", "n=1:50:int:log", "kind=a,b"]), trials=40)
    found = judged(tmp_path / "edge", edge, toys.hill)
    assert any("x is at the end of its range, x=0.0:0.4:" in reason for reason in words.reasons(edge, found))
    wide = toys.plan(trials=40)
    found = judged(tmp_path / "wide", wide, toys.hill)
    assert not any("x is at the end" in reason for reason in words.reasons(wide, found))


def test_periods_that_hang_together_are_said(tmp_path: Path) -> None:
    """A profit that is much like the one before is not so many observations."""

    def drifting(task: Task) -> Score:
        steps = np.random.default_rng(task.window.seed).normal(size=toys.PERIODS)
        return Score(tuple((1.0 + np.cumsum(steps)).tolist()))

    plan = toys.plan(windows=6)
    reasons = " ".join(words.reasons(plan, judged(tmp_path / "kept", plan, drifting)))
    assert "are not independent" in reasons


def test_profit_wins_where_it_is_the_objective(tmp_path: Path) -> None:
    """And the best of a half is then the one of most profit."""
    plan = toys.plan(windows=8, objective=Objective.PROFIT, pruner=Pruner.NONE)
    trials = toys.swept(tmp_path / "kept", plan, Here(toys.hill))
    found = judge(plan, trials)
    assert found.winner.profits.sum() == max(trial.profits.sum() for trial in trials)


def test_without_a_winner_there_is_no_verdict() -> None:
    """All pruned or failed; and windows that cannot be compared are not."""
    plan = toys.plan(windows=1)
    lost = replace(_trial(0, np.zeros(12)), end=End.PRUNED)
    with pytest.raises(NoWinner, match="no trial ran to the end"):
        judge(plan, [lost])
    with pytest.raises(UnevenPeriods, match="windows of 11 and of 12 periods"):
        judge(plan, [_trial(0, np.zeros(12)), _trial(1, np.zeros(11))])
    with pytest.raises(TooFewPeriods):
        deflate(_trial(0, np.zeros(5)), [_trial(0, np.zeros(5))], np.zeros((5, 1)))


def test_mean_correlation_is_that_of_all_pairs() -> None:
    """As NumPy has it; what never moves is no pair."""
    rng = np.random.default_rng(1)
    profits = rng.normal(size=(50, 6)) + rng.normal(size=(50, 1))
    pairs = np.asarray(np.corrcoef(profits.T))[np.triu_indices(6, 1)]
    assert mean_correlation(profits) == pytest.approx(pairs.mean())
    still = np.column_stack([profits, np.full(50, 3.0)])
    assert mean_correlation(still) == pytest.approx(pairs.mean())
    assert mean_correlation(profits[:, :1]) == 0.0


def _trial(number: int, profits: Floats) -> Trial:
    value = float(profits.mean() / max(float(profits.std(ddof=1)), 1e-9))
    return Trial(number, (("x", float(number)),), End.COMPLETE, value, (Score(tuple(profits.tolist())),))
