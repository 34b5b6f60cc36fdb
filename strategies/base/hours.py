"""Which delivery hours serve a small workload most cheaply."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeVar

from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_HOUR


class PricedHour(Protocol):
    """One delivery hour somewhere, and what a GPU-hour of it costs now, in dollars."""

    @property
    def start_ns(self) -> int: ...

    @property
    def region(self) -> str: ...

    @property
    def price_usd(self) -> float: ...


class HourPrice(NamedTuple):
    """A ``PricedHour`` that can be bought on the exchange."""

    contract: Contract
    price_usd: float

    @property
    def start_ns(self) -> int:
        return self.contract.start_ns

    @property
    def region(self) -> str:
        return self.contract.region.code


Priced = TypeVar("Priced", bound=PricedHour)


def cheapest_any(hours: Sequence[Priced], count: int) -> list[Priced]:
    """The ``count`` cheapest, earlier first among equals, in order of delivery; empty if there are too few.

    An hour of delivery is taken once, wherever it is cheapest.
    """
    best = sorted(_cheapest_of_each_start(hours), key=lambda hour: (hour.price_usd, hour.start_ns))[:count]
    return sorted(best, key=lambda hour: hour.start_ns) if len(best) == count else []


def cheapest_run(hours: Sequence[Priced], count: int) -> list[Priced]:
    """The cheapest ``count`` consecutive hours in one region; empty if there is no such run."""
    best: list[Priced] = []
    for region in sorted({hour.region for hour in hours}):
        local = sorted(
            _cheapest_of_each_start([hour for hour in hours if hour.region == region]),
            key=lambda hour: hour.start_ns,
        )
        for first in range(len(local) - count + 1):
            run = local[first : first + count]
            is_unbroken = run[-1].start_ns - run[0].start_ns == (count - 1) * NS_PER_HOUR
            if is_unbroken and (not best or _total(run) < _total(best)):
                best = run
    return best


def _cheapest_of_each_start(hours: Sequence[Priced]) -> list[Priced]:
    best: dict[int, Priced] = {}
    for hour in hours:
        known = best.get(hour.start_ns)
        if known is None or hour.price_usd < known.price_usd:
            best[hour.start_ns] = hour
    return list(best.values())


def _total(run: Sequence[PricedHour]) -> float:
    return sum(hour.price_usd for hour in run)
