"""Every TCP connection passes here before HTTP is parsed: too many are turned away, frames are guarded."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import cast

from aiohttp import web
from msgspec import UNSET

from exchange.config import DoorSettings
from exchange.gateway.server.guard import FrameGuard, Violation
from exchange.gateway.server.porter import Porter
from exchange.gateway.server.tls import tls_context
from exchange.wire import codec
from exchange.wire.refusals import Code, Refusal

_REFUSED = (
    b"HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nRetry-After: 1\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
)
_TLS_SECONDS = 10.0
_NS_PER_US = 1000
_HEAD_ENDS = b"\r\n\r\n"


class Door(asyncio.Protocol):
    """One socket. Whatever is in order goes on to the HTTP server's own protocol."""

    __slots__ = (
        "_clock_ns", "_guard", "_inner", "_peer", "_porter", "_request_is_whole", "_server", "_settings",
        "_stalled", "_transport", "_violated",
    )  # fmt: skip

    def __init__(self, server: web.Server, porter: Porter, settings: DoorSettings, clock_ns: Callable[[], int]) -> None:
        self._server = server
        self._porter = porter
        self._settings = settings
        self._clock_ns = clock_ns
        self._inner: asyncio.Protocol | None = None
        self._peer = ""
        self._guard: FrameGuard | None = None
        self._violated: Callable[[Violation], None] | None = None
        self._request_is_whole = False
        self._stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        address = transport.get_extra_info("peername")
        self._peer = str(address[0]) if address else ""
        refusal = self._porter.admit(self._peer, self._clock_ns())
        if refusal:
            self._transport.write(_refused(refusal, self._clock_ns() // _NS_PER_US))
            self._transport.close()
            return
        plug = transport.get_extra_info("socket")
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._settings.send_buffer_bytes)
        self._inner = self._server()
        self._inner.connection_made(transport)

    def guard(self, guard: FrameGuard, violated: Callable[[Violation], None]) -> bool:
        """From here on there are frames; False if the client sent some before it was told that it may."""
        self._guard, self._violated = guard, violated
        return self._request_is_whole

    def data_received(self, data: bytes) -> None:
        if self._inner is None:
            return
        if self._guard is None:
            self._request_is_whole = data.endswith(_HEAD_ENDS)
        elif self._violated is None:
            return
        else:
            violation = self._guard.check(data)
            if violation is not None:
                violated, self._violated = self._violated, None
                violated(violation)
                return
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return None if self._inner is None else self._inner.eof_received()

    def pause_writing(self) -> None:
        if self._inner is not None:
            self._inner.pause_writing()
            self._watch_stall()

    def resume_writing(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        if self._inner is not None:
            self._inner.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
        if self._inner is not None:
            self._porter.leave(self._peer)
            self._inner.connection_lost(error)

    def _watch_stall(self) -> None:
        waiting = self._transport.get_write_buffer_size()
        loop = asyncio.get_running_loop()
        self._stalled = loop.call_later(self._settings.stall_seconds, self._cut_if_stalled, waiting)

    def _cut_if_stalled(self, waiting: int) -> None:
        # Of a WebSocket, to which more is written all the time, Connection judges.
        if self._guard is None and self._transport.get_write_buffer_size() >= waiting:
            self._transport.abort()
        else:
            self._watch_stall()


def _refused(advice: str, now_us: int) -> bytes:
    """Like any refusal below ``/api/``: which path is wanted is not waited for."""
    refusal = Refusal(Code.TOO_MANY_REQUESTS, advice, reason="rate_of_sockets")
    body = codec.encode_refusal(UNSET, refusal, now_us, now_us)
    return _REFUSED % (len(body), body)


class DoorSite(web.BaseSite):
    """An address that is listened on through doors; what aiohttp calls a site."""

    def __init__(
        self,
        runner: web.AppRunner,
        host: str,
        port: int,
        porter: Porter,
        settings: DoorSettings,
        clock_ns: Callable[[], int],
    ) -> None:
        super().__init__(runner, ssl_context=tls_context(settings))
        self._host = host
        self._port = port
        self._open = lambda: Door(runner.server, porter, settings, clock_ns)  # type: ignore[arg-type]

    @property
    def name(self) -> str:
        return f"{'https' if self._ssl_context else 'http'}://{self._host}:{self._port}"

    async def start(self) -> None:
        """Listen. Raises OSError if the address is taken."""
        await super().start()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._open,
            self._host,
            self._port,
            ssl=self._ssl_context,
            backlog=self._backlog,
            ssl_handshake_timeout=_TLS_SECONDS if self._ssl_context else None,
        )
