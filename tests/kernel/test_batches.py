"""How commands are cut into batches, and where the engine is stopped and restored, changes nothing."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from exchange.domain.enums import CommandKind, EventKind
from exchange.domain.records import EVENT, Command, command_rows
from exchange.engine import EVENT_ROWS_MIN, CorruptSnapshot, Engine
from tests.kernel.modes import FAST
from tests.kernel.worlds import every_temper, history

_COMMANDS = 3_000 if FAST else 600


def _run(engine: Engine, commands: list[Command], sizes: list[int]) -> bytes:
    """Apply ``commands`` in batches of these sizes, the last size repeating, and return all events."""
    parts = []
    start = batch = 0
    while start < len(commands):
        end = start + sizes[min(batch, len(sizes) - 1)]
        parts.append(engine.apply(command_rows(commands[start:end])).tobytes())
        start, batch = end, batch + 1
    return b"".join(parts)


@pytest.mark.parametrize("seed", every_temper())
def test_any_cut_into_batches_gives_the_same_events_and_state(seed: int) -> None:
    """One batch, batches of one, random batches: a batch is only a way of carrying commands."""
    commands = history(seed, _COMMANDS)
    whole, single, mixed = Engine(), Engine(), Engine()
    events = _run(whole, commands, [len(commands)])
    random = Random(seed)
    assert _run(single, commands, [1]) == events
    assert _run(mixed, commands, [random.randint(1, 200) for _ in commands]) == events
    assert single.state_hash() == mixed.state_hash() == whole.state_hash()
    assert single.events_total == mixed.events_total == len(events) // EVENT.itemsize


@pytest.mark.parametrize("seed", every_temper())
def test_an_event_buffer_of_any_size_gives_the_same_events(seed: int) -> None:
    """With room for a few rows only, the kernel stops in the middle of sweeps, and must take them up again."""
    commands = history(seed, _COMMANDS)
    roomy = Engine()
    events = _run(roomy, commands, [len(commands)])
    for rows in (EVENT_ROWS_MIN, EVENT_ROWS_MIN + 1, EVENT_ROWS_MIN + 7):
        cramped = Engine(event_rows=rows)
        assert _run(cramped, commands, [150]) == events
        assert cramped.state_hash() == roomy.state_hash()
        cramped.check()


def test_an_event_buffer_too_small_for_one_command_is_refused() -> None:
    with pytest.raises(ValueError, match=f"at least {EVENT_ROWS_MIN}"):
        Engine(event_rows=EVENT_ROWS_MIN - 1)


@pytest.mark.parametrize("seed", every_temper())
def test_a_restored_engine_goes_on_as_if_never_stopped(seed: int) -> None:
    """Snapshots in the middle, at odd places: same events and same hash afterwards."""
    commands = history(seed, _COMMANDS)
    straight = Engine()
    events = _run(straight, commands, [len(commands)])
    random = Random(seed)
    engine, resumed = Engine(), b""
    cuts = sorted({0, *random.sample(range(len(commands)), 7), len(commands)})
    for start, end in pairwise(cuts):
        engine_before = engine
        engine = Engine.restore(engine_before.snapshot())
        assert engine.state_hash() == engine_before.state_hash()
        engine.check()
        resumed += _run(engine, commands[start:end], [100])
    assert resumed == events
    assert engine.state_hash() == straight.state_hash()
    assert engine.snapshot() == straight.snapshot()


def test_what_was_accepted_shows_in_the_state_hash_and_what_was_refused_does_not() -> None:
    """Beside an engine at the same sequence that was asked nothing it could understand."""
    engine = Engine()
    for command in history(1, 300):
        if command.kind not in (CommandKind.NEW, CommandKind.CASH, CommandKind.LIST, CommandKind.OPEN_ACCOUNT):
            engine.apply(command_rows([command]))
            continue
        idle = Engine.restore(engine.snapshot())
        idle.apply(command_rows([command._replace(kind=99)]))
        events = engine.apply(command_rows([command]))
        assert (engine.state_hash() == idle.state_hash()) == (events["kind"][0] == EventKind.REJECTED)


def test_a_damaged_snapshot_is_refused() -> None:
    """Any flipped bit, and any cut, is noticed before it becomes state."""
    engine = Engine()
    _run(engine, history(0, 200), [50])
    blob = engine.snapshot()
    random = Random(1)
    for place in [0, len(blob) - 1, *random.sample(range(len(blob)), 40)]:
        damaged = bytearray(blob)
        damaged[place] ^= 1 << random.randrange(8)
        with pytest.raises(CorruptSnapshot):
            Engine.restore(bytes(damaged))
    for length in (0, 1, 15, 16, 48, len(blob) // 2, len(blob) - 1):
        with pytest.raises(CorruptSnapshot):
            Engine.restore(blob[:length])


def test_a_command_out_of_sequence_or_time_is_not_applied() -> None:
    """The engine raises at that command, and what came before it stands."""
    commands = history(0, 100)
    engine = Engine()
    _run(engine, commands, [100])
    before = engine.state_hash()
    last = commands[-1]
    for sequence, time_ns in ((last.sequence, last.time_ns), (last.sequence + 2, last.time_ns), (last.sequence + 1, 0)):
        with pytest.raises(ValueError, match=r"sequence|time"):
            engine.apply(command_rows([last._replace(sequence=sequence, time_ns=time_ns)]))
    assert engine.state_hash() == before
    good = last._replace(sequence=last.sequence + 1)
    with pytest.raises(ValueError, match=rf"expected sequence {last.sequence + 2} "):
        engine.apply(command_rows([good, last._replace(sequence=last.sequence + 3)]))
    assert engine.sequence == last.sequence + 1
