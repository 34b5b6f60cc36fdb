"""A WebSocket client that costs next to nothing, so that what is measured is the server.

Its frames are masked with zeros, which leaves the payload as it is. It takes whole text frames only.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import cast

_SHORT, _MEDIUM, _LONG = struct.Struct("!BBxxxx"), struct.Struct("!BBHxxxx"), struct.Struct("!BBQxxxx")
_HELLO = (
    "GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
Hear = Callable[[memoryview], None]


def text_frame(text: bytes) -> bytes:
    """``text`` as a client's frame."""
    length = len(text)
    if length < 126:
        return _SHORT.pack(0x81, 0x80 | length) + text
    if length < 2**16:
        return _MEDIUM.pack(0x81, 0x80 | 126, length) + text
    return _LONG.pack(0x81, 0x80 | 127, length) + text


class Socket(asyncio.Protocol):
    """``hear`` is called with the payload of each frame."""

    def __init__(self, hear: Hear) -> None:
        self.hear = hear
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost: str | None = None
        self._transport: asyncio.Transport | None = None
        self._pending = b""

    @classmethod
    async def connect(cls, port: int, hear: Hear, path: str = "/ws/api/v2") -> Socket:
        loop = asyncio.get_running_loop()
        _, socket = await loop.create_connection(lambda: cls(hear), "127.0.0.1", port)
        socket.send(_HELLO.format(path=path, host="127.0.0.1", port=port).encode())
        await socket.open
        return socket

    def send(self, data: bytes) -> None:
        """Whole frames."""
        assert self._transport is not None
        self._transport.write(data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = self.lost or str(error or "closed")
        if not self.open.done():
            self.open.set_exception(ConnectionError(self.lost))

    def data_received(self, data: bytes) -> None:
        data = self._pending + data
        at = 0
        if not self.open.done():
            at = data.find(b"\r\n\r\n") + 4
            if at == 3:
                self._pending = data
                return
            if not data.startswith(b"HTTP/1.1 101"):
                self.open.set_exception(ConnectionError(data[:200].decode(errors="replace")))
                return
            self.open.set_result(None)
        self._pending = data[self._frames(data, at) :]

    def _frames(self, data: bytes, at: int) -> int:
        """Hear the whole frames from ``at`` on; returns where they end."""
        view, end, hear = memoryview(data), len(data), self.hear
        while end - at >= 2:
            length, start = data[at + 1], at + 2
            if length == 126:
                start += 2
                length = int.from_bytes(view[at + 2 : start], "big")
            elif length == 127:
                start += 8
                length = int.from_bytes(view[at + 2 : start], "big")
            if end < start + length:
                break
            if data[at] == 0x81:
                hear(view[start : start + length])
            elif data[at] & 0x0F == 8:
                self.lost = bytes(view[start : start + length]).decode(errors="replace")
            at = start + length
        return at


async def ask(socket: Socket, request: bytes) -> bytes:
    """Send one request and wait for the next frame, whatever it is."""
    answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def hear(payload: memoryview) -> None:
        if not answer.done():
            answer.set_result(bytes(payload))

    before, socket.hear = socket.hear, hear
    socket.send(text_frame(request))
    try:
        return await answer
    finally:
        socket.hear = before
