"""What happened on UTC days, from commands and events alone: whoever has the journal finds the same.

A day is all that was stamped before its end; only the fixings of its hours count whenever they were
made, as a gate that fell while the venue was down is told when it is up again. Volumes of 30 days,
scores and fees are running totals: what is kept grows with accounts and contracts, not with trades.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from exchange.clearing.index_price import DailyIndex, Fixing, daily_index, fixing_of
from exchange.clearing.obligation import Obligation, Score
from exchange.daily.makers import Makers
from exchange.domain.dates import NS_PER_DAY
from exchange.domain.enums import EventKind
from exchange.domain.errors import BadSymbol
from exchange.domain.instruments import parse_symbol
from exchange.domain.records import Rows
from exchange.engine import Engine
from exchange.wire.events import event_tuples

VOLUME_DAYS = 30


class DayFacts(NamedTuple):
    """One UTC day. Accounts are numbers, money is micro-dollars."""

    day: int  # since 1970
    sequence: int  # of its last command, or of the last before it
    volumes_micros: dict[int, int]  # of the 30 days that end with it: an account's trades on either side
    maker_volumes_micros: dict[int, int]  # of this day
    fees_micros: int  # of this day, from both sides
    scores: dict[int, Score]
    indexes: list[DailyIndex]  # by SKU: all that had a fixing


class Days:
    """Follows a journal from its first command and tells of the days from ``first_day`` on."""

    def __init__(self, first_day: int, obligation: Obligation) -> None:
        self.obligation = obligation
        self.day = -1  # what is being counted; -1 before the first command
        self._found: list[DayFacts] = []
        self._first_day = first_day
        self._makers = Makers(obligation)
        self._sequence = 0
        self._volumes: dict[int, dict[int, int]] = {}  # by day, then by account
        self._maker_volumes: dict[int, int] = defaultdict(int)
        self._fees_micros = 0
        self._fixings: dict[int, list[Fixing]] = defaultdict(list)  # by the date of delivery

    def hear(self, engine: Engine, commands: Rows, events: Rows) -> None:
        """Follow ``commands`` and what came of them. ``engine`` has applied them."""
        for day, some, theirs in _by_day(commands, events):
            self._note_fixings(engine, theirs[theirs["kind"] == EventKind.FIXING])
            self._reach(day)
            self._sequence = int(some["sequence"][-1])
            self._count_trades(theirs[theirs["kind"] == EventKind.FILLED])
            self._makers.hear(some, theirs)

    def tell(self, last_day: int) -> list[DayFacts]:
        """All days up to ``last_day``, once every gate of that day is past and nothing more will happen on it.

        What was told is forgotten; what is heard from then on is of the days after it.
        """
        self._reach(last_day + 1)
        told = [facts._replace(indexes=self._indexes(facts.day)) for facts in self._found if facts.day <= last_day]
        self.begin(max(last_day + 1, self._first_day))
        return told

    def begin(self, first_day: int) -> None:
        """Tell from ``first_day`` on, which is not before the day that is being counted."""
        self._first_day = first_day
        self._found = [facts for facts in self._found if facts.day >= first_day]
        self._fixings = defaultdict(list, {day: of for day, of in self._fixings.items() if day >= first_day})

    def _reach(self, day: int) -> None:
        """Turn the page as often as it takes."""
        self.day = day if self.day < 0 else self.day
        while self.day < day:
            scores = self._makers.turn_day((self.day + 1) * NS_PER_DAY)
            if self.day >= self._first_day:
                self._found.append(self._facts(scores))
            self._forget()
            self.day += 1

    def _facts(self, scores: dict[int, Score]) -> DayFacts:
        volumes: dict[int, int] = defaultdict(int)
        for of_day in self._volumes.values():
            for account, micros in of_day.items():
                volumes[account] += micros
        return DayFacts(
            self.day,
            self._sequence,
            dict(sorted(volumes.items())),
            dict(sorted(self._maker_volumes.items())),
            self._fees_micros,
            scores,
            [],
        )

    def _indexes(self, day: int) -> list[DailyIndex]:
        fixings = self._fixings[day]
        skus = {fixing.contract.sku.code: fixing.contract.sku for fixing in fixings}
        return [daily_index(skus[code], day, fixings) for code in sorted(skus)]

    def _forget(self) -> None:
        self._volumes = {day: found for day, found in self._volumes.items() if day > self.day + 1 - VOLUME_DAYS}
        self._maker_volumes.clear()
        self._fees_micros = 0

    def _count_trades(self, fills: Rows) -> None:
        self._fees_micros += int(fills["fee"].sum()) + int(fills["maker_fee"].sum())
        # Who trades with himself, as one can in an auction, makes no volume.
        fills = fills[fills["account"] != fills["maker_account"]]
        volumes = self._volumes.setdefault(self.day, defaultdict(int))
        for column, totals in (("account", [volumes]), ("maker_account", [volumes, self._maker_volumes])):
            accounts, places = np.unique(fills[column], return_inverse=True)
            micros = np.zeros(len(accounts), np.int64)
            np.add.at(micros, places, fills["amount"])
            for account, amount in zip(accounts.tolist(), micros.tolist(), strict=True):
                for total in totals:
                    total[account] += amount

    def _note_fixings(self, engine: Engine, rows: Rows) -> None:
        for event in event_tuples(rows):
            try:
                contract = parse_symbol(engine.contract(event.contract).symbol)
            except BadSymbol:
                continue
            if contract.term.startswith("H") and contract.day >= self._first_day:
                self._fixings[contract.day].append(fixing_of(contract, event))


def _by_day(commands: Rows, events: Rows) -> Iterator[tuple[int, Rows, Rows]]:
    """The commands of each day and their events; times never decrease."""
    days = commands["time_ns"] // NS_PER_DAY
    starts = np.flatnonzero(np.diff(days, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(commands)], strict=True):
        first, last = commands["sequence"][start], commands["sequence"][end - 1]
        low, high = np.searchsorted(events["sequence"], [first, last + 1])
        yield int(days[start]), commands[start:end], events[low:high]
