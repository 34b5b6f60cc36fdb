"""A venue in virtual time: what its caretaker does by the clock, done at the hours of a calendar.

The parts are the venue's own: listing, stages, settlement and the engine. Only the clock, the journal and the
network are not there. An auditor hears every event.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from heapq import heappop, heappush

import numpy as np

from exchange.config import Settings
from exchange.domain.calendar import listing_ns
from exchange.domain.enums import CommandKind, EventKind, Phase
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
_CLOSING_CALL = (EventKind.PHASE, Phase.CLOSING)


class Month:
    def __init__(self, settings: Settings, start_ns: int) -> None:
        self.engine, self.auditor = Engine(), Auditor()
        self.settings = settings
        self.now_ns = start_ns
        self.history: list[Rows] = []
        self.contracts: list[Contract] = []  # by number
        self.happened: Counter[tuple[EventKind, int]] = Counter()  # by kind and reason
        self._by_account: Counter[tuple[int, int]] = Counter()
        self._open: list[tuple[int, Contract]] = []
        self._ending: dict[int, list[int]] = {}
        self._listed = 0
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
            self.happened[EventKind(event.kind), event.reason] += 1
            self._by_account[event.account, event.kind] += 1
            self._by_account[event.maker_account, event.kind] += 1
            self._listed += event.kind == EventKind.LISTED
        return events

    def counts_of(self, account: int, kind: EventKind) -> int:
        """How often something happened to an account."""
        return self._by_account[account, kind]

    def open_hours(self) -> Iterator[tuple[int, Contract]]:
        """Hours whose gate is to come, as they were listed."""
        self._open = [known for known in self._open if known[1].gate_ns > self.now_ns]
        return iter(self._open)

    def ended_hours(self) -> list[int]:
        """Hours whose delivery has just ended."""
        return self._ending.pop(self.now_ns, [])

    def run(self, hours: int, hourly: Callable[[], None], closing: Callable[[Sequence[int]], None]) -> None:
        """List what is near at the beginning of each hour, let ``hourly`` happen, and every stage in between.

        ``closing`` is told of contracts whose closing call has just begun.
        """
        self._closing = closing
        for _ in range(hours):
            self._list()
            hourly()
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
            contract = parse_symbol(self.engine.symbol(number))
            self.contracts.append(contract)
            if contract.hours == 1:
                self._open.append((number, contract))
                self._ending.setdefault(contract.end_ns, []).append(number)
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
            events = self.ask(steps)
            called = [event.contract for event in events if (event.kind, event.reason) == _CLOSING_CALL]
            if called:
                self._closing(called)
        raise AssertionError(f"{numbers} do not come to rest at {self.now_ns}: {steps[:3]}")
