"""Messages that name their order, made FLOW: compiled."""

from __future__ import annotations

from exchange.jit import entry_with, kernel
from strategies.backtest.reading import queues as parts
from strategies.backtest.reading.queues import (
    ADD,
    ADDED_TWICE,
    CLEAR,
    CROSSING,
    DELETE,
    DONE,
    FILL,
    IS_EXECUTE,
    IS_MODIFY,
    IS_REDUCE,
    MODIFY,
    NAMED,
    NO_ROOM,
    REDUCE,
    TOO_MANY,
    UNKNOWN,
    USED,
    Queues,
    Table,
    add,
    clear,
    clear_side,
    find,
    free,
    is_crossing,
    join,
    lacks_room,
    leave,
    put,
    remove,
    shrink,
)


@kernel
def _change(queues: Queues, out: Table, written: int, number: int, row: Table) -> int:
    """MODIFY: at its price with fewer lots it keeps its place, else it goes to the end of the queue."""
    order = queues.orders[number]
    book, name, lots = order["book"], order["name"], row["lots"]
    key = row["price_ticks"] if book % 2 == 0 else -row["price_ticks"]
    order["filled"] = 0
    if lots == 0:
        return remove(queues, out, written, row["time_ns"], number)
    if order["lots"] == 0:  # it was filled, and shows its next part
        free(queues, number)
        return add(queues, out, written, row["time_ns"], name, book, key, lots)
    if key == order["key"] and lots <= order["lots"]:
        if lots == order["lots"]:
            return written
        return shrink(queues, out, written, row["time_ns"], IS_REDUCE, number, order["lots"] - lots)
    leave(queues, number)
    join(queues, number, book, key, lots)
    return put(out, written, row["time_ns"], IS_MODIFY, number, book, key, lots)


@entry_with(parts)
def by_order(queues: Queues, feed: Table, out: Table) -> tuple[int, int, int]:
    """Turn messages that name their order into FLOW.

    feed: (n,) of FEED. out: (m,) of FLOW, overwritten from row 0. Returns (messages consumed, rows
    written, why it stopped): DONE, NO_ROOM, or what is wrong with the next message. A FILL is followed
    by a cancel or change that says the same of the book. Does not raise.
    """
    written = 0
    for consumed in range(feed.size):
        row = feed[consumed]
        kind, contract, side = row["kind"], row["contract"], row["side"]
        book = contract * 2 + (side if side > 0 else 0)
        if lacks_room(queues, out, written, book, 2):
            return consumed, written, NO_ROOM
        if kind == CLEAR:
            if side < 0:
                written = clear(queues, out, written, row["time_ns"], contract)
            else:
                written = clear_side(queues, out, written, row["time_ns"], book, 0)
            continue
        slot = find(queues, row["order"], contract)
        number = queues.names[slot] - 1
        if kind == ADD or (kind == MODIFY and number < 0 and row["lots"] > 0 and side >= 0):
            if number >= 0:
                return consumed, written, ADDED_TWICE
            key = row["price_ticks"] if side == 0 else -row["price_ticks"]
            if is_crossing(queues, book, key):
                queues.counts[CROSSING] += 1
            written = add(queues, out, written, row["time_ns"], row["order"], book, key, row["lots"])
            continue
        if number < 0:
            queues.counts[UNKNOWN] += 1
            continue
        order = queues.orders[number]
        if kind == MODIFY:
            written = _change(queues, out, written, number, row)
        elif kind == DELETE:
            written = remove(queues, out, written, row["time_ns"], number)
        else:
            lots = row["lots"]
            if kind == REDUCE:
                told = min(lots, order["filled"])
                order["filled"] -= told
                lots -= told
            if lots > order["lots"]:
                return consumed, written, TOO_MANY
            if lots > 0:
                kind_of_flow = IS_REDUCE if kind == REDUCE else IS_EXECUTE
                written = shrink(queues, out, written, row["time_ns"], kind_of_flow, number, lots)
                if kind == FILL:
                    order["filled"] += lots
            if order["lots"] == 0 and order["filled"] == 0:
                free(queues, number)
    return feed.size, written, DONE


@entry_with(parts)
def rename(queues: Queues) -> None:
    """Fill ``names``, which are zeros, anew."""
    queues.counts[NAMED] = 0
    for number in range(queues.counts[USED]):
        order = queues.orders[number]
        if order["name"] != 0:
            queues.names[find(queues, order["name"], order["book"] // 2)] = number + 1
            queues.counts[NAMED] += 1
