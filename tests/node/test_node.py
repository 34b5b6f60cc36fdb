"""The node: everything in order, durable, then published; after a fault nothing more."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from exchange.domain.enums import CommandKind, EventKind, Reason, Side
from exchange.domain.records import Command
from exchange.engine import Engine
from exchange.journal.reader import JournalReader
from exchange.journal.recovery import recover, replay
from exchange.journal.snapshot import read_snapshot, snapshot_paths
from exchange.journal.writer import JournalWriter
from exchange.node import Node, NodeStopped, Turn
from tests.journal.market import GATE_NS, START_NS, limit, opening, orders

SOON_NS = 50_000_000


class Clock:
    """Stands where it is put, and runs from there if asked."""

    def __init__(self, time_ns: int = START_NS) -> None:
        self.time_ns = time_ns
        self.began_ns = 0

    def run(self) -> None:
        self.began_ns = time.monotonic_ns()

    def __call__(self) -> int:
        return self.time_ns + (time.monotonic_ns() - self.began_ns if self.began_ns else 0)


class House:
    """A node on its own directory, which collects its turns."""

    def __init__(self, directory: Path, inbox_max: int = 1_000, snapshot_every: int = 0) -> None:
        self.clock = Clock()
        self.turns: list[Turn] = []
        self.journal = JournalWriter(directory)
        self.node = Node(
            Engine(), self.journal, self.clock, self.turns.append, inbox_max, snapshot_every=snapshot_every
        )
        self.running = asyncio.create_task(self.node.run())

    async def ask(self, *commands: Command) -> None:
        for command in commands:
            assert self.node.submit(command)
        await self.node.settled()

    async def stop(self) -> None:
        await self.node.stop()
        await self.running

    def events(self, kind: EventKind) -> list[np.void]:
        return [event for turn in self.turns for event in turn.events if event["kind"] == kind]


async def test_turns_tell_everything_once_and_in_order(tmp_path: Path) -> None:
    """Against the list of what was submitted; event numbers have no gap."""
    house, chance = House(tmp_path), random.Random(3)
    submitted = opening()
    await house.ask(*submitted)
    for size in (1, 7, 30):
        batch = orders(chance, size)
        submitted += batch
        await house.ask(*batch)
    await house.stop()
    commands = [command for turn in house.turns for command in turn.commands]
    assert [int(command["sequence"]) for command in commands] == list(range(1, len(submitted) + 1))
    assert [command["lots"] for command in commands] == [command.lots for command in submitted]
    numbers = [turn.first_event + place for turn in house.turns for place in range(len(turn.events))]
    assert numbers == list(range(1, house.node.engine.events_total + 1))


async def test_origins_come_back_beside_their_commands(tmp_path: Path) -> None:
    """Whatever they are, also when a TICK of the node stands before them."""
    house = House(tmp_path)
    await house.ask(*opening(), limit(1, Side.BUY, 2_000, 5, expiry_ns=START_NS + 5))
    house.clock.time_ns += 10
    for lots in (3, 4):
        house.node.submit(limit(1, Side.BUY, 2_000, lots), origin=("session", lots))
    await house.node.settled()
    last = house.turns[-1]
    assert [int(kind) for kind in last.commands["kind"]] == [CommandKind.TICK, CommandKind.NEW, CommandKind.NEW]
    assert [int(lots) for lots in last.commands["lots"]] == [0, 3, 4]
    assert last.origins == [None, ("session", 3), ("session", 4)]
    expired = last.events[0]
    assert (expired["kind"], expired["reason"]) == (EventKind.EXPIRED, Reason.GTD)
    await house.stop()


async def test_what_is_submitted_during_a_commit_goes_into_one_next_turn(tmp_path: Path) -> None:
    """Load makes batches bigger."""
    house = House(tmp_path)
    house.node.submit(opening()[0])
    while not house.turns:
        house.node.submit(limit(1, Side.BUY, 2_000, 1))
        await asyncio.sleep(0)
    await house.node.settled()
    assert len(house.turns) == 2
    assert len(house.turns[1].commands) > 1
    await house.stop()


async def test_time_never_decreases(tmp_path: Path) -> None:
    """Even if the clock does, and even over a restart."""
    house = House(tmp_path)
    await house.ask(opening()[0])
    house.clock.time_ns -= 10**9
    await house.ask(opening()[1])
    house.clock.time_ns += 10**9 + 1
    await house.ask(opening()[2])
    await house.stop()
    assert [int(turn.commands["time_ns"][0]) - START_NS for turn in house.turns] == [0, 0, 1]
    turns: list[Turn] = []
    node = Node(recover(tmp_path), JournalWriter(tmp_path), lambda: START_NS - 5, turns.append)
    node.submit(opening()[3])
    await node.stop()
    assert int(turns[0].commands["time_ns"][0]) == START_NS + 1


async def test_a_deadline_passes_without_traffic(tmp_path: Path) -> None:
    """The order expires by a turn of the node's own, not before its time."""
    house = House(tmp_path)
    house.clock.run()
    await house.ask(*opening())
    expiry_ns = house.clock() + SOON_NS
    await house.ask(limit(1, Side.BUY, 2_000, 5, expiry_ns=expiry_ns))
    while not house.events(EventKind.EXPIRED):
        await asyncio.sleep(0.01)
    last = house.turns[-1]
    assert [int(kind) for kind in last.commands["kind"]] == [CommandKind.TICK]
    assert last.origins == [None]
    assert int(last.commands["time_ns"][0]) >= expiry_ns
    await house.stop()
    assert replay(tmp_path).state_hash() == house.node.engine.state_hash()


