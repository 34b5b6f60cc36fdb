"""The turn: what was submitted since the last one becomes durable, then happens, then is published.

The engine changes only once a turn is durable, and publishing follows in the same step of the
event loop. So nobody on the loop, whatever they ask the engine, can see an effect that a loss
of power would undo, or one that has not been published.
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import structlog

from exchange.domain.enums import CommandKind
from exchange.domain.errors import GpuxError
from exchange.domain.records import COMMAND, COMMAND_STRUCT, EVENT, Command, Rows, command_rows
from exchange.domain.units import NEVER_NS, NS_PER_SECOND
from exchange.engine import Engine
from exchange.journal.snapshot import Snapshot, write_snapshot
from exchange.journal.writer import JournalWriter
from exchange.tally import TurnTally

# The clock may be set while a timer, which counts real seconds, sleeps: look again after a minute.
_SLEEP_SECONDS_MAX = 60.0
# Timers of the event loop count milliseconds.
_SLEEP_SECONDS_MIN = 0.001

log = structlog.get_logger(__name__)


# What to do about the engine as it is.
Plan = Callable[[], list[Command]]


class NodeStopped(GpuxError):
    """The node takes no more commands."""


class Turn(NamedTuple):
    """One batch that went through the engine. ``origins[i]`` came with ``commands[i]``; all may be kept."""

    commands: Rows
    events: Rows
    origins: list[object | None]
    first_event: int  # the number of events[0], or of the next event if there are none


class Node:
    """The one writer of a shard: orders what is asked, and publishes only what is durable.

    ``publish`` may be replaced until ``run`` starts. Everything is called from one event loop.
    """

    def __init__(
        self,
        engine: Engine,
        journal: JournalWriter,
        clock_ns: Callable[[], int],
        publish: Callable[[Turn], None],
        inbox_max: int = 65_536,
        *,
        snapshot_every: int = 0,
        snapshots_kept: int = 3,
    ) -> None:
        if engine.sequence != journal.position.sequence:
            raise ValueError(
                f"the journal ends with sequence {journal.position.sequence}, the engine stands at {engine.sequence}"
            )
        self.engine = engine
        self.publish = publish
        self.tally = TurnTally()
        self._journal = journal
        self._storing_since_ns = 0
        self._clock_ns = clock_ns
        self._inbox, self._spare = _Inbox(inbox_max), _Inbox(inbox_max)
        self._wake = asyncio.Event()
        self._finished = asyncio.Event()
        self._running = self._stopping = False
        self._submitted = self._published = 0
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        self._decisions: deque[tuple[Plan, asyncio.Future[Rows]]] = deque()
        self._snapshots = _Snapshots(engine, journal, snapshot_every, snapshots_kept)
        # One thread, so that commits keep their order; SQLite frees the interpreter while it waits for the disk.
        self._committer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="commit")

    @property
    def stopped(self) -> bool:
        """Whether commands are refused for good."""
        return self._stopping

    @property
    def frames_durable(self) -> int:
        """The number of the journal's last frame."""
        return self._journal.position.frames

    @property
    def inbox_depth(self) -> int:
        """How many commands wait for the next turn."""
        return self._inbox.depth

    @property
    def undurable_ns(self) -> int:
        """For how long the oldest command that is not durable has waited to be; 0 if there is none."""
        since_ns = self._storing_since_ns or (0 if self._inbox.empty else self._inbox.since_ns)
        return time.monotonic_ns() - since_ns if since_ns else 0

    def submit(self, command: Command, origin: object | None = None) -> bool:
        """Put ``command`` into the next turn; False if the inbox is full or the node has stopped.

        Raises ValueError, and takes nothing, if a field does not fit its column.
        """
        if self._stopping or not self._inbox.add(command, origin):
            self.tally.refused_full += not self._stopping
            return False
        self._submitted += 1
        self._wake.set()
        return True

    async def settled(self) -> None:
        """Wait until everything submitted so far is published. Raises NodeStopped if it never will be."""
        if self._published == self._submitted:
            return
        if self._finished.is_set():
            raise NodeStopped("the node stopped before all that was submitted became durable")
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append((self._submitted, future))
        await future

    async def decide(self, plan: Plan) -> Rows:
        """Do what ``plan`` makes of the engine, in a turn of its own and with nothing in between.

        All of it happens or nothing, to exactly the state that ``plan`` saw. Returns its events, as
        ``Engine.apply`` does. Raises what ``plan`` raises, and NodeStopped.
        """
        if self._stopping:
            raise NodeStopped("the node takes no more commands")
        future: asyncio.Future[Rows] = asyncio.get_running_loop().create_future()
        self._decisions.append((plan, future))
        self._wake.set()
        return await future

    async def frames(self, after: int) -> list[tuple[int, bytes]]:
        """Some durable frames of the journal after frame ``after``, with their numbers; empty at its end.

        Turns wait while they are read, so they are few. Raises NodeStopped.
        """
        try:
            reading = asyncio.get_running_loop().run_in_executor(self._committer, self._journal.read, after)
        except RuntimeError:
            raise NodeStopped("the node has let go of its journal") from None
        return await reading

    async def run(self) -> None:
        """Turn after turn until ``stop``. Raises JournalWriteFailed, publishing nothing, if a turn cannot be stored."""
        self._running = True
        try:
            while not (self._stopping and self._inbox.empty):
                if self._decisions and self._deadline_ns() > self._now_ns():
                    await self._decision(*self._decisions.popleft())
                elif self._inbox.empty and self._deadline_ns() > self._now_ns():
                    await self._sleep()
                else:
                    await self._turn()
            self._snapshots.take()
        finally:
            self._stopping = True
            self._close()

    async def stop(self) -> None:
        """Take nothing more, finish what is in the inbox, write a snapshot and let go of the journal."""
        self._stopping = True
        self._wake.set()
        if self._running:
            await self._finished.wait()
        else:
            await self.run()

    async def _turn(self) -> None:
        inbox, self._inbox, self._spare = self._inbox, self._spare, self._inbox
        time_ns, began_ns = self._now_ns(), time.monotonic_ns()
        came_ns = began_ns if inbox.empty else inbox.since_ns
        commands, origins = inbox.stamp(self.engine.sequence, time_ns, self._deadline_ns() <= time_ns)
        await self._make_durable(commands, came_ns)
        durable_ns = time.monotonic_ns()
        events = self.engine.apply(commands)
        applied_ns = time.monotonic_ns()
        turn = Turn(commands.copy(), events, origins, self.engine.events_total - len(events) + 1)
        self._published += inbox.clear()
        self.publish(turn)
        published_ns = time.monotonic_ns()
        # What was published leaves before it is counted.
        await asyncio.sleep(0)
        self.tally.turn(turn.commands, events, (came_ns, began_ns, durable_ns, applied_ns, published_ns))
        self._tell_waiters()
        self._snapshots.take_if_due()

    async def _decision(self, plan: Plan, future: asyncio.Future[Rows]) -> None:
        """What is submitted meanwhile waits in the inbox for the turn after this one."""
        try:
            commands = command_rows(plan())
        except Exception as error:
            if not future.done():
                future.set_exception(error)
            return
        events = np.zeros(0, EVENT)
        if len(commands):
            commands["sequence"] = np.arange(self.engine.sequence + 1, self.engine.sequence + 1 + len(commands))
            commands["time_ns"] = self._now_ns()
            began_ns = time.monotonic_ns()
            try:
                await self._make_durable(commands, began_ns)
            except BaseException:
                if not future.done():
                    future.set_exception(NodeStopped("the node stopped before what was decided became durable"))
                raise
            durable_ns = time.monotonic_ns()
            events = self.engine.apply(commands)
            applied_ns = time.monotonic_ns()
            self.publish(Turn(commands, events, [None] * len(commands), self.engine.events_total - len(events) + 1))
            self.tally.turn(commands, events, (began_ns, began_ns, durable_ns, applied_ns, time.monotonic_ns()))
            self._snapshots.take_if_due()
        if not future.done():
            future.set_result(events)

    async def _make_durable(self, commands: Rows, since_ns: int) -> None:
        self._storing_since_ns = since_ns
        if self._journal.synchronous:
            await asyncio.get_running_loop().run_in_executor(self._committer, self._store, commands)
        else:
            # Nothing waits for the disk, so a thread would cost more than it frees.
            self._store(commands)
        self._storing_since_ns = 0

    def _store(self, commands: Rows) -> None:
        self._journal.append(commands)
        self._journal.commit()

    async def _sleep(self) -> None:
        """Until something is submitted, a deadline passes or the node is stopped."""
        self._wake.clear()
        wait_seconds = (self._deadline_ns() - self._now_ns()) / NS_PER_SECOND
        delay = min(max(wait_seconds, _SLEEP_SECONDS_MIN), _SLEEP_SECONDS_MAX)
        loop = asyncio.get_running_loop()
        timer = loop.call_at(loop.time() + delay, self._wake.set) if self._deadline_ns() < NEVER_NS else None
        try:
            await self._wake.wait()
        finally:
            if timer is not None:
                timer.cancel()

    def _now_ns(self) -> int:
        """The time to stamp: the clock's, but never earlier than the last one."""
        return max(self._clock_ns(), self.engine.time_ns)

    def _deadline_ns(self) -> int:
        return self.engine.next_deadline_ns()

    def _tell_waiters(self) -> None:
        for submitted, future in self._waiters:
            if self._published >= submitted and not future.done():
                future.set_result(None)
        self._waiters = [waiter for waiter in self._waiters if not waiter[1].done()]

    def _close(self) -> None:
        # Waits for a commit that is under way, should the task of ``run`` have been cancelled.
        self._committer.shutdown()
        self._snapshots.close()
        self._journal.close()
        unanswered: list[asyncio.Future[Any]] = [waiter[1] for waiter in self._waiters]
        for future in unanswered + [decision[1] for decision in self._decisions]:
            if not future.done():
                future.set_exception(NodeStopped("the node stopped before all that was submitted became durable"))
        self._finished.set()


