"""A recording of the best levels only, followed on the engine message by message.

A file of five levels says nothing about the sixth: orders come and go there unseen. So a level that
leaves the view is forgotten, and one that comes into view, because a better one was emptied, is taken
as recorded. Everything else is proved: after each message the engine's levels must be the recorded ones.
"""

from __future__ import annotations

from exchange.domain.enums import Side
from strategies.backtest.lobster import Books, Levels, Message, MessageKind
from strategies.backtest.replay import BadReplay, Replay


class View:
    """The levels of ``books`` on an engine. ``replay`` is for reading.

    ``opened`` counts the levels that came into view, ``beyond`` the messages about prices outside of it.
    """

    def __init__(self, books: Books) -> None:
        self.replay = Replay(books.levels(1, Side.BUY), books.levels(1, Side.SELL))
        self.opened = 0
        self.beyond = 0
        self._books = books

    def follow(self, message: Message) -> None:
        """Do what ``message`` says.

        Raises BadReplay if it does not fit the book, or if the book after it is not the recorded one.
        """
        before = {side: self.replay.levels(side, self._books.depth) for side in Side}
        if self._is_beyond(message, before[message.side]):
            self.beyond += 1
        else:
            self.replay.apply(message)
        for side in Side:
            self._meet(message, side, before[side])

    def _is_beyond(self, message: Message, levels: Levels) -> bool:
        """Whether only unseen levels can have changed; nobody trades there while better prices stand."""
        if message.kind in (MessageKind.EXECUTE, MessageKind.EXECUTE_HIDDEN) or len(levels) < self._books.depth:
            return False
        return _is_worse(message.side, message.price_ticks, levels[-1][0])

    def _meet(self, message: Message, side: Side, before: Levels) -> None:
        """Bring one side back to the levels in view, and compare it with the recording."""
        depth = self._books.depth
        found, recorded = self.replay.levels(side, depth + 1), self._books.levels(message.row, side)
        if len(found) > depth:
            self.replay.forget_level(side, found.pop()[0])
        # Only where all levels were in use and one of them was emptied may there be more than was known,
        # and what was out of view is worse than all that was in it.
        emptied = len(before) == depth == len(found) + 1
        if emptied and len(recorded) == depth and _is_worse(side, recorded[-1][0], before[-1][0]):
            self.replay.open_level(side, *recorded[-1], f"row {message.row}")
            self.opened += 1
            found.append(recorded[-1])
        if found != recorded:
            raise BadReplay(f"row {message.row}: {_first_difference(side, recorded, found)}")


def _is_worse(side: Side, price_ticks: int, than_ticks: int) -> bool:
    return price_ticks < than_ticks if side == Side.BUY else price_ticks > than_ticks


def _first_difference(side: Side, recorded: Levels, found: Levels) -> str:
    place = next(
        (place for place, (left, right) in enumerate(zip(recorded, found, strict=False)) if left != right),
        min(len(recorded), len(found)),
    )
    name = "bid" if side == Side.BUY else "ask"
    return f"{name} level {place + 1}: expected {_level(recorded, place)}, found {_level(found, place)}"


def _level(levels: Levels, place: int) -> str:
    return f"{levels[place][1]} @ {levels[place][0]}" if place < len(levels) else "nobody"
