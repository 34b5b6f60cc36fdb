"""The hidden factors of one price in words, how surely they are known, and what speaks against them."""

from collections.abc import Iterator

import numpy as np

from strategies.curves.estimation import Estimate
from strategies.curves.fit import Residuals
from strategies.curves.search import EVIDENCE_MIN


def hidden(found: Estimate, prices: int) -> Iterator[str]:
    """Level, season, deviations, jumps, and what the ``prices``, so many, tell badly or not at all."""
    parameters = found.parameters
    if found.used < prices:
        yield f"Fitted to {found.used} of the prices, evenly chosen."
    yield f"Level: ${parameters.level_usd:.4f} per GPU-hour{_error(found, 'level_usd')}."
    if parameters.season:
        strength, zone = np.expm1(parameters.season_strength), parameters.time_zone
        yield f"Season: the dearest hour of the week is {strength:.1%} above the cheapest, by the clock of {zone}."
    else:
        yield "Season: none that the prices support (by Schwarz's criterion, hour of day and of week)."
    for step in parameters.steps:
        error = found.standard_errors.get(f"step_{step.date}", np.nan)
        yield f"Step: from {step.date} on the level is {np.expm1(step.size):+.1%} of what it was ± {error:.1%}."
    usual = parameters.volatility * np.sqrt(parameters.half_life_hours / (2.0 * np.log(2.0)))
    yield (
        f"Deviations: half of one is gone after {parameters.half_life_hours:.2f} hours"
        f"{_error(found, 'half_life_hours')}; volatility {parameters.volatility:.2%} per root hour"
        f"{_error(found, 'volatility', percent=True)}, so usually within {usual:.1%} of the level."
    )
    if parameters.jumps_per_day:
        yield (
            f"Jumps: {parameters.jumps_per_day:.2f} a day{_error(found, 'jumps_per_day')}, of size "
            f"{parameters.jump_mean:+.2f}{_error(found, 'jump_mean')} in the log give or take "
            f"{parameters.jump_deviation:.2f}{_error(found, 'jump_deviation')}; half of one is gone after "
            f"{parameters.jump_half_life_hours:.2f} hours{_error(found, 'jump_half_life_hours')}."
        )
    else:
        yield f"Jumps: none that the prices support (evidence of {EVIDENCE_MIN:.0f} is asked for)."
    yield from _lasting(found)


def _lasting(found: Estimate) -> Iterator[str]:
    """The long-term factor, mistakes, and what these prices cannot tell."""
    parameters = found.parameters
    if parameters.long_volatility:
        drift = f"drifts by {parameters.drift_per_day:+.2%} a day" if parameters.drift_per_day else "does not drift"
        yield (
            f"Long term: the level itself moves by {parameters.long_volatility:.2%} per root hour"
            f"{_error(found, 'long_volatility', percent=True)} and {drift}."
        )
    if "mistake_share" in found.standard_errors:
        yield f"Mistakes: {parameters.mistake_share:.2%} of the prices are taken for wrong."
    for name, why in found.weak.items():
        yield f"Weak: {name.replace('_', ' ')}: {why}."
    for name, why in found.refused.items():
        yield f"Not told: {name.replace('_', ' ')}: {why}."


def _error(found: Estimate, name: str, percent: bool = False) -> str:
    if name in found.standard_errors:
        error = found.standard_errors[name]
        return f" ± {error:.2%}" if percent else f" ± {error:.2g}"
    return " (at the edge of what prices so far apart can tell)"


def judged(residuals: Residuals) -> str:
    """What speaks against the model."""
    faults = []
    if not 0.9 <= residuals.deviation <= 1.1:
        faults.append("the moves are not as wide as believed")
    if abs(residuals.lag_correlation) > 0.15:
        faults.append("one surprise foretells the next")
    if residuals.lag_correlation_squared > 0.2:
        faults.append("calm and wild times alternate")
    if residuals.beyond_three > 0.01:
        faults.append("extremes are more common than believed")
    return (
        f"Surprises: deviation {residuals.deviation:.2f} (1 if the model is right), correlation with the last "
        f"{residuals.lag_correlation:+.2f} (0), of their squares {residuals.lag_correlation_squared:+.2f} (0), "
        f"beyond three {residuals.beyond_three:.2%} (0.27%): {', '.join(faults) or 'nothing against the model'}."
    )
