"""Recovery: the state that is rebuilt is the state that was, or nothing is rebuilt at all."""

from __future__ import annotations

import random
from pathlib import Path

import apsw
import pytest
from structlog.testing import capture_logs

from exchange.engine import Engine
from exchange.journal.format import FILE_NAME, CorruptJournal
from exchange.journal.recovery import recover, replay, verify
from exchange.journal.snapshot import Snapshot, snapshot_paths, write_snapshot
from exchange.journal.writer import JournalWriter
from tests.journal.market import orders, stamped, write_market


def snap(engine: Engine, journal: JournalWriter) -> Path:
    snapshot = Snapshot(0, journal.position, engine.state_hash(), engine.snapshot())
    return write_snapshot(journal.directory, snapshot, kept=9)


def live_venue(directory: Path, seed: int = 1) -> Engine:
    """A venue that ran, with snapshots in the middle and near the end, and stopped. Returns its engine."""
    engine, journal = Engine(), JournalWriter(directory)
    for turns in (20, 20, 5):
        write_market(engine, journal, seed + turns, turns)
        if turns == 20:
            snap(engine, journal)
    journal.close()
    return engine


def flip(path: Path, place: int) -> None:
    contents = bytearray(path.read_bytes())
    contents[place] ^= 1
    path.write_bytes(contents)


def damage(directory: Path, statement: str) -> None:
    connection = apsw.Connection(str(directory / FILE_NAME))
    connection.execute(statement)
    connection.close()


def test_an_empty_directory_is_an_empty_venue(tmp_path: Path) -> None:
    """Nothing is made by looking."""
    assert recover(tmp_path / "none").state_hash() == Engine().state_hash()
    assert not (tmp_path / "none").exists()


def test_a_first_start_that_died_at_once_is_an_empty_venue(tmp_path: Path) -> None:
    """The file is there, nothing was ever committed to it."""
    (tmp_path / FILE_NAME).touch()
    assert recover(tmp_path).sequence == 0
    JournalWriter(tmp_path).close()
    assert recover(tmp_path).sequence == 0


def test_recovered_replayed_and_live_state_are_the_same(tmp_path: Path) -> None:
    """Hash for hash, and the recovered engine goes on as the live one does."""
    live = live_venue(tmp_path)
    recovered = recover(tmp_path)
    recovered.check()
    assert recovered.state_hash() == replay(tmp_path).state_hash() == live.state_hash()
    assert (recovered.sequence, recovered.events_total) == (live.sequence, live.events_total)
    for engine in (live, recovered):
        engine.apply(stamped(orders(random.Random(7), 300), engine.sequence, engine.time_ns))
    assert recovered.state_hash() == live.state_hash()


def test_a_damaged_snapshot_is_skipped_for_an_older_one(tmp_path: Path) -> None:
    """With a warning that names it, and to the same state; without any snapshot too."""
    live = live_venue(tmp_path)
    paths = snapshot_paths(tmp_path)
    for damaged in range(1, len(paths) + 1):
        flip(paths[damaged - 1], 500)
        with capture_logs() as logs:
            assert recover(tmp_path).state_hash() == live.state_hash()
        warned = [entry["file"] for entry in logs if entry["log_level"] == "warning"]
        assert warned == [str(path) for path in paths[:damaged]]


def test_a_snapshot_of_another_venue_is_skipped(tmp_path: Path) -> None:
    """It is whole, but this journal never went through its place."""
    live = live_venue(tmp_path / "one", seed=1)
    live_venue(tmp_path / "two", seed=2)
    for foreign, own in zip(snapshot_paths(tmp_path / "two"), snapshot_paths(tmp_path / "one"), strict=True):
        own.write_bytes(foreign.read_bytes())
    with capture_logs() as logs:
        assert recover(tmp_path / "one").state_hash() == live.state_hash()
    assert [entry["reason"].split(":")[0] for entry in logs] == ["does not fit the chain"] * 2


def test_a_snapshot_that_says_a_wrong_state_hash_is_skipped(tmp_path: Path) -> None:
    """What it restores must be what it says."""
    engine, journal = Engine(), JournalWriter(tmp_path)
    write_market(engine, journal, 1, 3)
    write_snapshot(tmp_path, Snapshot(0, journal.position, "00" * 32, engine.snapshot()), kept=9)
    journal.close()
    with capture_logs() as logs:
        assert recover(tmp_path).state_hash() == engine.state_hash()
    assert "expected state hash 0000" in logs[0]["reason"]


def test_a_journal_that_ends_before_its_snapshot_is_refused(tmp_path: Path) -> None:
    """An older copy of the journal put in place would lose acknowledged orders silently."""
    engine, journal = Engine(), JournalWriter(tmp_path)
    write_market(engine, journal, 1, 3)
    journal.close()
    older = (tmp_path / FILE_NAME).read_bytes()
    journal = JournalWriter(tmp_path)
    write_market(engine, journal, 2, 3)
    snap(engine, journal)
    journal.close()
    (tmp_path / FILE_NAME).write_bytes(older)
    with pytest.raises(CorruptJournal, match=r"expected frame 7 .* found the end after frame 4"):
        recover(tmp_path)
    (tmp_path / FILE_NAME).unlink()
    with pytest.raises(CorruptJournal, match="expected the journal of"):
        recover(tmp_path)


@pytest.mark.parametrize("frame", [1, 10, 30, 46])
def test_damage_is_refused_wherever_it_is(tmp_path: Path, frame: int) -> None:
    """Also in what the newest snapshot covers."""
    live_venue(tmp_path)
    damage(tmp_path, f"UPDATE frames SET frame = substr(frame, 1, 100) WHERE number = {frame}")
    for rebuild in (recover, replay):
        with pytest.raises(CorruptJournal, match=rf"frame {frame} "):
            rebuild(tmp_path)
    found = verify(tmp_path)
    assert not found.good
    assert f"frame {frame} " in found.fault


def test_verify_proves_journal_and_snapshots(tmp_path: Path) -> None:
    """What it counts is what the live engine counted; progress reaches the end."""
    live = live_venue(tmp_path)
    told: list[tuple[int, int]] = []
    found = verify(tmp_path, progress=lambda done, frames: told.append((done, frames)))
    assert found.good
    assert (found.position.sequence, found.events, found.state_hash) == (
        live.sequence,
        live.events_total,
        live.state_hash(),
    )
    assert len(found.snapshots) == 2
    assert told == [(frame, 46) for frame in range(1, 47)]


def test_verify_finds_a_bad_snapshot(tmp_path: Path) -> None:
    """The journal is good, the snapshot is named."""
    live_venue(tmp_path)
    newest, older = snapshot_paths(tmp_path)
    flip(newest, 500)
    found = verify(tmp_path)
    assert not found.good
    assert not found.fault
    assert {check.path: bool(check.fault) for check in found.snapshots} == {newest: True, older: False}


def test_verify_finds_a_snapshot_of_a_state_that_never_was(tmp_path: Path) -> None:
    """It is whole and fits the chain, but holds another state."""
    engine, journal = Engine(), JournalWriter(tmp_path / "one")
    write_market(engine, journal, 1, 3)
    other, other_journal = Engine(), JournalWriter(tmp_path / "two")
    write_market(other, other_journal, 2, 3)
    write_snapshot(tmp_path / "one", Snapshot(0, journal.position, other.state_hash(), other.snapshot()), kept=9)
    journal.close()
    other_journal.close()
    (check,) = verify(tmp_path / "one").snapshots
    assert f"expected the replayed state hash {engine.state_hash()}" in check.fault
