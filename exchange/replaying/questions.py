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
from exchange.journal.format import START, CorruptJournal, Position
from exchange.journal.recovery import Hear, newest_before
from exchange.replaying import resume
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

    def answer(self, engine: Engine, position: Position) -> Any:
        """Called at the end. Raises GpuxError if there is no answer."""

    def distrust(self) -> None:
        """The journal does not go on from where it began: begin elsewhere the next time."""


@dataclass
class OfDays:
    """The facts of UTC days, from where the last such question ended if that is early enough."""

    first_day: int
    last_day: int
    obligation: Obligation

    def begin(self, directory: Path) -> tuple[Engine, Position]:
        self._directory = directory
        place = resume.load(directory, self.first_day, self.obligation)
        self._began = START if place is None else place.position
        if place is None:
            self._days = Days(self.first_day, self.obligation)
            return Engine(), START
        self._days = place.days
        self._days.begin(self.first_day)
        return place.engine, place.position

    def follower(self, engine: Engine) -> Hear:
        return self._days.hear

    def answer(self, engine: Engine, position: Position) -> list[DayFacts]:
        if position == self._began:
            # Something always happens before a day is asked for, so the place is of another journal.
            self.distrust()
            where = f"frame {position.frames}, where the last replay ended"
            raise CorruptJournal(f"expected frames after {where}, found none: the next replay begins with the first")
        found = self._days.tell(self.last_day)
        resume.save(self._directory, resume.Place(self._days, engine, position))
        return found

    def distrust(self) -> None:
        resume.discard(self._directory)


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

    def answer(self, engine: Engine, position: Position) -> bytes:
        if engine.find_account(self.name) is None:
            raise NoAccount(f"there is no account {self.name[:40]!r}")
        account = self._account
        day = day_of(account.entries, self.day, account.opening_micros)
        found = document.of_hours(hours_of(day)) if self.form.endswith("hours") else document.of_day(day)
        return (document.as_csv(found) if self.form.startswith("csv") else json.dumps(found)).encode()

    def distrust(self) -> None:
        """Snapshots are judged when the venue starts."""
