"""One WebSocket: what is to be sent gathers until the end of the loop's tick, then goes in one write."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import structlog
from aiohttp import web

from exchange.gateway.server.framing import close_frame, text_frame
from exchange.gateway.server.guard import POLICY_VIOLATION, FrameGuard, Violation
from exchange.gateway.session.conversation import Session
from exchange.gateway.session.effects import Send
from exchange.tally import DoorTally
from exchange.wire.channels import Channel

# How long a client may take to answer a close before its transport is cut.
CLOSE_SECONDS = 2.0
_CUT_SECONDS = 0.5
# Between two looks at whether it has taken what was sent before the close.
_DRAIN_SECONDS = 0.02

log = structlog.get_logger(__name__)


class Bounds(NamedTuple):
    """On what waits for one reader; stall_ticks: how many it may pass without taking anything."""

    slow_bytes: int
    buffer_bytes_max: int
    stall_ticks: int


class Outbox:
    """Connections with something to send: each makes one write of it, at the latest when the loop's tick ends."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[Connection] = []

    def add(self, connection: Connection) -> None:
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.flush)
        self._waiting.append(connection)

    def flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        for connection in waiting:
            connection.flush()


class Connection:
    """Hashable by identity, so that it is the feed's listener as it stands."""

    __slots__ = (
        "_behind", "_bounds", "_closing", "_fell_behind", "_frames", "_guard", "_outbox", "_socket",
        "_stalled_ticks", "_taken", "_tally", "_transport", "_written", "account", "joining", "session",
    )  # fmt: skip

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport,
        session: Session,
        guard: FrameGuard,
        bounds: Bounds,
        fell_behind: Callable[[Connection], None],
        tally: DoorTally,
        outbox: Outbox,
    ) -> None:
        """fell_behind: called when more than ``slow_bytes`` wait, once until ``caught_up``."""
        self.session = session
        # Whose command it asked for last; 0 before.
        self.account = 0
        # Made when it is needed, as even an empty one takes a kilobyte.
        self.joining: deque[tuple[Channel, int]] | None = None
        self._socket = socket
        self._transport = transport
        self._guard = guard
        self._bounds = bounds
        self._fell_behind = fell_behind
        self._behind = False
        self._tally = tally
        self._outbox = outbox
        self._frames: list[bytes] = []
        self._written = 0
        self._taken = 0
        self._stalled_ticks = 0
        self._closing: asyncio.Task[None] | None = None

    def send(self, answer: Send) -> None:
        """Send what the session says."""
        self.push(text_frame(answer.frame))

    def push(self, frame: bytes) -> None:
        """Send one whole WebSocket frame, with all others of this tick."""
        if not self._frames:
            self._outbox.add(self)
        self._frames.append(frame)

    def close(self, code: int, reason: str, hard: bool = False) -> None:
        """Send what is pending, then close; the client has a moment to agree.

        hard: it has only a moment to read why, for what it goes on sending would cost as much as ever.
        """
        if self._closing is None:
            self.flush()
            self._tally.closes[code] += 1
            if code == POLICY_VIOLATION:
                log.warning("client disconnected", reason=reason)
            self._closing = asyncio.create_task(self._cut(code, reason) if hard else self._close(code, reason))

    def violated(self, violation: Violation) -> None:
        self.close(violation.code, violation.reason, hard=True)

    def tick(self) -> None:
        """A tick of time is over: is a message begun and not finished, is anything being read?"""
        violation = self._guard.tick()
        unsent = self._transport.get_write_buffer_size()
        taken = self._written - unsent
        self._stalled_ticks = self._stalled_ticks + 1 if unsent > 0 and taken <= self._taken else 0
        self._taken = taken
        if violation is not None:
            self.violated(violation)
        elif self._stalled_ticks > self._bounds.stall_ticks:
            self.close(POLICY_VIOLATION, "too slow: nothing was read for long; read, or subscribe to less")

    def caught_up(self) -> bool:
        """Whether a reader that fell behind has so little left that it may be told everything again."""
        if self._frames or self._transport.get_write_buffer_size() > self._bounds.slow_bytes // 4:
            return False
        self._behind = False
        return True

    @property
    def closing(self) -> bool:
        return self._closing is not None

    @property
    def unsent_bytes(self) -> int:
        return self._transport.get_write_buffer_size()

    async def closed(self) -> None:
        """Wait until a close that was begun is over; after that nothing of the socket is left."""
        if self._closing is not None:
            await self._closing
        elif self._transport.get_write_buffer_size():
            # The client has gone, perhaps without a word: what it will not take must not keep its socket.
            asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._transport.abort)

    def flush(self) -> None:
        """Write what is pending."""
        frames, self._frames = self._frames, []
        if not frames or self._closing is not None or self._transport.is_closing():
            return
        batch = b"".join(frames)
        unsent = self._transport.get_write_buffer_size()
        # A batch of its own size is always sent: only what piles up behind a slow reader counts.
        if unsent and unsent + len(batch) > self._bounds.buffer_bytes_max:
            reason = f"too slow: {unsent + len(batch)} bytes unread; read faster or subscribe to less"
            self.close(POLICY_VIOLATION, reason)
            return
        self._transport.write(batch)
        tally = self._tally
        tally.writes += 1
        tally.frames_out += len(frames)
        tally.bytes_out += len(batch)
        self._written += len(batch)
        if not self._behind and self._transport.get_write_buffer_size() > self._bounds.slow_bytes:
            self._behind = True
            self._fell_behind(self)

    async def _cut(self, code: int, reason: str) -> None:
        if not self._transport.is_closing():
            self._transport.write(close_frame(code, reason))
            self._transport.pause_reading()
            await asyncio.sleep(_CUT_SECONDS)
        self._transport.abort()

    async def _close(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._socket.close(code=code, message=reason.encode()[:123])
                while self._transport.get_write_buffer_size():
                    await asyncio.sleep(_DRAIN_SECONDS)
        except (TimeoutError, ConnectionError):
            pass
        finally:
            # With a full buffer the close frame itself may never leave.
            self._transport.abort()
