"""The one writer of a journal: a SQLite file that this process holds alone until it closes it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import apsw

from exchange.domain.records import Rows
from exchange.journal.format import (
    FILE_NAME,
    SCHEMA,
    START,
    CorruptJournal,
    JournalError,
    JournalLocked,
    Position,
    encode_frame,
    position_after,
)

# Long enough for a predecessor that is just closing, short enough to be told about one that is not.
_BUSY_MS = 500
# How much is read at a time, while a writer waits.
_READ_BYTES = 2**16


class JournalWriteFailed(JournalError):
    """A turn could not be made durable; nothing of it may be shown and the journal takes no more."""


class JournalWriter:
    """Appends turns to the journal in ``directory``, which it makes if it must.

    Raises JournalLocked if another process has it, JournalError if it cannot be written there.
    Methods may be called from any thread, one at a time.
    """

    def __init__(self, directory: Path, shard: int = 0, *, synchronous: bool = True) -> None:
        """Without ``synchronous`` a commit survives the end of the process, not always a loss of power."""
        self.directory = directory
        self.shard = shard
        self.synchronous = synchronous
        self._file = directory / FILE_NAME
        self._failed = False
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._connection = apsw.Connection(str(self._file))
        except (OSError, apsw.CantOpenError) as error:
            raise JournalError(f"directory {directory} cannot be written: {error}") from error
        try:
            self.epoch, self.position = self._take()
        except BaseException:
            self._connection.close()
            raise
        self._appended = self.position

    def append(self, commands: Rows) -> None:
        """Add ``commands`` as one frame; durable only after ``commit``. Raises JournalWriteFailed."""
        if self._failed:
            raise JournalWriteFailed(f"journal {self._file} has failed before: restart to recover")
        frame, after = encode_frame(self._appended, self.shard, self.epoch, commands)
        try:
            if not self._connection.in_transaction:
                self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("INSERT INTO frames VALUES (?, ?)", (after.frames, frame))
            self._connection.execute(
                "UPDATE head SET frames = ?, chain_hash = ? WHERE shard = ?",
                (after.frames, after.chain_hash, self.shard),
            )
        except apsw.Error as error:
            raise self._failure(error) from error
        self._appended = after

    def commit(self) -> None:
        """Make everything appended durable, as far as ``synchronous`` says. Raises JournalWriteFailed."""
        try:
            self._connection.execute("COMMIT")
        except apsw.Error as error:
            raise self._failure(error) from error
        self.position = self._appended

    def read(self, after: int) -> list[tuple[int, bytes]]:
        """The frames after frame ``after``, with their numbers: about as many as ``_READ_BYTES``, none at the end.

        As they are stored, unchecked. Raises JournalError.
        """
        found: list[tuple[int, bytes]] = []
        left = _READ_BYTES
        try:
            # Closed at once: a query that is left open would keep the log behind the file from being cut.
            with closing(self._connection.cursor()) as rows:
                for number, frame in rows.execute(
                    "SELECT number, frame FROM frames WHERE number > ? ORDER BY number", (after,)
                ):
                    found.append((int(number), bytes(frame)))
                    left -= len(found[-1][1])
                    if left <= 0:
                        break
        except apsw.Error as error:
            raise JournalError(f"journal {self._file} cannot be read: {type(error).__name__}: {error}") from error
        return found

    def close(self) -> None:
        """Give the journal free. What was appended and not committed is dropped."""
        self._connection.close()

    def _take(self) -> tuple[int, Position]:
        """Lock the file for good, begin the next epoch and find where the journal ends."""
        connection = self._connection
        connection.set_busy_timeout(_BUSY_MS)
        try:
            # In this mode SQLite keeps the lock of the first transaction until the file is closed.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {'FULL' if self.synchronous else 'NORMAL'}")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute(SCHEMA)
            head = (self.shard, 0, 0, START.chain_hash)
            connection.execute("INSERT INTO head VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", head)
            connection.execute("UPDATE head SET epoch = epoch + 1 WHERE shard = ?", (self.shard,))
            epoch, position = self._end()
            connection.execute("COMMIT")
        except (apsw.BusyError, apsw.LockedError) as error:
            raise JournalLocked(
                f"directory {self.directory} is in use: another process has its journal open"
            ) from error
        except (apsw.NotADBError, apsw.CorruptError) as error:
            raise CorruptJournal(f"{self._file}: expected a SQLite file, found damage: {error}") from error
        except apsw.Error as error:
            raise JournalError(f"journal {self._file} cannot be written: {error}") from error
        return epoch, position

    def _end(self) -> tuple[int, Position]:
        ((epoch, frames, chain_hash),) = self._connection.execute(
            "SELECT epoch, frames, chain_hash FROM head WHERE shard = ?", (self.shard,)
        )
        rows = list(self._connection.execute("SELECT number, frame FROM frames ORDER BY number DESC LIMIT 1"))
        position = START
        for number, frame in rows:
            position = position_after(self.shard, int(number), bytes(frame))
        if (position.frames, position.chain_hash) != (frames, chain_hash):
            raise CorruptJournal(f"{self._file}: expected to end with frame {frames}, found frame {position.frames}")
        return int(epoch), position

    def _failure(self, error: apsw.Error) -> JournalWriteFailed:
        self._failed = True
        what = "the disk is full" if isinstance(error, apsw.FullError) else f"{type(error).__name__}: {error}"
        return JournalWriteFailed(
            f"journal {self._file} cannot be written ({what}). The exchange has stopped; everything it acknowledged "
            f"is in the journal. Make room on the disk of {self.directory} (or repair it), then start again"
        )
