"""How fast one place's curve is: an observation, a fit of 100,000 prices, a file of ten million rows.

python -m benchmarks.curves.speed --rows 10000000
"""

from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, perf_counter_ns

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from exchange.domain.units import NS_PER_HOUR
from strategies.curves.estimation import estimate, sample_of
from strategies.curves.fit import fit_file
from strategies.curves.model import Parameters
from strategies.curves.place_curve import PlaceCurve
from strategies.curves.season import Spline
from strategies.curves.shapes import Sample
from strategies.curves.simulate import simulate_at

_START_NS = int(np.datetime64("2026-01-20", "ns").astype(np.int64))
_DAY = Spline(period_hours=24.0, weights=(0.1, 0.1, 0.0, -0.1, -0.1, 0.0), time_zone="Europe/Paris")
_WEEK = Spline(period_hours=168.0, weights=(0.0, 0.05, 0.0, -0.05, 0.0, 0.05, -0.05), time_zone="Europe/Paris")
WHOLE = Parameters(
    level_usd=2.0,
    half_life_hours=6.0,
    volatility=0.05,
    long_volatility=0.01,
    mistake_share=1e-4,
    season=(_DAY, _WEEK),
    jumps_per_day=1.0,
    jump_mean=0.4,
    jump_deviation=0.3,
    jump_half_life_hours=1.0,
)
PRICES = 100_000
_OBSERVATIONS = 20_000


@dataclass(frozen=True)
class Speed:
    """Of one core; microseconds and seconds."""

    spot_us_p50: float
    spot_us_p99: float
    forward_us_p50: float
    forward_us_p99: float
    calm_fit_s: float
    whole_fit_s: float
    rows: int
    file_s: float


def measured(rows: int) -> Speed:
    """All of it, once the kernels are compiled."""
    estimate(_drawn(WHOLE, 500))
    spot = _observed_us(lambda curve, now, price: curve.observe(now, price))
    ahead = 30 * NS_PER_HOUR
    forward = _observed_us(lambda curve, now, price: curve.observe_forward(now, now + ahead, price))
    calm = Parameters(level_usd=2.0, half_life_hours=6.0, volatility=0.05)
    calm_s, whole_s = (_fitted_s(_drawn(truth, PRICES)) for truth in (calm, WHOLE))
    with TemporaryDirectory() as directory:
        path = _written(rows, Path(directory) / "many.parquet")
        file_s = _seconds(lambda: fit_file(path))
    return Speed(*spot, *forward, calm_s, whole_s, rows, file_s)


def _drawn(truth: Parameters, count: int) -> Sample:
    rng = np.random.default_rng(1)
    times_ns = _START_NS + (np.cumsum(1.0 / 60.0 + rng.exponential(0.1, count)) * NS_PER_HOUR).astype(np.int64)
    return sample_of(times_ns / NS_PER_HOUR, simulate_at(truth, times_ns, rng)[0])


def _observed_us(observe: Callable[[PlaceCurve, int, float], PlaceCurve]) -> tuple[float, float]:
    curve, took = PlaceCurve.start(WHOLE, _START_NS), []
    for number in range(_OBSERVATIONS):
        now, price = _START_NS + number * 10 * 10**9, 2.0 + 0.3 * np.sin(number / 50.0)
        began = perf_counter_ns()
        curve = observe(curve, now, price)
        took.append(perf_counter_ns() - began)
    return float(np.percentile(took, 50)) / 1e3, float(np.percentile(took, 99)) / 1e3


def _fitted_s(sample: Sample) -> float:
    return _seconds(lambda: estimate(sample, "Europe/Paris"))


def _seconds(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def _written(rows: int, path: Path) -> str:
    """A tidy file of one series, shuffled, each minute ten times over."""
    rng = np.random.default_rng(9)
    minutes = rng.permutation(rows) // 10
    prices = simulate_at(WHOLE, _START_NS + np.arange(rows // 10 + 1) * (NS_PER_HOUR // 60), rng)[0]
    words = {"provider": "someone", "sku": "H100SXM", "region": "USE", "kind": "spot"}
    pl.DataFrame(
        {
            "ts_utc": pl.Series(_START_NS // 1000 + minutes * 60_000_000).cast(pl.Datetime("us")),
            "price_usd_per_gpu_hour": prices[minutes],
            **{name: pl.repeat(word, rows, eager=True).cast(pl.Categorical) for name, word in words.items()},
        }
    ).write_parquet(path)
    return str(path)


def table_of(found: Speed) -> Table:
    """The result as a table."""
    table = Table("what", "takes", box=None)
    table.add_row("spot price seen", f"{found.spot_us_p50:.0f} us (p99 {found.spot_us_p99:.0f})")
    table.add_row("forward price seen", f"{found.forward_us_p50:.0f} us (p99 {found.forward_us_p99:.0f})")
    table.add_row(f"fit of {PRICES:,} calm prices", f"{found.calm_fit_s:.1f} s")
    table.add_row(f"fit of {PRICES:,} with all parts", f"{found.whole_fit_s:.1f} s")
    table.add_row(f"file of {found.rows:,} rows, read and fitted", f"{found.file_s:.1f} s")
    return table


def main() -> None:
    """The command of the module's text."""
    parser = ArgumentParser(description="How fast one place's curve is.")
    parser.add_argument("--rows", type=int, default=10_000_000)
    Console(width=120).print(table_of(measured(parser.parse_args().rows)))


if __name__ == "__main__":
    main()
