"""How often orders were filled, by how many lots stood before them when they joined the queue."""

from __future__ import annotations

import polars as pl
from pydantic import BaseModel, ConfigDict

from strategies.results.frames import Frames

# The most lots ahead in each bin; the last bin has no bound.
BOUNDS_LOTS = (0, 5, 20, 50, 200)


class QueueBin(BaseModel):
    """Of the stays in a queue that began with ``from_lots`` to ``to_lots`` ahead (None: unknown, or no bound)."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, extra="forbid")

    from_lots: int | None
    to_lots: int | None
    stays: int
    lots: int
    filled_lots: int

    @property
    def ratio(self) -> float | None:
        return self.filled_lots / self.lots if self.lots else None


def queue_bins(frames: Frames) -> tuple[QueueBin, ...]:
    """Every bin, also those without a stay; what is unknown comes last."""
    stood = frames.stays.filter(pl.col("lots") > 0)
    ahead = pl.col("lots_ahead")
    bins = []
    lower = 0
    for bound in (*BOUNDS_LOTS, None):
        within = (ahead >= lower) if bound is None else ahead.is_between(lower, bound)
        bins.append(_bin(lower, bound, stood.filter(within)))
        lower = 0 if bound is None else bound + 1
    return (*bins, _bin(None, None, stood.filter(ahead.is_null())))


def _bin(from_lots: int | None, to_lots: int | None, stays: pl.DataFrame) -> QueueBin:
    return QueueBin(
        from_lots=from_lots,
        to_lots=to_lots,
        stays=stays.height,
        lots=int(stays["lots"].sum()),
        filled_lots=int(stays["filled_lots"].sum()),
    )
