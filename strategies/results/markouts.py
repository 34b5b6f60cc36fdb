"""What the market did after one's fills: where the middle of the book went, for or against what was traded.

A fill's markout at a horizon is the middle of the book then minus the middle at the fill, positive where
that favours the fill. The middle counts as seen then if it was seen within half the horizon of
it; the nearest is taken. Fills whose horizon lies past the gate or the end of the run are left out, and so are
those for which no middle was seen; both are counted.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict

from exchange.domain.units import MICROS_PER_DOLLAR, NS_PER_SECOND
from strategies.results.frames import Frames

HORIZONS_S = (1, 10, 60, 600, 3600)


class Markout(BaseModel):
    """At one horizon. ``fills`` are the ones that count; None where there are none."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, extra="forbid")

    horizon_s: int
    fills: int
    lots: int
    beyond: int  # fills left out because the horizon is past the gate or the end
    unseen: int  # fills left out because no middle was seen, then or at the fill
    usd: float
    usd_per_lot: float | None
    error_usd_per_lot: float | None  # standard error of that mean, as if fills were independent


def markouts_of(frames: Frames, end_ns: int) -> tuple[Markout, ...]:
    fills = frames.fills.join(
        frames.contracts.select("symbol", "gate_ns", "tick_value_micros"), on="symbol", maintain_order="left"
    ).select(
        "time_ns",
        "symbol",
        "lots",
        sign=pl.when(pl.col("side") == "buy").then(1).otherwise(-1),
        twice_mid=pl.col("bid_ticks") + pl.col("ask_ticks"),
        last_ns=pl.min_horizontal("gate_ns", pl.lit(end_ns, pl.Int64)),
        tick_value_micros="tick_value_micros",
    )
    middles = _middles(frames)
    return tuple(_markout(fills, middles, horizon_s) for horizon_s in HORIZONS_S)


def edge_usd_per_lot(frames: Frames) -> float | None:
    """How far prices were from the middle of the book as seen at the fill, in one's favour; None if never seen."""
    mid = (pl.col("bid_ticks") + pl.col("ask_ticks")) / 2
    sign = pl.when(pl.col("side") == "buy").then(1).otherwise(-1)
    seen = frames.fills.drop_nulls(["bid_ticks", "ask_ticks"]).join(
        frames.contracts.select("symbol", "tick_value_micros"), on="symbol"
    )
    edge = sign * pl.col("lots") * (mid - pl.col("price_ticks")) * pl.col("tick_value_micros")
    lots = int(seen["lots"].sum())
    return float(seen.select(edge.sum()).item()) / MICROS_PER_DOLLAR / lots if lots else None


def _middles(frames: Frames) -> pl.DataFrame:
    """(seen_ns, symbol, later_mid), the middle in half ticks, whenever both sides of a book were seen."""
    columns = (
        pl.col("time_ns").alias("seen_ns"),
        "symbol",
        (pl.col("bid_ticks") + pl.col("ask_ticks")).alias("later_mid"),
    )
    seen = [frame.select(*columns).drop_nulls() for frame in (frames.quotes, frames.fills)]
    return pl.concat(seen).sort("seen_ns", maintain_order=True)


def _markout(fills: pl.DataFrame, middles: pl.DataFrame, horizon_s: int) -> Markout:
    horizon_ns = horizon_s * NS_PER_SECOND
    due = fills.with_columns(due_ns=pl.col("time_ns") + horizon_ns).sort("due_ns", maintain_order=True)
    within = due.filter(pl.col("due_ns") <= pl.col("last_ns"))
    seen = within.join_asof(
        middles, left_on="due_ns", right_on="seen_ns", by="symbol", strategy="nearest", tolerance=horizon_ns // 2,
        check_sortedness=False,
    ).drop_nulls(["later_mid", "twice_mid"])  # fmt: skip
    lots = seen["lots"].to_numpy()
    half_ticks = (seen["later_mid"] - seen["twice_mid"]).to_numpy()
    usd = lots * seen["sign"].to_numpy() * half_ticks * seen["tick_value_micros"].to_numpy() / 2 / MICROS_PER_DOLLAR
    total_lots, total_usd = int(lots.sum()), float(usd.sum())
    mean = total_usd / total_lots if total_lots else None
    error = None
    if mean is not None and seen.height > 1:
        error = float(np.sqrt(np.sum((usd - mean * lots) ** 2))) / total_lots
    return Markout(
        horizon_s=horizon_s,
        fills=seen.height,
        lots=total_lots,
        beyond=due.height - within.height,
        unseen=within.height - seen.height,
        usd=total_usd,
        usd_per_lot=mean,
        error_usd_per_lot=error,
    )
