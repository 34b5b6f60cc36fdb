"""Snapshot files: whole or not there, and never mistaken."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.journal.format import Position
from exchange.journal.snapshot import (
    DamagedSnapshot,
    Snapshot,
    decode_snapshot,
    encode_snapshot,
    read_snapshot,
    snapshot_paths,
    write_snapshot,
)


def snapshot_at(sequence: int, state: bytes = b"state") -> Snapshot:
    return Snapshot(0, Position(sequence // 2, sequence, 17, 4, bytes(range(32))), "ab" * 32, state)


@given(st.binary(max_size=300), st.integers(0, 2**62))
def test_a_snapshot_reads_back_as_it_was_written(state: bytes, sequence: int) -> None:
    """Every field, whatever the state."""
    snapshot = snapshot_at(sequence, state)
    assert decode_snapshot(encode_snapshot(snapshot)) == snapshot


@given(st.integers(0), st.integers(0, 7))
def test_any_flipped_bit_is_found(place: int, bit: int) -> None:
    """In the header, the state or the checksum."""
    damaged = bytearray(encode_snapshot(snapshot_at(4)))
    damaged[place % len(damaged)] ^= 1 << bit
    with pytest.raises(DamagedSnapshot, match=r"expected .*found"):
        decode_snapshot(bytes(damaged))


@given(st.integers(0))
def test_any_truncation_is_found(length: int) -> None:
    """A file that was cut is not a smaller state."""
    file = encode_snapshot(snapshot_at(4))
    with pytest.raises(DamagedSnapshot, match=r"expected .*found"):
        decode_snapshot(file[: length % len(file)])


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    """Newest first, whatever the number of digits; what a crash left unfinished goes too."""
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots" / "7.tmp").write_bytes(b"unfinished")
    for sequence in (9, 10, 99, 100):
        write_snapshot(tmp_path, snapshot_at(sequence), kept=2)
    assert [read_snapshot(path).position.sequence for path in snapshot_paths(tmp_path)] == [100, 99]
    assert len(list((tmp_path / "snapshots").iterdir())) == 2


def test_a_file_that_cannot_be_read_is_damaged(tmp_path: Path) -> None:
    """The message names it."""
    with pytest.raises(DamagedSnapshot, match=r"nowhere\.snap"):
        read_snapshot(tmp_path / "nowhere.snap")