class _Inbox:
    """The commands of one turn, packed into their rows as they come. Row 0 is kept for a TICK."""

    def __init__(self, commands_max: int) -> None:
        self._bytes = bytearray((commands_max + 1) * COMMAND.itemsize)
        self._rows = np.frombuffer(self._bytes, dtype=COMMAND)
        self._rows["kind"][0] = CommandKind.TICK
        self._origins: list[object | None] = []
        self._commands_max = commands_max
        self.since_ns = 0  # when the first of them came

    @property
    def depth(self) -> int:
        return len(self._origins)

    @property
    def empty(self) -> bool:
        return not self._origins

    def add(self, command: Command, origin: object | None) -> bool:
        """False if it is full. Raises ValueError if a field does not fit."""
        if len(self._origins) == self._commands_max:
            return False
        if not self._origins:
            self.since_ns = time.monotonic_ns()
        try:
            COMMAND_STRUCT.pack_into(self._bytes, (len(self._origins) + 1) * COMMAND.itemsize, *command)
        except struct.error as error:
            raise ValueError(f"command does not fit its columns: {error}: {command}") from None
        self._origins.append(origin)
        return True

    def stamp(self, sequence: int, time_ns: int, tick: bool) -> tuple[Rows, list[object | None]]:
        """The rows after ``sequence``, at ``time_ns``, with a TICK before them if asked, and their origins."""
        commands = self._rows[0 if tick else 1 : len(self._origins) + 1]
        commands["sequence"] = np.arange(sequence + 1, sequence + 1 + len(commands))
        commands["time_ns"] = time_ns
        return commands, [None, *self._origins] if tick else self._origins

    def clear(self) -> int:
        """Make room for another turn. Returns how many were submitted to this one."""
        submitted, self._origins = len(self._origins), []
        return submitted


