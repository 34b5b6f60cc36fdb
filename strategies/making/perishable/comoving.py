"""Where loadings come from: the curve of a whole market, or a few plain numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from exchange.domain.instruments import Contract
from strategies.curves import Curve
from strategies.making.perishable.portfolio import Loadings


@dataclass(frozen=True)
class CurveComoving:
    """The factors of a market's curve over ``horizon_hours``; ``curve`` gives the curve as of a time.

    Raises KeyError for a place without a curve.
    """

    curve: Callable[[int], Curve]
    horizon_hours: float = 1.0

    def __call__(self, hours: Sequence[Contract], time_ns: int) -> Loadings:
        places = [(hour.sku.code, hour.region.code) for hour in hours]
        starts_ns = np.array([hour.start_ns for hour in hours], dtype=np.int64)
        found = self.curve(time_ns).factors(places, starts_ns, self.horizon_hours)
        common, own = found.loadings()
        return Loadings(common, own, found.place)


@dataclass(frozen=True)
class SharedComoving:
    """Every price moves by ``deviation`` over the horizon, and the shares say with whom.

    Of the variance of a price, ``market`` is common to all, ``sku`` to those of one SKU, ``region`` to those of one
    region, ``place`` to the hours of one place; what is left is each hour's own. The shares come to at most 1.
    """

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
        skus = sorted({hour.sku.code for hour in hours})
        regions = sorted({hour.region.code for hour in hours})
        places = sorted({(hour.sku.code, hour.region.code) for hour in hours})
        sku = [skus.index(hour.sku.code) for hour in hours]
        region = [regions.index(hour.region.code) for hour in hours]
        place = np.array([places.index((hour.sku.code, hour.region.code)) for hour in hours], dtype=np.intp)
        common = np.concatenate(
            [
                np.full((len(hours), 1), self.market**0.5),
                np.eye(len(skus))[sku] * self.sku**0.5,
                np.eye(len(regions))[region] * self.region**0.5,
            ],
            axis=1,
        )
        own = np.full((len(hours), 1), self.place**0.5)
        return Loadings(self.deviation * common, self.deviation * own, place)
