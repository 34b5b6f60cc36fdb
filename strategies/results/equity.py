"""Profit over time, and what is said of it in one number: its ups and downs, and what it cost to hold on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from exchange.domain.units import NS_PER_HOUR, NS_PER_MINUTE, NS_PER_SECOND
from strategies.results.frames import Frames

NS_PER_YEAR = 365 * 24 * NS_PER_HOUR
PERIODS_MIN = 30
# Periods that people know, the longest first.
PERIODS_NS = (
    24 * NS_PER_HOUR, NS_PER_HOUR, 10 * NS_PER_MINUTE, NS_PER_MINUTE, 10 * NS_PER_SECOND, NS_PER_SECOND,
    NS_PER_SECOND // 10, NS_PER_SECOND // 100,
)  # fmt: skip


class Sharpe(NamedTuple):
    """Mean of the profit of equal periods over its standard deviation; None where that is not defined."""

    period_ns: int
    periods: int
    ratio: float | None
    yearly: float | None  # times the root of how many periods a year of 365 days has; not of less than a day


def equity_of(frames: Frames, by_contract: pl.DataFrame, end_ns: int) -> pl.DataFrame:
    """(time_ns, equity_micros, gross_micros, net_gpu_hours): profit and what is held, each time something changed.

    gross_micros: what is held and owed at fair value, both counted positive, and what is past its gate no longer.
    by_contract: of ``split_by_contract``; what it says of delivery is earned at the gate.
    """
    gpu_hours = frames.contracts.select("symbol", "gpu_hours_per_lot")
    rows = frames.pnl.join(gpu_hours, on="symbol", maintain_order="left").select(
        "time_ns",
        "symbol",
        equity_micros="pnl_micros",
        gross_micros=(pl.col("position_lots") * pl.col("fair_micros")).abs(),
        net_gpu_hours=pl.col("position_lots") * pl.col("gpu_hours_per_lot"),
    )
    # News of the last fills may come after the gate.
    last = frames.pnl.group_by("symbol").agg(last_ns=pl.col("time_ns").last())
    over = by_contract.filter(pl.col("gate_ns") <= end_ns).join(last, on="symbol", maintain_order="left")
    settled = over.select(
        pl.max_horizontal("gate_ns", "last_ns").alias("time_ns"),
        "symbol",
        equity_micros="pnl_micros",
        gross_micros=pl.lit(0, pl.Int64),
        net_gpu_hours=pl.lit(0, pl.Int64),
    )
    return (
        pl.concat([rows, settled])
        .sort("time_ns", maintain_order=True)
        .with_columns(pl.exclude("time_ns", "symbol").diff().over("symbol").fill_null(pl.exclude("time_ns", "symbol")))
        .group_by("time_ns", maintain_order=True)
        .agg(pl.exclude("symbol").sum())
        .with_columns(pl.exclude("time_ns").cum_sum())
    )


def sharpe_of(equity: pl.DataFrame, start_ns: int, end_ns: int) -> Sharpe:
    """Of the longest period that people know and of which the run has at least PERIODS_MIN."""
    fits = [period for period in PERIODS_NS if (end_ns - start_ns) // period >= PERIODS_MIN]
    period_ns = fits[0] if fits else PERIODS_NS[-1]
    profits = np.diff(at_times(equity, np.arange(start_ns, end_ns + 1, period_ns, dtype=np.int64)))
    deviation = float(profits.std(ddof=1)) if profits.size > 1 else 0.0
    if not deviation > 0.0:
        return Sharpe(period_ns, profits.size, None, None)
    ratio = float(profits.mean()) / deviation
    is_long = end_ns - start_ns >= 24 * NS_PER_HOUR
    return Sharpe(period_ns, profits.size, ratio, ratio * float(np.sqrt(NS_PER_YEAR / period_ns)) if is_long else None)


def at_times(equity: pl.DataFrame, times_ns: NDArray[np.int64], column: str = "equity_micros") -> NDArray[np.float64]:
    """(n,) what it was at each time; 0 before the first row."""
    values = np.concatenate([[0], equity[column].to_numpy()]).astype(np.float64)
    return values[np.searchsorted(equity["time_ns"].to_numpy(), times_ns, side="right")]


def drawdowns(equity_micros: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) how far each is below the highest before it; the start, at 0, counts."""
    return np.maximum(np.maximum.accumulate(equity_micros), 0) - equity_micros


def mean_over_time(equity: pl.DataFrame, column: str, end_ns: int) -> float:
    """Each value counts for as long as it lasted; 0 where nothing lasted."""
    times_ns = np.append(equity["time_ns"].to_numpy(), end_ns).astype(np.float64)
    lasted = np.maximum(np.diff(times_ns), 0.0)
    return float(lasted @ equity[column].to_numpy() / lasted.sum()) if lasted.sum() > 0 else 0.0
