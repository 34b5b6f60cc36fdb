"""One pool of standing offers out of many providers' price lists.

What is firm and what may be taken back never mix: a spot price is no bargain for a job that must
not be interrupted.
"""

from dataclasses import dataclass

import polars as pl

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.units import NS_PER_HOUR
from strategies.curves.names import canonical_region, canonical_sku
from strategies.curves.prices import read_prices

FIRM_KINDS = ("on_demand", "offer_min")
INTERRUPTIBLE_KINDS = ("spot",)
MAX_AGE_NS = 7 * 24 * NS_PER_HOUR


@dataclass(frozen=True, order=True)
class StandingOffer:
    """What a provider asks until it says otherwise; ordered by price."""

    price_usd: float  # per GPU-hour
    provider: str
    sku: str
    region: str  # empty: the provider does not say where
    is_firm: bool
    time_ns: int  # when it was last seen


class Pool:
    """Offers by SKU, cheapest first."""

    def __init__(self, offers: list[StandingOffer]) -> None:
        self._by_sku: dict[str, list[StandingOffer]] = {}
        for offer in sorted(offers):
            self._by_sku.setdefault(offer.sku, []).append(offer)

    @classmethod
    def read(cls, path: str, at_ns: int | None = None, max_age_ns: int = MAX_AGE_NS) -> "Pool":
        """The offers that stood at ``at_ns`` (None: at the newest price) according to a tidy price file.

        An offer not seen for ``max_age_ns`` is taken for gone; a name that is no canonical SKU is
        left out. Raises BadPrices, with the row and the reason, if any row is wrong.
        """
        tidy = read_prices(path)
        at_ns = int(tidy["time_ns"].max() or 0) if at_ns is None else at_ns  # type: ignore[arg-type]
        kinds = [*FIRM_KINDS, *INTERRUPTIBLE_KINDS]
        standing = (
            tidy.filter(pl.col("time_ns").is_between(at_ns - max_age_ns, at_ns) & pl.col("kind").is_in(kinds))
            .sort("time_ns")
            .group_by(["provider", "sku", "region", "kind"], maintain_order=True)
            .last()
        )
        return cls([offer for row in standing.iter_rows(named=True) if (offer := _offer(row))])

    def __len__(self) -> int:
        return sum(len(offers) for offers in self._by_sku.values())

    @property
    def skus(self) -> list[str]:
        return sorted(self._by_sku)

    def cheapest(
        self, sku: str, region: str | None = None, is_firm: bool = True, count: int = 1
    ) -> list[StandingOffer]:
        """Up to ``count`` offers, cheapest first; ``region`` None takes them from anywhere."""
        fitting = (
            offer
            for offer in self._by_sku.get(sku, ())
            if offer.is_firm == is_firm and (region is None or offer.region == region)
        )
        return [offer for offer, _ in zip(fitting, range(count), strict=False)]


def _offer(row: dict[str, object]) -> StandingOffer | None:
    sku = canonical_sku(str(row["sku"]))
    if sku not in CATALOGUE.skus:
        return None
    price_usd, time_ns = row["price_usd"], row["time_ns"]
    assert isinstance(price_usd, float)
    assert isinstance(time_ns, int)
    region = canonical_region(str(row["region"])) or ""
    return StandingOffer(price_usd, str(row["provider"]), sku, region, row["kind"] in FIRM_KINDS, time_ns)
