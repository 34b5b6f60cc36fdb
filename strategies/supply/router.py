"""Which hours to take for a workload: the cheapest that fit, from the pool and from the exchange's books."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.instruments import Contract, hour_contract
from exchange.domain.units import NS_PER_HOUR
from strategies.base.hours import cheapest_any, cheapest_run
from strategies.base.views import BookView
from strategies.supply.pool import Pool

EXCHANGE = "exchange"


class Workload(NamedTuple):
    """Some nodes of one SKU for some hours, begun and finished within a window.

    ``regions`` empty: anywhere, also with providers who do not say where. ``is_unbroken``:
    consecutive hours in one place.
    """

    sku: str
    nodes: int
    hours: int
    earliest_ns: int
    deadline_ns: int
    regions: tuple[str, ...] = ()
    is_unbroken: bool = False
    price_usd_max: float = float("inf")
    takes_interruptible: bool = False


class Leg(NamedTuple):
    """One hour of the plan and whom it comes from; ``price_usd`` is per GPU-hour."""

    start_ns: int
    region: str
    price_usd: float
    source: str


def route(workload: Workload, pool: Pool, books: Mapping[str, BookView] | None = None) -> list[Leg]:
    """The cheapest hours that fit, in order of delivery; empty if nothing fits.

    ``books`` by symbol: an hour on the exchange counts if enough lots for all nodes are offered,
    at the average price of taking them.
    """
    legs = [leg for leg in _legs(workload, pool, books or {}) if leg.price_usd <= workload.price_usd_max]
    choose = cheapest_run if workload.is_unbroken else cheapest_any
    return choose(legs, workload.hours)


def cost_usd(workload: Workload, legs: Sequence[Leg]) -> float:
    """What the plan costs in dollars, all nodes together."""
    gpus = CATALOGUE.sku(workload.sku).gpus_per_node * workload.nodes
    return sum(leg.price_usd for leg in legs) * gpus


def _legs(workload: Workload, pool: Pool, books: Mapping[str, BookView]) -> list[Leg]:
    sku = CATALOGUE.sku(workload.sku)
    first_hour = -(-workload.earliest_ns // NS_PER_HOUR)
    hours = range(first_hour, workload.deadline_ns // NS_PER_HOUR)
    legs: list[Leg] = []
    for code in workload.regions or ("", *CATALOGUE.regions):
        standing = _standing(workload, pool, code)
        for hour in hours:
            legs += [Leg(hour * NS_PER_HOUR, code, price_usd, source) for price_usd, source in standing]
            if code:
                legs += _on_exchange(hour_contract(sku, CATALOGUE.region(code), hour), books, workload.nodes)
    return legs


def _on_exchange(contract: Contract, books: Mapping[str, BookView], lots: int) -> list[Leg]:
    price_usd = _price_of_taking(contract, books.get(contract.symbol), lots)
    return [Leg(contract.start_ns, contract.region.code, price_usd, EXCHANGE)] if price_usd else []


def _standing(workload: Workload, pool: Pool, region: str) -> list[tuple[float, str]]:
    offers = pool.cheapest(workload.sku, region)
    if workload.takes_interruptible:
        offers = offers + pool.cheapest(workload.sku, region, is_firm=False)
    return [(offer.price_usd, offer.provider) for offer in offers]


def _price_of_taking(contract: Contract, book: BookView | None, lots: int) -> float:
    """Average dollars per GPU-hour of buying ``lots`` at once; 0 if not so many are offered."""
    left, paid_ticks = lots, 0
    for price_ticks, offered in book.asks if book else ():
        taken = min(left, offered)
        paid_ticks += taken * price_ticks
        left -= taken
        if left == 0:
            return paid_ticks * contract.price_usd(1) / lots
    return 0.0
