"""A venue in virtual time: what its caretaker does by the clock, done at the hours of a calendar.

The parts are the venue's own: listing, stages, settlement and the engine. Only the clock, the journal and the
network are not there. An auditor hears every event.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappop, heappush

import numpy as np

from exchange.config import Settings
from exchange.domain.calendar import listing_ns
from exchange.domain.enums import CommandKind, EventKind, Reject
from exchange.domain.instruments import Contract, parse_symbol
from exchange.domain.lifecycle import schedule
from exchange.domain.records import Command, Rows, command_rows
from exchange.domain.units import NS_PER_HOUR
from exchange.engine import Engine
from exchange.listing import list_hours, list_legs, list_strips
from exchange.settlement.survey import survey as survey_lots
from exchange.stages import survey
from tests.market.auditor import Auditor
from tests.reference.events import Event, event_tuples

_ROUNDS_MAX = 40


class Month:
    def __init__(self, settings: Settings, start_ns: int) -> None:
        self.engine, self.auditor = Engine(), Auditor()
        self.settings = settings
        self.now_ns = start_ns
        self.history: list[Rows] = []
        self.contracts: list[Contract] = []  # by number
        self._listed = 0
        from collections import Counter

        self.counts = Counter()
        self.rejects = Counter()
        self._changes: list[tuple[int, int]] = []  # when to look at which contract

    def ask(self, commands: Sequence[Command]) -> list[Event]:
        """Everything at once, now."""
        rows = command_rows(list(commands))
        if not len(rows):
            return []
        rows["sequence"] = np.arange(self.engine.sequence + 1, self.engine.sequence + 1 + len(rows))
        rows["time_ns"] = self.now_ns
        self.history.append(rows)
        events = event_tuples(self.engine.apply(rows).tobytes())
        for event in events:
            self.auditor.hear(event)
            self.counts[EventKind(event.kind).name] += 1
            if event.kind == EventKind.REJECTED:
                self.rejects[Reject(event.reason).name] += 1
            self._listed += event.kind == EventKind.LISTED
        return events

    def run(self, hours: int, hourly: Callable[[Month], None]) -> None:
        """List what is near at the beginning of each hour, let ``hourly`` happen, and every stage in between."""
        for _ in range(hours):
            self._list()
            hourly(self)
            self.advance(self.now_ns + NS_PER_HOUR)

    def advance(self, until_ns: int) -> None:
        """Stage after stage of every contract, each at its time."""
        while self._changes and self._changes[0][0] <= until_ns:
            self.now_ns = max(self.now_ns, self._changes[0][0])
            self._look()
        self.now_ns = until_ns
        self._look()

    def _list(self) -> None:
        for missing in (list_hours, list_strips, list_legs):
            self.ask(missing(self.engine, self.settings, self.now_ns))
        for number in range(len(self.contracts), self._listed):
            contract = parse_symbol(self.engine.contract(number).symbol)
            self.contracts.append(contract)
            listed_ns = listing_ns(contract, self.settings.hours_ahead)
            for change in schedule(contract, listed_ns, self.settings.stages):
                heappush(self._changes, (change.time_ns, number))
        self._look()

    def _look(self) -> None:
        """Do what is due now for those contracts that change, until nothing is."""
        if self.engine.next_deadline_ns() <= self.now_ns:
            self.ask([Command(kind=CommandKind.TICK)])
        due = set()
        while self._changes and self._changes[0][0] <= self.now_ns:
            due.add(heappop(self._changes)[1])
        numbers = sorted(due)
        for _ in range(_ROUNDS_MAX):
            steps = survey(self.engine, self.settings, self.now_ns, numbers).commands
            steps += survey_lots(self.engine, self.settings, self.now_ns, numbers)
            if not steps:
                return
            self.ask(steps)
        raise AssertionError(f"{numbers} do not come to rest at {self.now_ns}: {steps[:3]}")