class _Snapshots:
    """Writes the engine's state beside the journal now and then. A failure costs time at recovery, nothing else."""

    def __init__(self, engine: Engine, journal: JournalWriter, every: int, kept: int) -> None:
        self._engine = engine
        self._journal = journal
        self._every = every
        self._kept = kept
        self._newest = engine.sequence
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="snapshot")
        self._writing: Future[None] | None = None

    def take_if_due(self) -> None:
        """Take one if enough has happened. The state is copied now and written in a thread."""
        due = self._every and self._engine.sequence - self._newest >= self._every
        if due and (self._writing is None or self._writing.done()):
            self.take()

    def take(self) -> None:
        if not self._engine.sequence:
            return
        state_hash, state = self._engine.state_hash(), self._engine.snapshot()
        snapshot = Snapshot(self._journal.shard, self._journal.position, state_hash, state)
        self._newest = self._engine.sequence
        self._writing = self._thread.submit(self._write, snapshot)

    def close(self) -> None:
        """Wait for what is being written."""
        self._thread.shutdown()

    def _write(self, snapshot: Snapshot) -> None:
        try:
            write_snapshot(self._journal.directory, snapshot, self._kept)
        except OSError as error:
            log.warning("snapshot not written", directory=str(self._journal.directory), reason=str(error))
