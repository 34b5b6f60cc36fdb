"""Where the last question about days ended, so that the next need not begin at the first command.

A shortcut and never the truth: it is believed only if it is whole, made by this format and for this
obligation, and the journal goes on from its place. Without it the replay begins at the beginning.
"""

from __future__ import annotations

import pickle
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from exchange.clearing.obligation import Obligation
from exchange.daily.facts import Days
from exchange.durable import put
from exchange.engine import CorruptSnapshot, Engine
from exchange.journal.format import Position

FILE_NAME = "days/resume"
# Raise the number whenever what is kept, or what it means, changes.
_MAGIC = b"gpux days 1\n"
_DIGEST_SIZE = 32


class Place(NamedTuple):
    """Running totals, and the engine at the place in the journal up to which they count."""

    days: Days
    engine: Engine
    position: Position


def save(directory: Path, place: Place) -> None:
    """Leave ``place`` in the venue's directory. A failure costs time the next time, nothing else."""
    body = _MAGIC + pickle.dumps((place.days, place.engine.snapshot(), place.position))
    path = directory / FILE_NAME
    with suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        put(path, body + _digest(body))


def load(directory: Path, first_day: int, obligation: Obligation) -> Place | None:
    """The place to go on from, if there is one from which ``first_day`` and what follows can be told."""
    try:
        blob = (directory / FILE_NAME).read_bytes()
    except OSError:
        return None
    body, digest = blob[:-_DIGEST_SIZE], blob[-_DIGEST_SIZE:]
    if not body.startswith(_MAGIC) or _digest(body) != digest:
        return None
    days, snapshot, position = pickle.loads(body[len(_MAGIC) :])
    if days.day > first_day or days.obligation != obligation:
        return None
    try:
        return Place(days, Engine.restore(snapshot), position)
    except CorruptSnapshot:
        return None


def discard(directory: Path) -> None:
    """Believe it no more."""
    with suppress(OSError):
        (directory / FILE_NAME).unlink()


def _digest(body: bytes) -> bytes:
    return blake2b(body, digest_size=_DIGEST_SIZE).digest()
