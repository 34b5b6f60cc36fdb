"""A local book against a plain dict of the same changes."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.client import Book, ConnectionLost, Levels
from exchange.wire.messages import BookChange, LevelChange

SYMBOL = "H100SXM_USE_H14-1DEC26"
Touches = list[tuple[int, int]]


def message(kind: str, previous: int, change_id: int, bids: list[LevelChange], asks: list[LevelChange]) -> BookChange:
    if kind == "snapshot":
        return BookChange("snapshot", 1, SYMBOL, change_id, bids, asks)
    return BookChange("change", 1, SYMBOL, change_id, bids, asks, prev_change_id=previous)


def toggled(model: dict[float, float], touches: Touches) -> list[LevelChange]:
    """Strict actions that take ``model`` through ``touches``, which it follows."""
    changes: list[LevelChange] = []
    for tick, amount in touches:
        price = tick / 1000
        if amount == 0 and price in model:
            del model[price]
            changes.append(("delete", price, 0.0))
        elif amount:
            changes.append(("change" if price in model else "new", price, float(amount)))
            model[price] = float(amount)
    return changes


touches = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 3)), max_size=40)


@given(touches, touches)
def test_a_book_equals_a_dict_that_saw_the_same_changes(bid_touches: Touches, ask_touches: Touches) -> None:
    """Sides are sorted best first and hold what a dict would hold."""
    book, bids, asks = Book(SYMBOL), dict[float, float](), dict[float, float]()
    assert book.apply(message("snapshot", 0, 1, [], []))
    assert book.apply(message("change", 1, 2, toggled(bids, bid_touches), toggled(asks, ask_touches)))
    assert list(book.bids.items()) == sorted(bids.items(), reverse=True)
    assert list(book.asks.items()) == sorted(asks.items())
    assert book.best_bid == max(bids, default=None)
    assert book.best_ask == min(asks, default=None)
    assert book.bids.top(3) == sorted(bids.items(), reverse=True)[:3]


def test_a_missed_change_empties_the_book() -> None:
    """An old price must not look like a price."""
    book = Book(SYMBOL)
    book.apply(message("snapshot", 0, 7, [("new", 2.0, 8.0)], [("new", 2.1, 8.0)]))
    assert book.mid == pytest.approx(2.05)
    assert not book.apply(message("change", 8, 9, [], []))
    assert (book.synced, book.best_bid, book.mid, book.spread) == (False, None, None, None)


@pytest.mark.parametrize("wrong", [("new", 2.0, 1.0), ("change", 1.9, 1.0), ("delete", 1.9, 0.0)])
def test_a_change_that_does_not_fit_is_a_gap_too(wrong: LevelChange) -> None:
    """A new level that is there, or a changed one that is not, shows that something was lost."""
    book = Book(SYMBOL)
    book.apply(message("snapshot", 0, 1, [("new", 2.0, 8.0)], []))
    assert not book.apply(message("change", 1, 2, [wrong], []))
    assert not book.synced


def test_a_snapshot_replaces_everything() -> None:
    """No level survives that the new snapshot does not name."""
    book = Book(SYMBOL)
    book.apply(message("snapshot", 0, 1, [("new", 2.0, 8.0)], []))
    book.apply(message("snapshot", 0, 5, [("new", 1.5, 8.0)], []))
    assert dict(book.bids) == {1.5: 8.0}
    assert book.apply(message("change", 5, 6, [("delete", 1.5, 0.0)], []))
    assert not book.bids


async def test_whoever_waits_for_a_change_is_told_of_it_or_of_the_end() -> None:
    """Waiters wake with the next change, and fail when none can come."""
    book = Book(SYMBOL)
    ready = asyncio.ensure_future(book.ready())
    await asyncio.sleep(0)
    book.apply(message("snapshot", 0, 1, [], []))
    await ready
    waiting = asyncio.ensure_future(book.changed())
    await asyncio.sleep(0)
    book.end(ConnectionLost("over"))
    with pytest.raises(ConnectionLost, match="over"):
        await waiting


def test_levels_are_a_mapping() -> None:
    """They can be read like the dict they stand for."""
    levels = Levels(descending=True)
    levels.update([("new", 1.0, 8.0), ("new", 2.0, 16.0)])
    assert levels == {2.0: 16.0, 1.0: 8.0}
    assert repr(levels) == "Levels({2.0: 16.0, 1.0: 8.0})"
    assert levels[2.0] == 16.0
