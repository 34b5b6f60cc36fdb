"""The caretaker: hours and accounts come into being by commands, once."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest

from exchange.caretaker import Caretaker
from exchange.config import AccountSettings, Settings
from exchange.domain.enums import Phase
from exchange.domain.instruments import parse_symbol
from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from exchange.journal.recovery import recover, replay
from exchange.journal.writer import JournalWriter
from exchange.keys import KeyStore
from exchange.node import Node

# 1 December 2026, 13:30 UTC.
NOON_NS = parse_symbol("H100SXM_USE_H13-1DEC26").start_ns + NS_PER_HOUR // 2


class House:
    """A venue without a gateway."""

    def __init__(self, directory: Path, time_ns: int = NOON_NS, **settings: object) -> None:
        self.time_ns = time_ns
        self.began_ns = time.monotonic_ns()
        self.settings = Settings.model_validate(
            {"directory": directory, "skus": ("H100SXM",), "regions": ("USE", "EUW"), "hours_ahead": 3} | settings
        )
        self.engine = recover(directory)
        self.node = Node(self.engine, JournalWriter(directory), self.clock_ns, lambda turn: None)
        self.keys = KeyStore(directory / "keys.sqlite")
        self.caretaker = Caretaker(self.node, self.keys, self.settings, self.clock_ns)
        self.running = asyncio.create_task(self.node.run())

    def clock_ns(self) -> int:
        return self.time_ns + time.monotonic_ns() - self.began_ns

    @property
    def symbols(self) -> list[str]:
        return [contract.symbol for contract in self.engine.contracts()]

    async def stop(self) -> None:
        await self.node.stop()
        await self.running
        self.keys.close()


async def test_the_hours_ahead_are_listed_earliest_first(tmp_path: Path) -> None:
    """Each with its own gate and value, in every region; listing again adds nothing."""
    house = House(tmp_path)
    await house.caretaker.prepare()
    hours = ("H14", "H15", "H16")
    assert house.symbols == [f"H100SXM_{region}_{hour}-1DEC26" for hour in hours for region in ("USE", "EUW")]
    for view in house.engine.contracts():
        contract = parse_symbol(view.symbol)
        assert (view.gate_ns, view.tick_value_micros) == (contract.gate_ns, contract.tick_value_micros)
    await house.caretaker.prepare()
    assert len(house.symbols) == 6
    await house.stop()


async def test_a_bond_is_pledged_out_of_the_opening_cash_and_once(tmp_path: Path) -> None:
    house = House(tmp_path, accounts=[AccountSettings(name="prov", cash_usd=Decimal(5), bond_usd=Decimal(2))])
    for _ in range(2):
        await house.caretaker.prepare()
        account = house.engine.account(1)
        assert (account.cash_micros, account.bond_micros) == (5_000_000, 2_000_000)
    await house.stop()


async def test_an_hour_whose_gate_has_passed_is_not_listed(tmp_path: Path) -> None:
    """A minute before delivery there is nothing left to trade."""
    house = House(tmp_path, NOON_NS + 29 * 60 * NS_PER_SECOND)
    await house.caretaker.prepare()
    assert house.symbols[0] == "H100SXM_USE_H15-1DEC26"
    await house.stop()


async def test_a_new_hour_is_listed_when_it_comes_near(tmp_path: Path) -> None:
    """Without anybody asking, at the turn of the hour."""
    house = House(tmp_path, NOON_NS + NS_PER_HOUR // 2 - NS_PER_SECOND)
    await house.caretaker.prepare()
    caring = asyncio.create_task(house.caretaker.run())
    assert "H100SXM_USE_H17-1DEC26" not in house.symbols
    while "H100SXM_EUW_H17-1DEC26" not in house.symbols:
        await asyncio.sleep(0.02)
    caring.cancel()
    await house.stop()


async def test_configured_accounts_are_endowed_once(tmp_path: Path) -> None:
    """Over restarts too; capacity comes with each hour; everything replays."""
    accounts = (
        AccountSettings(name="maker", cash_usd="1000.5", capacity_lots=7, taker_fee_bps=1),  # type: ignore[arg-type]
        AccountSettings(name="taker", cash_usd=20),  # type: ignore[arg-type]
    )
    for hour in range(2):
        house = House(tmp_path, NOON_NS + hour * NS_PER_HOUR, accounts=accounts, maker_fee_bps=3, taker_fee_bps=4)
        await house.caretaker.prepare()
        found = [account[1:6] for account in house.engine.accounts()]
        assert found[1:] == [("maker", 1_000_500_000, 0, 3, 1), ("taker", 20_000_000, 0, 3, 4)]
        assert [position.capacity_lots for position in house.engine.positions(1)] == [7] * (6 + 2 * hour)
        assert house.engine.positions(2) == []
        await house.stop()
    assert replay(tmp_path).state_hash() == house.engine.state_hash()


async def test_a_key_that_another_process_makes_opens_its_account(tmp_path: Path) -> None:
    """While the venue runs, with a newcomer's cash, once for all keys of an account."""
    house = House(tmp_path, newcomer_cash_usd=50)
    await house.caretaker.prepare()
    caring = asyncio.create_task(house.caretaker.run())
    create = [sys.executable, "-m", "exchange", "keys", "create", "newcomer", "--dir", str(tmp_path)]
    for _ in range(2):
        await asyncio.to_thread(subprocess.run, create, check=True, capture_output=True)
    while not house.engine.find_account("newcomer") or not house.engine.account(1).cash_micros:
        await asyncio.sleep(0.02)
    house.keys.create("another")
    while not house.engine.find_account("another"):
        await asyncio.sleep(0.02)
    assert [account.name for account in house.engine.accounts()] == ["venue", "newcomer", "another"]
    assert house.engine.account(1).cash_micros == 50_000_000
    caring.cancel()
    await house.stop()


async def test_time_passes_for_the_engine_while_a_contract_collects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A TICK now and then, with which the engine says what the auction would do; none otherwise."""
    monkeypatch.setattr("exchange.caretaker.INDICATIVE_SECONDS", 0.01)
    house = House(tmp_path)
    await house.caretaker.prepare()
    caring = asyncio.create_task(house.caretaker.run())
    prepared = house.engine.sequence
    await asyncio.sleep(0.05)
    assert house.engine.sequence == prepared
    collecting = [view._replace(phase=Phase.PREOPEN) for view in house.engine.contracts()]
    monkeypatch.setattr(house.engine, "contracts", lambda: collecting)
    while house.engine.sequence < prepared + 3:
        await asyncio.sleep(0.01)
    caring.cancel()
    await house.stop()


async def test_more_wishes_than_the_inbox_holds_come_true(tmp_path: Path) -> None:
    """It waits for its turn like everybody."""
    house = House(tmp_path)
    await house.stop()
    house.node = Node(house.engine, JournalWriter(tmp_path), house.clock_ns, lambda turn: None, inbox_max=2)
    house.keys = KeyStore(tmp_path / "keys.sqlite")
    house.running = asyncio.create_task(house.node.run())
    await Caretaker(house.node, house.keys, house.settings, house.clock_ns).prepare()
    assert len(house.symbols) == 6
    await house.stop()


async def test_it_ends_with_the_node(tmp_path: Path) -> None:
    """Rather than ask for ever."""
    house = House(tmp_path)
    await house.node.stop()
    with pytest.raises(Exception, match="the node stopped"):
        await house.caretaker.prepare()
    await house.stop()
