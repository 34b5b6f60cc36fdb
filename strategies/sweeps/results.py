"""``sweep.json`` and ``sweep.html``: everything that was found, the same bytes for the same sweep.

Nothing in it says when, by how many workers or how fast it was made.
"""

import json
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from typing import Any

from exchange.domain.errors import GpuxError
from strategies.sweeps import words
from strategies.sweeps.judging import Judgement
from strategies.sweeps.overfitting import Overfitting
from strategies.sweeps.plan import Plan
from strategies.sweeps.study import Trial
from strategies.sweeps.task import Base
from strategies.sweeps.walk_forward import Walk


class NotWritten(GpuxError):
    """A directory that results cannot be written to."""


def write_results(out: Path, plan: Plan, judgement: Judgement, trials: Sequence[Trial]) -> None:
    """Raises NotWritten."""
    # Late, because only this needs what draws.
    from strategies.sweeps.page import sweep_page

    title = f"Sweep of {plan.base.spec.strategy}"
    page = sweep_page(title, _about(plan, judgement, trials), plan, judgement, trials)
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "sweep.json").write_text(sweep_json(plan, judgement, trials) + "\n", encoding="utf-8")
        (out / "sweep.html").write_text(page, encoding="utf-8")
    except OSError as error:
        raise NotWritten(f"{out}: cannot be written ({error.strerror or error})") from None


def sweep_json(plan: Plan, judgement: Judgement, trials: Sequence[Trial]) -> str:
    return json.dumps(
        _plain(
            {
                "run": base_json(plan.base),
                "plan": plan_json(plan),
                "verdict": judgement.verdict.value,
                "words": [words.verdict(judgement), *words.reasons(plan, judgement)],
                "winner": {**_trial(judgement.winner), "profits_usd": judgement.winner.profits.tolist()},
                "different_trials": judgement.different,
                "deflated_sharpe": _deflated(judgement),
                "overfitting": _overfitting(judgement.overfitting),
                "walk_forward": {"anchored": _walk(judgement.anchored), "rolling": _walk(judgement.rolling)},
                "refusals": list(judgement.refusals),
                "trials": [_trial(trial) for trial in trials],
            }
        ),
        indent=1,
        allow_nan=False,
    )


def base_json(base: Base) -> dict[str, Any]:
    """What all scores of a sweep depend on, besides parameters and windows."""
    spec = base.spec.model_dump(mode="json", exclude={"seed", "window", "sample_s"})
    return {**spec, "periods": base.periods, "strategy_sha256": base.sha256, "gpux": version("gpu-spot-exchange")}


def plan_json(plan: Plan) -> dict[str, Any]:
    return {
        "parameters": [str(axis) for axis in plan.space.axes],
        "windows": [
            {"label": window.label, "seed": window.seed, "start_ns": window.start_ns, "end_ns": window.end_ns}
            for window in plan.windows
        ],
        "trials": plan.trials,
        "round_trials": plan.round_trials,
        "objective": plan.objective.value,
        "sampler": plan.sampler.value,
        "pruner": plan.pruner.value,
        "seed": plan.seed,
    }


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "number": trial.number,
        "parameters": dict(trial.parameters),
        "end": trial.end.value,
        "value": trial.value,
        "profit_usd": sum(score.profit_usd for score in trial.scores),
        "window_profits_usd": [score.profit_usd for score in trial.scores],
        "trades": sum(score.trades for score in trial.scores),
        "messages": sum(score.messages for score in trial.scores),
        "failure": trial.failure,
    }


def _deflated(judgement: Judgement) -> dict[str, Any] | None:
    found = judgement.deflated
    if found is None:
        return None
    rest = {name: value for name, value in vars(found).items() if name != "track"}
    return {**found.track._asdict(), **rest}


def _overfitting(found: Overfitting | None) -> dict[str, Any] | None:
    if found is None:
        return None
    counted = {name: value for name, value in found._asdict().items() if name != "logits"}
    return {**counted, "halves": int(found.logits.size)}


def _walk(found: Walk | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "profit_usd": found.profit_usd,
        "hindsight_usd": found.hindsight_usd,
        "steps": [step._asdict() for step in found.steps],
    }


def _about(plan: Plan, judgement: Judgement, trials: Sequence[Trial]) -> list[str]:
    ends = Counter(trial.end.value for trial in trials)
    counted = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
    spec = plan.base.spec
    windows = f"{len(plan.windows)} windows of {plan.base.periods} periods"
    return [
        f"{len(trials)} trials ({counted}), {judgement.different} of them different, of "
        f"{', '.join(str(axis) for axis in plan.space.axes)}, each over the same {windows}.",
        f"Traded against {spec.source} ({spec.mode}), latency {spec.latency}, fees {spec.maker_fee_bps} and "
        f"{spec.taker_fee_bps} basis points; best by {plan.objective}, sampler {plan.sampler}, pruner {plan.pruner}, "
        f"seed {plan.seed}.",
        *plan.base.notes,
    ]


def _plain(value: Any) -> Any:
    """Numbers that JSON has no word for are null."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value