async def test_a_gate_falls_before_the_command_that_comes_at_its_time(tmp_path: Path) -> None:
    """The order of the last moment is refused, the others have gone."""
    house = House(tmp_path)
    await house.ask(*opening(), limit(1, Side.BUY, 2_000, 5))
    house.clock.time_ns = GATE_NS
    await house.ask(limit(2, Side.SELL, 2_000, 5))
    kinds = [int(event["kind"]) for event in house.turns[-1].events]
    gated = [EventKind.PHASE, EventKind.FIXING]
    assert kinds == [EventKind.EXPIRED, *gated, *gated, EventKind.REJECTED]
    await house.stop()


async def test_a_full_inbox_is_busy(tmp_path: Path) -> None:
    """It takes again once a turn has emptied it; nothing refused has an effect."""
    house = House(tmp_path, inbox_max=3)
    accepted = [house.node.submit(command) for command in opening()[:5]]
    assert accepted == [True, True, True, False, False]
    await house.node.settled()
    assert house.node.submit(opening()[3])
    await house.stop()
    assert house.node.engine.sequence == 4


async def test_a_command_that_does_not_fit_changes_nothing(tmp_path: Path) -> None:
    """The one who submits it is told; those before and after it go through."""
    house = House(tmp_path)
    house.node.submit(opening()[0])
    for bad in (Command(lots=2**31), Command(kind=200), Command(amount=-(2**63) - 1), Command(price_ticks=1.5)):  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="does not fit its columns"):
            house.node.submit(bad)
    await house.ask(opening()[1])
    assert [account.name for account in house.node.engine.accounts()] == ["venue", "alice", "bob"]
    await house.stop()


async def test_stop_finishes_what_was_taken_and_takes_nothing_more(tmp_path: Path) -> None:
    """Everything that was accepted is published, durable, in a snapshot, and the directory is free."""
    house = House(tmp_path)
    for command in opening():
        house.node.submit(command)
    stopping = asyncio.create_task(house.node.stop())
    await asyncio.sleep(0)
    assert not house.node.submit(limit(1, Side.BUY, 2_000, 5))
    await stopping
    assert house.node.stopped
    assert not house.node.submit(limit(1, Side.BUY, 2_000, 5))
    assert sum(len(turn.commands) for turn in house.turns) == len(opening())
    (path,) = snapshot_paths(tmp_path)
    assert read_snapshot(path).state_hash == house.node.engine.state_hash()
    assert recover(tmp_path).state_hash() == house.node.engine.state_hash()
    await house.node.stop()


async def test_snapshots_are_taken_on_the_way(tmp_path: Path) -> None:
    """Each at a place where the journal was, the newest few kept, and recovery gives the live state."""
    house, chance = House(tmp_path, snapshot_every=20), random.Random(5)
    await house.ask(*opening())
    for _ in range(12):
        await house.ask(*orders(chance, 10))
    await house.stop()
    assert 2 <= len(snapshot_paths(tmp_path)) <= 3
    assert recover(tmp_path).state_hash() == replay(tmp_path).state_hash() == house.node.engine.state_hash()


