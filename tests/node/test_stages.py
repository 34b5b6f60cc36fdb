"""The caretaker takes contracts from stage to stage, by commands, and catches up on what it missed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from exchange.caretaker import Caretaker
from exchange.config import BadSettings, Settings, load_settings
from exchange.domain.enums import CommandKind, Phase
from exchange.domain.instruments import parse_symbol
from exchange.domain.records import Command, Rows
from exchange.domain.units import NEVER_NS, NS_PER_HOUR, NS_PER_MINUTE, NS_PER_SECOND
from exchange.engine import Engine
from exchange.journal.recovery import recover, replay
from exchange.journal.writer import JournalWriter
from exchange.keys import KeyStore
from exchange.node import Node, Turn
from exchange.stages import survey

_HOUR = parse_symbol("H100SXM_USE_H14-1DEC26")
_NOON_NS = _HOUR.start_ns - 2 * NS_PER_HOUR


class House:
    """A venue whose clock stands until it is set."""

    def __init__(self, directory: Path, time_ns: int, **stages: int) -> None:
        self.time_ns = time_ns
        self.commands: list[Rows] = []
        self.settings = Settings.model_validate(
            {"directory": directory, "skus": ("H100SXM",), "regions": ("USE",), "hours_ahead": 3, "stages": stages}
        )
        self.engine = recover(directory)
        self.node = Node(self.engine, JournalWriter(directory), lambda: self.time_ns, self._hear)
        self.keys = KeyStore(directory / "keys.sqlite")
        self.caretaker = Caretaker(self.node, self.keys, self.settings, lambda: self.time_ns)
        self.running = asyncio.create_task(self.node.run())

    def _hear(self, turn: Turn) -> None:
        self.commands.extend(turn.commands)

    async def at(self, time_ns: int) -> dict[str, Phase]:
        """Let it be so late, and the caretaker look after everything."""
        self.time_ns = time_ns
        await self.caretaker.prepare()
        return {view.symbol.partition("_USE_")[2]: view.phase for view in self.engine.contracts()}

    async def ask(self, command: Command) -> None:
        assert self.node.submit(command)
        await self.node.settled()

    async def stop(self) -> None:
        await self.node.stop()
        await self.running
        self.keys.close()


async def test_a_contract_goes_its_way(tmp_path: Path) -> None:
    """Each stage begins with its very nanosecond; by default it trades as soon as it is listed."""
    house = House(tmp_path, _NOON_NS)
    start_ns = _HOUR.start_ns
    for minutes, phase in (
        (-120, Phase.CONTINUOUS),
        (-20, Phase.CLOSING),
        (-15, Phase.GATED),
        (-10, Phase.NOMINATED),
        (0, Phase.DELIVERING),
        (120, Phase.SETTLED),
    ):
        at_ns = start_ns + minutes * NS_PER_MINUTE
        if minutes > -120:
            before = (await house.at(at_ns - 1))["H14-1DEC26"]
            assert before != phase
        assert (await house.at(at_ns))["H14-1DEC26"] == phase
    assert house.engine.fixing(house.engine.find_contract(_HOUR.symbol) or 0) is not None
    await house.stop()
    assert replay(tmp_path).state_hash() == house.engine.state_hash()


async def test_it_opens_with_a_call_that_the_engine_ends(tmp_path: Path) -> None:
    """Listed, then pre-open until trading begins: then nobody needs to say so."""
    house = House(tmp_path, _NOON_NS, listed_minutes=10, preopen_minutes=20)
    # With three hours ahead the hour from 16:00 is listed at 13:00.
    listed_ns = _NOON_NS + NS_PER_HOUR
    phases = await house.at(listed_ns)
    assert phases["H16-1DEC26"] == Phase.LISTED
    assert phases["H15-1DEC26"] == Phase.CONTINUOUS
    phases = await house.at(listed_ns + 10 * NS_PER_MINUTE)
    assert phases["H16-1DEC26"] == Phase.PREOPEN
    contract = house.engine.find_contract("H100SXM_USE_H16-1DEC26")
    assert contract is not None
    assert house.engine.contract(contract).phase_end_ns == listed_ns + 30 * NS_PER_MINUTE
    house.time_ns = listed_ns + 30 * NS_PER_MINUTE
    await house.ask(Command(kind=CommandKind.TICK))
    assert house.engine.contract(contract).phase == Phase.CONTINUOUS
    await house.stop()


@pytest.mark.parametrize("minutes", [-20, -15, -10, 0, 60, 120, 10_000])
async def test_after_a_restart_it_catches_up(tmp_path: Path, minutes: int) -> None:
    """A venue that was down ends where one that was up is, for every contract that both have."""
    now_ns = _HOUR.start_ns + minutes * NS_PER_MINUTE
    up, down = House(tmp_path / "up", _NOON_NS), House(tmp_path / "down", _NOON_NS)
    before = await down.at(_NOON_NS)
    assert before == await up.at(_NOON_NS)
    await down.stop()
    for minute in range(-100, min(minutes, 300), 5):
        await up.at(_HOUR.start_ns + minute * NS_PER_MINUTE)
    down = House(tmp_path / "down", _NOON_NS)
    phases, steady = await down.at(now_ns), await up.at(now_ns)
    assert {symbol: phases[symbol] for symbol in before} == {symbol: steady[symbol] for symbol in before}
    await up.stop()
    await down.stop()


async def test_a_halt_is_left_alone_until_it_is_lifted(tmp_path: Path) -> None:
    """Then the closing call comes at once; an auction that the desk called goes on until it is due."""
    house = House(tmp_path, _NOON_NS)
    await house.at(_NOON_NS)
    contract = house.engine.find_contract(_HOUR.symbol)
    assert contract is not None
    for phase in (Phase.PREOPEN, Phase.HALTED):
        await house.ask(Command(kind=CommandKind.PHASE, contract=contract, option=phase))
        assert (await house.at(house.time_ns + NS_PER_MINUTE))["H14-1DEC26"] == phase
    closing_ns = _HOUR.gate_ns - 5 * NS_PER_MINUTE
    assert (await house.at(closing_ns))["H14-1DEC26"] == Phase.HALTED
    # It looks again and again, lest the closing call be missed.
    assert survey(house.engine, house.settings, closing_ns, [contract]).next_ns == closing_ns + NS_PER_SECOND
    await house.ask(Command(kind=CommandKind.PHASE, contract=contract, option=Phase.CONTINUOUS))
    assert (await house.at(closing_ns + NS_PER_SECOND))["H14-1DEC26"] == Phase.CLOSING
    await house.stop()


async def test_a_contract_that_is_listed_late_goes_straight_to_its_call(tmp_path: Path) -> None:
    """The venue starts three minutes before a gate: listed, it never traded but in the call."""
    house = House(tmp_path, _HOUR.gate_ns - 3 * NS_PER_MINUTE)
    assert (await house.at(house.time_ns))["H14-1DEC26"] == Phase.CLOSING
    asked = [(int(row["kind"]), int(row["option"]), int(row["contract"])) for row in house.commands]
    listed = (CommandKind.LIST, Phase.LISTED, 0)
    assert [command for command in asked if command == listed or command[0] == CommandKind.PHASE] == [
        listed,
        (CommandKind.PHASE, Phase.CLOSING, 0),
    ]
    await house.stop()


async def test_while_it_runs_it_looks_when_something_is_due(tmp_path: Path) -> None:
    """It sleeps until then, and before there is no command."""
    house = House(tmp_path, _NOON_NS)
    await house.caretaker.prepare()
    house.time_ns = _HOUR.gate_ns - 5 * NS_PER_MINUTE - 10**7
    caring = asyncio.create_task(house.caretaker.run())
    await asyncio.sleep(0.05)
    contract = house.engine.find_contract(_HOUR.symbol) or 0
    assert house.engine.contract(contract).phase == Phase.CONTINUOUS
    house.time_ns += 10**7
    await _until(lambda: house.engine.contract(contract).phase == Phase.CLOSING)
    caring.cancel()
    await house.stop()


async def _until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        await asyncio.sleep(0.01)


def test_where_nothing_is_listed_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    settings = Settings.model_validate({"directory": tmp_path})
    assert survey(Engine(), settings, _NOON_NS, Engine().unsettled_contracts()) == ([], NEVER_NS)


def test_nominations_must_end_before_delivery(tmp_path: Path) -> None:
    """Of every SKU that the venue lists."""
    file = tmp_path / "venue.toml"
    file.write_text('directory = "."\nskus = ["H100SXM"]\n[stages]\nnomination_minutes = 15\n')
    with pytest.raises(BadSettings, match="nomination_minutes must be below 15"):
        load_settings(file, {})
    file.write_text('directory = "."\nskus = ["H100SXMIB"]\n[stages]\nnomination_minutes = 15\n')
    assert load_settings(file, {}).stages.nomination_minutes == 15
