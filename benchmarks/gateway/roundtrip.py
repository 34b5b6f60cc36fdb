"""How long one order takes with nothing else in flight, and how long a commit to this disk takes by itself."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.gateway.orders import ORDER, authenticate, instruments
from benchmarks.gateway.servers import Measured
from benchmarks.gateway.socket import Socket, ask


async def measure(server: Measured, orders: int) -> list[float]:
    """Microseconds of each; an echo server, which has no keys, gets the same frames."""
    names = await instruments(server) if server.keys else ["H100SXM_USE_H14-1DEC26"]
    socket = await Socket.connect(server.port, lambda payload: None)
    if server.keys:
        await authenticate(socket, server.keys[0])
    taken = []
    for number in range(orders):
        order = ORDER.format(id=number, side="buy", name=names[0], amount=8, price=1.0).encode()
        started = time.perf_counter()
        await ask(socket, order)
        taken.append((time.perf_counter() - started) * 1e6)
    socket.close()
    return taken


def commit(times: int) -> float:
    """Median microseconds of writing a page to a file and having it on the disk."""
    taken = []
    with TemporaryDirectory(prefix="gpux-bench-") as directory:
        file = os.open(Path(directory) / "page", os.O_CREAT | os.O_WRONLY)
        for _ in range(times):
            started = time.perf_counter()
            os.write(file, b"\0" * 4096)
            os.fdatasync(file)
            taken.append((time.perf_counter() - started) * 1e6)
        os.close(file)
    return statistics.median(taken)
