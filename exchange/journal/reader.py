"""Reading a journal from its first frame to its last, changing nothing and believing nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import apsw

from exchange.domain.records import Rows
from exchange.journal.format import (
    FILE_NAME,
    START,
    CorruptJournal,
    JournalError,
    JournalLocked,
    Position,
    follow,
)

_BUSY_MS = 500


class NoJournal(JournalError):
    """The directory holds no journal."""


class Head(NamedTuple):
    """Where the journal says that it ends."""

    epoch: int
    frames: int
    chain_hash: bytes


class JournalReader:
    """The journal in ``directory``, while nobody writes it.

    Raises NoJournal if there is none, JournalLocked if a server holds it, CorruptJournal if it is no journal.
    """

    def __init__(self, directory: Path, shard: int = 0) -> None:
        self.directory = directory
        self.file = directory / FILE_NAME
        self.shard = shard
        if not self.file.is_file():
            raise NoJournal(f"directory {directory} holds no journal: {FILE_NAME} is not there")
        with self._faults():
            self._connection = apsw.Connection(str(self.file), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            with self._faults():
                self._connection.set_busy_timeout(_BUSY_MS)
                # One read transaction to the end: nobody can begin to write under a reader.
                self._connection.execute("BEGIN")
                self.head = self._head()
        except BaseException:
            self._connection.close()
            raise

    def walk(self) -> Iterator[tuple[Position, Rows]]:
        """Every frame's commands and the position after them, each checked against the one before.

        Raises CorruptJournal at the first thing that is not as it was written.
        """
        position = START
        with self._faults():
            for number, frame in self._connection.execute("SELECT number, frame FROM frames ORDER BY number"):
                position, commands = follow(position, self.shard, int(number), bytes(frame))
                yield position, commands
        if (position.frames, position.chain_hash) != (self.head.frames, self.head.chain_hash):
            raise CorruptJournal(
                f"gap: expected {self.head.frames} frames up to hash {self.head.chain_hash.hex()}, found the end after "
                f"frame {position.frames} (sequence {position.sequence}) with hash {position.chain_hash.hex()}"
            )

    def frames(self, after: int) -> Iterator[tuple[int, bytes]]:
        """The frames after frame ``after`` with their numbers, as they are stored, unchecked."""
        with self._faults():
            for number, frame in self._connection.execute(
                "SELECT number, frame FROM frames WHERE number > ? ORDER BY number", (after,)
            ):
                yield int(number), bytes(frame)

    def damage(self) -> str | None:
        """What SQLite itself finds wrong with the file, apart from the frames."""
        with self._faults():
            ((found,),) = self._connection.execute("PRAGMA quick_check(1)")
        return None if found == "ok" else str(found)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _head(self) -> Head:
        ((tables,),) = self._connection.execute("SELECT count(*) FROM sqlite_master")
        if not tables:
            # A writer died before its first commit: nothing was ever written here.
            raise NoJournal(f"directory {self.directory} holds no journal: {FILE_NAME} is empty")
        rows = list(
            self._connection.execute("SELECT epoch, frames, chain_hash FROM head WHERE shard = ?", (self.shard,))
        )
        if not rows:
            raise CorruptJournal(f"{self.file}: expected a head of shard {self.shard}, found none")
        epoch, frames, chain_hash = rows[0]
        return Head(int(epoch), int(frames), bytes(chain_hash))

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (apsw.BusyError, apsw.LockedError) as error:
            raise JournalLocked(
                f"directory {self.directory} is in use: a server has its journal open; stop it first"
            ) from error
        except apsw.Error as error:
            raise CorruptJournal(f"{self.file}: expected a journal, found damage: {error}") from error
