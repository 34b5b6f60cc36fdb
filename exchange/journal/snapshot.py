"""Snapshots: the engine's state in one file, so that recovery need not start from the first command.

A snapshot is a shortcut and never the truth: it says at which place of the journal it was
taken, and is believed only if its checksum holds and the journal went through that place.
"""

from __future__ import annotations

import struct
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from exchange.durable import put
from exchange.journal.format import HASH_BYTES, JournalError, Position

DIRECTORY_NAME = "snapshots"
MAGIC = b"GPXS"
VERSION = 1

_HEADER = struct.Struct("<4sHHqqqIIq32s32s")  # then the state, then the checksum of all before it


class DamagedSnapshot(JournalError):
    """A snapshot file that cannot be used; the message says what was expected and what was found."""


class Snapshot(NamedTuple):
    """The engine's ``state`` at a ``position`` of the journal of a shard."""

    shard: int
    position: Position
    state_hash: str
    state: bytes


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """The file of ``snapshot``: header, state, BLAKE2b-256 of both."""
    place = snapshot.position
    header = _HEADER.pack(
        MAGIC, VERSION, snapshot.shard, place.frames, place.sequence, place.time_ns, place.epoch, 0,
        len(snapshot.state), place.chain_hash, bytes.fromhex(snapshot.state_hash),
    )  # fmt: skip
    return header + snapshot.state + _checksum(header + snapshot.state)


def decode_snapshot(file: bytes) -> Snapshot:
    """Raises DamagedSnapshot unless ``file`` is what ``encode_snapshot`` made."""
    if len(file) < _HEADER.size + HASH_BYTES:
        raise DamagedSnapshot(f"expected at least {_HEADER.size + HASH_BYTES} bytes, found {len(file)}")
    magic, version, shard, frames, *rest, length, chain_hash, state_hash = _HEADER.unpack_from(file)
    if (magic, version) != (MAGIC, VERSION):
        raise DamagedSnapshot(f"expected {MAGIC!r} version {VERSION}, found {magic!r} version {version}")
    whole, checksum = file[:-HASH_BYTES], file[-HASH_BYTES:]
    if length != len(whole) - _HEADER.size:
        raise DamagedSnapshot(f"expected a state of {length} bytes, found {len(whole) - _HEADER.size}")
    if _checksum(whole) != checksum:
        raise DamagedSnapshot(f"expected checksum {checksum.hex()}, found {_checksum(whole).hex()}")
    sequence, time_ns, epoch, _ = rest
    position = Position(frames, sequence, time_ns, epoch, chain_hash)
    return Snapshot(shard, position, state_hash.hex(), whole[_HEADER.size :])


def write_snapshot(directory: Path, snapshot: Snapshot, kept: int) -> Path:
    """Put the snapshot beside the journal in ``directory``, whole or not at all, and keep the ``kept`` newest.

    Raises OSError if it cannot be written.
    """
    folder = directory / DIRECTORY_NAME
    folder.mkdir(exist_ok=True)
    path = folder / f"{snapshot.position.sequence:020d}.snap"
    try:
        put(path, encode_snapshot(snapshot))
    finally:
        for stale in folder.glob("*.tmp"):
            stale.unlink()
    for old in snapshot_paths(directory)[kept:]:
        old.unlink()
    return path


def snapshot_paths(directory: Path) -> list[Path]:
    """The snapshot files in ``directory``, newest first."""
    return sorted((directory / DIRECTORY_NAME).glob("*.snap"), reverse=True)


def read_snapshot(path: Path) -> Snapshot:
    """Raises DamagedSnapshot if the file cannot be read or is not whole."""
    try:
        return decode_snapshot(path.read_bytes())
    except (OSError, DamagedSnapshot) as error:
        raise DamagedSnapshot(f"{path}: {error}") from None


def _checksum(whole: bytes) -> bytes:
    return blake2b(whole, digest_size=HASH_BYTES).digest()
