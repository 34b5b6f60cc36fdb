"""Do fits know their own errors? Parameters of simulated series, and how often their intervals hold the truth.

    python -m benchmarks.curves.recovery --series 400 --processes 2

Intervals are those of the stated standard errors: of the logs where a parameter must be above 0. Each
series has a seed of its own, so that the result does not depend on the number of processes.
"""

from argparse import ArgumentParser
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import log
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.stats import binomtest

from exchange.domain.units import NS_PER_HOUR
from strategies.curves.estimation import estimate_as, sample_of
from strategies.curves.filtering import NOISE_VARIANCE
from strategies.curves.forward import intercept
from strategies.curves.model import Parameters
from strategies.curves.panel import Panel, panel_of
from strategies.curves.panel_fit import estimate_panel
from strategies.curves.shapes import PLAIN, Shape
from strategies.curves.simulate import simulate_at

NORMAL_95 = 1.959963984540054
_START_NS = int(np.datetime64("2026-03-11", "ns").astype(np.int64))
_SIGNED = (*PLAIN, "correlation", "pricing_drift_per_day")


class Case(NamedTuple):
    """A truth, and how its prices are looked at."""

    name: str
    truth: Parameters
    shape: Shape | None  # None: a panel of forwards
    prices: int
    gap_hours: float


class Told(NamedTuple):
    """One parameter of one series: the estimate, its standard error, and the truth."""

    case: str
    name: str
    estimate: float
    error: float
    truth: float

    @property
    def score(self) -> float:
        """How many standard errors the estimate is off."""
        if self.name in _SIGNED:
            return (self.estimate - self.truth) / self.error
        return log(self.estimate / self.truth) * self.estimate / self.error


@dataclass(frozen=True)
class Coverage:
    """How a parameter is found again over all series in which it was told."""

    case: str
    name: str
    told: int
    series: int
    covered: float
    covered_low: float  # of the interval (Wilson, 95%) of what the coverage may be
    covered_high: float
    bias: float  # mean of the scores
    error: float  # median standard error relative to the truth


_CALM = Parameters(level_usd=2.0, half_life_hours=6.0, volatility=0.05, mistake_share=1e-4)
_JUMPS = {"jumps_per_day": 1.0, "jump_mean": 0.4, "jump_deviation": 0.3, "jump_half_life_hours": 1.0}
PANEL = Parameters(
    level_usd=2.0,
    half_life_hours=30.0,
    volatility=0.02,
    long_volatility=0.006,
    drift_per_day=-0.003,
    correlation=0.4,
    premium_short=0.002,
    premium_long_per_day=0.004,
)
AHEAD = np.array([1.0, 12.0, 48.0, 168.0, 336.0])
NOISES = (0.01, 0.004, 0.006, 0.003, 0.008)
CASES = (
    Case("calm", _CALM, Shape(), 1_500, 0.5),
    Case("jumps", _CALM.model_copy(update=_JUMPS), Shape(jumps=True), 2_500, 0.5),
    Case("long term", _CALM.model_copy(update={"long_volatility": 0.015}), Shape(long=True), 2_500, 0.5),
    Case("panel", PANEL, None, 250, 6.0),
)


def told_by(case: Case, seed: int) -> list[Told]:
    """What one simulated series of the case says."""
    rng = np.random.default_rng([seed, CASES.index(case)])
    return _spot(case, rng) if case.shape is not None else _panel(case, rng)


def _spot(case: Case, rng: np.random.Generator) -> list[Told]:
    assert case.shape is not None
    gaps = 1.0 / 60.0 + rng.exponential(case.gap_hours, case.prices)
    times_ns = _START_NS + (np.cumsum(gaps) * NS_PER_HOUR).astype(np.int64)
    # The noise that the filter takes every price to have.
    noise = np.exp(rng.normal(0.0, np.sqrt(NOISE_VARIANCE), case.prices))
    prices = simulate_at(case.truth, times_ns, rng)[0] * noise
    found = estimate_as(sample_of(times_ns / NS_PER_HOUR, prices), case.shape)
    # Where the level wanders, its truth at the last price is not known.
    names = [name for name in case.shape.names if name in found.standard_errors]
    names = [name for name in names if not (case.shape.long and name == "level_usd")]
    return [
        Told(case.name, name, getattr(found.parameters, name), found.standard_errors[name], getattr(case.truth, name))
        for name in names
    ]


