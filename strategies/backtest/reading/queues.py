"""The queues of a recorded book, kept while its messages become FLOW; all of it compiled.

Three kinds of recording lead here: one that names every order, one that says how much stands at a
level, and one that shows the best levels after each message. They share one book, in which every
lot belongs to an order. An order's place in ``orders`` is its number in FLOW, so numbers are small and used
again once an order is gone. A book is one side of a contract: contract * 2 + side. Its levels are
sorted by key, the price or for sells its negative, so that the best is the last.

What is asked of it stands in ``by_order``, ``by_view`` and ``by_level``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from exchange.jit import int64, kernel, low_product

Integers = NDArray[np.int64]
Table = Any  # rows of columns, which a kernel takes as integers

# What happened, in rows of time: FEED.
ADD, DELETE, REDUCE, MODIFY, EXECUTE, FILL, CLEAR, LEVEL, TRADE, HIDDEN = range(1, 11)
# What FLOW calls it (exchange.domain.flow.FlowKind; a kernel wants plain numbers).
IS_ADD, IS_DELETE, IS_REDUCE, IS_MODIFY, IS_EXECUTE, IS_CLEAR = 1, 2, 3, 4, 6, 7

FEED = np.dtype(
    [
        ("time_ns", "<i8"),
        ("order", "<i8"),  # the recording's own number of it
        ("price_ticks", "<i8"),  # CLEAR of a side: up to where, 0 for all of it
        ("lots", "<i8"),  # ADD, MODIFY: open; REDUCE, EXECUTE, FILL, TRADE: less; LEVEL: what stands there in all
        ("contract", "<i4"),
        ("kind", "i1"),
        ("side", "i1"),  # of the order or level, TRADE: of what stood; CLEAR: -1 for both
        ("reserved", "<i2"),
    ]
)
ORDER = np.dtype(
    [
        ("name", "<i8"),  # the recording's own number of it, 0 where it has none
        ("lots", "<i8"),
        ("filled", "<i8"),  # told by FILL, but still to be told by a cancel
        ("key", "<i8"),
        ("book", "<i8"),
        ("newer", "<i8"),  # -1 for none
        ("older", "<i8"),
    ]
)

# Counts, and other numbers that change: places in ``Queues.counts``.
USED, FREE, NAMED, RANDOM, UNKNOWN, UNSEEN, CROSSED, CROSSING, OUT_OF_TURN, OPENED, BEYOND, COVERED, LACKING = range(13)
COUNTS = 13
LACKS_ROWS, LACKS_ORDERS, LACKS_NAMES, LACKS_LEVELS = 1, 2, 4, 8
# Why an entry stopped.
DONE, NO_ROOM, ADDED_TWICE, NOT_OPEN, ELSEWHERE, TOO_MANY, NOT_BEST, OTHER_BOOK, WOULD_TRADE = range(9)
# Who leaves a level when it shrinks without a trade.
NEWEST, OLDEST, POWER = range(3)

_FIRST = 0x2545F4914F6CDD1D
LEHMER, LEHMER_END = 48271, 2**31 - 1
ROOM = 4


class Queues(NamedTuple):
    """Every array is overwritten. ``levels``: (books, capacity) each of key, oldest, newest, lots."""

    orders: Table
    free: Integers  # numbers to use again, ``counts[FREE]`` of them
    names: Integers  # open addressing, a power of two: number + 1, or 0
    keys: Integers
    oldest: Integers
    newest: Integers
    totals: Integers
    depths: Integers  # (books,) levels in use
    counts: Integers


@kernel
def put(out: Table, written: int, time_ns: int, kind: int, number: int, book: int, key: int, lots: int) -> int:
    """One more row of FLOW; returns how many there are."""
    row = out[written]
    row["time_ns"] = time_ns
    row["order"] = number
    row["price_ticks"] = key if book % 2 == 0 else -key
    row["lots"] = lots
    row["contract"] = book // 2
    row["kind"] = kind
    row["side"] = book % 2
    row["flags"] = 0
    row["reserved"] = 0
    return written + 1


@kernel
def place_of(queues: Queues, book: int, key: int) -> int:
    """Where the level of ``key`` is, or would be."""
    low, high = 0, queues.depths[book]
    while low < high:
        middle = (low + high) // 2
        if queues.keys[book, middle] < key:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def stands(queues: Queues, book: int, place: int, key: int) -> bool:
    return bool(place < queues.depths[book] and queues.keys[book, place] == key)


@kernel
def _open_level(queues: Queues, book: int, key: int) -> int:
    """The level of ``key``, made if it is not there."""
    place = place_of(queues, book, key)
    if stands(queues, book, place, key):
        return place
    for above in range(queues.depths[book], place, -1):
        queues.keys[book, above] = queues.keys[book, above - 1]
        queues.oldest[book, above] = queues.oldest[book, above - 1]
        queues.newest[book, above] = queues.newest[book, above - 1]
        queues.totals[book, above] = queues.totals[book, above - 1]
    queues.depths[book] += 1
    queues.keys[book, place] = key
    queues.oldest[book, place] = -1
    queues.newest[book, place] = -1
    queues.totals[book, place] = 0
    return place


@kernel
def _close_level(queues: Queues, book: int, place: int) -> None:
    queues.depths[book] -= 1
    for above in range(place, queues.depths[book]):
        queues.keys[book, above] = queues.keys[book, above + 1]
        queues.oldest[book, above] = queues.oldest[book, above + 1]
        queues.newest[book, above] = queues.newest[book, above + 1]
        queues.totals[book, above] = queues.totals[book, above + 1]


@kernel
def _slot(queues: Queues, name: int) -> int:
    """Where a search for ``name`` begins."""
    mixed = low_product(low_product(int64(name), _FIRST) >> 17, _FIRST)
    return int64((mixed >> 20) & (queues.names.size - 1))


@kernel
def find(queues: Queues, name: int, contract: int) -> int:
    """The slot of an order's name, or of the emptiness where it is not."""
    slot = _slot(queues, name)
    while queues.names[slot] != 0:
        order = queues.orders[queues.names[slot] - 1]
        if order["name"] == name and order["book"] // 2 == contract:
            break
        slot = (slot + 1) & (queues.names.size - 1)
    return slot


