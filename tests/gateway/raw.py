"""A client as rude as a test wants it: bytes over a socket, and what comes back, parsed by hand."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.gateway.venue import Venue, soon

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
_KEY = "AAAAAAAAAAAAAAAAAAAAAA=="
_LAST_ID = 2**53


def handshake(*more: str, host: str = "127.0.0.1", path: str = "/ws/api/v2") -> bytes:
    """The header of a WebSocket request with ``more`` fields."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {_KEY}",
        *more,
    ]
    return "\r\n".join((*lines, "", "")).encode()


def frame(payload: bytes, opcode: int = TEXT, final: bool = True, reserved: int = 0, masked: bool = True) -> bytes:
    """One frame of a client; the mask is four zeros, under which text stays as it is."""
    first = (0x80 if final else 0) | reserved | opcode
    mask = 0x80 if masked else 0
    if len(payload) < 126:
        head = struct.pack("!BB", first, mask | len(payload))
    elif len(payload) < 2**16:
        head = struct.pack("!BBH", first, mask | 126, len(payload))
    else:
        head = struct.pack("!BBQ", first, mask | 127, len(payload))
    return head + (b"\0\0\0\0" if masked else b"") + payload


def request(method: str = "public/test", request_id: int = 1, **params: Any) -> bytes:
    return json.dumps({"id": request_id, "method": method, "params": params}).encode()


class Raw:
    """One TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, chunk: bytes) -> None:
        self.writer.write(chunk)
        await self.writer.drain()

    async def head(self) -> bytes:
        """Status line and headers of an answer."""
        async with soon("the head of an answer"):
            return await self.reader.readuntil(b"\r\n\r\n")

    async def status(self) -> int:
        return int((await self.head()).split()[1])

    async def frame(self) -> tuple[int, bytes]:
        """Opcode and payload of the next frame."""
        async with soon("a frame"):
            first, second = await self.reader.readexactly(2)
            length = second & 0x7F
            if length == 126:
                (length,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", await self.reader.readexactly(8))
            return first & 0xF, await self.reader.readexactly(length)

    async def message(self) -> dict[str, Any]:
        """The next text; pings are passed over."""
        while True:
            opcode, payload = await self.frame()
            if opcode == TEXT:
                message: dict[str, Any] = json.loads(payload)
                return message
            assert opcode == PING, (opcode, payload)

    async def closed(self) -> tuple[int, str]:
        """Code and reason of the close that comes, after whatever else does; 1006 if there is none."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                opcode, payload = await self.frame()
                if opcode == CLOSE:
                    return struct.unpack("!H", payload[:2])[0], payload[2:].decode()
                if opcode == TEXT and json.loads(payload).get("id") == _LAST_ID:
                    return 0, "it is still served"
        return 1006, ""

    async def fate(self) -> tuple[int, str]:
        """The same of a connection that goes on asking: 0 if it is answered."""
        with contextlib.suppress(ConnectionError):
            await self.send(frame(request(request_id=_LAST_ID)))
        return await self.closed()

    async def ended(self) -> bytes:
        """All that comes until the server ends the connection."""
        received = bytearray()
        async with soon("the end of the connection"):
            with contextlib.suppress(ConnectionError):
                while chunk := await self.reader.read(2**16):
                    received += chunk
        return bytes(received)


@asynccontextmanager
async def dialled(venue: Venue, context: ssl.SSLContext | None = None) -> AsyncIterator[Raw]:
    """A socket on which nothing was said yet."""
    reader, writer = await asyncio.open_connection("127.0.0.1", venue.port, ssl=context)
    try:
        yield Raw(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def upgraded(venue: Venue, *more: str) -> AsyncIterator[Raw]:
    """A WebSocket whose frames the test writes itself."""
    async with dialled(venue) as raw:
        await raw.send(handshake(*more))
        assert await raw.status() == 101
        yield raw
