"""What the feed says, carried to those who listen, also to those who listen slowly."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import cast

from exchange.gateway.feed.hub import Delivery, Feed
from exchange.gateway.server.connection import Connection
from exchange.gateway.server.framing import text_frame
from exchange.wire.channels import Channel

# So many channels are joined before the others have their turn.
JOINS_AT_ONCE = 20


class Audience:
    """The listeners of one feed."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        # Those who read too slowly to be told everything, the one that fell behind first before the others.
        self._behind: dict[Connection, None] = {}

    def deliver(self, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            frame = text_frame(delivery.frame)
            for listener in delivery.listeners:
                cast(Connection, listener).push(frame)

    def join(self, connection: Connection, channels: list[Channel], account: int) -> None:
        # Private ones at once, so that whoever asks for older events after the reply misses none in between.
        self.deliver(self._feed.join(connection, [channel for channel in channels if channel.private], account))
        channels = [channel for channel in channels if not channel.private]
        if len(channels) <= JOINS_AT_ONCE and not connection.joining:
            self.deliver(self._feed.join(connection, channels, account))
            return
        if not channels:
            return
        if not connection.joining:
            connection.joining = deque()
            asyncio.get_running_loop().call_soon(self._join_some, connection)
        connection.joining.extend((channel, account) for channel in channels)

    def leave(self, connection: Connection, channels: list[Channel]) -> None:
        if connection.joining:
            names = {channel.name for channel in channels}
            connection.joining = deque(wish for wish in connection.joining if wish[0].name not in names)
        self._feed.leave(connection, channels)

    def drop(self, connection: Connection) -> None:
        """The connection is gone."""
        connection.joining = None
        self._behind.pop(connection, None)
        self._feed.drop(connection)

    def fall_behind(self, connection: Connection) -> None:
        """From now on it hears of books and tickers only how they stand, once it has read what waits for it."""
        self._behind[connection] = None
        self._feed.fall_behind(connection)

    def flush(self) -> None:
        """Every 100 ms."""
        for connection in [each for each in self._behind if each.caught_up()]:
            del self._behind[connection]
            self.deliver(self._feed.catch_up(connection))
        self.deliver(self._feed.flush())

    def _join_some(self, connection: Connection) -> None:
        """A few of the many channels that one client wants, then the others have their turn."""
        joining = connection.joining or deque()
        for _ in range(min(JOINS_AT_ONCE, len(joining))):
            channel, account = joining.popleft()
            self.deliver(self._feed.join(connection, [channel], account))
        if joining:
            asyncio.get_running_loop().call_soon(self._join_some, connection)
        else:
            connection.joining = None
