"""What a fit of demand believes, in words, with a small picture and the next day in a table."""

from collections.abc import Iterator

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from strategies.curves.demand.checks import Checks
from strategies.curves.demand.fit import DemandFit
from strategies.curves.demand.forecast import DemandForecast, Hourly
from strategies.curves.demand.season import CELL_HOURS
from strategies.curves.filtering import Floats
from strategies.curves.model import HOURS_PER_DAY
from strategies.curves.report import BARS

_SHOWN_HOURS = 72


def render(fit: DemandFit, ahead: DemandForecast, checks: Checks) -> RenderableType:
    """The whole report, for a rich console."""
    jobs = fit.jobs
    counts = np.bincount(np.floor(jobs.hours).astype(np.int64) - int(np.floor(jobs.hours[0])))
    latest = counts[-_SHOWN_HOURS:].astype(np.float64)
    return Group(
        Text(
            f"{jobs.path}: {jobs.hours.size} jobs from {local_text(float(jobs.hours[0]))} to {_end(fit)}, local time."
        ),
        Text(f"{sparkline(latest)}  jobs an hour, last {latest.size} hours"),
        Text(f"{sparkline(ahead.arrivals.means)}  expected, next {ahead.hours.size} hours"),
        *(Text(f"- {sentence}") for sentence in sentences(fit, ahead, checks)),
        _table(ahead),
    )


def sparkline(counts: Floats) -> str:
    """A bar for each hour, the highest being full."""
    scaled = np.ceil(np.asarray(counts) / max(float(np.max(counts)), 1e-9) * len(BARS)).astype(np.int64)
    return "".join(BARS[height - 1] if height else " " for height in scaled.tolist())


def local_text(hours: float) -> str:
    """Local hours since 1970 as a date and a time."""
    return str(np.datetime64(round(hours * 3600.0), "s")).replace("T", " ")[:16]


def sentences(fit: DemandFit, ahead: DemandForecast, checks: Checks) -> list[str]:
    """What is believed, a thought each."""
    return [
        *_left_out(fit),
        _level(fit),
        _season(fit),
        _echoes(fit),
        *_unsure(fit),
        _marks(fit),
        _judged(checks),
        _day(ahead),
    ]


def _end(fit: DemandFit) -> str:
    return local_text(fit.jobs.end_hours)


def _left_out(fit: DemandFit) -> Iterator[str]:
    if fit.left_out:
        sample = fit.fitted.sample
        yield (
            f"Fitted to the latest {sample.times.size} jobs, of {sample.span_hours / HOURS_PER_DAY:.1f} days; "
            f"{fit.left_out} earlier ones were left out, and a season longer than that cannot be seen."
        )


def _level(fit: DemandFit) -> str:
    levels, error = fit.fitted.estimate.levels, fit.fitted.estimate.standard_errors["base_per_hour"]
    base = fit.intensity.base_per_hour
    said = (
        f"Level: {fit.intensity.mean_per_hour:.3g} jobs an hour on average over a day, of which {base:.3g} ± "
        f"{error:.2g} come by themselves"
    )
    if levels.size == 1:
        return f"{said}; it is taken to be the same on all days."
    law = fit.fitted.level_law()
    return (
        f"{said}, at the level of the last day. Days were between {levels.min():.2g} and {levels.max():.2g} times "
        f"that; a day to come is believed to be like one of them, half as likely for each "
        f"{_days(law.halving_days)} back."
    )


def _days(days: float) -> str:
    return "day" if days == 1.0 else f"{days:.0f} days"


def _season(fit: DemandFit) -> str:
    season = fit.intensity.season
    if not season.daily:
        return "Season: none that the jobs support."
    hours = season.levels[: int(HOURS_PER_DAY / CELL_HOURS)].reshape(24, -1).mean(axis=1)
    over = "day and week" if season.weekly else "day; the week adds nothing that jobs held out support"
    top, low = int(np.argmax(hours)), int(np.argmin(hours))
    return (
        f"Season: by the hour of the {over}. The busiest hour begins at {top:02d}:00 with {hours[top]:.2g} times the "
        f"mean, the quietest at {low:02d}:00 with {hours[low]:.2g} times."
    )


