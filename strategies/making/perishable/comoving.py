"""Where loadings come from: the curve of a whole market, or a few plain numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_HOUR
from strategies.curves import Curve
from strategies.making.perishable.portfolio import Loadings, Places


@dataclass(frozen=True)
class CurveComoving:
    """The factors of a market's curve over ``horizon_hours``; ``curve`` gives the curve as of a time.

    Raises KeyError for a place without a curve.
    """

    curve: Callable[[int], Curve]
    horizon_hours: float = 0.1

    def __call__(self, hours: Sequence[Contract], time_ns: int) -> Loadings:
        places = [(hour.sku.code, hour.region.code) for hour in hours]
        starts_ns = np.array([hour.start_ns for hour in hours], dtype=np.int64)
        found = self.curve(time_ns).factors(places, starts_ns, self.horizon_hours)
        common, own = found.loadings()
        return Loadings(common, own, found.place)


@dataclass(frozen=True)
class SharedComoving:
    """Every price moves by ``deviation`` in the square root of an hour, and the shares say with whom.

    Of the variance of a price, ``market`` is common to all, ``sku`` to those of one SKU, ``region`` to those of one
    region, ``place`` to the hours of one place; what is left is each hour's own. The shares come to at most 1.
    It counts until ``horizon_hours`` from now, or until the gate.
    """

    horizon_hours: float = 0.1
    deviation: float = 0.02
    market: float = 0.3
    sku: float = 0.15
    region: float = 0.05
    place: float = 0.3

    def __post_init__(self) -> None:
        shares = (self.market, self.sku, self.region, self.place)
        if min(shares) < 0.0 or sum(shares) > 1.0 + 1e-12 or self.deviation < 0.0:
            raise ValueError(f"shares must not be below 0 nor come to more than 1: {shares}")

    def __call__(self, hours: Sequence[Contract], time_ns: int) -> Loadings:
        sku, skus = _numbered([hour.sku.code for hour in hours])
        region, regions = _numbered([hour.region.code for hour in hours])
        place, _ = _numbered([f"{hour.sku.code}_{hour.region.code}" for hour in hours])
        left = np.array([max(0, hour.gate_ns - time_ns) for hour in hours]) / NS_PER_HOUR
        moved = self.deviation * np.sqrt(np.minimum(left, self.horizon_hours))[:, None]
        parts = (
            np.full((len(hours), 1), self.market**0.5),
            np.eye(skus)[sku] * self.sku**0.5,
            np.eye(regions)[region] * self.region**0.5,
        )
        return Loadings(moved * np.concatenate(parts, axis=1), moved * self.place**0.5, place)


def _numbered(names: Sequence[str]) -> tuple[Places, int]:
    """(n,) the number of each name in the order of the alphabet, and how many different ones there are."""
    different, numbers = np.unique(np.array(names, dtype=np.str_), return_inverse=True)
    return numbers.astype(np.intp), different.size
