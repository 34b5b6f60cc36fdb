"""Demand for jobs: forecasts against simple rivals by rolling origin, residuals, and whether known numbers are found.

    python -m benchmarks.curves.demand

Needs the job file of the real data (environment variable GPUX_DATA, else ../shared/data beside the checkout).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import poisson

from benchmarks.curves.demand_recovery import Recovery, recovered, recovery_lines
from strategies.curves.demand import Checks, DemandForecast, Shape, checked, fit_jobs, forecast, read_jobs
from strategies.curves.demand.page import day_figure, residual_figure
from strategies.curves.demand.reading import Jobs
from strategies.curves.filtering import Floats

HORIZONS = {"hour 1": slice(0, 1), "hours 2 to 6": slice(1, 6), "hours 7 to 24": slice(6, 24)}
OURS = "season, level and echoes"
_HOURS = 24
_TESTED_DAYS = 6
_STEP_HOURS = 3
_PATHS = 300
_SEED = 20241115
_EVEN = (np.arange(_PATHS) + 0.5) / _PATHS

History = NDArray[np.int64]
Rival = Callable[[History, int], Floats]  # counts so far, and hours ahead of them: draws of the count then


class Score(NamedTuple):
    """One forecaster over all origins: (origins, 24) of each."""

    name: str
    crps: Floats
    log_scores: Floats  # log probability of what came: higher is better
    covered: NDArray[np.bool_]  # by the 95% interval


class DemandResult(NamedTuple):
    """Everything the page of results says about demand."""

    jobs: int
    days: float
    scores: tuple[Score, ...]
    days_of_origins: NDArray[np.int64]
    shape: str
    checks: Checks
    branching: float
    half_lives_hours: tuple[float, ...]
    fit_seconds: float
    forecast_seconds: float  # 14 days of hours
    last: DemandForecast
    past_counts: Floats
    recovery: Recovery


def data_file() -> Path:
    """Raises FileNotFoundError if the job file is not there."""
    directory = Path(os.environ.get("GPUX_DATA") or Path(__file__).resolve().parents[2].parent / "shared" / "data")
    path = directory / "demand" / "gpu_jobs_24d_first14.parquet"
    if not path.is_file():
        raise FileNotFoundError(f"no {path}: set GPUX_DATA to the directory of the real data")
    return path


def measured(repetitions: int = 200) -> DemandResult:
    """Run it all: two minutes."""
    jobs = read_jobs(str(data_file()))
    first = int(np.floor(jobs.hours[0]))
    counts = np.bincount(np.floor(jobs.hours).astype(np.int64) - first)
    origins = np.arange(counts.size - 24 * _TESTED_DAYS, counts.size - _HOURS + 1, _STEP_HOURS)
    scores = [_judged(OURS, counts, origins, _model(jobs, first, counts.size))]
    scores += [_judged(name, counts, origins, _each_hour(rival)) for name, rival in _rivals(first).items()]
    start = perf_counter()
    fit = fit_jobs(jobs)
    fitted = perf_counter()
    last = forecast(fit, 14 * 24, np.random.default_rng(_SEED))
    return DemandResult(
        jobs.hours.size,
        (jobs.end_hours - float(jobs.hours[0])) / 24.0,
        tuple(scores),
        (origins + first) // 24,
        fit.fitted.estimate.shape.title,
        checked(fit.fitted),
        fit.intensity.branching,
        tuple(echo.half_life_hours for echo in fit.intensity.echoes),
        fitted - start,
        perf_counter() - fitted,
        last,
        counts[-72:].astype(np.float64),
        recovered(repetitions),
    )


def _model(jobs: Jobs, first: int, hours: int) -> Callable[[History], Floats]:
    """(paths, 24) draws, its parts chosen anew each day from what was known then."""
    rng = np.random.default_rng(_SEED)
    shapes: dict[int, Shape] = {}

    def draws(history: History) -> Floats:
        known = jobs.before(float(first + history.size))
        day = (hours - history.size) // 24
        if day not in shapes:
            shapes[day] = fit_jobs(known).fitted.estimate.shape
        return forecast(fit_jobs(known, shapes[day]), _HOURS, rng, _PATHS).arrivals.draws

    return draws


def _each_hour(rival: Rival) -> Callable[[History], Floats]:
    return lambda history: np.stack([rival(history, ahead) for ahead in range(_HOURS)], axis=1)


def _rivals(first: int) -> dict[str, Rival]:
    """Simple forecasters; ``first`` is the hour at which the counts begin."""

    def alike(history: History, ahead: int, period: int) -> History:
        return history[(history.size + ahead) % period :: period]

    def around(mean: float) -> Floats:
        even: Floats = poisson.ppf(_EVEN, mean + 0.1)
        return even

    def days_like_the_last(history: History, ahead: int) -> Floats:
        return np.resize(alike(history, ahead, 24)[-5:], _PATHS).astype(np.float64)

    return {
        "Poisson, constant rate": lambda history, ahead: around(float(history.mean())),
        "Poisson, hour of day": lambda history, ahead: around(float(alike(history, ahead, 24).mean())),
        "Poisson, hour of week": lambda history, ahead: around(float(alike(history, ahead, 168).mean())),
        "last week, same hour": lambda history, ahead: around(float(history[history.size + ahead - 168])),
        "yesterday, same hour": lambda history, ahead: around(float(history[history.size + ahead - 24])),
        "one of the last five days": days_like_the_last,
    }


def _judged(name: str, counts: History, origins: History, draws: Callable[[History], Floats]) -> Score:
    crps, logs = np.empty((2, origins.size, _HOURS))
    covered = np.empty((origins.size, _HOURS), dtype=np.bool_)
    for row, origin in enumerate(origins):
        seen, drawn = counts[origin : origin + _HOURS], np.sort(draws(counts[:origin]), axis=0)
        size = drawn.shape[0]
        order = (2.0 * np.arange(1, size + 1) - size - 1.0)[:, None]
        crps[row] = np.abs(drawn - seen).mean(axis=0) - (order * drawn).sum(axis=0) / size**2
        # A sample has no probabilities: each draw is blurred into a Poisson law of its own.
        logs[row] = np.log(np.maximum(np.mean(poisson.pmf(seen, drawn + 0.5), axis=0), 1e-12))
        low, high = np.quantile(drawn, (0.025, 0.975), axis=0)
        covered[row] = (low <= seen) & (seen <= high)
    return Score(name, crps, logs, covered)


def skill_interval(ours: Score, other: Score, hours: slice, days: NDArray[np.int64]) -> tuple[float, float, float]:
    """1 - CRPS / the other's CRPS, and a 95% interval by drawing whole days again."""
    rng = np.random.default_rng(_SEED)
    names = np.unique(days)
    pairs = np.array([[score.crps[days == day, hours].sum() for score in (ours, other)] for day in names])
    drawn = pairs[rng.integers(names.size, size=(2000, names.size))].sum(axis=1)
    total = pairs.sum(axis=0)
    low, high = np.quantile(1.0 - drawn[:, 0] / drawn[:, 1], (0.025, 0.975))
    return float(1.0 - total[0] / total[1]), float(low), float(high)


