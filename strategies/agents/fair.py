"""Fair value along a given path of spot prices, played faster than it happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi

from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_HOUR


@dataclass(frozen=True)
class PathFair:
    """``paths``: for each ``SKU_REGION``, dollars per GPU-hour from ``start_ns`` on, one a ``step_ns``
    of market time.

    Market time runs ``speed`` times as fast as the clock; past its end a path is walked back
    again, and so on. A contract is worth the spot price, times the daily pattern ``swing`` at its
    hour of delivery.
    """

    paths: Mapping[str, Sequence[float]]
    start_ns: int
    step_ns: int = NS_PER_HOUR
    speed: float = 1.0
    swing: float = 0.03
    peak_hour: float = 15.0

    def __call__(self, contract: Contract, time_ns: int) -> float:
        path = self.paths[f"{contract.sku.code}_{contract.region.code}"]
        place = max(0.0, (time_ns - self.start_ns) * self.speed / self.step_ns)
        delivery_hour = contract.start_ns / NS_PER_HOUR % 24
        return _along(path, place) * (1.0 + self.swing * cos(2 * pi * (delivery_hour - self.peak_hour) / 24.0))


def _along(path: Sequence[float], place: float) -> float:
    """Between two points in proportion; there and back again beyond the end."""
    last = len(path) - 1
    if last == 0:
        return float(path[0])
    place %= 2 * last
    if place > last:
        place = 2 * last - place
    before = min(int(place), last - 1)
    share = place - before
    return float(path[before] * (1 - share) + path[before + 1] * share)
