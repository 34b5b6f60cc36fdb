"""What a fit believes, in words, with a small picture and the forward price of the next day."""

from collections.abc import Iterator

import numpy as np
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from exchange.domain.units import NS_PER_HOUR
from strategies.curves.estimation import Estimate
from strategies.curves.filtering import Floats
from strategies.curves.fit import FitReport, Outcome, Residuals, SeriesFit, utc_text
from strategies.curves.place_curve import PlaceCurve
from strategies.curves.search import EVIDENCE_MIN

BARS = "▁▂▃▄▅▆▇█"
_PICTURE_WIDTH = 72
_AHEAD_HOURS = (1, 2, 4, 8, 12, 24)


def render(report: FitReport) -> RenderableType:
    """The whole report, for a rich console."""
    parts: list[RenderableType] = [Text(f"{report.path}: {report.rows} rows, all of them well formed.")]
    for fit in report.fits:
        parts += ["", *_series(fit)]
    if report.left_out:
        parts += ["", Text(f"{report.left_out} more series match; choose with --provider, --sku, --region, --kind.")]
    return Group(*parts)


def _series(fit: SeriesFit) -> Iterator[RenderableType]:
    series = fit.series
    first, last = utc_text(int(series.times_ns[0])), utc_text(int(series.times_ns[-1]))
    meaning = f" (as {fit.sku}{'_' + fit.region if fit.region else ''})" if fit.sku else ""
    yield Text.from_markup(f"[bold]{escape(str(series.key))}[/bold]{meaning}")
    yield Text(f"{series.prices.size} prices from {first} to {last}{_merged(fit)}, {fit.changes} changes")
    yield Text(picture(series.times_ns / NS_PER_HOUR, series.prices))
    if fit.outcome is Outcome.REFUSED:
        yield Text(f"Refused: {fit.reason}.")
    elif fit.estimate is None:
        yield Text(f"{fit.reason[:1].upper()}{fit.reason[1:]}.")
    else:
        for sentence in _beliefs(fit.estimate, fit.series.prices.size):
            yield Text(f"- {sentence}")
    if fit.residuals is not None:
        yield Text(f"- {_judged(fit.residuals)}")
    if fit.curve is not None:
        yield _forward_table(fit.curve)


def _merged(fit: SeriesFit) -> str:
    same = fit.series.rows - fit.series.prices.size
    return f" ({same} more at the same times, their median taken)" if same else ""


def picture(hours: Floats, prices: Floats) -> str:
    """The highest price of each stretch of time as a bar, on a log scale; a blank where there is none."""
    stretch = (hours - hours[0]) / max(float(hours[-1] - hours[0]), 1e-9) * (_PICTURE_WIDTH - 1)
    highest = np.full(_PICTURE_WIDTH, -np.inf)
    np.maximum.at(highest, stretch.astype(np.int64), np.log(prices))
    seen = np.isfinite(highest)
    low, high = float(highest[seen].min()), float(highest[seen].max())
    scaled = (np.where(seen, highest, low) - low) / max(high - low, 1e-9) * (len(BARS) - 1)
    bars = "".join(BARS[round(float(at))] if here else " " for at, here in zip(scaled, seen, strict=True))
    return f"{bars}  ${np.exp(low):.4g} to ${np.exp(high):.4g}"


def _beliefs(found: Estimate, prices: int) -> Iterator[str]:
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


def _judged(residuals: Residuals) -> str:
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


def _forward_table(curve: PlaceCurve) -> Table:
    """Expected price and one deviation of hours of the day that follows the last price."""
    next_hour = curve.time_ns // NS_PER_HOUR + 1
    starts_ns = (next_hour + np.array(_AHEAD_HOURS) - 1) * NS_PER_HOUR
    ahead = curve.forward(starts_ns)
    table = Table("delivery hour (UTC)", box=None, pad_edge=False)
    table.add_column("expected $", justify="right")
    table.add_column("one deviation $", justify="right")
    for start, price, deviation in zip(starts_ns, *ahead, strict=True):
        table.add_row(utc_text(int(start)), f"{price:.4f}", f"{deviation:.4f}")
    return table
