"""The other process: a question and frames come in, an answer goes out, and it ends.

On standard input a pickled question, then numbered frames, each after a header, and a header of zeros
at the end. On standard output first the number of the frame after which to begin, on a line of its
own, then the pickled answer: (True, what was asked for) or (False, why not).
"""

from __future__ import annotations

import os
import pickle
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from exchange.domain.errors import GpuxError
from exchange.engine import Engine
from exchange.journal.format import CorruptJournal, Position
from exchange.journal.recovery import follow_on
from exchange.replaying.questions import Question

HEADER = struct.Struct("<qq")  # the number of a frame and its length; of the question 0 and its length
# Orders are served first.
_NICER = 10


class Torn(GpuxError):
    """The pipe ended in the middle."""


def packed(number: int, blob: bytes) -> bytes:
    return HEADER.pack(number, len(blob)) + blob


def main() -> None:
    os.nice(_NICER)
    incoming, outgoing = sys.stdin.buffer, sys.stdout.buffer
    _, blob = _read(incoming)
    directory, question = pickle.loads(blob)
    try:
        found = True, _answered(Path(directory), question, incoming, outgoing)
    except GpuxError as error:
        found = False, str(error)
    outgoing.write(pickle.dumps(found))
    outgoing.flush()


def _answered(directory: Path, question: Question, incoming: BinaryIO, outgoing: BinaryIO) -> Any:
    engine, position = question.begin(directory)
    outgoing.write(b"%d\n" % position.frames)
    outgoing.flush()
    return followed(question, engine, position, _frames(incoming))


def followed(question: Question, engine: Engine, position: Position, frames: Iterable[tuple[int, bytes]]) -> Any:
    """The answer to ``question`` after ``frames``, which it should be able to go on with. Raises GpuxError."""
    try:
        position = follow_on(engine, position, frames, question.follower(engine))
    except CorruptJournal:
        question.distrust()
        raise
    return question.answer(engine, position)


def _frames(incoming: BinaryIO) -> Iterator[tuple[int, bytes]]:
    while True:
        number, frame = _read(incoming)
        if not number:
            return
        yield number, frame


def _read(incoming: BinaryIO) -> tuple[int, bytes]:
    header = incoming.read(HEADER.size)
    if len(header) < HEADER.size:
        raise Torn("the venue ended before it had told everything")
    number, length = HEADER.unpack(header)
    blob = incoming.read(length)
    if len(blob) < length:
        raise Torn("the venue ended before it had told everything")
    return number, blob


if __name__ == "__main__":
    main()
