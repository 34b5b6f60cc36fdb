"""One contract's updates to many subscribers: how many a second, and what each costs the server."""

from __future__ import annotations

import asyncio
import json
import time
from typing import NamedTuple

from benchmarks.gateway.orders import ORDER, authenticate, instruments
from benchmarks.gateway.servers import Measured
from benchmarks.gateway.socket import Socket, ask, text_frame

_CALM_SECONDS = 0.3


class Result(NamedTuple):
    updates: int  # heard by all subscribers together
    seconds: float
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        return self.updates / self.seconds

    @property
    def cpu_us(self) -> float:
        return self.cpu_seconds / self.updates * 1e6


async def subscribe(server: Measured, channel: str, hear: object) -> Socket:
    socket = await Socket.connect(server.port, lambda payload: None)
    request = {"jsonrpc": "2.0", "id": 1, "method": "public/subscribe", "params": {"channels": [channel]}}
    answer = json.loads(await ask(socket, json.dumps(request).encode()))
    assert answer["result"] == [channel], answer
    socket.hear = hear  # type: ignore[assignment]
    return socket


async def measure(server: Measured, subscribers: int, orders: int, burst: int = 20) -> Result:
    """``orders`` that change the raw book of one contract, ``burst`` at a time, as fast as they are answered."""
    name = (await instruments(server))[0]
    heard = 0

    def hear(payload: memoryview) -> None:
        nonlocal heard
        heard += 1

    listening = [await subscribe(server, f"book.{name}.raw", hear) for _ in range(subscribers)]
    trading = await Socket.connect(server.port, lambda payload: None)
    await authenticate(trading, server.keys[0])
    await asyncio.sleep(_CALM_SECONDS)
    heard, used, started = 0, server.cpu_seconds(), time.perf_counter()
    for first in range(0, orders, burst):
        await _burst(trading, name, range(first, min(first + burst, orders)))
    while True:
        before = heard
        await asyncio.sleep(_CALM_SECONDS)
        if heard == before:
            break
    seconds = time.perf_counter() - started - _CALM_SECONDS
    result = Result(heard, seconds, server.cpu_seconds() - used)
    for socket in [*listening, trading]:
        socket.close()
    return result


async def _burst(trading: Socket, name: str, numbers: range) -> None:
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    left = len(numbers)

    def hear(payload: memoryview) -> None:
        nonlocal left
        left -= 1
        if not left:
            done.set_result(None)

    trading.hear = hear
    trading.send(
        b"".join(
            text_frame(ORDER.format(id=n, side="buy", name=name, amount=8, price=1 + n % 500 / 1000).encode())
            for n in numbers
        )
    )
    await done
