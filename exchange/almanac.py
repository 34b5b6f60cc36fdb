"""The pages of closed days in the venue's directory, one file a day, whole or not there.

They are made from the journal and can be made again: a page that is missing is a day that is not closed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from exchange.domain.dates import date_of, parse_day
from exchange.domain.errors import GpuxError
from exchange.durable import put

DIRECTORY_NAME = "days"
# Says which day was the first, so that none is left out that ended while nobody was there.
_FIRST = "first"


class BadPage(GpuxError):
    """A file among the pages that cannot be read or written."""


class Almanac:
    """Pages by day; ``directory`` is the venue's."""

    def __init__(self, directory: Path) -> None:
        self._folder = directory / DIRECTORY_NAME

    def begin(self, day: int) -> None:
        """Make the folder, unless it is there: ``day`` is the first of which a page is wanted. Raises BadPage."""
        if not (self._folder / _FIRST).exists():
            self._write(_FIRST, date_of(day) + "\n")

    def missing(self, last: int) -> list[int]:
        """The days from the first to ``last`` that have no page. Raises BadPage."""
        try:
            first = parse_day((self._folder / _FIRST).read_text().strip())
        except (OSError, GpuxError) as error:
            raise BadPage(f"{self._folder / _FIRST}: expected the date of the first day, found {error}") from None
        written = set(self._days())
        return [day for day in range(first, last + 1) if day not in written]

    def write(self, day: int, page: str) -> None:
        """Close a day. Raises BadPage."""
        self._write(f"{date_of(day)}.json", page)

    def newest(self, count: int) -> list[dict[str, Any]]:
        """The last pages, oldest first. Raises BadPage."""
        return [self.read(day) for day in self._days()[-count:]]

    def read(self, day: int) -> dict[str, Any]:
        """The page of a day. Raises BadPage."""
        path = self._folder / f"{date_of(day)}.json"
        try:
            page: dict[str, Any] = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise BadPage(
                f"{path}: expected the page of a day, found {error}; move it away to have it made again"
            ) from None
        return page

    def _days(self) -> list[int]:
        return sorted(parse_day(path.stem) for path in self._folder.glob("????-??-??.json"))

    def _write(self, name: str, text: str) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            put(self._folder / name, text.encode())
        except OSError as error:
            raise BadPage(f"{self._folder / name} cannot be written: {error}") from None
