"""What can be asked of a journal, and how it is answered: one class a question, which follows a replay."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from exchange.clearing.obligation import Obligation
from exchange.daily.facts import DayFacts, Days
from exchange.domain.dates import NS_PER_DAY
from exchange.engine import Engine
from exchange.journal.format import START, Position
from exchange.journal.recovery import Hear, newest_before
from exchange.statement import document
from exchange.statement.day import day_of
from exchange.statement.entries import Account, NoAccount
from exchange.statement.hours import hours_of


class Question(Protocol):
    """Goes to another process and back: it must pickle, and so must the answer."""

    def begin(self, directory: Path) -> tuple[Engine, Position]:
        """Where to begin, which may be at a snapshot."""

    def follower(self, engine: Engine) -> Hear:
        """Who is to hear everything from there on."""

    def answer(self, engine: Engine) -> Any:
        """Called at the end. Raises GpuxError if there is no answer."""


@dataclass
class OfDays:
    """The facts of UTC days, which needs the journal from its first command."""

    first_day: int
    last_day: int
    obligation: Obligation

    def begin(self, directory: Path) -> tuple[Engine, Position]:
        return Engine(), START

    def follower(self, engine: Engine) -> Hear:
        self._days = Days(self.first_day, self.last_day, self.obligation)
        return self._days.hear

    def answer(self, engine: Engine) -> list[DayFacts]:
        return self._days.end()


@dataclass
class OfAccount:
    """A day of an account of at most so many entries, from a snapshot before that day if there is one.

    ``form``: ``day`` and ``hours`` are answered in JSON, ``csv`` and ``csv-hours`` in CSV, all as bytes.
    """

    name: str
    day: int
    form: str
    entries_max: int

    def begin(self, directory: Path) -> tuple[Engine, Position]:
        return newest_before(directory, self.day * NS_PER_DAY)

    def follower(self, engine: Engine) -> Hear:
        self._account = Account(self.name, self.day, self.entries_max)
        self._account.take_over(engine)
        return self._account.hear

    def answer(self, engine: Engine) -> bytes:
        if engine.find_account(self.name) is None:
            raise NoAccount(f"there is no account {self.name[:40]!r}")
        account = self._account
        day = day_of(account.entries, self.day, account.opening_micros)
        found = document.of_hours(hours_of(day)) if self.form.endswith("hours") else document.of_day(day)
        return (document.as_csv(found) if self.form.startswith("csv") else json.dumps(found)).encode()
