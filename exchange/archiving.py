"""The archive of a venue that starts: brought to where the journal ends, or made again.

What is missing is said once more as it was said: the engine goes through the turns of the journal, one by one,
and the mirror follows. Only what the journal does not know is missing then: labels of orders, and forward curves.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import structlog

from exchange.archive import Archive, ArchiveFailed, CorruptArchive, Page, Place
from exchange.archive.format import FILE_NAME
from exchange.config import Settings
from exchange.engine import Engine
from exchange.gateway.mirror.chronicle import page_of
from exchange.gateway.mirror.remembering import go_on
from exchange.gateway.mirror.venue import Mirror
from exchange.journal.format import Position, follow
from exchange.journal.reader import JournalReader
from exchange.journal.recovery import newest_upto

_ASIDE = ".damaged"
_BESIDE = ("", "-wal", "-shm")
# Commands whose turns are written together.
_COMMANDS_A_WRITE = 4_096

log = structlog.get_logger(__name__)


def opened(settings: Settings, engine: Engine) -> Archive:
    """The archive of the venue in ``settings.directory``, which ``engine`` was recovered from and nobody writes yet.

    One that is not of this journal, or damaged, is set aside and made again. Raises ArchiveFailed if
    there can be none, JournalError if the journal cannot be read.
    """
    try:
        return _opened(settings, engine)
    except CorruptArchive as error:
        log.warning("archive set aside and made again from the journal", reason=str(error))
        _set_aside(settings.directory)
    try:
        return _opened(settings, engine)
    except CorruptArchive as error:
        raise ArchiveFailed(f"{error}, although it was just made: repair the disk, then start again") from None


def _opened(settings: Settings, engine: Engine) -> Archive:
    try:
        settings.directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveFailed(f"directory {settings.directory} cannot be made: {error}") from None
    archive = Archive(settings.directory)
    try:
        place, wanted = archive.place, Place(engine.sequence, engine.events_total, engine.time_ns)
        if place.sequence < wanted.sequence:
            # Whoever died with it open may have left more behind than a turn that is missing.
            archive.check()
            _catch_up(settings, archive, place)
            place = archive.place
        if place != wanted:
            raise CorruptArchive(f"{archive.file}: expected to end as the journal does, {wanted}, found {place}")
    except BaseException:
        archive.close()
        raise
    return archive


def _catch_up(settings: Settings, archive: Archive, place: Place) -> None:
    log.info("archive is being brought to the end of the journal", after_sequence=place.sequence)
    engine, position = newest_upto(settings.directory, place.sequence)
    mirror = Mirror(engine, settings.stages, settings.hours_ahead)
    mirror.chronicle.go_on(archive.last_seqs())
    is_new = _place_of(engine) == place
    if is_new:
        go_on(mirror, archive.answer)
    gathered: list[Page] = []
    with JournalReader(settings.directory) as reader:
        for page in _pages(reader, engine, position, mirror):
            if is_new:
                gathered.append(page)
                if page.place.sequence - gathered[0].place.sequence >= _COMMANDS_A_WRITE:
                    archive.write(gathered)
                    gathered = []
            elif page.place == place:
                # From here on turns are missing; those before only brought the mirror here.
                mirror.chronicle.go_on(archive.last_seqs())
                go_on(mirror, archive.answer)
                is_new = True
            elif page.place.sequence >= place.sequence:
                raise CorruptArchive(f"{archive.file}: expected a turn that ends at {page.place}, found {place}")
    archive.write(gathered)


def _pages(reader: JournalReader, engine: Engine, position: Position, mirror: Mirror) -> Iterator[Page]:
    """What each turn after ``position`` said."""
    for number, frame in reader.frames(position.frames):
        position, commands = follow(position, reader.shard, number, frame)
        first_event = engine.events_total + 1
        events = engine.apply(commands)
        changes = mirror.apply(commands, events, [None] * len(commands), first_event)
        yield page_of(changes, _place_of(engine))


def _place_of(engine: Engine) -> Place:
    return Place(engine.sequence, engine.events_total, engine.time_ns)


def _set_aside(directory: Path) -> None:
    """Keep one for whoever wants to know what happened to it."""
    for ending in _BESIDE:
        path = directory / (FILE_NAME + ending)
        if path.exists():
            path.replace(directory / (FILE_NAME + _ASIDE + ending))
