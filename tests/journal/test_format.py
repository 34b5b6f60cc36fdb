"""Frames: what is written comes back, and nothing else is taken for it."""

from __future__ import annotations

import random
import struct

import google_crc32c
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.domain.records import COMMAND, Rows
from exchange.journal.format import (
    HEADER_BYTES,
    START,
    CorruptJournal,
    Position,
    encode_frame,
    follow,
    position_after,
)
from tests.journal.market import START_NS, orders, stamped

SHARD = 3


def frames_of(sizes: list[int]) -> tuple[list[bytes], list[Rows]]:
    """A chain of frames with so many commands each, and the commands."""
    chance, position = random.Random(1), START
    frames, batches = [], []
    for size in sizes:
        batches.append(stamped(orders(chance, size), position.sequence, START_NS + position.sequence))
        frame, position = encode_frame(position, SHARD, 1, batches[-1])
        frames.append(frame)
    return frames, batches


def read(frames: list[bytes]) -> tuple[Position, list[Rows]]:
    position, batches = START, []
    for number, frame in enumerate(frames, start=1):
        position, commands = follow(position, SHARD, number, frame)
        batches.append(commands)
    return position, batches


def with_crc(frame: bytes) -> bytes:
    """The frame as a forger would send it: its CRC made good again."""
    cleared = frame[:28] + bytes(4) + frame[32:]
    return frame[:28] + struct.pack("<I", google_crc32c.value(cleared)) + frame[32:]


@given(st.lists(st.integers(1, 30), max_size=8))
def test_a_chain_reads_back_as_it_was_written(sizes: list[int]) -> None:
    """Against the plain list of what was written."""
    frames, batches = frames_of(sizes)
    position, found = read(frames)
    assert [rows.tobytes() for rows in found] == [rows.tobytes() for rows in batches]
    assert position.sequence == sum(sizes)
    assert position.frames == len(sizes)


@given(st.integers(0), st.integers(0, 7))
def test_any_flipped_bit_is_found(place: int, bit: int) -> None:
    """Wherever it is, in the header or in a command."""
    frames, _ = frames_of([3, 4])
    damaged = bytearray(frames[1])
    damaged[place % len(damaged)] ^= 1 << bit
    with pytest.raises(CorruptJournal, match=r"frame 2 \(expected first sequence 4\)"):
        read([frames[0], bytes(damaged)])


@given(st.integers(0))
def test_any_truncation_is_found(length: int) -> None:
    """A frame cut anywhere is not a shorter frame."""
    frames, _ = frames_of([3])
    with pytest.raises(CorruptJournal, match=r"frame 1 .*(truncated|length)"):
        read([frames[0][: length % len(frames[0])]])


def test_bytes_after_the_end_are_found() -> None:
    """A frame is exactly as long as it says."""
    frames, _ = frames_of([3])
    with pytest.raises(CorruptJournal, match="length of the payload: expected 384, found 385"):
        read([frames[0] + b"\0"])


def test_a_missing_frame_is_a_gap() -> None:
    """The message names the frame that should be there and the one that is."""
    frames, _ = frames_of([3, 4, 5])
    position, _ = follow(START, SHARD, 1, frames[0])
    with pytest.raises(CorruptJournal, match="gap: expected frame 2 with first sequence 4, found frame 3"):
        follow(position, SHARD, 3, frames[2])


def test_exchanged_frames_break_the_chain() -> None:
    """Each frame is whole, their order is not."""
    frames, _ = frames_of([4, 4, 4])
    with pytest.raises(CorruptJournal, match=r"frame 2 .*broken chain"):
        read([frames[0], frames[2], frames[1]])


def test_a_forged_frame_breaks_the_chain_at_the_next() -> None:
    """A good CRC does not make another history."""
    frames, _ = frames_of([2, 2])
    forged = bytearray(frames[0])
    forged[HEADER_BYTES + COMMAND.fields["lots"][1]] ^= 1  # type: ignore[index]
    with pytest.raises(CorruptJournal, match=r"frame 2 .*broken chain"):
        read([with_crc(bytes(forged)), frames[1]])


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (0, b"GPXK", "magic: expected b'GPXJ', found b'GPXK'"),
        (4, struct.pack("<H", 2), "version: expected 1, found 2"),
        (6, struct.pack("<H", 9), "shard: expected 3, found 9"),
        (20, struct.pack("<I", 7), r"count: expected 3 \(1 or more\), found 7"),
        (12, struct.pack("<q", 5), "first sequence: expected 1, found 5"),
        (HEADER_BYTES, struct.pack("<q", 5), "command 0: sequence: expected 1, found 5"),
        (HEADER_BYTES + COMMAND.itemsize + 8, struct.pack("<q", 5), "sequence 2: time: expected .* or later, found 5"),
    ],
)
def test_a_frame_of_another_kind_is_refused_by_name(place: int, value: bytes, reason: str) -> None:
    """Also with a good CRC; the message says what was expected and what was found."""
    frames, _ = frames_of([3])
    other = with_crc(frames[0][:place] + value + frames[0][place + len(value) :])
    with pytest.raises(CorruptJournal, match=reason):
        read([other])


def test_an_epoch_never_goes_back() -> None:
    """A frame of an earlier writer cannot follow one of a later writer."""
    first, position = encode_frame(START, SHARD, 2, stamped(orders(random.Random(1), 1), 0, START_NS))
    second, _ = encode_frame(position, SHARD, 1, stamped(orders(random.Random(2), 1), 1, START_NS))
    with pytest.raises(CorruptJournal, match="epoch: expected 2 or more, found 1"):
        read([first, second])


def test_the_last_frame_alone_tells_where_the_journal_ends() -> None:
    """As reading all of it does."""
    frames, _ = frames_of([2, 5, 1])
    position, _ = read(frames)
    assert position_after(SHARD, 3, frames[2]) == position


def test_rows_that_come_back_are_fit_for_compiled_code() -> None:
    """Aligned and writable, unlike a view of the frame."""
    frames, _ = frames_of([2])
    _, (rows,) = read(frames)
    assert rows.flags.aligned
    assert rows.flags.writeable
    assert np.array_equal(rows["sequence"], [1, 2])
