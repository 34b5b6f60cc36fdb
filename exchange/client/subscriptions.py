"""Which channels are wanted, and the books that come of them. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exchange.client.book import Book
from exchange.client.errors import ClientError, NotWatched

# A request may not exceed 16 KB, and a channel name is at most some 50 characters.
CHANNELS_A_CALL = 100


class Subscriptions:
    """Channels in the order they were subscribed, and a book for each that is one of a book."""

    def __init__(self) -> None:
        self._channels: dict[str, None] = {}
        self.books: dict[str, Book] = {}  # by channel

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._channels))

    @property
    def heals(self) -> int:
        return sum(book.heals for book in self.books.values())

    def add(self, channels: Iterable[str]) -> list[str]:
        """Want ``channels``; returns those that are new."""
        new = [channel for channel in dict.fromkeys(channels) if channel not in self._channels]
        for channel in new:
            self._channels[channel] = None
            if channel.startswith("book."):
                self.books[channel] = Book(channel.split(".")[1])
        return new

    def remove(self, channels: Iterable[str]) -> None:
        for channel in channels:
            self._channels.pop(channel, None)
            book = self.books.pop(channel, None)
            if book is not None:
                book.end(NotWatched(f"{channel} is no longer subscribed"))

    def book(self, symbol: str) -> Book:
        """Raises NotWatched if there is none."""
        book = self.books.get(f"book.{symbol}.raw") or self.books.get(f"book.{symbol}.100ms")
        if book is None:
            raise NotWatched(f"the book of {symbol} is not watched; await client.watch({symbol!r}) first")
        return book

    def invalidate(self) -> None:
        """Nothing is known of any book until its next snapshot."""
        for book in self.books.values():
            book.invalidate()

    def end(self, error: ClientError) -> None:
        """Nothing more will come."""
        for book in self.books.values():
            book.end(error)


def requests_for(verb: str, channels: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """``channels`` by the method that takes them, in requests of a bounded size."""
    wanted = list(channels)
    for scope in ("public", "private"):
        members = [channel for channel in wanted if channel.startswith("user.") == (scope == "private")]
        for start in range(0, len(members), CHANNELS_A_CALL):
            yield f"{scope}/{verb}", members[start : start + CHANNELS_A_CALL]
