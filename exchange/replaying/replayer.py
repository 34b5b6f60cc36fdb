"""Asks the other process: starts it, tells it the journal, takes its answer. One at a time.

The journal is open in this process alone, so its frames go through a pipe, a few at a time between
commits. Memory here is one such piece; time and memory of the replay are the other's, which is nice.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from exchange.domain.errors import GpuxError
from exchange.node import Node
from exchange.replaying.questions import Question
from exchange.replaying.worker import HEADER, packed

Process = Popen[bytes]

# How many may wait for the one that is answered.
WAITING_MAX = 8


class Busy(GpuxError):
    """Others wait already."""


class NoAnswer(GpuxError):
    """What the journal says about a question that cannot be answered, or why the process that asked it ended."""


class Replayer:
    """The door to the journal of ``node`` in ``directory``, for everything that must see all of it."""

    def __init__(self, node: Node, directory: Path) -> None:
        self._node = node
        self._directory = directory
        self._asking = asyncio.Lock()
        self._waiting = 0

    async def ask(self, question: Question) -> Any:
        """The answer, from all that was durable when its turn came.

        Raises Busy if too many wait, NoAnswer with a reason, NodeStopped.
        """
        if self._waiting >= WAITING_MAX:
            raise Busy("others wait for an answer from the journal; ask again in a moment")
        self._waiting += 1
        try:
            async with self._asking:
                return await self._ask(question)
        finally:
            self._waiting -= 1

    async def _ask(self, question: Question) -> Any:
        # In threads: to start a process, and to wait for one that reads slowly, is nothing for the event loop.
        starting = asyncio.create_task(asyncio.to_thread(_start))
        try:
            # A process that is about to start when nobody wants its answer any more is ended like another.
            process = await asyncio.shield(starting)
            await self._tell(process, question)
            answer, complaint = await asyncio.to_thread(_rest, process)
        finally:
            process = await starting
            process.kill()
            await asyncio.to_thread(_end, process)
        if not answer:
            raise NoAnswer(f"the replay ended early: {complaint.decode(errors='replace')[-500:]}")
        good, found = pickle.loads(answer)
        if not good:
            raise NoAnswer(found)
        return found

    async def _tell(self, process: Process, question: Question) -> None:
        """Or some of it: one that does not listen to the end says why."""
        asked = packed(0, pickle.dumps((str(self._directory), question)))
        begins = await asyncio.to_thread(_say, process, asked, listen=True)
        if not begins.strip().isdigit():
            return
        # What is written from here on is for the next question: the journal may grow for ever.
        after, until = int(begins), self._node.frames_durable
        while after < until:
            frames = await self._node.frames(after)
            after = frames[-1][0]
            await asyncio.to_thread(_say, process, b"".join(packed(number, frame) for number, frame in frames))
            if process.poll() is not None:
                return
        await asyncio.to_thread(_say, process, HEADER.pack(0, 0))


def _start() -> Process:
    command = [sys.executable, "-m", "exchange.replaying.worker"]
    # Ctrl-C is for the venue, which ends this one.
    return Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=_environment(), start_new_session=True)


def _say(process: Process, blob: bytes, *, listen: bool = False) -> bytes:
    """Returns the line that comes back, if one is waited for."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError):
        process.stdin.write(blob)
        process.stdin.flush()
    return process.stdout.readline() if listen else b""


def _rest(process: Process) -> tuple[bytes, bytes]:
    assert process.stdout is not None
    assert process.stderr is not None
    return process.stdout.read(), process.stderr.read()


def _end(process: Process) -> None:
    for pipe in (process.stdin, process.stdout, process.stderr):
        assert pipe is not None
        with suppress(BrokenPipeError):
            pipe.close()
    process.wait()


def _environment() -> dict[str, str]:
    """The other process imports what this one does, wherever it was started."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(path or "." for path in sys.path)}
