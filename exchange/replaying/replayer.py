"""Asks the other process: starts it, tells it the journal, takes its answer. One at a time.

The journal is open in this process alone, so its frames go through a pipe, a few at a time between
commits. Memory here is one such piece; time and memory of the replay are the other's, which is nice.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Any

from exchange.domain.errors import GpuxError
from exchange.node import Node
from exchange.replaying.questions import Question
from exchange.replaying.worker import HEADER, packed

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
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "exchange.replaying.worker"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=_environment(),
            # Ctrl-C is for the venue, which ends this one.
            start_new_session=True,
        )
        try:
            told = await self._tell(process, question)
            complaint = b"" if told else await _rest(process.stderr)
            answer = await _rest(process.stdout)
            await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if not answer:
            raise NoAnswer(f"the replay ended early: {complaint.decode(errors='replace')[-500:]}")
        good, found = pickle.loads(answer)
        if not good:
            raise NoAnswer(found)
        return found

    async def _tell(self, process: Process, question: Question) -> bool:
        """False if the other does not listen to the end: then it says why."""
        pipe, outgoing = process.stdin, process.stdout
        assert pipe is not None
        assert outgoing is not None
        with suppress(BrokenPipeError, ConnectionResetError):
            pipe.write(packed(0, pickle.dumps((str(self._directory), question))))
            await pipe.drain()
            begins = await outgoing.readline()
            if begins.strip().isdigit():
                # What is written from here on is for the next question: the journal may grow for ever.
                until = self._node.frames_durable
                after = int(begins)
                while after < until:
                    frames = await self._node.frames(after)
                    after = frames[-1][0]
                    pipe.write(b"".join(packed(number, frame) for number, frame in frames))
                    await pipe.drain()
                pipe.write(HEADER.pack(0, 0))
                await pipe.drain()
                pipe.close()
                return True
        return False


async def _rest(pipe: asyncio.StreamReader | None) -> bytes:
    assert pipe is not None
    return await pipe.read()


def _environment() -> dict[str, str]:
    """The other process imports what this one does, wherever it was started."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(path or "." for path in sys.path)}
