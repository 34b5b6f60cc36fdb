"""Decisions: commands made from the engine as it is, with nothing in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from exchange.domain.enums import CommandKind, EventKind, Side
from exchange.domain.records import Command
from exchange.engine import Engine
from exchange.journal.recovery import replay
from exchange.journal.writer import JournalWriteFailed, JournalWriter
from exchange.node import Node, NodeStopped, Turn
from tests.journal.market import START_NS, limit, opening


class Room:
    """A node whose clock stands, and all its turns."""

    def __init__(self, directory: Path) -> None:
        self.turns: list[Turn] = []
        self.now_ns = START_NS
        self.engine = Engine()
        self.node = Node(self.engine, JournalWriter(directory), lambda: self.now_ns, self.turns.append)
        self.running = asyncio.create_task(self.node.run())

    async def stop(self) -> None:
        await self.node.stop()
        await self.running


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    room = Room(tmp_path)
    for command in opening():
        room.node.submit(command)
    await room.node.settled()
    yield room
    await room.stop()


async def test_what_is_decided_meets_the_state_it_was_decided_for(room: Room, tmp_path: Path) -> None:
    """While others trade without a pause: all free cash goes over, each time, and is never refused."""

    def all_of_it() -> list[Command]:
        view = room.engine.account(1)
        free = view.cash_micros - view.reserved_micros
        return [
            Command(kind=CommandKind.TRANSFER, account=1, order_id=2, amount=free),
            Command(kind=CommandKind.TRANSFER, account=2, order_id=1, amount=free),
        ]

    async def trade() -> None:
        while True:
            room.node.submit(limit(1, Side.BUY, 2_500, 1))
            room.node.submit(limit(2, Side.SELL, 2_500, 1))
            await asyncio.sleep(0)

    trading = asyncio.create_task(trade())
    for _ in range(20):
        events = await room.node.decide(all_of_it)
        assert [event["kind"] for event in events] == [EventKind.TRANSFER, EventKind.TRANSFER]
    trading.cancel()
    await room.node.settled()
    decided = [turn for turn in room.turns if turn.commands[0]["kind"] == CommandKind.TRANSFER]
    assert [len(turn.commands) for turn in decided] == [2] * 20
    assert len(room.turns) > 40
    await room.stop()
    assert replay(tmp_path).state_hash() == room.engine.state_hash()


async def test_nothing_decided_is_no_turn(room: Room) -> None:
    turns = len(room.turns)
    assert len(await room.node.decide(list)) == 0
    assert len(room.turns) == turns


async def test_a_plan_that_fails_tells_whoever_made_it(room: Room) -> None:
    """And the node goes on."""

    def fails() -> list[Command]:
        raise LookupError("no such sponsor")

    with pytest.raises(LookupError, match="no such sponsor"):
        await room.node.decide(fails)
    assert len(await room.node.decide(lambda: [Command(kind=CommandKind.TICK)])) == 0


async def test_gates_that_have_passed_fall_first(room: Room) -> None:
    """A decision sees orders that are over as gone."""
    room.node.submit(limit(1, Side.BUY, 2_500, 1, expiry_ns=START_NS + 10))
    await room.node.settled()
    room.now_ns = START_NS + 11
    seen: list[int] = []

    def look() -> list[Command]:
        seen.append(room.engine.account(1).orders)
        return []

    await room.node.decide(look)
    assert seen == [0]


async def test_a_stopped_node_decides_nothing(room: Room) -> None:
    await room.stop()
    with pytest.raises(NodeStopped):
        await room.node.decide(list)
    with pytest.raises(NodeStopped):
        await room.node.frames(0)


async def test_a_decision_that_cannot_be_stored_is_told_and_ends_the_node(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is seen."""

    def full(*_: object) -> None:
        raise JournalWriteFailed("the disk is full")

    sequence = room.engine.sequence
    monkeypatch.setattr(JournalWriter, "commit", full)
    with pytest.raises(NodeStopped):
        await room.node.decide(lambda: [Command(kind=CommandKind.TICK)])
    with pytest.raises(JournalWriteFailed):
        await room.running
    assert room.engine.sequence == sequence
    room.running = asyncio.create_task(asyncio.sleep(0))


async def test_frames_are_told_as_they_are_stored(room: Room) -> None:
    """In pieces that follow on each other."""
    found: list[int] = []
    while frames := await room.node.frames(found[-1] if found else 0):
        found += [number for number, _ in frames]
    assert found == list(range(1, room.node.frames_durable + 1))
