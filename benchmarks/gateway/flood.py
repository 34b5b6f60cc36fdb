"""Many subscribers while orders pour in: how far behind the slowest of them falls."""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple

import msgspec

from benchmarks.gateway.fanout import subscribe
from benchmarks.gateway.orders import ORDER, authenticate, instruments
from benchmarks.gateway.servers import Measured
from benchmarks.gateway.socket import Socket, text_frame

_STEP_SECONDS = 0.01


class Result(NamedTuple):
    sent: int
    answered: int
    seconds: float
    behind_ms: list[float]  # of every frame that was looked at, its age when it was read
    broken: int


class _Data(msgspec.Struct):
    timestamp: int


class _Params(msgspec.Struct):
    data: _Data


class _Frame(msgspec.Struct):
    params: _Params


async def measure(server: Measured, subscribers: int, per_second: int, seconds: float) -> Result:
    """Subscribers of 100 ms books of ten contracts, while ``per_second`` orders arrive."""
    names = (await instruments(server))[:10]
    decode = msgspec.json.Decoder(_Frame).decode
    behind: list[float] = []

    def hear(payload: memoryview) -> None:
        # The age of an update is counted from the turn that it tells of, not from when it was put together.
        behind.append(time.time() * 1000 - decode(payload).params.data.timestamp)

    listening = [
        await subscribe(server, f"book.{names[number % len(names)]}.100ms", hear) for number in range(subscribers)
    ]
    answered = 0

    def count(payload: memoryview) -> None:
        nonlocal answered
        answered += 1

    trading = []
    for number in range(10):
        trading.append(await Socket.connect(server.port, lambda payload: None))
        await authenticate(trading[-1], server.keys[number % len(server.keys)])
        trading[-1].hear = count
    behind.clear()
    sent, started = 0, time.perf_counter()
    while (passed := time.perf_counter() - started) < seconds:
        due = int(passed * per_second) - sent
        for number, socket in enumerate(trading):
            mine = range(sent + number, sent + due, len(trading))
            socket.send(b"".join(_order(n, names[n % len(names)]) for n in mine))
        sent += due
        await asyncio.sleep(_STEP_SECONDS)
    taken = time.perf_counter() - started
    await asyncio.sleep(1)
    broken = sum(socket.lost is not None for socket in [*listening, *trading])
    for socket in [*listening, *trading]:
        socket.close()
    return Result(sent, answered, taken, behind, broken)


def _order(number: int, name: str) -> bytes:
    return text_frame(ORDER.format(id=number, side="buy", name=name, amount=8, price=1 + number % 500 / 1000).encode())