def drawn_panel(truth: Parameters, dates: int, gap_hours: float, rng: np.random.Generator) -> Panel:
    """Forward prices of a truth at uneven dates, a tenth of them missing."""
    hours = 490_000.0 + np.cumsum(rng.uniform(0.3 * gap_hours, 1.7 * gap_hours, dates))
    rates, (x, xi), states = truth.rates, (0.0, 0.0), np.empty((dates, 2))
    for date, gap in enumerate(np.diff(hours, prepend=hours[0] - 1e4)):
        decay = np.exp(-rates.reversion * gap)
        xx = rates.diffusion_variance * (1.0 - decay**2) / (2.0 * rates.reversion)
        xl = rates.shared_variance * (1.0 - decay) / rates.reversion
        one, other = rng.multivariate_normal([0.0, 0.0], [[xx, xl], [xl, rates.long_variance * gap]])
        x, xi = x * decay + one, (xi + rates.drift * gap + other if date else 0.0)
        states[date] = x, xi
    logs = log(truth.level_usd) + states[:, :1] * np.exp(-rates.reversion * AHEAD) + states[:, 1:]
    logs = logs + intercept(truth, AHEAD) + rng.standard_normal(logs.shape) * NOISES
    return panel_of(hours, AHEAD, np.where(rng.random(logs.shape) < 0.1, np.nan, np.exp(logs)))


def _panel(case: Case, rng: np.random.Generator) -> list[Told]:
    truth = case.truth
    found = estimate_panel(drawn_panel(truth, case.prices, case.gap_hours, rng))
    own = found.point.parameters
    values = {name: (getattr(own, name), getattr(truth, name)) for name in Parameters.model_fields}
    values["pricing_drift_per_day"] = (
        own.drift_per_day - own.premium_long_per_day,
        truth.drift_per_day - truth.premium_long_per_day,
    )
    values |= {f"noise_{at}": pair for at, pair in enumerate(zip(found.point.noise_deviations, NOISES, strict=True))}
    return [
        Told(case.name, name, values[name][0], error, values[name][1]) for name, error in found.standard_errors.items()
    ]


def recovered(
    series: int, processes: int = 1, cases: tuple[Case, ...] = CASES, seed: int = 0, watched: bool = False
) -> tuple[Coverage, ...]:
    """Coverage of each parameter of each case over so many simulated series."""
    tasks = [(case, seed + number) for case in cases for number in range(series)]
    found: dict[tuple[str, str], list[Told]] = {}
    answers = _answers(tasks, processes)
    for answer in track(answers, "series", len(tasks), console=Console(stderr=True)) if watched else answers:
        for told in answer:
            found.setdefault((told.case, told.name), []).append(told)
    return tuple(_coverage(every, series) for every in found.values())


def _answers(tasks: list[tuple[Case, int]], processes: int) -> Iterator[list[Told]]:
    if processes == 1:
        yield from (told_by(*task) for task in tasks)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(told_by, *zip(*tasks, strict=True), chunksize=4)


def _coverage(every: list[Told], series: int) -> Coverage:
    scores = np.array([told.score for told in every])
    held = int((np.abs(scores) < NORMAL_95).sum())
    interval = binomtest(held, len(every)).proportion_ci(method="wilson")
    return Coverage(
        every[0].case,
        every[0].name,
        len(every),
        series,
        held / len(every),
        float(interval.low),
        float(interval.high),
        float(scores.mean()),
        float(np.median([told.error / abs(told.truth) for told in every])),
    )


def table_of(found: tuple[Coverage, ...]) -> Table:
    """The result as a table."""
    table = Table(
        "case", "parameter", "told in", "95% interval holds", "may be", "bias (errors)", "error / truth", box=None
    )
    for one in found:
        may_be = f"{one.covered_low:.1%} to {one.covered_high:.1%}"
        numbers = (f"{one.told}/{one.series}", f"{one.covered:.1%}", may_be, f"{one.bias:+.2f}", f"{one.error:.1%}")
        table.add_row(one.case, one.name, *numbers)
    return table


def main() -> None:
    """The command of the module's text."""
    parser = ArgumentParser(description="How often the intervals of a fit hold the truth.")
    parser.add_argument("--series", type=int, default=400)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    Console(width=140).print(table_of(recovered(asked.series, asked.processes, seed=asked.seed, watched=True)))


if __name__ == "__main__":
    main()
