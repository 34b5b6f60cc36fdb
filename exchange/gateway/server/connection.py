"""One WebSocket: what is to be sent gathers until the end of the loop's tick, then goes in one write."""

from __future__ import annotations

import asyncio

import structlog
from aiohttp import web

from exchange.gateway.session.conversation import POLICY_VIOLATION, Session
from exchange.tally import DoorTally

# How long a client may take to answer a close before its transport is cut.
CLOSE_SECONDS = 2.0

log = structlog.get_logger(__name__)


class Connection:
    """Hashable by identity, so that it is the feed's listener as it stands."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport,
        session: Session,
        buffer_bytes_max: int,
        tally: DoorTally,
    ) -> None:
        self.session = session
        self._socket = socket
        self._transport = transport
        self._buffer_bytes_max = buffer_bytes_max
        self._tally = tally
        self._frames: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self._closing: asyncio.Task[None] | None = None

    def push(self, frame: bytes) -> None:
        """Send one whole WebSocket frame, with all others of this tick."""
        if not self._frames:
            self._loop.call_soon(self._flush)
        self._frames.append(frame)

    def close(self, code: int, reason: str) -> None:
        """Send what is pending, then close; the client has a moment to agree."""
        if self._closing is None:
            self._flush()
            self._tally.closes[code] += 1
            if code == POLICY_VIOLATION:
                log.warning("client disconnected", reason=reason)
            self._closing = self._loop.create_task(self._close(code, reason))

    @property
    def closing(self) -> bool:
        return self._closing is not None

    @property
    def unsent_bytes(self) -> int:
        return self._transport.get_write_buffer_size()

    async def closed(self) -> None:
        """Wait until a close that was begun is over."""
        if self._closing is not None:
            await self._closing

    def _flush(self) -> None:
        frames, self._frames = self._frames, []
        if not frames or self._closing is not None or self._transport.is_closing():
            return
        batch = b"".join(frames)
        unsent = self._transport.get_write_buffer_size()
        # A batch of its own size is always sent: only what piles up behind a slow reader counts.
        if unsent and unsent + len(batch) > self._buffer_bytes_max:
            reason = f"too slow: {unsent + len(batch)} bytes unread; read faster or subscribe to less"
            self.close(POLICY_VIOLATION, reason)
            return
        self._transport.write(batch)
        tally = self._tally
        tally.writes += 1
        tally.frames_out += len(frames)
        tally.bytes_out += len(batch)

    async def _close(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._socket.close(code=code, message=reason.encode()[:123])
        except (TimeoutError, ConnectionError):
            pass
        finally:
            # With a full buffer the close frame itself may never leave.
            self._transport.abort()
