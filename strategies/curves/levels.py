"""How dear a SKU is beside others, and a region beside others, from price lists of one day.

    log price = general + sku + region + place + provider's part + noise

The place (a SKU in a region) is what neither explains. The provider's part is how it prices in
general, each kind of prices for itself (its spot, its on demand), and by SKU, by machine, by region
and by place: what one provider does is one opinion, however many machines it lists. All are random
effects (``mixed``), so that what was seen once is believed less than what was seen often, and what
was never seen comes with the spread of its kind as its error. Region 0 is the average region, in
which prices without a region are taken to stand.
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np

from strategies.curves.mixed import Mixed, mixed
from strategies.curves.prices import BadPrices


class Listed(NamedTuple):
    """One price: whose and of what kind, of which machine, and what it is in canonical names where it has some."""

    source: str
    machine: str
    sku: str
    region: str  # empty if the list says none
    price_usd: float


class Level(NamedTuple):
    """A difference of logs, and its standard error."""

    log: float
    error: float


class Levels(NamedTuple):
    """What price lists say about levels."""

    fit: Mixed

    @property
    def place_error(self) -> float:
        """By how much a place differs from what its SKU and its region foretell, in logs: one deviation."""
        return float(np.sqrt(self.fit.variances["place"] + self.fit.variances["source place"]))

    @property
    def opinion_error(self) -> float:
        """By how much the ratio of two SKUs at one source may differ from that at another."""
        return float(np.sqrt(2.0 * (self.fit.variances["source sku"] + self.fit.variances["source machine"])))

    def region(self, region: str) -> Level:
        """How much dearer it is than the average region."""
        value, error = self.fit.predicted(np.zeros(1), {"region": region})
        return Level(value, error)

    def sku(self, sku: str, source: str) -> Level:
        """Log price at which this source would list a machine of this SKU, not listed yet, in an average region."""
        pair = (source, sku)
        kinds = {"sku": sku, "source": source, "source sku": pair, "source machine": (source, None)}
        value, error = self.fit.predicted(np.ones(1), kinds)
        return Level(value, error)


def levels_of(prices: Sequence[Listed]) -> Levels:
    """Fit all prices, one for each source, machine and region: the median of those that agree in these.

    Raises BadPrices for a price that is not above 0, or for fewer than two.
    """
    together: dict[tuple[str, str, str, str], list[float]] = {}
    for each in prices:
        if not each.price_usd > 0.0:
            raise BadPrices(f"{each.source} {each.machine}: a price of {each.price_usd} is not above 0")
        together.setdefault(each[:4], []).append(each.price_usd)
    keys = list(together)
    values = np.array([np.log(np.median(seen)) for seen in together.values()])
    groups: dict[str, list[Hashable | None]] = {
        "sku": [sku for _, _, sku, _ in keys],
        "region": [region or None for *_, region in keys],
        "place": [(sku, region) if region else None for _, _, sku, region in keys],
        "source": [source for source, *_ in keys],
        "source sku": [(source, sku) for source, _, sku, _ in keys],
        "source machine": [(source, machine) for source, machine, *_ in keys],
        "source region": [(source, region) if region else None for source, _, _, region in keys],
        "source place": [(source, sku, region) if region else None for source, _, sku, region in keys],
    }
    return Levels(mixed(values, np.ones((len(keys), 1)), groups))