def _echoes(fit: DemandFit) -> str:
    if not fit.intensity.echoes:
        return "Bursts: none that the jobs support; they come one by one."
    errors = fit.fitted.estimate.standard_errors
    error = f" ± {errors['branching']:.1%}" if "branching" in errors else ""
    lives = " and ".join(_duration(echo.half_life_hours) for echo in fit.intensity.echoes)
    return (
        f"Bursts: {fit.intensity.branching:.1%}{error} of all jobs follow on others (the branching ratio); half of "
        f"those that one job causes come within {lives}."
    )


def _unsure(fit: DemandFit) -> Iterator[str]:
    if fit.fitted.estimate.at_bound:
        names = ", ".join(name.replace("_", " ") for name in fit.fitted.estimate.at_bound)
        yield f"At the edge of what these jobs can tell, so without an error: {names}."


def _duration(hours: float) -> str:
    if hours < 1.0 / 60.0:
        return f"{hours * 3600.0:.0f} seconds"
    return f"{hours * 60.0:.1f} minutes" if hours < 2.0 else f"{hours:.1f} hours"


def _marks(fit: DemandFit) -> str:
    if not fit.marks.hours.size:
        return "Jobs: the file does not say how long they run, so there are no GPU-hours."
    kinds, counts = np.unique(fit.jobs.types, return_counts=True)
    shares = sorted(zip(counts / counts.sum(), kinds, strict=True), reverse=True)[:4]
    named = ", ".join(f"{kind} {share:.0%}" for share, kind in shares if kind)
    return (
        f"Jobs: {_duration(float(np.median(fit.marks.hours)))} in the median, "
        f"{_duration(float(np.quantile(fit.marks.hours, 0.99)))} for one in a hundred; "
        f"{fit.marks.gpu_hours_mean:.3g} GPU-hours each{' (' + named + ')' if named else ''}; "
        f"{fit.jobs.running().gpus.size} may still run."
    )


def _judged(checks: Checks) -> str:
    hourly = checks.scatter.get(1.0)
    scatter = "" if hourly is None else f", hourly counts scatter {hourly:.2f} times as much as the model says (1)"
    verdict = "nothing against the model" if checks.is_explained else "the gaps between jobs are not all explained"
    return (
        f"Residuals: distance of the time-changed gaps from uniform {checks.distance:.3f} ("
        f"{checks.distance_usual:.3f} is usual), correlation with the last "
        f"{checks.lag_correlation:+.2f} (0){scatter}: {verdict}."
    )


def _day(ahead: DemandForecast) -> str:
    hours = min(24, ahead.hours.size)

    def total(hourly: Hourly) -> str:
        low, high = np.quantile(hourly.draws[:, :hours].sum(axis=1), (0.025, 0.975))
        return f"{hourly.means[:hours].sum():.3g} ({low:.3g} to {high:.3g})"

    return f"Next {hours} hours: {total(ahead.arrivals)} jobs, {total(ahead.gpu_hours)} GPU-hours, 95% intervals."


def _table(ahead: DemandForecast) -> Table:
    """Every third hour of the next day."""
    table = Table("hour (local)", box=None, pad_edge=False)
    for name in ("jobs", "95%", "GPU-hours", "95%"):
        table.add_column(name, justify="right")
    jobs, used = ahead.arrivals.quantiles(), ahead.gpu_hours.quantiles()
    for row in range(0, min(24, ahead.hours.size), 3):
        table.add_row(
            local_text(float(ahead.hours[row])),
            f"{ahead.arrivals.means[row]:.1f}",
            f"{jobs[0, row]:.0f} to {jobs[-1, row]:.0f}",
            f"{ahead.gpu_hours.means[row]:.3g}",
            f"{used[0, row]:.2g} to {used[-1, row]:.2g}",
        )
    return table
