"""A connection that outlives its links: it comes back by itself, with the same key, channels and books."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from random import Random
from types import TracebackType
from typing import Any, Self

from exchange.client.book import Book
from exchange.client.errors import ApiError, ClientError, ConnectionLost, NotWatched
from exchange.client.frames import ConnectionChange, Notification, SubscriptionEnded, decode_result
from exchange.client.inbox import Inbox
from exchange.client.link import Link, open_link
from exchange.client.signature import Key, signed
from exchange.wire.messages import BookChange
from exchange.wire.refusals import Code

DELAY_FIRST_S = 0.1
DELAY_MAX_S = 10.0
# A request may not exceed 16 KB, and a channel name is at most some 50 characters.
CHANNELS_A_CALL = 100
KEY_REFUSED = (Code.INVALID_CREDENTIALS, Code.UNAUTHORIZED, Code.FORBIDDEN)
CLOCK_REFUSED = ("stale_timestamp", "signed_before_start")


class Connection:
    """Calls, subscriptions, notifications and books. ``Client`` adds the exchange's methods by name."""

    def __init__(
        self,
        url: str,
        key: Key | None = None,
        *,
        reconnect: bool = True,
        timeout_s: float = 10.0,
        inbox_max: int = 8192,
        proxy: str | None = None,
        random: Random | None = None,
    ) -> None:
        self.url = url
        self.key = key
        self.reconnects = 0
        self._reconnect = reconnect
        self._timeout_s = timeout_s
        self._proxy = proxy
        self._random = random or Random()
        self._inbox = Inbox(inbox_max)
        self._channels: dict[str, None] = {}  # in the order subscribed
        self._books: dict[str, Book] = {}  # by channel
        self._link: Link | None = None
        self._live = asyncio.Event()
        self._end: ClientError | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._healers: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Connect and authenticate. Raises ConnectionLost if nobody is there, ApiError if the key is refused."""
        self._end = None
        self._inbox.reopen()
        link = await self._dial()
        self._went_live(link)
        self._keeper = asyncio.create_task(self._keep(link))

    async def close(self) -> None:
        """Hang up for good: waiting calls fail with ConnectionLost, ``messages`` ends."""
        self._end = self._end or ConnectionLost("the client is closed; open it again to go on")
        tasks = [task for task in (self._keeper, *self._healers) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        link, self._link = self._link, None
        if link is not None:
            await link.close()
        self._finish(self._end, None)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def connected(self) -> bool:
        return self._link is not None

    @property
    def heals(self) -> int:
        """How often a gap in a book made a new snapshot necessary."""
        return sum(book.heals for book in self._books.values())

    async def wait_connected(self) -> None:
        """Wait until calls can be made again. Raises what ended the connection if it will not come back."""
        await self._live.wait()
        if self._end is not None:
            raise self._end

    async def call(self, method: str, params: Mapping[str, object] | None = None, *, result: Any = Any) -> Any:
        """Any method of the exchange; ``result`` is the type to read its result as.

        Raises ApiError if it is refused, and ConnectionLost at once while there is no connection:
        what was meant for an earlier market is not sent into a later one.
        """
        if self._link is None:
            raise self._end or ConnectionLost(
                f"{method} was not sent: reconnecting to {self.url}; wait_connected() waits"
            )
        return decode_result(await self._link.call(method, params or {}), result)

    async def subscribe(self, *channels: str) -> None:
        """Receive ``channels`` from now on, also after a reconnect. Raises ApiError if one does not exist."""
        new = [channel for channel in channels if channel not in self._channels]
        # Known before the answer, because the first snapshot may come in the same read as the answer.
        for channel in new:
            self._channels[channel] = None
            if channel.startswith("book."):
                self._books[channel] = Book(channel.split(".")[1])
        try:
            for method, part in _requests("subscribe", new):
                await self.call(method, {"channels": part})
        except ClientError:
            self._forget(new)
            raise

    async def unsubscribe(self, *channels: str) -> None:
        self._forget(channels)
        for method, part in _requests("unsubscribe", list(channels)):
            await self.call(method, {"channels": part})

    async def watch(self, symbol: str) -> Book:
        """The book of ``symbol``, kept up to date, once its snapshot is in."""
        await self.subscribe(f"book.{symbol}.raw")
        book = self.book(symbol)
        await book.ready()
        return book

    def book(self, symbol: str) -> Book:
        """The local book. Raises NotWatched unless ``book.SYMBOL.raw`` (or ``.100ms``) is subscribed."""
        book = self._books.get(f"book.{symbol}.raw") or self._books.get(f"book.{symbol}.100ms")
        if book is None:
            raise NotWatched(f"the book of {symbol} is not watched; await client.watch({symbol!r}) first")
        return book

    def messages(self) -> Inbox:
        """Every notification since the connection was opened, to read with ``async for``.

        While nobody reads, the newest ``inbox_max`` are kept. A channel named ``connection`` tells
        of reconnects. Raises MessagesDropped once if some were lost, and ConnectionLost at the end
        if the connection will not come back.
        """
        return self._inbox

    def _take(self, notification: Notification) -> None:
        if isinstance(notification.data, BookChange):
            book = self._books.get(notification.channel)
            if book is None:
                return  # Unsubscribed, and this was still on its way.
            was_synced = book.synced
            if not book.apply(notification.data):
                if was_synced or notification.data.type == "snapshot":
                    book.heals += 1
                    self._start(self._heal(notification.channel, book))
                return
        self._inbox.put(notification)

    async def _heal(self, channel: str, book: Book) -> None:
        """Leave and join again for a new snapshot, until the exchange agrees or the link is gone."""
        link = self._link
        for delay_s in _delays(self._random):
            if link is None or self._books.get(channel) is not book:
                return
            try:
                await link.call("public/unsubscribe", {"channels": [channel]})
                await link.call("public/subscribe", {"channels": [channel]})
            except ConnectionLost:
                return  # The next link subscribes to everything.
            except ApiError:
                await asyncio.sleep(delay_s)
            else:
                return

    async def _dial(self) -> Link:
        link = await open_link(self.url, self._take, self._timeout_s, self._proxy)
        try:
            if self.key is not None:
                await link.call("public/auth", signed(self.key, time.time_ns() // 1_000_000, secrets.token_hex(8)))
            await self._resume(link)
        except BaseException:
            await link.close()
            raise
        return link

    async def _resume(self, link: Link) -> None:
        for method, part in _requests("subscribe", list(self._channels)):
            try:
                await link.call(method, {"channels": part})
            except ApiError:
                # One of them, perhaps of a contract that is over, spoils the request for all.
                for channel in part:
                    await self._resume_one(link, method, channel)

    async def _resume_one(self, link: Link, method: str, channel: str) -> None:
        try:
            await link.call(method, {"channels": [channel]})
        except ApiError as error:
            self._forget([channel])
            self._inbox.put(Notification(channel, SubscriptionEnded(str(error))))

    async def _keep(self, link: Link) -> None:
        """Watch over the link, and get another when it ends."""
        while True:
            reason = await asyncio.shield(link.ended)
            self._link = None
            self._live.clear()
            for book in self._books.values():
                book.invalidate()
            self._inbox.put(Notification("connection", ConnectionChange(False, reason)))
            if not self._reconnect:
                self._end = ConnectionLost(reason)
                self._finish(self._end, self._end)
                return
            try:
                link = await self._redial()
            except ApiError as error:
                self._end = error
                self._finish(error, error)
                return
            self.reconnects += 1
            self._inbox.put(Notification("connection", ConnectionChange(True, reason)))
            self._went_live(link)

    async def _redial(self) -> Link:
        delays = _delays(self._random)
        while True:
            await asyncio.sleep(next(delays))
            try:
                return await self._dial()
            except ConnectionLost:
                continue
            except ApiError as error:
                # A refused key stays refused; a busy exchange, or one whose clock is a little ahead, does not.
                if error.code in KEY_REFUSED and error.reason not in CLOCK_REFUSED:
                    raise

    def _went_live(self, link: Link) -> None:
        self._link = link
        self._live.set()

    def _finish(self, error: ClientError, told: ClientError | None) -> None:
        for book in self._books.values():
            book.end(error)
        self._inbox.close(told)
        self._live.set()  # Whoever waits for a connection learns that there will be none.

    def _forget(self, channels: Iterable[str]) -> None:
        for channel in channels:
            self._channels.pop(channel, None)
            book = self._books.pop(channel, None)
            if book is not None:
                book.end(NotWatched(f"{channel} is no longer subscribed"))

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._healers.add(task)
        task.add_done_callback(self._healers.discard)


def _requests(verb: str, channels: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Channels by the method that wants them, in requests of a bounded size."""
    for scope in ("public", "private"):
        members = [channel for channel in channels if channel.startswith("user.") == (scope == "private")]
        for start in range(0, len(members), CHANNELS_A_CALL):
            yield f"{scope}/{verb}", members[start : start + CHANNELS_A_CALL]


def _delays(random: Random) -> Iterator[float]:
    """Seconds to wait before each attempt: twice as long each time, and never in step with other clients."""
    longest_s = DELAY_FIRST_S
    while True:
        yield longest_s * random.uniform(0.5, 1.0)
        longest_s = min(DELAY_MAX_S, longest_s * 2)