@kernel
def _forget_name(queues: Queues, number: int) -> None:
    """Take a name out, and move what was displaced by it one nearer to where it is looked for."""
    end = queues.names.size - 1
    hole = _slot(queues, queues.orders[number]["name"])
    while queues.names[hole] != number + 1:
        hole = (hole + 1) & end
    slot = (hole + 1) & end
    while queues.names[slot] != 0:
        wanted = _slot(queues, queues.orders[queues.names[slot] - 1]["name"])
        if ((slot - wanted) & end) >= ((slot - hole) & end):
            queues.names[hole] = queues.names[slot]
            hole = slot
        slot = (slot + 1) & end
    queues.names[hole] = 0
    queues.counts[NAMED] -= 1


@kernel
def join(queues: Queues, number: int, book: int, key: int, lots: int) -> None:
    """Stand at the end of a queue."""
    place = _open_level(queues, book, key)
    newest = queues.newest[book, place]
    order = queues.orders[number]
    order["lots"] = lots
    order["key"] = key
    order["book"] = book
    order["newer"] = -1
    order["older"] = newest
    if newest >= 0:
        queues.orders[newest]["newer"] = number
    else:
        queues.oldest[book, place] = number
    queues.newest[book, place] = number
    queues.totals[book, place] += lots


@kernel
def leave(queues: Queues, number: int) -> None:
    """Out of the queue, which may end the level; the number stays taken."""
    order = queues.orders[number]
    book, older, newer = order["book"], order["older"], order["newer"]
    place = place_of(queues, book, order["key"])
    if older >= 0:
        queues.orders[older]["newer"] = newer
    else:
        queues.oldest[book, place] = newer
    if newer >= 0:
        queues.orders[newer]["older"] = older
    else:
        queues.newest[book, place] = older
    queues.totals[book, place] -= order["lots"]
    order["lots"] = 0
    if queues.oldest[book, place] < 0:
        _close_level(queues, book, place)


@kernel
def free(queues: Queues, number: int) -> None:
    """Nobody's number any more."""
    if queues.orders[number]["name"] != 0:
        _forget_name(queues, number)
        queues.orders[number]["name"] = 0
    queues.free[queues.counts[FREE]] = number
    queues.counts[FREE] += 1


