"""The archive's file: one thread writes what turns said, some turns at a time, and another one reads.

Nothing that it does is waited for by a client that trades, and nothing that goes wrong with it stops the
venue: it is loud, and the next start makes good from the journal what is missing.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import apsw
import structlog

from exchange.archive.format import BEGINNING, FILE_NAME, SCHEMA, VERSION, CorruptArchive, Page, Place
from exchange.archive.questions import Question
from exchange.archive.writing import write
from exchange.domain.errors import GpuxError

# How long turns gather before they are written.
_GATHER_SECONDS = 0.02
# A disk that falls this far behind is given up.
PENDING_MAX = 1_000_000
WAITING_MAX = 64

log = structlog.get_logger(__name__)


class ArchiveFailed(GpuxError):
    """The archive cannot be written or read any more; the message says why."""


class ArchiveBusy(GpuxError):
    """Too many others wait for an answer."""


class Archive:
    """The archive in ``directory``, which is made if there is none. ``note`` and ``ask`` are called from one loop.

    Raises CorruptArchive if what is there cannot be one of this version, ArchiveFailed if there can be none.
    """

    def __init__(self, directory: Path) -> None:
        self.file = directory / FILE_NAME
        self._failure = ""
        self._pending: list[Page] = []
        self._events_pending = 0
        self._due = False
        self._asked = 0
        self._hurry = threading.Event()
        self._exchanging = threading.Lock()
        try:
            self._connection = apsw.Connection(str(self.file))
            try:
                self._prepare()
                self._reading = apsw.Connection(str(self.file), flags=apsw.SQLITE_OPEN_READONLY)
            except BaseException:
                self._connection.close()
                raise
        except (apsw.NotADBError, apsw.CorruptError) as error:
            raise CorruptArchive(f"{self.file}: expected an archive, found damage: {error}") from None
        except apsw.Error as error:
            raise ArchiveFailed(f"{self.file} cannot be opened: {type(error).__name__}: {error}") from None
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="archive")
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="archive-reader")

    @property
    def place(self) -> Place:
        """The turn up to which it counts, of what has been written."""
        rows = self._found("SELECT sequence, events, time_ns FROM place")
        return Place(*rows[0]) if rows else BEGINNING

    def last_seqs(self) -> dict[int, int]:
        """The number of the last event of each account that has any."""
        return dict(self._found("SELECT account, max(last_seq) FROM events GROUP BY account"))

    def check(self) -> None:
        """Raises CorruptArchive if SQLite itself finds fault with the file."""
        ((found,),) = self._found("PRAGMA quick_check(1)")
        if found != "ok":
            raise CorruptArchive(f"{self.file}: expected an archive, found damage: {found}")

    def _found(self, query: str) -> list[Any]:
        try:
            return list(self._connection.execute(query))
        except apsw.Error as error:
            raise CorruptArchive(f"{self.file}: expected an archive, found damage: {error}") from None

    def write(self, pages: Sequence[Page]) -> None:
        """At once, in this thread: while nobody notes anything. Raises ArchiveFailed."""
        try:
            if pages:
                write(self._connection, pages)
        except apsw.Error as error:
            raise ArchiveFailed(f"{self.file} cannot be written: {type(error).__name__}: {error}") from None

    def answer(self, question: Question) -> Any:
        """At once, in this thread, from what has been written: while nobody else asks. Raises ArchiveFailed."""
        try:
            return question.answer(self._reading)
        except (apsw.Error, CorruptArchive) as error:
            raise ArchiveFailed(f"{self.file} cannot be read ({error}); delete it and start again") from None

    def note(self, page: Page) -> None:
        """Have a turn written soon."""
        if self._failure:
            return
        with self._exchanging:
            self._pending.append(page)
            self._events_pending += sum(len(said) for said in page.events.values())
            was_due, self._due = self._due, True
        if self._events_pending > PENDING_MAX:
            self._give_up(f"{self._events_pending} events wait for the disk")
        elif not was_due:
            self._writer.submit(self._write_soon)

    async def ask(self, question: Question) -> Any:
        """The answer, from all that has been noted. Raises ArchiveBusy, ArchiveFailed, TooFar."""
        if self._asked >= WAITING_MAX:
            raise ArchiveBusy("others wait for answers from the archive; ask again in a moment")
        self._asked += 1
        try:
            loop = asyncio.get_running_loop()
            self._hurry.set()
            await loop.run_in_executor(self._writer, self._write_pending)
            if self._failure:
                raise ArchiveFailed(f"the archive has stopped ({self._failure}); ask the operator")
            return await loop.run_in_executor(self._reader, question.answer, self._reading)
        except (apsw.Error, CorruptArchive, RuntimeError) as error:
            raise ArchiveFailed(f"the archive cannot be read ({error}); ask the operator") from None
        finally:
            self._asked -= 1

    def close(self) -> None:
        """Write what waits and let go of the file."""
        self._hurry.set()
        self._writer.submit(self._write_pending)
        self._writer.shutdown()
        self._reader.shutdown()
        for connection in (self._reading, self._connection):
            with suppress(apsw.Error):
                connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _prepare(self) -> None:
        connection = self._connection
        connection.execute("PRAGMA journal_mode = WAL")
        # What a loss of power takes is made again from the journal, whose own commits wait for the disk.
        connection.execute("PRAGMA synchronous = NORMAL")
        ((version,),) = connection.execute("PRAGMA user_version")
        ((tables,),) = connection.execute("SELECT count(*) FROM sqlite_master")
        if not tables:
            with connection:
                connection.execute(SCHEMA)
                connection.execute(f"PRAGMA user_version = {VERSION}")
        elif version != VERSION:
            raise CorruptArchive(f"{self.file}: expected version {VERSION}, found {version}")

    def _write_soon(self) -> None:
        self._hurry.wait(_GATHER_SECONDS)
        self._write_pending()

    def _write_pending(self) -> None:
        self._hurry.clear()
        with self._exchanging:
            pages, self._pending = self._pending, []
            self._events_pending, self._due = 0, False
        if not pages or self._failure:
            return
        try:
            write(self._connection, pages)
        except apsw.Error as error:
            self._give_up(f"{type(error).__name__}: {error}")

    def _give_up(self, reason: str) -> None:
        with self._exchanging:
            self._failure, self._pending = reason, []
        log.error("archive stopped", file=str(self.file), reason=reason, advice="restart to make it good")
