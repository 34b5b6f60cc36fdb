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
from exchange.domain.catalogue import CATALOGUE
from exchange.domain.enums import CommandKind, OrderType, Phase, Scope, Side, TimeInForce
from exchange.domain.instruments import Contract, parse_symbol
from exchange.domain.records import Command
from exchange.domain.text import pack_text
from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from exchange.journal.recovery import recover, replay
from exchange.journal.writer import JournalWriter
from exchange.keys import KeyStore
from exchange.node import Node
from exchange.stages import survey

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


def _legs(house: House, symbol: str) -> list[str]:
    number = house.engine.find_contract(symbol)
    assert number is not None
    return [house.engine.contract(leg).symbol for leg in house.engine.legs(number)]


def _hours(symbol: str, strip: str, *hours: int) -> list[str]:
    return [f"{symbol}_H{hour:02d}-{strip.partition('-')[2]}" for hour in hours]


async def test_strips_are_listed_with_their_hours(tmp_path: Path) -> None:
    """Every strip within the horizon, with all its legs, open at once, with weight and numbers to limit it by."""
    house = House(tmp_path, hours_ahead=36)
    await house.caretaker.prepare()
    strips = [parse_symbol(symbol) for symbol in house.symbols if parse_symbol(symbol).is_strip]
    assert {strip.term for strip in strips} == {
        *(f"B4H{hour:02d}" for hour in range(0, 24, 4)), "B8H00", "B8H08", "B8H16", "D", "PK", "OP",
    }  # fmt: skip
    for strip in strips:
        assert len(_legs(house, strip.symbol)) == strip.hours
    assert _legs(house, "H100SXM_EUW_B4H16-1DEC26") == _hours("H100SXM_EUW", "B4H16-1DEC26", 16, 17, 18, 19)
    assert {view.phase for view in house.engine.contracts()} == {Phase.CONTINUOUS}
    for view in house.engine.contracts():
        contract = parse_symbol(view.symbol)
        assert view.weight == contract.gpu_hours_per_lot
        assert list(CATALOGUE.skus)[view.sku - 1] == contract.sku.code
        assert list(CATALOGUE.regions)[view.region - 1] == contract.region.code
    sequence = house.engine.sequence
    await house.caretaker.prepare()
    assert house.engine.sequence == sequence
    await house.stop()


def test_numbers_of_skus_and_regions_are_for_ever() -> None:
    """They are in journals: whoever changes one here makes old limits mean something else."""
    assert list(CATALOGUE.sku_numbers.items()) == [
        ("A100PCIE80", 1), ("A100SXM80", 2), ("H100PCIE", 3), ("H100SXM", 4), ("H100SXMIB", 5), ("H200SXM", 6),
        ("B200SXM", 7), ("GB200NVL", 8), ("L40S", 9), ("MI300X", 10), ("RTX4090", 11),
    ]  # fmt: skip
    assert list(CATALOGUE.region_numbers) == ["USE", "USC", "USW", "EUW", "EUN", "APN", "APS"]


async def test_numbers_select_contracts_for_mass_cancels_and_limits(tmp_path: Path) -> None:
    """On a venue that runs: one region's orders go, and a pool of one SKU in one region is full."""
    house = House(tmp_path, accounts=(AccountSettings(name="alice", cash_usd=1000),))  # type: ignore[arg-type]
    await house.caretaker.prepare()
    sku, europe = CATALOGUE.sku_numbers["H100SXM"], CATALOGUE.region_numbers["EUW"]
    for contract in range(4):
        assert house.node.submit(_bid(contract, 1))
    sweep = Command(kind=CommandKind.CANCEL_ALL, contract=-1, sku=sku, region=europe)
    assert house.node.submit(sweep)
    await house.node.settled()
    left = [house.engine.contract(order.contract).symbol for order in house.engine.open_orders()]
    assert left == ["H100SXM_USE_H14-1DEC26", "H100SXM_USE_H15-1DEC26"]
    # A lot weighs eight GPU-hours: three of them fit into thirty, four do not; the other region has no such limit.
    limits = Command(kind=CommandKind.LIMITS, account=1, option=Scope.POOL, sku=sku, region=europe)
    assert house.node.submit(limits._replace(amount=30))
    assert house.node.submit(_bid(1, 4))
    assert house.node.submit(_bid(1, 3))
    assert house.node.submit(_bid(0, 4))
    await house.node.settled()
    assert [(order.contract, order.open_lots) for order in house.engine.open_orders()] == [
        (0, 1),
        (2, 1),
        (1, 3),
        (0, 4),
    ]
    await house.stop()