@kernel
def add(queues: Queues, out: Table, written: int, time_ns: int, name: int, book: int, key: int, lots: int) -> int:
    """A new order at the end of its queue; ``name`` 0 for none."""
    if queues.counts[FREE] > 0:
        queues.counts[FREE] -= 1
        number = queues.free[queues.counts[FREE]]
    else:
        number = queues.counts[USED]
        queues.counts[USED] += 1
    queues.orders[number]["name"] = name
    queues.orders[number]["filled"] = 0
    join(queues, number, book, key, lots)
    if name != 0:
        queues.names[find(queues, name, book // 2)] = number + 1
        queues.counts[NAMED] += 1
    return put(out, written, time_ns, IS_ADD, number, book, key, lots)


@kernel
def shrink(queues: Queues, out: Table, written: int, time_ns: int, kind: int, number: int, lots: int) -> int:
    """Take ``lots`` from an order in its place, by REDUCE or EXECUTE; at nothing it leaves its queue."""
    order = queues.orders[number]
    book, key = order["book"], order["key"]
    whole = lots == order["lots"]
    if whole:
        leave(queues, number)
    else:
        order["lots"] -= lots
        queues.totals[book, place_of(queues, book, key)] -= lots
    kind = IS_DELETE if whole and kind == IS_REDUCE else kind
    return put(out, written, time_ns, kind, number, book, key, lots)


@kernel
def remove(queues: Queues, out: Table, written: int, time_ns: int, number: int) -> int:
    """An order's number becomes free; if it stood it is deleted."""
    if queues.orders[number]["lots"] > 0:
        written = shrink(queues, out, written, time_ns, IS_REDUCE, number, queues.orders[number]["lots"])
    free(queues, number)
    return written


@kernel
def take(queues: Queues, out: Table, written: int, time_ns: int, kind: int, number: int, lots: int) -> int:
    """``_shrink``, and free the number at nothing."""
    written = shrink(queues, out, written, time_ns, kind, number, lots)
    if queues.orders[number]["lots"] == 0:
        free(queues, number)
    return written


@kernel
def forget_level(queues: Queues, out: Table, written: int, time_ns: int, book: int, place: int) -> int:
    """All of its orders go."""
    last = queues.newest[book, place]
    number = queues.oldest[book, place]
    while number >= 0:
        newer = queues.orders[number]["newer"]
        written = remove(queues, out, written, time_ns, number)
        if number == last:
            break
        number = newer
    return written


@kernel
def clear(queues: Queues, out: Table, written: int, time_ns: int, contract: int) -> int:
    """One row for all of a contract's orders."""
    for number in range(queues.counts[USED]):
        order = queues.orders[number]
        if order["lots"] > 0 and order["book"] // 2 == contract:
            leave(queues, number)
            free(queues, number)
    return put(out, written, time_ns, IS_CLEAR, -1, contract * 2, 0, 0)


@kernel
def clear_side(queues: Queues, out: Table, written: int, time_ns: int, book: int, key: int) -> int:
    """All levels from the best to ``key`` go; of key 0 all."""
    while queues.depths[book] > 0 and (key == 0 or queues.keys[book, queues.depths[book] - 1] >= key):
        written = forget_level(queues, out, written, time_ns, book, queues.depths[book] - 1)
    return written


@kernel
def lacks_room(queues: Queues, out: Table, written: int, book: int, adds: int) -> bool:
    """Whether a message that removes all orders and adds so many could be too much; for what is in LACKING."""
    taken = queues.counts[USED] - queues.counts[FREE]
    lacking = 0
    if out.size - written < taken + 2 * adds + ROOM:
        lacking += LACKS_ROWS
    if queues.orders.size - taken < adds + ROOM:
        lacking += LACKS_ORDERS
    if queues.names.size < 2 * (queues.counts[NAMED] + ROOM):
        lacking += LACKS_NAMES
    if queues.keys.shape[1] - max(queues.depths[book], queues.depths[book ^ 1]) < adds + ROOM:
        lacking += LACKS_LEVELS
    queues.counts[LACKING] = lacking
    return lacking > 0


@kernel
def is_crossing(queues: Queues, book: int, key: int) -> bool:
    """Whether an order would trade at once."""
    other = book ^ 1
    return bool(queues.depths[other] > 0 and queues.keys[other, queues.depths[other] - 1] >= -key)


@kernel
def shown(view: Integers, side: int, level: int) -> tuple[int, int]:
    """Key and lots of a level of a view; lots 0 for nobody."""
    if side == 0:
        return view[level, 2], view[level, 3]
    return -view[level, 0], view[level, 1]