async def test_nothing_is_published_before_it_is_durable(tmp_path: Path) -> None:
    """What a loss of power at the moment of publishing would leave holds all that is being published."""
    found: list[tuple[int, int]] = []

    def publish(turn: Turn) -> None:
        copy = tmp_path / f"copy{len(found)}"
        # By another process: to close a copy's source in this one would drop SQLite's locks on it.
        subprocess.run(["cp", "-r", str(tmp_path / "live"), str(copy)], check=True)
        with JournalReader(copy) as reader:
            *_, (position, _) = reader.walk()
        found.append((int(turn.commands["sequence"][-1]), position.sequence))

    journal = JournalWriter(tmp_path / "live")
    node = Node(Engine(), journal, Clock(), publish)
    running = asyncio.create_task(node.run())
    for batch in (opening(), orders(random.Random(1), 3), orders(random.Random(2), 300)):
        for command in batch:
            node.submit(command)
        await node.settled()
    await node.stop()
    await running
    assert len(found) == 3
    assert all(published == durable for published, durable in found)


async def test_the_engine_shows_nothing_before_it_is_durable(tmp_path: Path) -> None:
    """Whoever asks while the disk is busy sees the state before the turn."""
    reached, go_on = threading.Event(), threading.Event()

    class SlowDisk(JournalWriter):
        def commit(self) -> None:
            reached.set()
            go_on.wait()
            super().commit()

    turns: list[Turn] = []
    node = Node(Engine(), SlowDisk(tmp_path), Clock(), turns.append)
    running = asyncio.create_task(node.run())
    node.submit(opening()[0])
    while not reached.is_set():
        await asyncio.sleep(0.001)
    assert (node.engine.sequence, turns) == (0, [])
    go_on.set()
    await node.settled()
    assert (node.engine.sequence, len(turns)) == (1, 1)
    await node.stop()
    await running


async def test_a_node_whose_engine_is_not_where_the_journal_ends_does_not_start(tmp_path: Path) -> None:
    """It would write a second history."""
    house = House(tmp_path)
    await house.ask(*opening())
    await house.stop()
    journal = JournalWriter(tmp_path)
    with pytest.raises(ValueError, match="the journal ends with sequence 10, the engine stands at 0"):
        Node(Engine(), journal, Clock(), lambda turn: None)
    journal.close()


# Trades until the files may grow no more, as on a full disk, and prints what was published and what was said.
FILL_THE_DISK = """
import asyncio, random, resource, sys
from pathlib import Path
from exchange.engine import Engine
from exchange.journal.writer import JournalWriteFailed, JournalWriter
from exchange.node import Node, NodeStopped
from tests.journal.market import START_NS, opening, orders

async def main():
    engine, published, chance = Engine(), [0], random.Random(1)
    journal = JournalWriter(Path(sys.argv[1]))
    node = Node(engine, journal, lambda: START_NS, lambda turn: published.append(int(turn.commands["sequence"][-1])))
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    running = asyncio.create_task(node.run())
    batch = opening()
    try:
        while True:
            assert all([node.submit(command) for command in batch])
            await node.settled()
            batch = orders(chance, 60)
    except NodeStopped:
        print(published[-1], engine.sequence, engine.state_hash(), node.submit(batch[0]))
    try:
        await running
    except JournalWriteFailed as error:
        print(error)
    await node.stop()

asyncio.run(main())
"""


async def test_a_full_disk_stops_the_node_and_shows_nothing_of_the_turn(tmp_path: Path) -> None:
    """In a process whose files may not grow: what was published is all there is, before and after recovery."""
    command = [sys.executable, "-c", FILL_THE_DISK, str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    published, applied, state_hash, taken = said[0].split()
    assert int(published) > 0
    assert published == applied
    assert taken == "False"
    assert "Make room on the disk" in said[1]
    recovered = recover(tmp_path)
    assert (recovered.sequence, recovered.state_hash()) == (int(published), state_hash)


async def test_waiting_on_a_node_that_fails_ends(tmp_path: Path) -> None:
    """Whoever waits for what will never be durable is told, then and later."""

    class NoDisk(JournalWriter):
        def commit(self) -> None:
            self._connection.execute("ROLLBACK")  # so that the real commit has nothing to commit, and fails
            super().commit()

    node = Node(Engine(), NoDisk(tmp_path), Clock(), lambda turn: None)
    running = asyncio.create_task(node.run())
    node.submit(opening()[0])
    for _ in range(2):
        with pytest.raises(NodeStopped):
            await node.settled()
    assert node.engine.sequence == 0
    with pytest.raises(Exception, match="cannot be written"):
        await running
