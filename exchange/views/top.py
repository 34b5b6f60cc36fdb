"""The top-of-book view: the best bid and the best ask of every contract."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from exchange.domain.records import Rows
from exchange.views.levels import PriceLevels
from exchange.wire.events import Event


class Top(NamedTuple):
    """Zeros where a side is empty."""

    bid_ticks: int = 0
    bid_lots: int = 0
    ask_ticks: int = 0
    ask_lots: int = 0


class TopOfBook:
    """What is behind the best is followed too, since any of it may become the best."""

    def __init__(self) -> None:
        self._levels = PriceLevels()
        self._told: dict[int, Top] = {}

    def apply(self, events: Rows | Iterable[Event]) -> dict[int, Top]:
        """Follow ``events``; returns the contracts whose top is another one now, with it."""
        self._levels.apply(events)
        touched, self._levels.touched = self._levels.touched, {}
        changed: dict[int, Top] = {}
        for contract in touched:
            top = self.best(contract)
            if top != self._told.get(contract, Top()):
                changed[contract] = self._told[contract] = top
        return changed

    def enter(self, order_id: int, contract: int, side: int, price_ticks: int, lots: int) -> None:
        """``lots`` of an order showed when the view started."""
        self._levels.enter(order_id, contract, side, price_ticks, lots)

    def best(self, contract: int) -> Top:
        book = self._levels.book(contract)
        return Top(*book.bids.best(), *book.asks.best())
