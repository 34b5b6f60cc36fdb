"""The books as a participant sees them, made when he looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from exchange.domain.instruments import Contract
from exchange.engine.playing import Player
from strategies.base import BookView
from strategies.base.views import EMPTY_BOOK

DEPTH = 10


class LiveBooks(Mapping[str, BookView]):
    """What the engine holds now, by symbol."""

    def __init__(self, engine: Player, contracts: tuple[Contract, ...]) -> None:
        self._engine = engine
        self._numbers = {contract.symbol: number for number, contract in enumerate(contracts)}
        self._seen: dict[str, tuple[int, BookView]] = {}

    def get(self, symbol: str, default: Any = EMPTY_BOOK) -> Any:
        number = self._numbers.get(symbol)
        if number is None:
            return default
        sequence = self._engine.sequence
        seen = self._seen.get(symbol)
        if seen is not None and seen[0] == sequence:
            return seen[1]
        view = view_of(self._engine, number)
        self._seen[symbol] = (sequence, view)
        return view

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
