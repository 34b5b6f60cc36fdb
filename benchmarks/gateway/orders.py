"""Orders acknowledged durably a second: connections that each keep some in flight."""

from __future__ import annotations

import asyncio
import json
import random
import time
from typing import NamedTuple

from benchmarks.gateway.servers import Measured
from benchmarks.gateway.socket import Socket, ask, text_frame
from exchange.client.signature import Key, signed

CONNECTIONS, IN_FLIGHT = 50, 8
ORDER = (
    '{{"jsonrpc":"2.0","id":{id},"method":"private/{side}","params":{{"instrument_name":"{name}",'
    '"amount":{amount},"type":"limit","price":{price:.3f},"label":"bench"}}}}'
)


class Load(NamedTuple):
    """Frames of one connection, and how many answers are still to come."""

    socket: Socket
    frames: list[bytes]


class Result(NamedTuple):
    orders: int
    seconds: float
    cpu_seconds: float
    refused: int

    @property
    def per_second(self) -> float:
        return self.orders / self.seconds

    @property
    def cpu_us(self) -> float:
        """CPU time of the server for one order, microseconds."""
        return self.cpu_seconds / self.orders * 1e6


async def measure(server: Measured, orders: int, connections: int = CONNECTIONS) -> Result:
    """``orders`` in all. An echo server, which has no keys, gets the same frames."""
    names = await instruments(server) if server.keys else ["H100SXM_USE_H14-1DEC26"] * 10
    each = orders // connections
    loads = [await _load(server, number, names, each) for number in range(connections)]
    answers, refused = 0, 0
    done = asyncio.get_running_loop().create_future()

    def hear_for(load: Load) -> None:
        waiting = iter(load.frames[IN_FLIGHT:])

        def hear(payload: memoryview) -> None:
            nonlocal answers, refused
            answers += 1
            refused += bytes(payload[:40]).find(b'"error"') > 0
            frame = next(waiting, None)
            if frame is not None:
                load.socket.send(frame)
            elif answers == each * connections:
                done.set_result(None)

        load.socket.hear = hear

    for load in loads:
        hear_for(load)
    started, used = time.perf_counter(), server.cpu_seconds()
    for load in loads:
        load.socket.send(b"".join(load.frames[:IN_FLIGHT]))
    await done
    result = Result(answers, time.perf_counter() - started, server.cpu_seconds() - used, refused)
    for load in loads:
        load.socket.close()
    return result


async def authenticate(socket: Socket, key: Key) -> None:
    params = signed(key, time.time_ns() // 10**6, f"bench{time.monotonic_ns()}")
    request = {"jsonrpc": "2.0", "id": 0, "method": "public/auth", "params": params}
    answer = json.loads(await ask(socket, json.dumps(request).encode()))
    if "error" in answer:
        raise RuntimeError(answer["error"])


async def _load(server: Measured, number: int, names: list[str], orders: int) -> Load:
    socket = await Socket.connect(server.port, lambda payload: None)
    if server.keys:
        await authenticate(socket, server.keys[number % len(server.keys)])
    chance = random.Random(number)
    frames = [
        text_frame(
            ORDER.format(
                id=index + 1,
                side="buy",
                name=chance.choice(names),
                amount=8 * chance.randint(1, 4),
                price=2.0 - chance.randint(1, 200) / 1000,
            ).encode()
        )
        for index in range(orders)
    ]
    return Load(socket, frames)


async def instruments(server: Measured) -> list[str]:
    socket = await Socket.connect(server.port, lambda payload: None)
    request = b'{"jsonrpc":"2.0","id":1,"method":"public/get_instruments","params":{"currency":"any"}}'
    listed = json.loads(await ask(socket, request))["result"]
    socket.close()
    return [one["instrument_name"] for one in listed if one["hours"] == 1 and one["contract_size"] == 8][2:12]
