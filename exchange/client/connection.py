"""A connection that outlives its links: it comes back by itself, with the same key, channels and books."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterator, Mapping
from random import Random
from types import TracebackType
from typing import Any, Self

from exchange.client.book import Book
from exchange.client.errors import ApiError, ClientError, ConnectionLost
from exchange.client.frames import ConnectionChange, Notification, SubscriptionEnded, decode_result
from exchange.client.inbox import Inbox
from exchange.client.link import Link, open_link
from exchange.client.signature import Key, signed
from exchange.client.subscriptions import Subscriptions, requests_for
from exchange.wire.contracts import Instrument
from exchange.wire.messages import BookChange
from exchange.wire.refusals import Code

DELAY_FIRST_S = 0.1
DELAY_MAX_S = 10.0
KEY_REFUSED = (Code.INVALID_CREDENTIALS, Code.UNAUTHORIZED, Code.FORBIDDEN)
BUSY = (Code.TOO_MANY_REQUESTS, Code.MATCHING_ENGINE_QUEUE_FULL)
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
        cancel_on_disconnect: bool = False,
        random: Random | None = None,
    ) -> None:
        self.url = url
        self.key = key
        self.reconnects = 0
        self._reconnect = reconnect
        self._timeout_s = timeout_s
        self._proxy = proxy
        # A connection that heals by itself finds its orders again; they stay unless their owner wants otherwise.
        self._scope = f"cancel_on_disconnect:{'on' if cancel_on_disconnect else 'off'}"
        self._random = random or Random()
        self._inbox = Inbox(inbox_max)
        self._subscriptions = Subscriptions()
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
        return self._subscriptions.heals

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
        # Known before the answer, because the first snapshot may come in the same read as the answer.
        new = self._subscriptions.add(channels)
        try:
            for method, part in requests_for("subscribe", new):
                await self.call(method, {"channels": part})
        except ClientError:
            self._subscriptions.remove(new)
            raise

    async def unsubscribe(self, *channels: str) -> None:
        self._subscriptions.remove(channels)
        for method, part in requests_for("unsubscribe", channels):
            await self.call(method, {"channels": part})

    async def watch(self, symbol: str) -> Book:
        """The book of ``symbol``, kept up to date, once its snapshot is in.

        ``SKU_REGION:SPOT`` is the first hour that is open now; the book's ``symbol`` says which.
        """
        if symbol.endswith(":SPOT"):
            found: Instrument = await self.call("public/get_instrument", {"instrument_name": symbol}, result=Instrument)
            symbol = found.instrument_name
        await self.subscribe(f"book.{symbol}.raw")
        book = self.book(symbol)
        await book.ready()
        return book

    def book(self, symbol: str) -> Book:
        """The local book. Raises NotWatched unless ``book.SYMBOL.raw`` (or ``.100ms``) is subscribed."""
        return self._subscriptions.book(symbol)

    def messages(self) -> Inbox:
        """Every notification since the connection was opened, to read with ``async for``.

        While nobody reads, the newest ``inbox_max`` are kept. A channel named ``connection`` tells
        of reconnects. Raises MessagesDropped once if some were lost, and ConnectionLost at the end
        if the connection will not come back.
        """
        return self._inbox

    def _take(self, link: Link, notification: Notification) -> None:
        if isinstance(notification.data, BookChange):
            book = self._subscriptions.books.get(notification.channel)
            if book is None:
                return  # Unsubscribed, and this was still on its way.
            was_synced = book.synced
            if not book.apply(notification.data):
                if was_synced or notification.data.type == "snapshot":
                    book.heals += 1
                    self._start_healing(link, notification.channel, book)
                return
        self._inbox.put(notification)

    async def _heal(self, link: Link, channel: str, book: Book) -> None:
        """Leave and join again for a new snapshot, until the exchange agrees or the link is gone."""
        for delay_s in _delays(self._random):
            if self._subscriptions.books.get(channel) is not book:
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
                proof = signed(self.key, time.time_ns() // 1_000_000, secrets.token_hex(8))
                await link.call("public/auth", {**proof, "scope": self._scope})
            await self._resume(link)
        except BaseException:
            await link.close()
            raise
        return link

    async def _resume(self, link: Link) -> None:
        for method, part in requests_for("subscribe", self._subscriptions):
            try:
                await link.call(method, {"channels": part})
            except ApiError as error:
                if error.code in BUSY:
                    raise
                # One of them, perhaps of a contract that is over, spoils the request for all.
                for channel in part:
                    await self._resume_one(link, method, channel)

    async def _resume_one(self, link: Link, method: str, channel: str) -> None:
        try:
            await link.call(method, {"channels": [channel]})
        except ApiError as error:
            if error.code in BUSY:
                raise
            self._subscriptions.remove([channel])
            self._inbox.put(Notification(channel, SubscriptionEnded(str(error))))

    async def _keep(self, link: Link) -> None:
        """Watch over the link and its successors; when there will be none, tell everybody."""
        try:
            await self._follow(link)
        except ClientError as error:
            self._lost_for_good(error)
        except Exception as error:
            # Our own bug: nobody may wait for ever because of it.
            self._lost_for_good(ConnectionLost(f"the client itself failed: {error!r}"))
            raise

    async def _follow(self, link: Link) -> None:
        while True:
            reason = await asyncio.shield(link.ended)
            self._link = None
            self._live.clear()
            self._subscriptions.invalidate()
            self._inbox.put(Notification("connection", ConnectionChange(False, reason)))
            if not self._reconnect:
                raise ConnectionLost(reason)
            link = await self._redial()
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

    def _lost_for_good(self, error: ClientError) -> None:
        self._end = error
        self._finish(error, error)

    def _finish(self, error: ClientError, told: ClientError | None) -> None:
        self._subscriptions.end(error)
        self._inbox.close(told)
        self._live.set()  # Whoever waits for a connection learns that there will be none.

    def _start_healing(self, link: Link, channel: str, book: Book) -> None:
        task = asyncio.create_task(self._heal(link, channel, book))
        self._healers.add(task)
        task.add_done_callback(self._healers.discard)


def _delays(random: Random) -> Iterator[float]:
    """Seconds to wait before each attempt: twice as long each time, and never in step with other clients."""
    longest_s = DELAY_FIRST_S
    while True:
        yield longest_s * random.uniform(0.5, 1.0)
        longest_s = min(DELAY_MAX_S, longest_s * 2)
