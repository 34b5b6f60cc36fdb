"""Clients that do one another harm, each as hard as it can: ``python -m benchmarks.gateway.attackers KIND``.

Reads one JSON line of what it needs from its standard input, and goes on until it is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.gateway.orders import ORDER
from benchmarks.gateway.socket import Socket, text_frame
from exchange.client.signature import ApiKey, signed

CHANNELS_A_REQUEST = 500
_HANDSHAKE = (
    b"GET /ws/api/v2 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


def frame_of(method: str, **params: Any) -> bytes:
    return text_frame(json.dumps({"id": 1, "method": method, "params": params}).encode())


def subscriptions(names: list[str]) -> list[bytes]:
    """Books, trades and tickers of all instruments."""
    channels = [f"{kind}.{name}.raw" for name in names for kind in ("book", "trades", "ticker")]
    starts = range(0, len(channels), CHANNELS_A_REQUEST)
    return [frame_of("public/subscribe", channels=channels[at : at + CHANNELS_A_REQUEST]) for at in starts]


def deaf(port: int, names: list[str]) -> None:
    """Subscribes to everything and reads nothing."""
    while True:
        plug = socket.socket()
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        plug.connect(("127.0.0.1", port))
        try:
            plug.sendall(_HANDSHAKE)
            plug.recv(200)
            for frame in subscriptions(names):
                plug.sendall(frame)
            while True:
                plug.sendall(frame_of("public/test"))
                time.sleep(0.1)
        except OSError:
            plug.close()


async def everything(port: int, names: list[str]) -> None:
    """Subscribes to everything, leaves it all, and begins again, as often as it is let."""
    frames = b"".join([*subscriptions(names), frame_of("public/unsubscribe_all")])
    while True:
        try:
            client = await Socket.connect(port, lambda payload: None)
            while client.lost is None:
                client.send(frames)
                await asyncio.sleep(0.05)
        except ConnectionError:
            await asyncio.sleep(0.01)


async def flood(port: int, frames: list[bytes], hello: Callable[[], bytes] = bytes) -> None:
    """Sends without end, and comes again when it is put out, each time with a new ``hello`` first."""
    blob = b"".join(frames)
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(_HANDSHAKE)
            await reader.readuntil(b"\r\n\r\n")
            reading = asyncio.create_task(_discard(reader))
            writer.write(hello())
            while not reading.done():
                writer.write(blob)
                await writer.drain()
            writer.close()
        except (OSError, asyncio.IncompleteReadError):
            await asyncio.sleep(0.01)


async def _discard(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(ConnectionError):
        while await reader.read(2**18):
            pass


def main(kind: str) -> None:
    os.nice(19)
    wanted = json.loads(sys.stdin.readline())
    port, names = wanted["port"], wanted["names"]
    if kind == "bystander":
        # Does nothing but take the clients' core, as the others do besides: what comes of that is not the server's.
        while True:
            pass
    elif kind == "deaf":
        deaf(port, names)
    elif kind == "everything":
        asyncio.run(everything(port, names))
    elif kind == "questions":
        asyncio.run(flood(port, [frame_of("public/get_instruments", currency="any")] * 100))
    elif kind == "nonsense":
        asyncio.run(flood(port, [text_frame(b"{" * 1_000)] * 100))
    else:
        key = ApiKey(wanted["client_id"], wanted["client_secret"])
        orders = [ORDER.format(id=1, side="buy", name=names[0], amount=8, price=1.0).encode()] * 100

        def hello() -> bytes:
            now_ns = time.time_ns()
            return frame_of("public/auth", **signed(key, now_ns // 10**6, f"flood{now_ns}"))

        asyncio.run(flood(port, list(map(text_frame, orders)), hello))


if __name__ == "__main__":
    main(sys.argv[1])
