"""A whole venue in the test's own event loop: journal, engine, node and gateway on a free port."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Self

from exchange.archiving import opened
from exchange.caretaker import Caretaker
from exchange.config import AccountSettings, Settings
from exchange.domain.lifecycle import Rules
from exchange.engine import Engine
from exchange.gateway.server import Server
from exchange.journal.recovery import recover
from exchange.journal.writer import JournalWriter
from exchange.keys import FILE_NAME, ApiKey, KeyStore
from exchange.node import Node

ACCOUNTS = ("alice", "bob")


class RunningVenue:
    """Two SKUs in one region, some hours ahead; ``alice`` and ``bob`` have cash and may sell. Can be restarted."""

    def __init__(self, directory: Path, regions: tuple[str, ...] = ("USE",), hours_ahead: int = 6) -> None:
        self.directory = directory
        self.regions = regions
        self.hours_ahead = hours_ahead
        self.port = 0
        self.keys = KeyStore(directory / FILE_NAME)
        self.key: dict[str, ApiKey] = {account: self.keys.create(account) for account in ACCOUNTS}

    @property
    def engine(self) -> Engine:
        return self.node.engine

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/api/v2"

    @property
    def page(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    async def start(self) -> None:
        accounts = tuple(AccountSettings(name=name, cash_usd=Decimal(10**6), capacity_lots=10**4) for name in ACCOUNTS)
        settings = Settings(
            directory=self.directory,
            port=self.port,
            skus=("H100SXM", "RTX4090"),
            regions=self.regions,
            hours_ahead=self.hours_ahead,
            # Orders trade as they come, at any minute of the hour.
            stages=Rules(closing_minutes=0),
            accounts=accounts,
        )
        engine = recover(self.directory)
        self.archive = opened(settings, engine)
        self.node = Node(engine, JournalWriter(self.directory), time.time_ns, lambda turn: None)
        self.server = Server(self.node, self.keys, settings, time.time_ns, self.archive)
        self.node.publish = self.server.publish
        self._running = asyncio.create_task(self.node.run())
        await Caretaker(self.node, self.keys, settings, time.time_ns).prepare()
        self.port = await self.server.start()

    async def stop(self) -> None:
        await self.node.stop()
        await self.server.stop()
        await self._running
        self.archive.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        self.keys.close()
