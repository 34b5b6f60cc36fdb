"""One day of an account, UTC: what it began with, what moved, what it ended with, to the micro-dollar."""

from __future__ import annotations

from typing import NamedTuple

from exchange.domain.dates import NS_PER_DAY, date_of
from exchange.statement.entries import Entry


class Day(NamedTuple):
    """Money is micro-dollars. ``opening`` and ``closing`` are what is on the account, its bond included."""

    day: int  # since 1970
    opening_micros: int
    entries: list[Entry]
    closing_micros: int

    @property
    def date(self) -> str:
        return date_of(self.day)

    def total_micros(self, *what: str) -> int:
        """The sum of all changes of these kinds, fees apart."""
        return sum(entry.cash_micros + entry.fee_micros for entry in self.entries if entry.what in what)

    @property
    def fees_micros(self) -> int:
        return sum(entry.fee_micros for entry in self.entries)


def day_of(entries: list[Entry], day: int, opening_micros: int = 0) -> Day:
    """The entries of one day, and what was on the account before and after; ``opening_micros`` before all of them."""
    before = [entry for entry in entries if entry.time_ns < day * NS_PER_DAY]
    during = [entry for entry in entries if day * NS_PER_DAY <= entry.time_ns < (day + 1) * NS_PER_DAY]
    opening_micros = before[-1].balance_micros if before else opening_micros
    closing_micros = during[-1].balance_micros if during else opening_micros
    assert opening_micros + sum(entry.cash_micros for entry in during) == closing_micros
    return Day(day, opening_micros, during, closing_micros)
