"""What a connection costs that says nothing."""

from __future__ import annotations

import asyncio

from benchmarks.gateway.servers import Measured
from benchmarks.gateway.socket import Socket

_AT_ONCE = 50


async def measure(server: Measured, connections: int) -> float:
    """Bytes of the server's memory for each of them."""
    before = server.resident_bytes()
    sockets: list[Socket] = []
    for _ in range(0, connections, _AT_ONCE):
        sockets += await asyncio.gather(*(Socket.connect(server.port, lambda payload: None) for _ in range(_AT_ONCE)))
    await asyncio.sleep(1)
    assert not any(socket.lost for socket in sockets)
    taken = server.resident_bytes() - before
    for socket in sockets:
        socket.close()
    return taken / len(sockets)
