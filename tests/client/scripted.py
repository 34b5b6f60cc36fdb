"""A tiny WebSocket server that speaks the dialect and misbehaves when told to.

It is there for what a real exchange never does on demand: lose a change, hang up in the
middle of a call, answer with an error, say nothing, or talk nonsense.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

Params = dict[str, Any]
Levels = list[tuple[float, float]]


class Refuse(Exception):
    """Raised by an answer: the server sends this error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Silence(Exception):
    """Raised by an answer: the server never answers."""


class HangUp(Exception):
    """Raised by an answer: the server cuts the line."""


class ScriptedExchange:
    """``answers`` holds a function of the parameters for each method; ``snapshots`` a book for each channel."""

    def __init__(self) -> None:
        self.port = 0
        self.requests: list[tuple[str, Params]] = []
        self.lines: list[ServerConnection] = []
        self.snapshots: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, Callable[[Params], object]] = {
            "public/auth": lambda params: {"access_token": "t", "refresh_token": "r", "expires_in": 900, "scope": ""},
            "public/test": lambda params: {"version": "1"},
        }
        for verb in ("subscribe", "unsubscribe"):
            for scope in ("public", "private"):
                self.answers[f"{scope}/{verb}"] = lambda params: params["channels"]
        self._server: Server | None = None

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/api/v2"

    def asked(self, method: str) -> list[Params]:
        """The parameters of every request of ``method`` so far."""
        return [params for name, params in self.requests if name == method]

    def publish(self, channel: str, data: object) -> None:
        self.say(json.dumps({"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}}))

    def say(self, text: str) -> None:
        """Send ``text`` on every line, whatever it is."""
        for line in self.lines:
            line.protocol.send_text(text.encode())
            line.transport.writelines(line.protocol.data_to_send())

    def cut(self) -> None:
        """Drop every line without a word."""
        for line in self.lines:
            line.transport.abort()

    async def start(self) -> None:
        self._server = await serve(self._converse, "127.0.0.1", self.port, compression=None)
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self.cut()
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _converse(self, line: ServerConnection) -> None:
        self.lines.append(line)
        try:
            async for text in line:
                await self._answer(line, json.loads(text))
        except (ConnectionClosed, HangUp):
            line.transport.abort()
        finally:
            self.lines.remove(line)

    async def _answer(self, line: ServerConnection, request: dict[str, Any]) -> None:
        method, params = request["method"], request["params"]
        self.requests.append((method, params))
        reply: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            reply["result"] = self.answers[method](params)
        except Refuse as refusal:
            reply["error"] = {"code": refusal.code, "message": refusal.message}
        except Silence:
            return
        await line.send(json.dumps(reply))
        if method == "public/subscribe" and "result" in reply:
            for channel in params["channels"]:
                if channel in self.snapshots:
                    self.publish(channel, self.snapshots[channel])


def snapshot(symbol: str, change_id: int, bids: Levels, asks: Levels) -> dict[str, Any]:
    return {
        "type": "snapshot",
        "timestamp": 1,
        "instrument_name": symbol,
        "change_id": change_id,
        "bids": [("new", *level) for level in bids],
        "asks": [("new", *level) for level in asks],
    }


def change(symbol: str, previous: int, change_id: int, bids: list[Any], asks: list[Any]) -> dict[str, Any]:
    return {
        "type": "change",
        "timestamp": 2,
        "instrument_name": symbol,
        "prev_change_id": previous,
        "change_id": change_id,
        "bids": bids,
        "asks": asks,
    }


async def until(condition: Callable[[], object], within_s: float = 10.0) -> None:
    """Wait for something the test cannot await; fail loudly if it never comes."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.005)
