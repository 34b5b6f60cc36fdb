"""The books as a participant sees them, read when he looks.

Most books that are handed out are never looked into. So a view reads the engine at the first question, and,
where somebody keeps it, at the last moment before the engine goes on. What nobody keeps is used again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from sys import getrefcount
from typing import Any

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from exchange.engine.playing import Player
from strategies.base import BookView
from strategies.base.views import EMPTY_BOOK, Level

DEPTH = 10
_UNSHARED = 3  # references to a view that nobody keeps: two of ours, and the question itself


class LiveBook(BookView, dict=True):
    """A view without columns, until somebody asks for one of them."""

    def __getattr__(self, name: str) -> Any:
        if name not in BookView.__struct_fields__:
            raise AttributeError(f"a book has no {name!r}")
        self.read()
        return getattr(self, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BookView) and self.columns() == (
            other.bids, other.asks, other.time_ns, other.last_price_ticks
        )  # fmt: skip

    def __repr__(self) -> str:
        return repr(BookView(*self.columns()))

    def __reduce__(self) -> tuple[Any, ...]:
        return BookView, self.columns()

    def __copy__(self) -> BookView:
        return BookView(*self.columns())

    def _replace(self, **columns: Any) -> BookView:
        return BookView(*self.columns())._replace(**columns)

    def columns(self) -> tuple[tuple[Level, ...], tuple[Level, ...], int, int]:
        return self.bids, self.asks, self.time_ns, self.last_price_ticks

    @property
    def best_bid_ticks(self) -> int:
        return super().best_bid_ticks if self.is_read else self.engine.best_ticks(self.number, Side.BUY)

    @property
    def best_ask_ticks(self) -> int:
        return super().best_ask_ticks if self.is_read else self.engine.best_ticks(self.number, Side.SELL)

    @property
    def mid_ticks(self) -> float:
        bid_ticks, ask_ticks = self.best_bid_ticks, self.best_ask_ticks
        return (bid_ticks + ask_ticks) / 2 if bid_ticks and ask_ticks else super().mid_ticks

    def begin(self, engine: Player, number: int) -> LiveBook:
        """Be the book as it stands in the engine."""
        self.engine, self.number = engine, number
        self.is_read = True
        self.forget()
        return self

    def read(self) -> None:
        """From here on it is what it is."""
        engine, number = self.engine, self.number
        self.bids, self.asks = engine.top(number, DEPTH)
        self.time_ns, self.last_price_ticks = engine.time_ns, engine.last_price_ticks(number)
        self.is_read = True

    def keep(self) -> None:
        if not self.is_read:
            self.read()

    def forget(self) -> None:
        """Nobody has it any more."""
        del self.bids, self.asks, self.time_ns, self.last_price_ticks
        self.is_read = False


class LiveBooks(Mapping[str, BookView]):
    """What the engine holds now, by symbol."""

    def __init__(self, engine: Player, contracts: tuple[Contract, ...]) -> None:
        self._engine = engine
        self._numbers = {contract.symbol: number for number, contract in enumerate(contracts)}
        self._views: dict[str, LiveBook] = {}
        self._shown: dict[str, LiveBook] = {}  # since the engine stands where it does
        engine.before_change = self._let_go

    def get(self, symbol: str, default: Any = EMPTY_BOOK) -> Any:
        view = self._shown.get(symbol)
        if view is None:
            view = self._views.get(symbol)
            if view is None:
                number = self._numbers.get(symbol)
                if number is None:
                    return default
                view = self._views[symbol] = LiveBook().begin(self._engine, number)
            self._shown[symbol] = view
        return view

    def _let_go(self) -> None:
        """The engine is about to go on: what somebody keeps is read now, and is his."""
        shown, views = self._shown, self._views
        if shown:
            for symbol in shown:
                if getrefcount(views[symbol]) > _UNSHARED:
                    views.pop(symbol).keep()
                elif views[symbol].is_read:
                    views[symbol].forget()
            shown.clear()

    def __getitem__(self, symbol: str) -> BookView:
        if symbol not in self._numbers:
            raise KeyError(symbol)
        view: BookView = self.get(symbol)
        return view

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


def view_of(engine: Player, contract: int) -> BookView:
    """The book as it is."""
    bids, asks = engine.top(contract, DEPTH)
    return BookView(bids, asks, engine.time_ns, engine.last_price_ticks(contract))
