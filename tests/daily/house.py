"""A venue without a gateway whose clock a test sets, and whose days it closes when it wants."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from exchange.bookkeeper import Bookkeeper
from exchange.caretaker import Caretaker
from exchange.config import Settings
from exchange.domain.dates import parse_day
from exchange.domain.enums import Side
from exchange.domain.records import Command
from exchange.domain.units import NS_PER_HOUR, NS_PER_MINUTE
from exchange.journal.recovery import recover
from exchange.journal.writer import JournalWriter
from exchange.keys import KeyStore
from exchange.node import Node
from exchange.replaying.questions import Question
from exchange.replaying.replayer import Replayer
from exchange.replaying.worker import followed
from tests.orders import limit

DAY = parse_day("2026-12-01")


def at(hour: float, day: int = DAY) -> int:
    """An instant of a UTC date, in nanoseconds since 1970."""
    return day * 24 * NS_PER_HOUR + round(hour * 60) * NS_PER_MINUTE


class InProcess(Replayer):
    """Answers here, without another process."""

    def __init__(self, node: Node, directory: Path) -> None:
        super().__init__(node, directory)
        self._journal = (node, directory)

    async def ask(self, question: Question) -> Any:
        node, directory = self._journal
        engine, position = question.begin(directory)
        frames: list[tuple[int, bytes]] = []
        while found := await node.frames(frames[-1][0] if frames else position.frames):
            frames += found
        return followed(question, engine, position, frames)


class House:
    """Everything of a venue that remembers, and a clock that stands still."""

    def __init__(self, directory: Path, time_ns: int, **settings: object) -> None:
        self.time_ns = time_ns
        self.settings = Settings.model_validate(
            {
                "directory": directory,
                "skus": ("H100SXM",),
                "regions": ("USE",),
                "hours_ahead": 30,
                "stages": {"closing_minutes": 0},
            }
            | settings
        )
        self.engine = recover(directory)
        self.node = Node(self.engine, JournalWriter(directory), self.clock_ns, lambda turn: None)
        self.keys = KeyStore(directory / "keys.sqlite")
        self.caretaker = Caretaker(self.node, self.keys, self.settings, self.clock_ns)
        self.replayer: Replayer = InProcess(self.node, directory)
        self.other_process = Replayer(self.node, directory)
        self.told: list[dict[str, Any]] = []
        self.bookkeeper = Bookkeeper(self.node, self.replayer, self.settings, self.clock_ns, self.told.extend)
        self.running = asyncio.create_task(self.node.run())

    def clock_ns(self) -> int:
        return self.time_ns

    async def prepare(self) -> None:
        await self.caretaker.prepare()
        await self.bookkeeper.prepare()

    async def go_to(self, time_ns: int) -> None:
        """Let time pass, as the caretaker does."""
        self.time_ns = time_ns
        await self.caretaker.prepare()

    async def ask(self, *commands: Command) -> None:
        for command in commands:
            assert self.node.submit(command)
        await self.node.settled()

    async def order(self, name: str, side: Side, symbol: str, price_ticks: int, lots: int) -> None:
        account, contract = self.engine.find_account(name), self.engine.find_contract(symbol)
        assert account is not None
        assert contract is not None
        await self.ask(limit(account, side, price_ticks, lots, contract))

    async def trade(self, seller: str, buyer: str, symbol: str, price_ticks: int, lots: int) -> None:
        """The seller is the maker."""
        await self.order(seller, Side.SELL, symbol, price_ticks, lots)
        await self.order(buyer, Side.BUY, symbol, price_ticks, lots)

    def cash(self, *names: str) -> list[float]:
        """Dollars, of which some may be reserved."""
        found = []
        for name in names:
            number = self.engine.find_account(name)
            assert number is not None
            found.append(self.engine.account(number).cash_micros / 10**6)
        return found

    def page(self, date: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.settings.directory / "days" / f"{date}.json").read_text())
        return found

    async def stop(self) -> None:
        await self.node.stop()
        await self.running
        self.keys.close()


@asynccontextmanager
async def open_house(directory: Path, time_ns: int, **settings: object) -> AsyncIterator[House]:
    """Prepared; stopped at the end, whole by its own invariants."""
    house = House(directory, time_ns, **settings)
    try:
        await house.prepare()
        yield house
        house.engine.check()
    finally:
        await house.stop()
