"""A real venue inside the test: engine, journal, node and server on a free port, and a bare client."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from exchange.config import GatewaySettings, Settings
from exchange.domain.catalogue import CATALOGUE
from exchange.domain.enums import CommandKind
from exchange.domain.instruments import Contract, hour_contract
from exchange.domain.records import Command
from exchange.domain.text import pack_text
from exchange.domain.units import NS_PER_HOUR
from exchange.engine import Engine
from exchange.gateway.server import Server
from exchange.journal.writer import JournalWriter
from exchange.keys import ApiKey, KeyStore
from exchange.node import Node

CASH_MICROS = 10**12
SECONDS = 10.0
_ids = itertools.count(1)


@asynccontextmanager
async def soon(what: str) -> AsyncIterator[None]:
    """Wait for ``what``, and fail by its name if it does not come."""
    try:
        async with asyncio.timeout(SECONDS):
            yield
    except TimeoutError:
        raise AssertionError(f"{what} did not come in {SECONDS:g} seconds") from None


def text(words: str) -> dict[str, int]:
    return dict(zip(("text_0", "text_1", "text_2", "text_3"), pack_text(words), strict=True))


def open_account(name: str, maker_fee_bps: int = 0, taker_fee_bps: int = 0) -> Command:
    fees = {"maker_fee_bps": maker_fee_bps, "taker_fee_bps": taker_fee_bps}
    return Command(kind=CommandKind.OPEN_ACCOUNT, **text(name), **fees)


def deposit(account: int, micros: int = CASH_MICROS) -> Command:
    return Command(kind=CommandKind.CASH, account=account, amount=micros)


def listing(contract: Contract) -> Command:
    return Command(
        kind=CommandKind.LIST, amount=contract.tick_value_micros, expiry_ns=contract.gate_ns, **text(contract.symbol)
    )


def hours(now_ns: int, count: int, sku: str = "H100SXM") -> list[Contract]:
    """The next contracts, far enough ahead that no gate falls during a test."""
    first = now_ns // NS_PER_HOUR + 24
    return [hour_contract(CATALOGUE.sku(sku), CATALOGUE.region("USE"), hour) for hour in range(first, first + count)]


class Caller:
    """JSON-RPC over a WebSocket, as bare as it can be: replies by id, all else in order."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.news: deque[dict[str, Any]] = deque()

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The whole reply, whether result or error."""
        request_id = next(_ids)
        await self.send(jsonrpc="2.0", id=request_id, method=method, params=params)
        return await self.reply(request_id)

    async def call(self, method: str, **params: Any) -> Any:
        reply = await self.ask(method, **params)
        assert "result" in reply, reply
        return reply["result"]

    async def refused(self, method: str, **params: Any) -> dict[str, Any]:
        reply = await self.ask(method, **params)
        assert "error" in reply, reply
        error: dict[str, Any] = reply["error"]
        return error

    async def send(self, **request: Any) -> None:
        await self.socket.send(json.dumps(request))

    async def reply(self, request_id: Any) -> dict[str, Any]:
        while True:
            message = await self.next()
            if message.get("id") == request_id and "method" not in message:
                return message
            self.news.append(message)

    async def next(self) -> dict[str, Any]:
        async with soon("a message"):
            message: dict[str, Any] = json.loads(await self.socket.recv())
        return message

    async def heard(self, channel: str) -> Any:
        """The data of the next notification of ``channel``; those of others are kept."""
        for kept in list(self.news):
            if kept["params"]["channel"] == channel:
                self.news.remove(kept)
                return kept["params"]["data"]
        while True:
            message = await self.next()
            if message.get("params", {}).get("channel") == channel:
                return message["params"]["data"]
            self.news.append(message)

    async def sign_in(self, key: ApiKey, **more: Any) -> dict[str, Any]:
        result: dict[str, Any] = await self.call("public/auth", **signature(key), **more)
        return result


def signature(key: ApiKey, timestamp: int | None = None, nonce: str = "", content: str = "") -> dict[str, Any]:
    timestamp = time.time_ns() // 10**6 if timestamp is None else timestamp
    nonce = nonce or f"nonce{next(_ids)}"
    signed = hmac.new(key.client_secret.encode(), f"{timestamp}\n{nonce}\n{content}".encode(), hashlib.sha256)
    return {
        "grant_type": "client_signature",
        "client_id": key.client_id,
        "timestamp": timestamp,
        "nonce": nonce,
        "data": content,
        "signature": signed.hexdigest(),
    }


class Venue:
    """Two accounts, ``alice`` (1) and ``bob`` (2), with cash and capacity in two hours of H100SXM."""

    def __init__(self, directory: Path, gateway: GatewaySettings, inbox_max: int) -> None:
        self.settings = Settings(directory=directory, port=0, gateway=gateway)
        self.engine = Engine()
        self.journal = JournalWriter(directory)
        self.node = Node(self.engine, self.journal, time.time_ns, lambda turn: None, inbox_max)
        self.keys = KeyStore(directory / "keys.sqlite")
        self.server = Server(self.node, self.keys, self.settings, time.time_ns)
        self.node.publish = self.server.publish
        self.contracts = hours(time.time_ns(), 2)
        self.symbol = self.contracts[0].symbol
        self.alice = self.keys.create("alice")
        self.bob = self.keys.create("bob")
        self.port = 0

    async def ask(self, *commands: Command) -> None:
        for command in commands:
            assert self.node.submit(command)
        await self.node.settled()

    async def prepare(self) -> None:
        await self.ask(open_account("alice"), open_account("bob", 0, 10), deposit(1), deposit(2))
        await self.ask(*(listing(contract) for contract in self.contracts))
        await self.ask(
            *(
                Command(kind=CommandKind.CAPACITY, account=account, contract=number, lots=1_000)
                for account in (1, 2)
                for number in range(len(self.contracts))
            )
        )

    async def restart_gateway(self) -> None:
        """Another gateway on the same node and port, as after a restart."""
        await self.server.stop()
        await self.start_gateway()

    async def start_gateway(self) -> None:
        self.server = Server(self.node, self.keys, self.settings, time.time_ns)
        self.node.publish = self.server.publish
        self.port = await self.server.start()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/api/v2"

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def caller(self, key: ApiKey | None = None) -> AsyncIterator[Caller]:
        async with connect(self.url, compression=None, proxy=None, max_size=2**24) as socket:
            caller = Caller(socket)
            if key is not None:
                await caller.sign_in(key)
            yield caller


@asynccontextmanager
async def running(
    directory: Path, gateway: GatewaySettings | None = None, inbox_max: int = 65_536
) -> AsyncIterator[Venue]:
    venue = Venue(directory, gateway or GatewaySettings(), inbox_max)
    turning = asyncio.create_task(venue.node.run())
    try:
        await venue.prepare()
        venue.port = await venue.server.start()
        yield venue
        venue.engine.check()
    finally:
        await venue.node.stop()
        await venue.server.stop()
        await turning
        venue.keys.close()
