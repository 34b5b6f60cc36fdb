"""Notifications waiting to be read: bounded, so that a client that never reads cannot fill the memory."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator

from exchange.client.errors import MessagesDropped
from exchange.client.frames import Notification


class Inbox(AsyncIterator[Notification]):
    """Keeps the newest ``capacity`` notifications; ends, or raises, once it is closed and empty."""

    def __init__(self, capacity: int) -> None:
        self._waiting: deque[Notification] = deque()
        self._capacity = capacity
        self._dropped = 0
        self._reader: asyncio.Future[None] | None = None
        self._closed = False
        self._error: Exception | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, notification: Notification) -> None:
        if len(self._waiting) == self._capacity:
            self._waiting.popleft()
            self._dropped += 1
        self._waiting.append(notification)
        self._wake()

    def close(self, error: Exception | None = None) -> None:
        """What waits can still be read; after that ``error`` is raised, or iteration ends."""
        self._closed = True
        self._error = error
        self._wake()

    def reopen(self) -> None:
        self._closed = False
        self._error = None

    def waiting(self) -> Iterator[Notification]:
        """Take what is there now, without waiting for more."""
        while self._waiting:
            yield self._waiting.popleft()

    async def __anext__(self) -> Notification:
        while True:
            if self._dropped:
                dropped, self._dropped = self._dropped, 0
                raise MessagesDropped(dropped)
            if self._waiting:
                return self._waiting.popleft()
            if self._closed:
                raise self._error or StopAsyncIteration
            # Several readers share one future; whoever comes first takes the notification.
            if self._reader is None or self._reader.done():
                self._reader = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._reader)

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