def _bid(contract: int, lots: int) -> Command:
    return Command(
        kind=CommandKind.NEW, account=1, contract=contract, side=Side.BUY, order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC, price_ticks=1_000, lots=lots,
    )  # fmt: skip


@pytest.mark.parametrize("turns", [1, 7, 8, 9, 12])
async def test_a_strip_that_a_crash_cut_short_gets_the_rest_of_its_legs(tmp_path: Path, turns: int) -> None:
    """Wherever it happened; until then nobody can trade it, also if time goes on."""
    house = House(tmp_path / "whole", regions=("USE",), hours_ahead=7)
    await house.caretaker.prepare()
    await house.stop()
    cut = House(tmp_path / "cut", regions=("USE",), hours_ahead=7)
    asked: list[Command] = []
    submit, whole = cut.node.submit, [view.symbol for view in house.engine.contracts()]
    assert whole[-1] == "H100SXM_USE_B4H16-1DEC26"

    def crash(command: Command, origin: object = None) -> bool:
        asked.append(command)
        if len(asked) > turns:
            raise ConnectionError("the power is gone")
        return submit(command, origin)

    cut.node.submit = crash  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        await cut.caretaker.prepare()
    await asyncio.sleep(0)  # What was submitted before has its turn.
    await cut.stop()
    again = House(tmp_path / "cut", NOON_NS + 10 * NS_PER_SECOND, regions=("USE",), hours_ahead=7)
    for contract in again.engine.contracts():
        if parse_symbol(contract.symbol).is_strip:
            is_whole = len(again.engine.legs(contract.contract)) == 4
            opening = survey(again.engine, again.settings, again.clock_ns(), [contract.contract]).commands
            assert (contract.phase, len(opening)) == (Phase.LISTED, is_whole)
    await again.caretaker.prepare()
    assert again.symbols == whole
    assert _legs(again, whole[-1]) == _hours("H100SXM_USE", "B4H16-1DEC26", 16, 17, 18, 19)
    assert again.engine.contract(len(whole) - 1).phase == Phase.CONTINUOUS
    await again.stop()
    assert replay(tmp_path / "cut").state_hash() == again.engine.state_hash()


def _listed_before(contract: Contract) -> Command:
    """As a venue listed hours when it knew neither strips nor numbers."""
    words = dict(zip(("text_0", "text_1", "text_2", "text_3"), pack_text(contract.symbol), strict=True))
    return Command(kind=CommandKind.LIST, amount=contract.tick_value_micros, expiry_ns=contract.gate_ns, **words)


async def test_an_older_venue_gets_strips_of_the_hours_it_has(tmp_path: Path) -> None:
    """Without numbers, as its hours have none; those that would mix are left out."""
    house = House(tmp_path, regions=("USE",), hours_ahead=15)
    for hour in range(14, 21):
        assert house.node.submit(_listed_before(parse_symbol(f"H100SXM_USE_H{hour}-1DEC26")))
    await house.caretaker.prepare()
    strips = [view for view in house.engine.contracts() if parse_symbol(view.symbol).is_strip]
    names = [view.symbol.removeprefix("H100SXM_USE_") for view in strips]
    assert names == ["B4H16-1DEC26", "B4H00-2DEC26"]
    assert [(view.sku, view.region) for view in strips] == [(0, 0), (4, 1)]
    assert {view.phase for view in strips} == {Phase.CONTINUOUS}
    house.engine.check()
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
    assert house.node.submit(Command(kind=CommandKind.PHASE, contract=0, option=Phase.PREOPEN))
    while house.engine.sequence < prepared + 4:
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
