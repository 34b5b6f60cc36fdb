"""The margin desk of a running venue: terms, values, and a call from its beginning to its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from exchange.caretaker import Caretaker
from exchange.config import Settings
from exchange.domain.enums import CommandKind, EventKind, OrderType, Phase, Side, TimeInForce
from exchange.domain.instruments import parse_symbol
from exchange.domain.records import Command
from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from exchange.journal.recovery import recover, replay
from exchange.journal.writer import JournalWriter
from exchange.keys import KeyStore
from exchange.margining import LIQUIDATION, MarginDesk
from exchange.node import Node, Turn
from exchange.wire.events import Event, event_tuples

_HOUR = parse_symbol("H100SXM_USE_H14-1DEC26")
_NOW_NS = _HOUR.start_ns - 2 * NS_PER_HOUR
_MAKER = {"name": "maker", "cash_usd": 1_000, "on_margin": True}
_OTHERS = [{"name": name, "cash_usd": 100_000, "capacity_lots": 1_000} for name in ("farm", "lab")]


class House:
    """A venue of three hours whose clock stands until it is set."""

    def __init__(self, directory: Path) -> None:
        self.time_ns = _NOW_NS
        self.events: list[Event] = []
        self.settings = Settings.model_validate(
            {
                "directory": directory,
                "skus": ("H100SXM",),
                "regions": ("USE",),
                "hours_ahead": 3,
                "taker_fee_bps": 0,
                "accounts": [_MAKER, *_OTHERS],
                "margin": {"grace_seconds": 60, "slice_lots": 4, "auction_seconds": 120},
            }
        )
        self.engine = recover(directory)
        self.node = Node(self.engine, JournalWriter(directory), lambda: self.time_ns, self._hear)
        self.keys = KeyStore(directory / "keys.sqlite")
        self.caretaker = Caretaker(self.node, self.keys, self.settings, lambda: self.time_ns)
        self.margins = MarginDesk(self.node, self.settings, lambda: self.time_ns)
        self.running = asyncio.create_task(self.node.run())

    def _hear(self, turn: Turn) -> None:
        self.events += event_tuples(turn.events)

    async def ask(self, kind: CommandKind, **columns: int) -> None:
        assert self.node.submit(Command(kind=kind, **columns))
        await self.node.settled()

    async def order(self, name: str, side: Side, lots: int, price_ticks: int) -> None:
        await self.ask(
            CommandKind.NEW,
            account=self.number(name),
            contract=self.contract,
            side=side,
            order_type=OrderType.LIMIT,
            time_in_force=TimeInForce.GTC,
            price_ticks=price_ticks,
            lots=lots,
        )

    async def after(self, seconds: int) -> list[Event]:
        """Time passes, then the desk looks; what came of it."""
        self.time_ns += seconds * NS_PER_SECOND
        await self.ask(CommandKind.TICK)
        self.events.clear()
        await self.margins.look()
        return [event for event in self.events if event.kind != EventKind.CONFIGURED]

    def number(self, name: str) -> int:
        number = self.engine.find_account(name)
        assert number is not None
        return number

    @property
    def contract(self) -> int:
        number = self.engine.find_contract(_HOUR.symbol)
        assert number is not None
        return number

    async def stop(self) -> None:
        await self.node.stop()
        await self.running
        self.keys.close()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    await house.caretaker.prepare()
    await house.margins.prepare()
    yield house
    await house.stop()


async def test_terms_are_given_once_and_values_follow_marks(house: House) -> None:
    """Only hours with a mark have values; a small move of it says nothing until all are due."""
    maker = house.number("maker")
    assert house.engine.account(maker).credit_bps == 5_000
    assert house.engine.account(house.number("farm")).credit_bps is None
    sequence = house.engine.sequence
    await house.margins.prepare()
    assert house.engine.sequence == sequence
    await house.margins.look()
    assert all(house.engine.scenarios(view.contract) == [] for view in house.engine.contracts())
    await house.ask(CommandKind.MARK, contract=house.contract, price_ticks=2_500)
    await house.after(1)
    said = house.engine.scenarios(house.contract)
    assert said[0] == 2_500
    assert max(said) == said[15] == 3_750
    await house.ask(CommandKind.MARK, contract=house.contract, price_ticks=2_510)
    await house.after(1)
    assert house.engine.scenarios(house.contract) == said
    await house.after(400)
    assert house.engine.scenarios(house.contract)[0] == 2_510
    await house.ask(CommandKind.MARK, contract=house.contract, price_ticks=2_600)
    await house.after(1)
    assert house.engine.scenarios(house.contract)[0] == 2_600


async def _call(house: House) -> int:
    """The maker is short 20 lots, and they become dearer. Returns his number."""
    maker, contract = house.number("maker"), house.contract
    await house.ask(CommandKind.MARK, contract=contract, price_ticks=2_500)
    await house.after(1)
    await house.order("lab", Side.BUY, 20, 2_500)
    await house.order("maker", Side.SELL, 20, 2_500)
    await house.order("maker", Side.SELL, 1, 2_600)
    assert house.engine.account(maker).required_alone_micros == 600 * 10**6
    await house.ask(CommandKind.CASH, account=maker, amount=-780 * 10**6)
    await house.ask(CommandKind.MARK, contract=contract, price_ticks=3_200)
    kinds = [event.kind for event in await house.after(1)]
    assert kinds == [EventKind.MARGIN_CALL, EventKind.CANCELLED]
    assert house.engine.account(maker).is_called
    assert await house.after(59) == []
    return maker


async def test_a_call_goes_its_way(house: House, tmp_path: Path) -> None:
    """Offers go at once; slices after the grace; an auction for the rest."""
    maker, contract = await _call(house), house.contract
    await house.order("farm", Side.SELL, 3, 3_300)
    slices = await house.after(1)
    assert [event.kind for event in slices] == [EventKind.ACCEPTED, EventKind.FILLED, EventKind.EXPIRED]
    assert slices[1].lots == 3
    call = await house.after(1)
    assert [event.kind for event in call] == [EventKind.PHASE, EventKind.ACCEPTED]
    assert house.engine.contract(contract).phase == Phase.PREOPEN
    (bid,) = house.engine.open_orders(maker)
    assert bid.price_ticks == max(house.engine.scenarios(contract))
    # As much as his cash is good for at the worst price.
    assert bid.open_lots == 14
    assert await house.after(1) == []
    await house.order("farm", Side.SELL, 30, 3_400)
    house.time_ns += 120 * NS_PER_SECOND
    house.events.clear()
    await house.ask(CommandKind.TICK)
    assert house.events[-1].kind == EventKind.MARGIN_CALL
    assert not house.engine.account(maker).is_called
    (position,) = (held for held in house.engine.positions(maker) if held.contract == contract)
    assert position.lots == -3
    house.engine.check()
    await house.node.stop()
    assert replay(tmp_path).state_hash() == house.engine.state_hash()


async def test_when_the_call_is_over_its_bid_goes(house: House) -> None:
    """What the venue asked for on behalf of the account; not what it asks for itself."""
    maker = await _call(house)
    assert [event.kind for event in await house.after(1)] == [EventKind.PHASE, EventKind.ACCEPTED]
    (bid,) = house.engine.open_orders(maker)
    assert bid.client_id.startswith(LIQUIDATION)
    await house.ask(CommandKind.CASH, account=maker, amount=10**9)
    await house.order("maker", Side.BUY, 1, 2_000)
    (gone,) = await house.after(1)
    assert (gone.kind, gone.order_id) == (EventKind.CANCELLED, bid.order_id)
    assert [order.price_ticks for order in house.engine.open_orders(maker)] == [2_000]


async def test_without_terms_nothing_is_said(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.caretaker.prepare()
    await house.ask(CommandKind.MARK, contract=house.contract, price_ticks=2_500)
    sequence = house.engine.sequence
    await house.margins.look()
    assert house.engine.sequence == sequence
    await house.stop()
