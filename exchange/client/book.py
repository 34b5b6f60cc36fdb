"""A local copy of one order book: a snapshot, then changes that must chain without a gap."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping

from exchange.wire.messages import BookChange, LevelChange


class Levels(Mapping[float, float]):
    """One side of a book: GPU-hours by price, best price first."""

    __slots__ = ("_amounts", "_keys", "_sign")

    def __init__(self, *, descending: bool) -> None:
        self._sign = -1.0 if descending else 1.0
        self._keys: list[float] = []  # price times sign, so that the best is always first
        self._amounts: dict[float, float] = {}

    def __getitem__(self, price: float) -> float:
        return self._amounts[price]

    def __iter__(self) -> Iterator[float]:
        sign = self._sign
        return (key * sign for key in self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return f"Levels({dict(self)})"

    @property
    def best(self) -> float | None:
        """The best price; None while the side is empty."""
        return self._keys[0] * self._sign if self._keys else None

    def top(self, depth: int) -> list[tuple[float, float]]:
        """The best ``depth`` prices with their amounts."""
        return [(price, self._amounts[price]) for price in (key * self._sign for key in self._keys[:depth])]

    def update(self, changes: Iterable[LevelChange]) -> bool:
        """False, and stopped half way, at a change that does not fit what stands here."""
        for action, price, amount in changes:
            if (price in self._amounts) == (action == "new"):
                return False
            if action == "delete":
                del self._amounts[price]
                del self._keys[bisect_left(self._keys, price * self._sign)]
                continue
            if action == "new":
                insort(self._keys, price * self._sign)
            self._amounts[price] = amount
        return True

    def clear(self) -> None:
        self._keys.clear()
        self._amounts.clear()


class Book:
    """The book of ``symbol``. It is empty and not ``synced`` until a snapshot is in, and again after a gap."""

    __slots__ = ("_waiters", "asks", "bids", "change_id", "heals", "symbol", "synced", "timestamp")

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.bids = Levels(descending=True)
        self.asks = Levels(descending=False)
        self.change_id = 0
        self.timestamp = 0  # of the last change, milliseconds since 1970
        self.synced = False
        self.heals = 0  # how often a gap made a new snapshot necessary
        self._waiters: list[asyncio.Future[None]] = []

    @property
    def best_bid(self) -> float | None:
        return self.bids.best

    @property
    def best_ask(self) -> float | None:
        return self.asks.best

    @property
    def mid(self) -> float | None:
        """Half way between the best prices; None unless both sides have one."""
        bid, ask = self.bids.best, self.asks.best
        return None if bid is None or ask is None else (bid + ask) / 2

    @property
    def spread(self) -> float | None:
        bid, ask = self.bids.best, self.asks.best
        return None if bid is None or ask is None else ask - bid

    def apply(self, change: BookChange) -> bool:
        """Whether the book now stands as after ``change``; if not, it needs a snapshot."""
        if change.type == "snapshot":
            self.invalidate()
        elif not self.synced or change.prev_change_id != self.change_id:
            self.invalidate()
            return False
        if not (self.bids.update(change.bids) and self.asks.update(change.asks)):
            self.invalidate()
            return False
        self.change_id = change.change_id
        self.timestamp = change.timestamp
        self.synced = True
        self._wake()
        return True

    def invalidate(self) -> None:
        """Forget everything: an old price must not look like a price."""
        self.synced = False
        self.bids.clear()
        self.asks.clear()

    async def ready(self) -> None:
        """Wait until the book is in step with the exchange."""
        while not self.synced:
            await self.changed()

    async def changed(self) -> None:
        """Wait for the next snapshot or change. Raises ConnectionLost once none can come any more."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter

    def end(self, error: Exception) -> None:
        """Nothing more will come: fail those who wait."""
        self.invalidate()
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(error)
        self._waiters.clear()

    def _wake(self) -> None:
        if self._waiters:
            waiters, self._waiters = self._waiters, []
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)
