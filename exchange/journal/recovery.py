"""From files to a living engine: recover it, replay it from the first command, verify every byte.

The whole chain is walked at each start, also what a snapshot already covers: hashing is far
cheaper than applying, and damage that is found years later cannot be repaired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import structlog

from exchange.domain.records import Rows
from exchange.engine import CorruptSnapshot, Engine
from exchange.journal.format import START, CorruptJournal, JournalError, Position, follow
from exchange.journal.reader import JournalReader, NoJournal
from exchange.journal.snapshot import DamagedSnapshot, Snapshot, read_snapshot, snapshot_paths

Progress = Callable[[int, int], None]  # frames done, frames in all
Hear = Callable[[Engine, Rows, Rows], None]  # the engine, commands that it has applied, their events

# Small frames are applied together: entering compiled code costs more than most commands.
_BATCH_COMMANDS = 4_096

log = structlog.get_logger(__name__)


class SnapshotCheck(NamedTuple):
    """What became of one snapshot when it was held against the replay; ``fault`` is empty if it is good."""

    path: Path
    sequence: int
    fault: str


class Verified(NamedTuple):
    """What ``verify`` found; ``fault`` says where the journal is broken and is empty if it is not."""

    position: Position
    state_hash: str
    events: int
    snapshots: list[SnapshotCheck]
    fault: str

    @property
    def good(self) -> bool:
        return not self.fault and not any(check.fault for check in self.snapshots)


def recover(directory: Path, shard: int = 0) -> Engine:
    """Rebuild the engine from the newest good snapshot and the commands after it.

    A directory without a journal gives an empty engine. Raises CorruptJournal, saying where, if the
    journal is not exactly what was written; a snapshot that is damaged or does not fit is skipped
    with a warning, and replay starts further back.
    """
    try:
        with JournalReader(directory, shard) as reader:
            return _recover(reader)
    except NoJournal:
        _refuse_orphans(directory)
        return Engine()


def replay(directory: Path, shard: int = 0, progress: Progress | None = None, hear: Hear | None = None) -> Engine:
    """Rebuild the engine from the first command, whatever snapshots there are. Raises as ``recover`` does.

    ``hear`` is told everything that happened, batch by batch.
    """
    with JournalReader(directory, shard) as reader:
        engine = Engine()
        for position, commands in _batches(_told(reader, progress), set()):
            events = _apply(engine, position, commands)
            if hear is not None:
                hear(engine, commands, events)
        return engine


def follow_on(
    engine: Engine, position: Position, frames: Iterable[tuple[int, bytes]], hear: Hear, shard: int = 0
) -> Position:
    """Bring ``engine``, which stands at ``position``, through the numbered ``frames`` that come next.

    Returns where it stands then. ``hear`` is told everything that happened, batch by batch. Raises
    CorruptJournal as ``replay`` does.
    """

    start = position

    def walk() -> Iterator[tuple[Position, Rows]]:
        place = start
        for number, frame in frames:
            place, commands = follow(place, shard, number, frame)
            yield place, commands

    for position, commands in _batches(walk(), set()):
        hear(engine, commands, _apply(engine, position, commands))
    return position


def newest_upto(directory: Path, sequence: int, shard: int = 0) -> tuple[Engine, Position]:
    """The engine of the newest good snapshot at or before ``sequence``, as ``newest_before`` has it."""
    return _newest(directory, shard, lambda position: position.sequence <= sequence)


def newest_before(directory: Path, time_ns: int, shard: int = 0) -> tuple[Engine, Position]:
    """The engine of the newest good snapshot that was taken before ``time_ns``, and where it stands; else a new one.

    Whether the journal went through that place shows when the next frame is followed.
    """
    return _newest(directory, shard, lambda position: position.time_ns < time_ns)


def _newest(directory: Path, shard: int, is_early: Callable[[Position], bool]) -> tuple[Engine, Position]:
    for path in snapshot_paths(directory):
        try:
            snapshot = read_snapshot(path)
        except DamagedSnapshot:
            continue
        if snapshot.shard == shard and is_early(snapshot.position):
            engine, _ = _restore(snapshot, snapshot.position)
            if engine is not None:
                return engine, snapshot.position
    return Engine(), START


def verify(directory: Path, shard: int = 0, progress: Progress | None = None) -> Verified:
    """Hold every frame against the chain and every snapshot against a replay.

    Raises only if there is nothing to verify: NoJournal, JournalLocked, or not a journal at all.
    """
    with JournalReader(directory, shard) as reader:
        snapshots, checks = _load_snapshots(directory, shard)
        engine, position, fault = Engine(), START, reader.damage() or ""
        try:
            for position, commands in _batches(_told(reader, progress), set(snapshots)):
                _apply(engine, position, commands)
                if position.frames in snapshots:
                    checks.append(_check(snapshots.pop(position.frames), position, engine))
        except CorruptJournal as error:
            fault = str(error)
    checks += [
        SnapshotCheck(path, snapshot.position.sequence, f"the journal does not reach frame {frames}")
        for frames, (path, snapshot) in snapshots.items()
    ]
    return Verified(position, engine.state_hash(), engine.events_total, sorted(checks), fault)


def _recover(reader: JournalReader) -> Engine:
    snapshots, checks = _load_snapshots(reader.directory, reader.shard)
    for check in checks:
        log.warning("snapshot skipped", file=str(check.path), reason=check.fault)
    places, end = _places(reader, set(snapshots))
    engine, start = Engine(), START
    for frames, (path, snapshot) in sorted(snapshots.items(), reverse=True):
        if frames > end.frames:
            raise CorruptJournal(
                f"{reader.file}: expected frame {frames} (sequence {snapshot.position.sequence}), of which {path} is a "
                f"good snapshot, found the end after frame {end.frames} (sequence {end.sequence})"
            )
        restored, fault = _restore(snapshot, places[frames])
        if restored is not None:
            engine, start = restored, places[frames]
            break
        log.warning("snapshot skipped", file=str(path), reason=fault)
    tail = (item for item in reader.walk() if item[0].frames > start.frames)
    for position, commands in _batches(tail, set()):
        _apply(engine, position, commands)
    return engine


def _places(reader: JournalReader, wanted: set[int]) -> tuple[dict[int, Position], Position]:
    """Walk the whole journal: the positions after the ``wanted`` frames, and the last."""
    places, position = {START.frames: START}, START
    for position, _ in reader.walk():
        if position.frames in wanted:
            places[position.frames] = position
    return places, position


def _load_snapshots(directory: Path, shard: int) -> tuple[dict[int, tuple[Path, Snapshot]], list[SnapshotCheck]]:
    """The snapshots that are whole, by frame, and what is wrong with the others."""
    whole, checks = {}, []
    for path in snapshot_paths(directory):
        try:
            snapshot = read_snapshot(path)
        except DamagedSnapshot as error:
            checks.append(SnapshotCheck(path, 0, str(error)))
            continue
        if snapshot.shard != shard:
            checks.append(SnapshotCheck(path, snapshot.position.sequence, f"is of shard {snapshot.shard}, not {shard}"))
            continue
        whole[snapshot.position.frames] = (path, snapshot)
    return whole, checks


def _restore(snapshot: Snapshot, place: Position) -> tuple[Engine | None, str]:
    if snapshot.position != place:
        return None, f"does not fit the chain: expected {_shown(place)}, found {_shown(snapshot.position)}"
    try:
        engine = Engine.restore(snapshot.state)
    except CorruptSnapshot as error:
        return None, str(error)
    found = engine.state_hash()
    if found != snapshot.state_hash:
        return None, f"expected state hash {snapshot.state_hash}, found {found}"
    return engine, ""


def _check(entry: tuple[Path, Snapshot], place: Position, replayed: Engine) -> SnapshotCheck:
    path, snapshot = entry
    restored, fault = _restore(snapshot, place)
    if restored is not None and restored.state_hash() != replayed.state_hash():
        fault = f"expected the replayed state hash {replayed.state_hash()}, found {restored.state_hash()}"
    return SnapshotCheck(path, snapshot.position.sequence, fault)


def _batches(walk: Iterable[tuple[Position, Rows]], stops: set[int]) -> Iterator[tuple[Position, Rows]]:
    """The same commands in fewer pieces, with a cut after each frame in ``stops``."""
    gathered: list[Rows] = []
    first, position = 0, START
    for position, commands in walk:
        if not gathered:
            first = int(commands[0]["sequence"])
        gathered.append(commands)
        if position.sequence - first >= _BATCH_COMMANDS or position.frames in stops:
            yield position, np.concatenate(gathered)
            gathered = []
    if gathered:
        yield position, np.concatenate(gathered)


def _apply(engine: Engine, position: Position, commands: Rows) -> Rows:
    events = engine.apply(commands)
    if engine.sequence != position.sequence:
        raise JournalError(f"replay: expected the engine at sequence {position.sequence}, found {engine.sequence}")
    return events


def _told(reader: JournalReader, progress: Progress | None) -> Iterator[tuple[Position, Rows]]:
    for position, commands in reader.walk():
        yield position, commands
        if progress is not None:
            progress(position.frames, reader.head.frames)


def _refuse_orphans(directory: Path) -> None:
    paths = snapshot_paths(directory)
    if paths:
        raise CorruptJournal(f"directory {directory}: expected the journal of {paths[0].name}, found none")


def _shown(position: Position) -> str:
    return f"frame {position.frames}, sequence {position.sequence}, hash {position.chain_hash.hex()[:16]}"
