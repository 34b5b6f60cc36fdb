"""A client's four ways of keeping a book, and what the engine said each time, to hold them against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from exchange.domain.enums import Side
from exchange.engine import Engine

SIDES = {"bids": Side.BUY, "asks": Side.SELL}
DEPTH = 1_000
# [(price, amounts of its orders, oldest first)], best price first
Queues = list[tuple[float, list[float]]]
Levels = list[tuple[float, float]]


class Record:
    """What stood in each contract after each turn, by the number of its last event."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queues: dict[tuple[int, int, Side], Queues] = {}
        self.take()

    def take(self) -> None:
        engine = self._engine
        for contract in range(len(engine.contracts())):
            for side in Side:
                queues = [
                    (ticks, [8.0 * order.shown_lots for order in engine.queue(contract, side, ticks)])
                    for ticks, _ in engine.levels(contract, side, DEPTH)
                ]
                self._queues[contract, engine.events_total, side] = [
                    (ticks / 1000, amounts) for ticks, amounts in queues
                ]

    def queues(self, contract: int, change_id: int, side: Side) -> Queues:
        """Empty for an id before the first turn."""
        return self._queues.get((contract, change_id, side), [])

    def levels(self, contract: int, change_id: int, side: Side) -> Levels:
        return [(price, sum(amounts)) for price, amounts in self.queues(contract, change_id, side)]

    def top(self, contract: int, change_id: int, side: Side, group: str, depth: int) -> Levels:
        """The same in groups of ticks: bids rounded down, asks up."""
        ticks_each = 1 if group == "none" else int(group)
        found: dict[float, float] = {}
        for price, amount in self.levels(contract, change_id, side):
            ticks = round(price * 1000)
            below = ticks // ticks_each * ticks_each
            rounded = below if side == Side.BUY or below == ticks else below + ticks_each
            found[rounded / 1000] = found.get(rounded / 1000, 0.0) + amount
        return list(found.items())[:depth]


@dataclass
class Keeper:
    """Keeps the book of one channel, knowing nothing but its messages. A gap or a wrong action fails."""

    record: Record
    contract: int
    change_id: int = -1
    messages: int = 0
    # Levels by price, or [price, amount] of orders by id, oldest first.
    kept: dict[str, dict[Any, Any]] = field(default_factory=lambda: {"bids": {}, "asks": {}})

    def hear(self, channel: str, data: dict[str, Any]) -> None:
        self.messages += 1
        parts = channel.split(".")
        if len(parts) == 5:
            self._hear_top(channel, data)
            return
        if data["type"] == "snapshot":
            assert "prev_change_id" not in data
            self.kept = {"bids": {}, "asks": {}}
        else:
            assert self.messages > 1
            assert data["prev_change_id"] == self.change_id < data["change_id"]
            assert data["bids"] or data["asks"]
        self.change_id = data["change_id"]
        for name in SIDES:
            for entry in data[name]:
                self._step(name, entry)
        assert self.is_book_of(channel, self.change_id)

    def _hear_top(self, channel: str, data: dict[str, Any]) -> None:
        assert data["change_id"] >= self.change_id
        self.change_id = data["change_id"]
        self.kept = {name: dict(data[name]) for name in SIDES}
        assert self.is_book_of(channel, self.change_id)

    def is_book_of(self, channel: str, change_id: int) -> bool:
        """Whether what is kept is what the engine held after this event."""
        _, _, *form = channel.split(".")
        for name, side in SIDES.items():
            at = (self.contract, change_id, side)
            if form == ["l3"]:
                same = self._queues(name) == self.record.queues(*at)
            elif len(form) == 3:
                same = list(self.kept[name].items()) == self.record.top(*at, form[0], int(form[1]))
            else:
                levels = sorted(self.kept[name].items(), reverse=side == Side.BUY)
                same = levels == self.record.levels(*at)
            if not same:
                return False
        return True

    def _step(self, name: str, entry: list[Any]) -> None:
        action, price, amount, *ids = entry
        kept, key = self.kept[name], ids[0] if ids else price
        assert (key in kept) == (action != "new")
        if action == "delete":
            assert amount == 0
            del kept[key]
            return
        assert amount > 0
        assert kept.get(key) != (amount, price)
        kept[key] = (amount, price) if ids else amount

    def _queues(self, name: str) -> Queues:
        found: dict[float, list[float]] = {}
        for amount, price in self.kept[name].values():
            found.setdefault(price, []).append(amount)
        return sorted(found.items(), reverse=name == "bids")
