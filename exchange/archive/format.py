"""The tables of the archive, and what goes into them.

A row holds many events or trades: one JSON text a line, deflated together. Which turns share a row
depends on how busy the venue was; what is in them does not.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from msgspec import Struct

from exchange.domain.errors import GpuxError
from exchange.wire.contracts import Fixing
from exchange.wire.messages import Trade

FILE_NAME = "archive.sqlite"
# Raise it whenever what is kept, or what it means, changes: an archive of another version is made again.
VERSION = 2
# Texts in a row at the most: what a reader unpacks to find one.
ROW_MAX = 256
_LEVEL = 1

SCHEMA = """
CREATE TABLE place (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    sequence INTEGER NOT NULL, events INTEGER NOT NULL, time_ns INTEGER NOT NULL
) STRICT;
CREATE TABLE events (
    account INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
    first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    trades INTEGER NOT NULL, closed TEXT, texts BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_by_seq ON events (account, first_seq);
CREATE INDEX events_with_trades ON events (account, first_seq) WHERE trades > 0;
CREATE INDEX events_with_closed ON events (account, first_seq) WHERE closed IS NOT NULL;
CREATE TABLE trades (
    instrument TEXT NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
    first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    first_id INTEGER NOT NULL, last_id INTEGER NOT NULL, texts BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX trades_by_seq ON trades (instrument, first_seq);
CREATE INDEX trades_by_first ON trades (first_id);
CREATE INDEX trades_by_last ON trades (last_id);
CREATE TABLE fixings (
    number INTEGER PRIMARY KEY, instrument TEXT NOT NULL, ms INTEGER NOT NULL, text BLOB NOT NULL
) STRICT;
CREATE INDEX fixings_by_instrument ON fixings (instrument, number);
"""


class CorruptArchive(GpuxError):
    """The archive is not what was written, or not of this journal: it has to be made again."""


class Place(NamedTuple):
    """The turn up to which an archive counts: the last command, the last event and the time of the turn."""

    sequence: int
    events: int
    time_ns: int


BEGINNING = Place(0, 0, 0)


class Said(Struct, frozen=True):
    """One event of an account as it goes out; ``text`` has its number in it."""

    seq: int
    text: bytes
    is_trade: bool
    # The two ids of the order that it is about, if that is open no more: "1024:mine", "1024:" without the second.
    closed: str = ""


class Page(NamedTuple):
    """What a turn said: events by account, public trades, fixings."""

    place: Place
    time_ms: int
    events: dict[int, list[Said]]
    trades: list[list[Trade]]  # of one instrument each
    fixings: list[Fixing]


encode = msgspec.json.Encoder().encode


def pack(texts: Iterable[bytes]) -> bytes:
    return zlib.compress(b"\n".join(texts), _LEVEL)


def unpack(blob: bytes) -> list[bytes]:
    """Raises CorruptArchive."""
    try:
        return zlib.decompress(blob).split(b"\n")
    except zlib.error as error:
        raise CorruptArchive(f"a row of the archive is damaged: {error}") from None
