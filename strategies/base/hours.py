"""Which delivery hours serve a small workload most cheaply."""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_HOUR


class HourPrice(NamedTuple):
    """What a GPU-hour of this delivery hour costs now, in dollars."""

    contract: Contract
    price_usd: float


Priced = TypeVar("Priced", bound=HourPrice)


def cheapest_any(hours: Sequence[Priced], count: int) -> list[Priced]:
    """The ``count`` cheapest, earlier first among equals, in order of delivery; empty if there are too few.

    An hour of delivery is taken once, wherever it is cheapest.
    """
    best = sorted(_cheapest_of_each_start(hours), key=lambda hour: (hour.price_usd, hour.contract.start_ns))[:count]
    return sorted(best, key=lambda hour: hour.contract.start_ns) if len(best) == count else []


def cheapest_run(hours: Sequence[Priced], count: int) -> list[Priced]:
    """The cheapest ``count`` consecutive hours in one region; empty if there is no such run."""
    best: list[Priced] = []
    for region in sorted({hour.contract.region.code for hour in hours}):
        local = sorted(
            _cheapest_of_each_start([hour for hour in hours if hour.contract.region.code == region]),
            key=lambda hour: hour.contract.start_ns,
        )
        for first in range(len(local) - count + 1):
            run = local[first : first + count]
            is_unbroken = run[-1].contract.start_ns - run[0].contract.start_ns == (count - 1) * NS_PER_HOUR
            if is_unbroken and (not best or _total(run) < _total(best)):
                best = run
    return best


def _cheapest_of_each_start(hours: Sequence[Priced]) -> list[Priced]:
    best: dict[int, Priced] = {}
    for hour in hours:
        known = best.get(hour.contract.start_ns)
        if known is None or hour.price_usd < known.price_usd:
            best[hour.contract.start_ns] = hour
    return list(best.values())


def _total(run: Sequence[HourPrice]) -> float:
    return sum(hour.price_usd for hour in run)
