"""Between a client and a venue, to cut what lies between them at any byte."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from types import TracebackType
from typing import Self


class Proxy:
    """Carries bytes to ``port`` on this machine; ``cut`` drops all connections, after some more bytes if asked."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cuts = 0
        self._writers: set[StreamWriter] = set()
        self._bytes_left: int | None = None

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.listens_on}/ws/api/v2"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.listens_on = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def cut_after(self, bytes_left: int) -> None:
        """When so many bytes more have come from the venue, whatever they are in the middle of."""
        self._bytes_left = bytes_left

    def cut(self) -> None:
        self.cuts += 1
        self._bytes_left = None
        for writer in list(self._writers):
            writer.transport.abort()

    async def _join(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, back}
        try:
            await asyncio.gather(self._carry(reader, back, False), self._carry(there, writer, True))
        finally:
            self._writers -= {writer, back}

    async def _carry(self, source: StreamReader, target: StreamWriter, counts: bool) -> None:
        with suppress(OSError):
            while chunk := await source.read(65536):
                if counts and self._bytes_left is not None:
                    chunk = chunk[: self._bytes_left]
                    self._bytes_left -= len(chunk)
                target.write(chunk)
                if self._bytes_left == 0:
                    await asyncio.sleep(0)  # What was said so far goes out.
                    self.cut()
        target.transport.abort()
