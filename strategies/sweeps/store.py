"""The scores found so far, one a line in a file, so that a sweep that was stopped can go on.

A study is a function of its scores: going on is beginning again with those that are there. So they
alone are kept, each written and synced as it comes; a line that a crash tore is dropped.
"""

import fcntl
import json
import os
from pathlib import Path
from typing import Any

from exchange.domain.errors import GpuxError
from strategies.sweeps.space import Parameters
from strategies.sweeps.task import Score, Window

_MAGIC = "gpux sweep scores"
_FORMAT = 1


class BadStore(GpuxError):
    """A file of scores that is not one, is damaged, is in use, or is of another sweep."""


class Store:
    """Open until closed, and nobody else's meanwhile.

    ``identity``: what else the scores depend on, as plain JSON; a file of another identity is refused.
    """

    def __init__(self, path: Path, identity: dict[str, Any], is_resumed: bool) -> None:
        """Raises BadStore."""
        if path.exists() and path.stat().st_size > 0 and not is_resumed:
            raise BadStore(
                f"{path}: a sweep is kept here already; --resume goes on with it, --store names another file"
            )
        self._path = path
        self._scores: dict[str, Score] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+b")
        except OSError as error:
            raise BadStore(f"{path}: cannot be written ({error.strerror or error})") from None
        try:
            self._lock()
            self._read(identity)
        except BaseException:
            self._file.close()
            raise

    def get(self, parameters: Parameters, window: Window) -> Score | None:
        return self._scores.get(_key(parameters, window))

    def put(self, parameters: Parameters, window: Window, score: Score) -> None:
        key = _key(parameters, window)
        self._scores[key] = score
        self._write([key, list(score.profits_usd), score.trades, score.messages, score.failure])

    def __len__(self) -> int:
        return len(self._scores)

    def close(self) -> None:
        self._file.close()

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadStore(f"{self._path}: another sweep is writing to it") from None

    def _read(self, identity: dict[str, Any]) -> None:
        self._file.seek(0)
        whole, end, _ = self._file.read().rpartition(b"\n")
        self._file.truncate(len(whole) + len(end))
        lines = whole.split(b"\n") if whole else []
        if not lines:
            self._write([_MAGIC, _FORMAT, identity])
        for number, line in enumerate(lines, 1):
            row = self._row(number, line)
            if number == 1:
                self._check(row, identity)
            else:
                self._remember(number, row)

    def _row(self, number: int, line: bytes) -> Any:
        try:
            return json.loads(line)
        except ValueError:
            raise BadStore(f"{self._path}: line {number} is damaged; expected JSON") from None

    def _check(self, row: Any, identity: dict[str, Any]) -> None:
        if not isinstance(row, list) or row[:2] != [_MAGIC, _FORMAT] or len(row) != 3:
            raise BadStore(f"{self._path}: not a file of scores of a sweep")
        found = row[2]
        for name in sorted(identity.keys() | found.keys()):
            if (ours := identity.get(name)) != (theirs := found.get(name)):
                raise BadStore(f"{self._path}: of another sweep: its {name} is {theirs}, here it is {ours}")

    def _remember(self, number: int, row: Any) -> None:
        match row:
            case [str(key), list(profits), int(trades), int(messages), str(failure)]:
                self._scores[key] = Score(tuple(float(profit) for profit in profits), trades, messages, failure)
            case _:
                raise BadStore(f"{self._path}: line {number} is not a score")

    def _write(self, row: list[Any]) -> None:
        try:
            self._file.write(json.dumps(row).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise BadStore(f"{self._path}: cannot be written ({error.strerror or error})") from None


def _key(parameters: Parameters, window: Window) -> str:
    return json.dumps([dict(parameters), window.seed, window.start_ns, window.end_ns])
