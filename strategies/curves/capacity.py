"""Supply: how much capacity price lists offer, at which price.

A price list says at what price a provider sells a machine in a place, never how many it has. So each offer is
assumed to be ``gpus_per_offer`` GPUs (the SKU's node unless said otherwise): an assumption, kept in the result.
Of a marketplace that tells the least, the median and the largest price of its n offers, they are placed between these
on two straight lines. Of the machines of one SKU that a provider lists in a place, large and small, the cheapest
counts, for they are cut from the same nodes. A list that counts the places with room (``n_offers`` of an on-demand
price) has none where it counts 0. Firm and interruptible capacity never mix: spot prices make one curve, all others
the other.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import polars as pl

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.units import NS_PER_HOUR
from strategies.curves.filtering import Floats
from strategies.curves.names import canonical_region, canonical_sku
from strategies.curves.prices import BadPrices

INTERRUPTIBLE = "spot"
_MARKETPLACE = ("offer_min", "offer_median", "offer_max")
AGE_HOURS_MAX = 7 * 24.0


class SupplyCurve(NamedTuple):
    """Offers by rising price: (n,) dollars per GPU-hour, and GPUs offered at that price or less."""

    sku: str
    region: str  # empty: a place that no list names
    interruptible: bool
    prices_usd: Floats
    gpus: Floats
    gpus_per_offer: float  # assumed

    def offered(self, price_usd: float) -> float:
        """GPUs to be had at ``price_usd`` or less."""
        below = int(np.searchsorted(self.prices_usd, price_usd, side="right"))
        return float(self.gpus[below - 1]) if below else 0.0

    def price_of(self, gpus: float) -> float:
        """The dearest price to be paid for ``gpus`` GPUs; infinite if there are not so many."""
        place = int(np.searchsorted(self.gpus, gpus))
        return float(self.prices_usd[place]) if place < self.gpus.size else float("inf")


def supply_curves(
    tidy: pl.DataFrame, gpus_per_offer: float | None = None, age_hours_max: float = AGE_HOURS_MAX
) -> dict[tuple[str, str, bool], SupplyCurve]:
    """Curves by (SKU, region, interruptible) of the newest prices in a tidy table.

    tidy: as ``prices.read_prices`` gives it, with ``n_offers`` if there is one. Of each provider, machine, place and
    kind the newest price counts, unless it is more than ``age_hours_max`` older than the newest of the table. Names
    that mean no canonical SKU are left out; places that mean no region are one region without a name.
    Raises BadPrices if ``gpus_per_offer`` is not above 0.
    """
    if gpus_per_offer is not None and not 0.0 < gpus_per_offer < np.inf:
        raise BadPrices(f"{gpus_per_offer} GPUs an offer: expected a number above 0")
    keys = ["provider", "sku", "region", "kind"]
    counted = tidy if "n_offers" in tidy.columns else tidy.with_columns(n_offers=pl.lit(None, pl.Float64))
    oldest_ns = pl.col("time_ns").max() - int(age_hours_max * NS_PER_HOUR)
    fresh = counted.filter(pl.col("time_ns") >= oldest_ns).sort("time_ns", maintain_order=True)
    newest = (
        fresh.group_by(keys, maintain_order=True)
        .last()
        .with_columns(canonical=pl.col("sku").map_elements(canonical_sku, pl.String))
    )
    offers: dict[tuple[str, str, bool], list[float]] = {}
    places = (
        newest.drop_nulls("canonical").sort(keys).group_by(["provider", "canonical", "region"], maintain_order=True)
    )
    for (_, sku, place), group in places:
        for is_spot, price in _offers(group):
            offers.setdefault((str(sku), canonical_region(str(place)) or "", is_spot), []).append(price)
    return {key: _curve(key, prices, gpus_per_offer) for key, prices in sorted(offers.items())}


def _offers(group: pl.DataFrame) -> Iterator[tuple[bool, float]]:
    """Whether each offer of one provider, SKU and place is interruptible, and its price."""
    cheapest: dict[str, tuple[float, int | None]] = {}
    for kind, price, count in group.select("kind", "price_usd", "n_offers").iter_rows():
        known = None if count is None else int(count)
        if kind in _MARKETPLACE or known != 0:
            cheapest[kind] = min(cheapest.get(kind, (price, known)), (price, known), key=lambda offer: offer[0])
    told = [cheapest.pop(kind) for kind in _MARKETPLACE if kind in cheapest]
    if told:
        prices, count = [price for price, _ in told], told[0][1]
        at = np.linspace(0.0, len(prices) - 1.0, len(prices) if count is None else count)
        yield from ((False, float(price)) for price in np.interp(at, np.arange(len(prices)), prices))
    # A list that counts places with room says how many; one that does not has at least one machine.
    for kind, (price, known) in cheapest.items():
        yield from ((kind == INTERRUPTIBLE, price) for _ in range(1 if known is None else known))


def _curve(key: tuple[str, str, bool], prices: list[float], gpus_per_offer: float | None) -> SupplyCurve:
    sku, region, interruptible = key
    size = float(CATALOGUE.sku(sku).gpus_per_node) if gpus_per_offer is None else gpus_per_offer
    levels, counts = np.unique(np.array(prices), return_counts=True)
    return SupplyCurve(sku, region, interruptible, levels, np.cumsum(counts) * np.float64(size), size)
