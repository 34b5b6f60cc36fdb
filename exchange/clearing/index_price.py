"""The daily index of a SKU: one price for all hours of a date in all regions, from their fixings alone.

Like a fixing it is never revised: the same FIXING events give the same index, and a correction of one
of them is for the next reader to judge. See docs/fixing.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from exchange.domain.catalogue import Sku
from exchange.domain.enums import EventKind, FixingMethod
from exchange.domain.errors import GpuxError
from exchange.domain.instruments import Contract
from exchange.wire.events import Event


class TwoFixings(GpuxError):
    """A contract that is fixed twice: these are not the events of one venue."""


class IndexMethod(IntEnum):
    NONE = 0  # nothing was fixed
    VOLUME = 1  # each fixing weighs as much as lots traded in its last hour
    EQUAL = 2  # nothing traded in any of them: each weighs the same


class Fixing(NamedTuple):
    contract: Contract
    price_ticks: int
    method: FixingMethod
    lots: int  # traded in the hour before the gate


class DailyIndex(NamedTuple):
    sku: Sku
    day: int  # of UTC, since 1970
    price_ticks: int  # 0 = none
    method: IndexMethod
    inputs: tuple[Fixing, ...]  # those that have a price, by hour and region

    @property
    def lots(self) -> int:
        return sum(fixing.lots for fixing in self.inputs)

    @property
    def regions(self) -> int:
        return len({fixing.contract.region.code for fixing in self.inputs})

    @property
    def hours(self) -> int:
        """How many hours of the date have a price in any region."""
        return len({fixing.contract.start_ns for fixing in self.inputs})


def fixing_of(contract: Contract, event: Event) -> Fixing:
    """What a FIXING event says; ``contract`` is the one that it is about."""
    assert event.kind == EventKind.FIXING
    return Fixing(contract, event.price_ticks, FixingMethod(event.reason), event.amount)


def daily_index(sku: Sku, day: int, fixings: Iterable[Fixing]) -> DailyIndex:
    """The index of ``sku`` for the UTC date ``day``, from those of ``fixings`` that are its hours, in any order.

    Rounded to the nearest tick, a half to the even one. Raises TwoFixings if a contract is there twice.
    """
    of_day = [fixing for fixing in fixings if _is_hour_of(fixing.contract, sku, day)]
    of_day.sort(key=lambda fixing: (fixing.contract.start_ns, fixing.contract.region.code))
    for fixing, later in pairwise(of_day):
        if fixing.contract == later.contract:
            raise TwoFixings(f"{fixing.contract.symbol} is fixed twice, at {fixing[1:]} and {later[1:]}")
    inputs = tuple(fixing for fixing in of_day if fixing.method != FixingMethod.NONE)
    if not inputs:
        return DailyIndex(sku, day, 0, IndexMethod.NONE, ())
    method = IndexMethod.VOLUME if any(fixing.lots for fixing in inputs) else IndexMethod.EQUAL
    weights = [fixing.lots if method == IndexMethod.VOLUME else 1 for fixing in inputs]
    value = sum(weight * fixing.price_ticks for weight, fixing in zip(weights, inputs, strict=True))
    return DailyIndex(sku, day, round(Fraction(value, sum(weights))), method, inputs)


def _is_hour_of(contract: Contract, sku: Sku, day: int) -> bool:
    return contract.sku == sku and contract.day == day and contract.term.startswith("H")
