"""LOBSTER messages and the best levels after each, made FLOW: compiled.

What stood when the recording began has no names: each level of the first view is one order, the oldest
there, and a message about an order that was never added is about a part of it. A level that leaves
the view is forgotten, and one that comes into view is taken as recorded. All else must agree.
"""

from __future__ import annotations

from exchange.jit import entry_with, int64, kernel
from strategies.backtest.reading import queues as parts
from strategies.backtest.reading.queues import (
    ADD,
    ADDED_TWICE,
    BEYOND,
    DELETE,
    DONE,
    ELSEWHERE,
    EXECUTE,
    HIDDEN,
    IS_EXECUTE,
    IS_REDUCE,
    NO_ROOM,
    NOT_BEST,
    NOT_OPEN,
    OPENED,
    OTHER_BOOK,
    OUT_OF_TURN,
    TOO_MANY,
    WOULD_TRADE,
    Integers,
    Queues,
    Table,
    add,
    find,
    forget_level,
    is_crossing,
    lacks_room,
    place_of,
    shown,
    stands,
    take,
)


@kernel
def _named(queues: Queues, name: int, book: int, key: int) -> int:
    """The order of this name, else the one without a name at its level, else -1."""
    number = queues.names[find(queues, name, book // 2)] - 1
    if number >= 0:
        return int64(number)
    place = place_of(queues, book, key)
    if stands(queues, book, place, key):
        number = queues.oldest[book, place]
        while number >= 0 and queues.orders[number]["name"] != 0:
            number = queues.orders[number]["newer"]
    return int64(number)


@kernel
def _follow(queues: Queues, out: Table, written: int, row: Table) -> tuple[int, int]:
    """One message in view. Returns how many rows there are, and what is wrong with it."""
    kind, lots = row["kind"], row["lots"]
    book = row["contract"] * 2 + row["side"]
    key = row["price_ticks"] if row["side"] == 0 else -row["price_ticks"]
    if kind == HIDDEN:
        return written, DONE
    if kind == ADD:
        if queues.names[find(queues, row["order"], row["contract"])] != 0:
            return written, ADDED_TWICE
        if is_crossing(queues, book, key):
            return written, WOULD_TRADE
        return add(queues, out, written, row["time_ns"], row["order"], book, key, lots), DONE
    number = _named(queues, row["order"], book, key)
    if number < 0:
        return written, NOT_OPEN
    order = queues.orders[number]
    if order["book"] != book or order["key"] != key:
        return written, ELSEWHERE
    if lots > order["lots"] or (kind == DELETE and order["name"] != 0 and lots != order["lots"]):
        return written, TOO_MANY
    if kind != EXECUTE:
        return take(queues, out, written, row["time_ns"], IS_REDUCE, number, lots), DONE
    best = queues.depths[book] - 1
    if queues.keys[book, best] != key:
        return written, NOT_BEST
    if queues.oldest[book, best] != number:
        queues.counts[OUT_OF_TURN] += 1
    return take(queues, out, written, row["time_ns"], IS_EXECUTE, number, lots), DONE


@kernel
def _meet(
    queues: Queues, out: Table, written: int, row: Table, view: Integers, side: int, before: int, worst: int
) -> tuple[int, bool]:
    """Bring a side back to the levels in view. Returns how many rows there are, and whether all is as recorded.

    before, worst: how many levels there were before the message, and the key of the last.
    """
    book, depth = row["contract"] * 2 + side, view.shape[0]
    if queues.depths[book] > depth:
        written = forget_level(queues, out, written, row["time_ns"], book, 0)
    key, lots = shown(view, side, depth - 1)
    # Only where all levels were in use and one of them was emptied may there be more than was known.
    if before == depth and queues.depths[book] == depth - 1 and lots > 0 and key < worst:
        if is_crossing(queues, book, key):
            return written, False
        written = add(queues, out, written, row["time_ns"], 0, book, key, lots)
        queues.counts[OPENED] += 1
    count = queues.depths[book]
    for level in range(depth):
        key, lots = shown(view, side, level)
        if level >= count:
            if lots > 0:
                return written, False
        elif queues.keys[book, count - 1 - level] != key or queues.totals[book, count - 1 - level] != lots:
            return written, False
    return written, True


@entry_with(parts)
def by_view(queues: Queues, feed: Table, views: Integers, out: Table) -> tuple[int, int, int]:
    """Turn messages into FLOW, holding the book after each against the recorded one.

    feed: (n,) of FEED, all of one contract. views: (n, depth, 4) of ask price, ask lots, bid price, bid lots. out: (m,)
    of FLOW, overwritten from row 0. Returns as ``by_order`` does. Does not raise.
    """
    written, depth = 0, views.shape[1]
    for consumed in range(feed.size):
        row = feed[consumed]
        book = row["contract"] * 2 + row["side"]
        if lacks_room(queues, out, written, book, 3):
            return consumed, written, NO_ROOM
        buys, sells = queues.depths[book & ~1], queues.depths[book | 1]
        worst_buy = queues.keys[book & ~1, 0] if buys else 0
        worst_sell = queues.keys[book | 1, 0] if sells else 0
        count, worst = (buys, worst_buy) if row["side"] == 0 else (sells, worst_sell)
        key = row["price_ticks"] if row["side"] == 0 else -row["price_ticks"]
        if count == depth and key < worst and row["kind"] != EXECUTE and row["kind"] != HIDDEN:
            queues.counts[BEYOND] += 1  # nobody trades there while better prices stand
        else:
            written, wrong = _follow(queues, out, written, row)
            if wrong != DONE:
                return consumed, written, wrong
        written, buys_agree = _meet(queues, out, written, row, views[consumed], 0, buys, worst_buy)
        written, sells_agree = _meet(queues, out, written, row, views[consumed], 1, sells, worst_sell)
        if not (buys_agree and sells_agree):
            return consumed, written, OTHER_BOOK
    return feed.size, written, DONE


@entry_with(parts)
def begin(queues: Queues, time_ns: int, views: Integers, out: Table) -> int:
    """The levels of the first view as orders without names; returns the rows written. Arrays must have room."""
    written = 0
    for side in range(2):
        for level in range(views.shape[1]):
            key, lots = shown(views[0], side, level)
            if lots > 0:
                written = add(queues, out, written, time_ns, 0, side, key, lots)
    return written
