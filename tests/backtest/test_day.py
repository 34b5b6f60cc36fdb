"""A whole day of one level, AMZN on 2012-06-21: what each of its 57,515 messages does to the best prices.

One level proves, message by message: on which side and at which price something happened, how many lots
came or went, that an emptied level gives way to a worse one, and that the other side does not move. It
cannot prove what stands below (a level that comes into view is taken as recorded, if it is worse), in
which order the queue traded, or anything about an execution against a hidden order but that the book
does not show it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from exchange.domain.enums import Side
from strategies.backtest.lobster import Books, Message, MessageKind, Messages, read_books, read_messages
from strategies.backtest.replay import CONTRACT, BadReplay
from strategies.backtest.view import View
from tests.kernel.modes import FAST

_NAME = "AMZN_2012-06-21_34200000_57600000"
_ROWS = 57_515
_ENGINE_ROWS = _ROWS if FAST else 10_000  # an engine that is slow to run meets the beginning
_CHANGED_EVERY = 100 if FAST else 1_000
_CENT_TICKS = 100
_TAKES = (MessageKind.REDUCE, MessageKind.DELETE, MessageKind.EXECUTE)

Best = list[int]  # price in ticks and lots


@pytest.fixture(scope="module")
def day(data_dir: Path) -> tuple[list[Message], Books, Messages]:
    """The messages one by one, the books after them, and the messages as a table."""
    messages = read_messages(data_dir / f"books/{_NAME}_message_1.csv.gz")
    books = read_books(data_dir / f"books/{_NAME}_orderbook_1.csv.gz")
    assert (len(messages), len(books), books.depth) == (_ROWS, _ROWS, 1)
    return list(messages), books, messages


def _transitions(messages: list[Message], books: Books) -> Iterator[tuple[Message, Best, Best, Best, Best]]:
    """Each message, the best of its side before and after it, and of the other side before and after it."""
    for message, (before, after) in zip(messages[1:], pairwise(books.rows[:, 0].tolist()), strict=True):
        own, other = (slice(2, 4), slice(0, 2)) if message.side == Side.BUY else (slice(0, 2), slice(2, 4))
        yield message, before[own], after[own], before[other], after[other]


def _what_happened(message: Message, before: Best, after: Best) -> str:
    """The one way in which ``message`` turns the best of its side into ``after``; empty if there is none."""
    away = 1 if message.side == Side.SELL else -1
    distance_ticks = away * (message.price_ticks - before[0])
    if message.kind == MessageKind.EXECUTE_HIDDEN:
        return "hidden" if after == before else ""
    if message.kind == MessageKind.ADD:
        if distance_ticks < 0:
            return "bettered" if after == [message.price_ticks, message.lots] else ""
        return "joined" if distance_ticks == 0 and after == [before[0], before[1] + message.lots] else ""
    if distance_ticks or message.lots > before[1]:
        return ""  # nobody stood there to take away from
    if message.lots < before[1]:
        return "worn" if after == [before[0], before[1] - message.lots] else ""
    return "emptied" if away * (after[0] - before[0]) > 0 else ""


def _changed(message: Message) -> Iterator[Message]:
    """Messages that say something else about the visible book."""
    if message.kind == MessageKind.EXECUTE_HIDDEN:
        return
    yield message._replace(kind=MessageKind.EXECUTE_HIDDEN)
    yield message._replace(kind=MessageKind.DELETE if message.kind == MessageKind.ADD else MessageKind.ADD)
    yield message._replace(side=Side.SELL if message.side == Side.BUY else Side.BUY)
    yield message._replace(lots=message.lots + 1)
    yield message._replace(price_ticks=message.price_ticks + _CENT_TICKS)
    yield message._replace(price_ticks=message.price_ticks - _CENT_TICKS)
    if message.lots > 1:
        yield message._replace(lots=message.lots - 1)


def test_each_message_explains_how_the_best_prices_moved(day: tuple[list[Message], Books, Messages]) -> None:
    """In exactly one way each, and never on the other side; only what is hidden leaves its own side as it was."""
    messages, books, _ = day
    ways: Counter[str] = Counter()
    for message, before, after, other_before, other_after in _transitions(messages, books):
        way = _what_happened(message, before, after)
        assert way, (message, before, after)
        assert other_after == other_before, message
        assert (after == before) == (way == "hidden")
        ways[way] += 1
    assert ways == {"joined": 14_241, "bettered": 13_604, "worn": 13_272, "emptied": 13_953, "hidden": 2_444}
    assert ways.total() == _ROWS - 1


def test_no_other_message_would_explain_it(day: tuple[list[Message], Books, Messages]) -> None:
    """Another side, price, size or kind of any of them is noticed, so that none passes by being let through."""
    messages, books, _ = day
    changes = 0
    for message, before, after, other_before, other_after in _transitions(messages, books):
        for changed in _changed(message):
            same_side = changed.side == message.side
            way = _what_happened(changed, *((before, after) if same_side else (other_before, other_after)))
            unmoved = (other_after == other_before) if same_side else (after == before)
            assert not (way and unmoved), (message, changed)
            changes += 1
    assert changes > 6 * (_ROWS - 1 - 2_444)


@pytest.mark.compiled
def test_the_engine_meets_the_recorded_best_after_each_message(day: tuple[list[Message], Books, Messages]) -> None:
    """The book of the day on the engine that trades: prices, lots, trades and volume."""
    messages, books, table = day
    view = View(books)
    for message in messages[1:_ENGINE_ROWS]:
        view.follow(message)
        assert [view.replay.levels(side, 2) for side in Side] == [books.levels(message.row, side) for side in Side]
    followed = table.frame[1:_ENGINE_ROWS]
    executed = followed.filter(pl.col("kind") == MessageKind.EXECUTE)["size"]
    contract = view.replay.engine.contract(CONTRACT)
    assert (contract.trades, contract.volume_lots) == (len(executed), executed.sum())
    emptied = [
        message
        for message, before, *_ in _transitions(messages, books)
        if message.kind in _TAKES and message.lots == before[1] and message.row <= _ENGINE_ROWS
    ]
    assert (view.opened, view.beyond) == (len(emptied), 0)
    view.replay.engine.check()


@pytest.mark.compiled
def test_the_engine_does_not_follow_a_changed_message(day: tuple[list[Message], Books, Messages]) -> None:
    """From the recorded book before it to the recorded book after it leads that message and no other."""
    messages, books, _ = day
    for message in messages[1::_CHANGED_EVERY]:
        two_books = Books(books.rows[message.row - 2 : message.row])
        View(two_books).follow(message._replace(row=2))
        for changed in _changed(message._replace(row=2)):
            with pytest.raises(BadReplay, match="row 2: "):
                View(two_books).follow(changed)


def test_orders_leave_where_they_came_and_no_larger(day: tuple[list[Message], Books, Messages]) -> None:
    """Across the whole day, for each order that was seen to be added: its side, its price, and its size in all."""
    *_, table = day
    added = table.frame.filter(pl.col("kind") == MessageKind.ADD)
    assert added["order"].is_unique().all()
    taken = table.frame.filter(pl.col("kind").is_in(_TAKES)).join(added, on="order", suffix="_added")
    assert len(taken) > 19_000
    for column in ("side", "price"):
        assert taken[column].equals(taken[f"{column}_added"].alias(column))
    assert (taken["time_ns"] >= taken["time_ns_added"]).all()
    sums = taken.group_by("order").agg(pl.col("size").sum(), pl.col("size_added").first())
    assert (sums["size"] <= sums["size_added"]).all()
