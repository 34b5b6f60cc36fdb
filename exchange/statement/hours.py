"""What an account spent on each hour of delivery in one day of trading, and what that leaves of its credit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from exchange.domain.errors import BadSymbol
from exchange.domain.instruments import parse_symbol
from exchange.domain.units import NS_PER_HOUR
from exchange.statement.day import Day
from exchange.statement.entries import PURPOSES, Entry

_TRADES = ("buy", "sell")
_CREDIT = (PURPOSES["credit"], PURPOSES["unused"])


class Line(NamedTuple):
    """One SKU and region in one hour. What was sold is negative; ``spent`` counts fees."""

    hour: int  # of delivery, since 1970
    what: str  # SKU and region, such as H100SXM_USE; else the contract's name
    lots: int
    gpu_hours: int
    spent_micros: int
    left_micros: int  # of what there was to spend, after this line and those before it


class Hours(NamedTuple):
    """``to_spend`` is what the account had once the day's credit was there; without credit, at the day's beginning."""

    day: Day
    to_spend_micros: int
    has_credit: bool
    lines: list[Line]

    @property
    def spent_micros(self) -> int:
        return sum(line.spent_micros for line in self.lines)

    @property
    def other_micros(self) -> int:
        """What moved beside trades and credit: the day closes with what is left and this."""
        return self.day.closing_micros - self.to_spend_micros + self.spent_micros

    @property
    def used(self) -> float:
        """The part of the credit that was spent."""
        return self.spent_micros / self.to_spend_micros if self.has_credit and self.to_spend_micros else 0.0


def hours_of(day: Day) -> Hours:
    """The trades of ``day`` by hour of delivery, earliest first.

    A strip that was traded with another strip is spread over its hours evenly, and what does not divide falls
    on the first of them.
    """
    credit = [entry for entry in day.entries if entry.what in _CREDIT]
    to_spend_micros = day.opening_micros + sum(entry.cash_micros for entry in credit)
    totals: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for entry in day.entries:
        if entry.what in _TRADES:
            for key, amounts in _parts(entry):
                totals[key] = [total + amount for total, amount in zip(totals[key], amounts, strict=True)]
    lines, left_micros = [], to_spend_micros
    for (hour, what), (lots, gpu_hours, spent_micros) in sorted(totals.items()):
        left_micros -= spent_micros
        lines.append(Line(hour, what, lots, gpu_hours, spent_micros, left_micros))
    return Hours(day, to_spend_micros, bool(credit), lines)


def _parts(entry: Entry) -> Iterator[tuple[tuple[int, str], tuple[int, int, int]]]:
    """Lots, GPU-hours and micro-dollars spent by hour and by SKU and region."""
    try:
        contract = parse_symbol(entry.contract)
    except BadSymbol:
        yield (entry.time_ns // NS_PER_HOUR, entry.contract), (entry.lots, entry.gpu_hours, -entry.cash_micros)
        return
    place = f"{contract.sku.code}_{contract.region.code}"
    hours = contract.delivery_hours
    each, rest = divmod(-entry.cash_micros, len(hours))
    for count, hour in enumerate(hours):
        yield (hour, place), (entry.lots, entry.gpu_hours // len(hours), each + (count < rest))
