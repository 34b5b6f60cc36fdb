"""What was found, in words."""

from math import isnan, log, sqrt

from strategies.backtest.spec import Mode
from strategies.sweeps.choices import Pruner, Sampler
from strategies.sweeps.judging import CONFIDENCE, Deflated, Judgement, Verdict
from strategies.sweeps.overfitting import Overfitting
from strategies.sweeps.plan import Plan
from strategies.sweeps.sharpe import noise_variance
from strategies.sweeps.space import Parameters, Range, Value
from strategies.sweeps.walk_forward import Walk

_APART = 3.0
_EDGE = 0.01
_VERDICTS = {
    Verdict.SKILL: "The winner can be told from luck, and from the other parameters that were tried.",
    Verdict.EDGE: "That the winner earns can be told from luck; that it is better than the others cannot. "
    "Any good trial may do as well.",
    Verdict.LUCK: "The winner cannot be told from luck: among so many trials the best one looks like this without any "
    "skill.",
    Verdict.LOSS: "Nothing that was tried earns money: the best one loses, or stands still.",
    Verdict.OPEN: "Whether the winner is more than luck cannot be said: too little was seen.",
}


def verdict(judgement: Judgement) -> str:
    return _VERDICTS[judgement.verdict]


def reasons(plan: Plan, judgement: Judgement) -> list[str]:
    """What the verdict stands on, and what it takes for granted."""
    found = [f"Not judged: {refusal}." for refusal in judgement.refusals]
    if judgement.deflated is not None:
        found += _deflated(judgement.deflated)
    if judgement.overfitting is not None:
        found += _overfitting(judgement.overfitting, len(judgement.finished))
    if judgement.anchored is not None:
        found.append(f"Walk forward, parameters chosen on all windows before: {_walk(judgement.anchored)}")
    if judgement.rolling is not None:
        past = judgement.rolling.steps[0].past
        found.append(f"Chosen on the last {past} {_plural('window', past)} only: {_walk(judgement.rolling)}")
    if judgement.anchored is not None:
        found += _leaks(plan)
    return found + _edges(plan, judgement.winner.parameters)


def parameters_text(parameters: Parameters) -> str:
    return " ".join(f"{name}={value_text(value)}" for name, value in parameters)


def value_text(value: Value) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def _deflated(found: Deflated) -> list[str]:
    track = found.track
    sentences = [
        f"Sharpe ratio {track.sharpe:.3f} a period over {track.periods} periods (skewness {track.skewness:z.1f}, "
        f"kurtosis {track.kurtosis:.1f}). By noise alone the best of {found.trials} different trials would show "
        f"{found.luck_noise:.3f}; deflated by that, the probability that the true ratio is above 0 is "
        f"{found.probability_noise:.3f}, where {CONFIDENCE} is asked for ({found.probabilistic:.3f} had it been the "
        f"only trial; {found.probability_independent:.3f} if the trials, being alike, count as "
        f"{found.independent:.1f}).",
        f"Deflated Sharpe ratio as published: {found.probability:.3f}. It takes the spread of the ratios over the "
        f"trials for luck, of which the best would show {found.luck:.3f}.",
    ]
    if found.variance > _APART * noise_variance(track.periods):
        sentences[-1] += (
            " Here the ratios differ far more than noise would make them: bad parameters are truly bad, which says "
            "nothing against the winner."
        )
    if found.probability_noise < CONFIDENCE and not isnan(found.periods_proof):
        sentences.append(f"If it stayed as good, {found.periods_proof:,.0f} periods would prove it.")
    if not isnan(found.periods_luck) and found.periods_luck > track.periods:
        sentences.append(
            f"Too short: in fewer than {found.periods_luck:,.0f} periods the best of {found.trials} shows such a ratio "
            "by luck alone."
        )
    if abs(found.autocorrelation) > 2.0 / sqrt(track.periods):
        sentences.append(
            f"Its periods are not independent (correlation {found.autocorrelation:.2f} with the one before), which "
            "all of this takes them to be: believe it less."
        )
    return sentences


def _overfitting(found: Overfitting, trials: int) -> list[str]:
    return [
        f"Probability of overfitting {found.probability:.3f}: of {found.logits.size:,} ways to choose the best of "
        f"{trials} trials on one half of {found.periods} periods, so many chose one that was no better than the median "
        f"on the other half; {found.loss:.3f} chose one that lost money there. Half would be blind choice."
    ]


def _walk(found: Walk) -> str:
    kept = f", {found.kept:.0%} of it" if found.hindsight_usd > 0.0 else ""
    steps = len(found.steps)
    return (
        f"{money(found.profit_usd)} in the {steps} {_plural('window', steps)} that followed, where the winner, chosen "
        f"in hindsight, made {money(found.hindsight_usd)}{kept}."
    )


def _edges(plan: Plan, parameters: Parameters) -> list[str]:
    """Where the best may lie beyond what was tried."""
    found = []
    for axis in plan.space.axes:
        if isinstance(axis, Range):
            value, low, high = float(dict(parameters)[axis.name]), float(axis.low), float(axis.high)
            if axis.is_log:
                value, low, high = log(value), log(low), log(high)
            if min(value - low, high - value) <= _EDGE * (high - low):
                found.append(f"{axis.name} is at the end of its range, {axis}: the best may lie beyond it.")
    return found


def _leaks(plan: Plan) -> list[str]:
    found = []
    if plan.sampler is Sampler.TPE:
        found.append(
            "Which parameters were tried at all was learnt from every window, so the walks forward flatter a little; "
            "with --sampler random they do not."
        )
    if plan.pruner is not Pruner.NONE:
        found.append("Trials that were pruned take no part in overfitting and walks forward.")
    if plan.base.spec.mode is Mode.AGENTS:
        found.append("Windows are seeds of one market, which have no order in time: a walk over them tests fresh luck.")
    return found


def money(usd: float) -> str:
    return f"{'-' if usd < 0 else ''}${abs(usd):,.2f}"


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
