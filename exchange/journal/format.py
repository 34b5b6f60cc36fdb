"""The bytes of the journal: one frame a turn, each carrying the hash of the frame before it.

``magic | version | shard | epoch | first sequence | count | length | CRC-32C | previous hash |
payload``, little-endian. The payload is ``count`` COMMAND rows exactly as the engine got them:
sequenced and stamped, so that they replay exactly. The CRC covers the whole frame with its own
field zero; the hash of a frame is the BLAKE2b-256 of all its bytes. The CRC finds damage, the
chain finds frames that were exchanged, dropped or made up.
"""

import struct
from hashlib import blake2b
from typing import NamedTuple

import google_crc32c
import numpy as np

from exchange.domain.errors import GpuxError
from exchange.domain.records import COMMAND, Rows

FILE_NAME = "journal.sqlite"
# ``head`` repeats where the journal ends, so that frames cut off its end are missed.
SCHEMA = """
CREATE TABLE IF NOT EXISTS frames (number INTEGER PRIMARY KEY, frame BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS head (
    shard INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, frames INTEGER NOT NULL, chain_hash BLOB NOT NULL
) STRICT;
"""

MAGIC = b"GPXJ"
VERSION = 1
HASH_BYTES = 32

_HEADER = struct.Struct("<4sHHIqIII32s")
_CRC = struct.Struct("<I")
_CRC_AT = 28
HEADER_BYTES = _HEADER.size
assert HEADER_BYTES == 64


class JournalError(GpuxError):
    """The journal cannot be used; the message says why and where."""


class CorruptJournal(JournalError):
    """The journal does not hold what was written: the message says where, what was expected and what was found."""


class JournalLocked(JournalError):
    """Another process has the journal open."""


class Position(NamedTuple):
    """A place between two frames, and what the next frame must continue."""

    frames: int  # how many frames stand before it; the next one's number is one more
    sequence: int  # of the last command before it
    time_ns: int  # of that command
    epoch: int  # of the last frame before it
    chain_hash: bytes  # of the last frame before it


START = Position(frames=0, sequence=0, time_ns=0, epoch=0, chain_hash=bytes(HASH_BYTES))


def frame_hash(frame: bytes) -> bytes:
    """The link that the next frame carries; it covers the link that this one carries."""
    return blake2b(frame, digest_size=HASH_BYTES).digest()


def encode_frame(position: Position, shard: int, epoch: int, commands: Rows) -> tuple[bytes, Position]:
    """The frame of ``commands`` that continues ``position``, and the position after it.

    commands: (n,) of COMMAND, n >= 1, stamped with the sequences after ``position.sequence``.
    """
    count = len(commands)
    first, last = int(commands[0]["sequence"]), int(commands[-1]["sequence"])
    assert first == position.sequence + 1, f"expected sequence {position.sequence + 1}, found {first}"
    assert last == position.sequence + count, f"expected sequence {position.sequence + count}, found {last}"
    payload = commands.tobytes()
    header = _HEADER.pack(MAGIC, VERSION, shard, epoch, first, count, len(payload), 0, position.chain_hash)
    frame = header[:_CRC_AT] + _CRC.pack(_crc(header, payload)) + header[_CRC_AT + _CRC.size :] + payload
    return frame, Position(position.frames + 1, last, int(commands[-1]["time_ns"]), epoch, frame_hash(frame))


def follow(position: Position, shard: int, number: int, frame: bytes) -> tuple[Position, Rows]:
    """The position after ``frame`` and its commands, if it continues ``position`` in every respect.

    ``number`` is the number under which the frame is stored. Raises CorruptJournal otherwise.
    """
    if number != position.frames + 1:
        raise CorruptJournal(
            f"gap: expected frame {position.frames + 1} with first sequence {position.sequence + 1}, "
            f"found frame {number}"
        )
    where = f"frame {number} (expected first sequence {position.sequence + 1})"
    first, count, epoch, previous_hash = _open_frame(where, shard, frame)
    if previous_hash != position.chain_hash:
        raise CorruptJournal(
            f"{where}: broken chain: expected previous hash {position.chain_hash.hex()}, found {previous_hash.hex()} "
            f"in a frame with first sequence {first}"
        )
    _expect(where, "first sequence", position.sequence + 1, first)
    if epoch < position.epoch:
        raise CorruptJournal(f"{where}: epoch: expected {position.epoch} or more, found {epoch}")
    # A copy, because compiled code wants rows that are aligned and writable.
    commands = np.frombuffer(bytearray(frame[HEADER_BYTES:]), dtype=COMMAND)
    _check_stamps(where, position, commands)
    last = position.sequence + count
    return Position(number, last, int(commands[-1]["time_ns"]), epoch, frame_hash(frame)), commands


def position_after(shard: int, number: int, frame: bytes) -> Position:
    """The position after a frame taken alone: it is checked, what stands before it is believed."""
    first, _, _, previous_hash = _open_frame(f"frame {number}", shard, frame)
    before = Position(number - 1, first - 1, START.time_ns, START.epoch, previous_hash)
    return follow(before, shard, number, frame)[0]


def _open_frame(where: str, shard: int, frame: bytes) -> tuple[int, int, int, bytes]:
    """First sequence, count, epoch and previous hash of a frame that is whole and undamaged."""
    if len(frame) < HEADER_BYTES:
        raise CorruptJournal(f"{where}: truncated: expected at least {HEADER_BYTES} bytes, found {len(frame)}")
    magic, version, its_shard, epoch, first, count, length, crc, previous_hash = _HEADER.unpack_from(frame)
    _expect(where, "magic", MAGIC, magic)
    _expect(where, "version", VERSION, version)
    _expect(where, "length of the payload", length, len(frame) - HEADER_BYTES)
    header = frame[:_CRC_AT] + bytes(_CRC.size) + frame[_CRC_AT + _CRC.size : HEADER_BYTES]
    computed = _crc(header, frame[HEADER_BYTES:])
    if computed != crc:
        raise CorruptJournal(f"{where}: bad CRC: expected {crc:#010x}, found {computed:#010x}")
    _expect(where, "shard", shard, its_shard)
    if not count or length != count * COMMAND.itemsize:
        raise CorruptJournal(f"{where}: count: expected {length / COMMAND.itemsize:g} (1 or more), found {count}")
    return first, count, epoch, previous_hash


def _crc(header: bytes, payload: bytes) -> int:
    return int(google_crc32c.extend(google_crc32c.value(header), payload))


def _check_stamps(where: str, position: Position, commands: Rows) -> None:
    sequences = np.arange(position.sequence + 1, position.sequence + 1 + len(commands))
    if not np.array_equal(commands["sequence"], sequences):
        wrong = int(np.flatnonzero(commands["sequence"] != sequences)[0])
        _expect(f"{where}: command {wrong}", "sequence", int(sequences[wrong]), int(commands["sequence"][wrong]))
    times = np.concatenate(([position.time_ns], commands["time_ns"]))
    if np.any(np.diff(times) < 0):
        wrong = int(np.flatnonzero(np.diff(times) < 0)[0])
        raise CorruptJournal(
            f"{where}: sequence {sequences[wrong]}: time: expected {times[wrong]} or later, found {times[wrong + 1]}"
        )


def _expect(where: str, what: str, expected: object, found: object) -> None:
    if found != expected:
        raise CorruptJournal(f"{where}: {what}: expected {expected!r}, found {found!r}")
