"""Whether known numbers of an intensity are found again, and whether its 95% intervals hold."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from strategies.curves.demand import Echo, Intensity, Season, Shape, simulate
from strategies.curves.demand.estimation import estimate
from strategies.curves.demand.likelihood import Sample
from strategies.curves.filtering import Floats

_DAYS = 14
_START_HOURS = 480_000.0
_WAVE = np.cos((np.arange(24) - 15.0) * np.pi / 12.0)
TRUTH = Intensity(
    base_per_hour=10.0,
    season=Season(daily=tuple((1.2 * (_WAVE - _WAVE.mean())).tolist())),
    echoes=(Echo(children=0.6, half_life_hours=0.1),),
)


class Recovery(NamedTuple):
    """Of each number: the truth, (n,) estimates and (n,) stated errors."""

    truths: dict[str, float]
    found: dict[str, Floats]
    errors: dict[str, Floats]

    def coverage(self, name: str) -> float:
        """How often the 95% interval holds the truth."""
        return float((np.abs(self.found[name] - self.truths[name]) < 1.96 * self.errors[name]).mean())


def recovered(repetitions: int, seed: int = 7) -> Recovery:
    """Fit the model to ``repetitions`` samples of two weeks drawn from it."""
    truths = {"base_per_hour": 10.0, "branching": 0.6, "half_life_hours": 0.1}
    rows = []
    for number in range(repetitions):
        rng = np.random.default_rng([seed, number])
        # The sample begins with an arrival in the midst of others: what came before it is not known to the fit.
        times = simulate(TRUTH, _START_HOURS - 24.0, 24.0 * (_DAYS + 1), rng)
        times = times[times >= _START_HOURS]
        found = estimate(Shape(daily=True, echoes=1), Sample(times, _START_HOURS + 24.0 * _DAYS))
        best = found.intensity
        values = (best.base_per_hour, best.branching, best.echoes[0].half_life_hours)
        rows.append([*values, *(found.standard_errors.get(name, np.nan) for name in truths)])
    table = np.array(rows).T
    return Recovery(truths, dict(zip(truths, table[:3], strict=True)), dict(zip(truths, table[3:], strict=True)))


def recovery_lines(result: Recovery) -> list[str]:
    out = [
        "| number | truth | mean found | its deviation | mean stated error | 95% interval holds |",
        "|---|" + "---:|" * 5,
    ]
    for name, truth in result.truths.items():
        found = result.found[name]
        out.append(
            f"| {name} | {truth:.3g} | {found.mean():.3g} | {found.std():.2g} | {result.errors[name].mean():.2g} | "
            f"{result.coverage(name):.1%} of {found.size} |"
        )
    return out
