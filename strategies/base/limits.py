"""How far a strategy may go: the limits its guards hold, as plain numbers. 0 means no limit."""

from dataclasses import dataclass, fields
from math import inf


@dataclass(frozen=True)
class Limits:
    """``hour_max_lots``: long or short in any one delivery hour, strips counted in each of theirs.

    ``place_max_lots``: of one SKU in one region, the sum over its hours, long and short alike.
    ``total_max_gpu_hours``: the same over everything, in GPU-hours, as a lot is not as large for every SKU.
    ``day_loss_max_usd``: lost since midnight UTC. ``drawdown_max_usd``: lost since the best moment.
    At the loss only what reduces a position is let through; at ``flat_factor`` times the loss all quotes are pulled and
    what is held is closed at the best prices there are.
    ``curve_stale_s``, ``feed_stale_s``: without news of it for so long, quotes are pulled until it comes.
    """

    hour_max_lots: int = 0
    place_max_lots: int = 0
    total_max_gpu_hours: int = 0
    day_loss_max_usd: float = 0.0
    drawdown_max_usd: float = 0.0
    flat_factor: float = 1.5
    curve_stale_s: float = 0.0
    feed_stale_s: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 <= value < inf:
                raise ValueError(f"{field.name} must be finite and not below 0, not {value}")
        if self.flat_factor < 1.0:
            raise ValueError(f"flat_factor must be at least 1, not {self.flat_factor}")