def lines(result: DemandResult) -> list[str]:
    """The result as Markdown."""
    out = [
        f"{result.jobs} jobs of {result.days:.1f} days; origins every {_STEP_HOURS} hours of the last {_TESTED_DAYS} "
        f"days, hourly counts of the next {_HOURS} hours. CRPS: lower is better; log score: higher is better.",
        "",
        "| forecaster | " + " | ".join(f"CRPS, {name}" for name in HORIZONS) + " | log score | 95% interval holds | "
        "our skill, hours 1 to 24 |",
        "|---|" + "---:|" * (len(HORIZONS) + 3),
    ]
    ours = result.scores[0]
    for score in result.scores:
        cells = [f"{score.crps[:, hours].mean():.1f}" for hours in HORIZONS.values()]
        skill = (
            ""
            if score is ours
            else "{:+.0%} ({:+.0%} to {:+.0%})".format(
                *skill_interval(ours, score, slice(None), result.days_of_origins)
            )
        )
        out.append(
            f"| {score.name} | {' | '.join(cells)} | {score.log_scores.mean():.2f} | {score.covered.mean():.0%} | "
            f"{skill} |"
        )
    checks = result.checks
    scatter = ", ".join(f"{value:.2f} in {hours * 60:.0f} min" for hours, value in checks.scatter.items())
    out += [
        "",
        f"Chosen: {result.shape}. Branching ratio {result.branching:.2f}, half-lives "
        f"{', '.join(f'{hours * 60:.1f} min' for hours in result.half_lives_hours)}. Residuals: Kolmogorov-Smirnov "
        f"{checks.distance:.3f} ({checks.distance_usual:.3f} at 5%), lag correlation {checks.lag_correlation:+.3f}, "
        f"scatter {scatter} (1 if right). Choice and fit {result.fit_seconds:.1f} s, forecast of 14 days "
        f"{result.forecast_seconds:.1f} s.",
        "",
        *recovery_lines(result.recovery),
    ]
    return out


def figures(result: DemandResult) -> dict[str, Figure]:
    """By the name of a file: the forecast of two days, and the residuals."""
    return {
        "demand-forecast": day_figure(result.past_counts, result.last),
        "demand-residuals": residual_figure(result.checks),
    }


if __name__ == "__main__":
    print("\n".join(lines(measured())))
