"""How much stands at levels, made FLOW with a model of who leaves a queue: compiled.

Each increase of a level is a new order at its end, and a trade takes from the front: both are what happened. A decrease
that no trade explains is somebody's cancel, and whose it was is not recorded: the model says. ``NEWEST`` lets
nobody before us leave, ``OLDEST`` everybody; ``POWER`` draws a place so that, with a share z of the level before us,
the cancel is behind us with probability (1-z)^n / ((1-z)^n + z^n), which for n = 1 is any lot alike.
"""

from __future__ import annotations

from exchange.jit import entry_with, int64, kernel
from strategies.backtest.reading import queues as parts
from strategies.backtest.reading.queues import (
    CLEAR,
    COVERED,
    CROSSED,
    DONE,
    IS_EXECUTE,
    IS_REDUCE,
    LEHMER,
    LEHMER_END,
    LEVEL,
    NEWEST,
    NO_ROOM,
    OLDEST,
    RANDOM,
    TRADE,
    UNSEEN,
    Integers,
    Queues,
    Table,
    add,
    clear,
    clear_side,
    forget_level,
    lacks_room,
    place_of,
    shown,
    stands,
    take,
)


@kernel
def _drawn(queues: Queues, book: int, place: int, power: float) -> int:
    """Whose cancel it was, as ``POWER`` says."""
    queues.counts[RANDOM] = queues.counts[RANDOM] * LEHMER % LEHMER_END
    chance = queues.counts[RANDOM] / LEHMER_END
    share = 1.0 / (1.0 + (chance / (1.0 - chance)) ** (1.0 / power))
    total = queues.totals[book, place]
    ahead = share * total
    # From the nearer end: queues may be long.
    if ahead * 2.0 > total:
        behind = total - ahead
        number = queues.newest[book, place]
        while queues.orders[number]["lots"] <= behind and queues.orders[number]["older"] >= 0:
            behind -= queues.orders[number]["lots"]
            number = queues.orders[number]["older"]
        return int64(number)
    number = queues.oldest[book, place]
    while queues.orders[number]["lots"] <= ahead and queues.orders[number]["newer"] >= 0:
        ahead -= queues.orders[number]["lots"]
        number = queues.orders[number]["newer"]
    return int64(number)


@kernel
def _withdraw(
    queues: Queues, out: Table, written: int, time_ns: int, book: int, place: int, lots: int, model: int, power: float
) -> int:
    """Cancel ``lots`` of a level, less than all."""
    while lots > 0:
        if model == NEWEST:
            number = queues.newest[book, place]
        elif model == OLDEST:
            number = queues.oldest[book, place]
        else:
            number = _drawn(queues, book, place, power)
        part = min(lots, queues.orders[number]["lots"])
        written = take(queues, out, written, time_ns, IS_REDUCE, number, part)
        lots -= part
    return written


@kernel
def _fall(
    queues: Queues, out: Table, written: int, time_ns: int, book: int, key: int, lots: int, model: int, power: float
) -> int:
    """No more than ``lots`` stand at a level."""
    place = place_of(queues, book, key)
    if stands(queues, book, place, key) and queues.totals[book, place] > lots:
        if lots == 0:
            return forget_level(queues, out, written, time_ns, book, place)
        less = queues.totals[book, place] - lots
        return _withdraw(queues, out, written, time_ns, book, place, less, model, power)
    return written


@kernel
def _rise(queues: Queues, out: Table, written: int, time_ns: int, book: int, key: int, lots: int) -> int:
    """At least ``lots`` stand at a level; what they would trade with has gone unseen."""
    place, other = place_of(queues, book, key), book ^ 1
    before = queues.totals[book, place] if stands(queues, book, place, key) else 0
    if lots <= before:
        return written
    while queues.depths[other] > 0 and queues.keys[other, queues.depths[other] - 1] >= -key:
        queues.counts[CROSSED] += 1
        written = forget_level(queues, out, written, time_ns, other, queues.depths[other] - 1)
    return add(queues, out, written, time_ns, 0, book, key, lots - before)


@kernel
def _trade(queues: Queues, out: Table, written: int, time_ns: int, book: int, key: int, lots: int) -> int:
    """Take from the front of a level. More than stands there was hidden: it comes and trades, if nobody was better."""
    place = place_of(queues, book, key)
    if not stands(queues, book, place, key) or queues.totals[book, place] < lots:
        before = queues.totals[book, place] if stands(queues, book, place, key) else 0
        queues.counts[UNSEEN] += lots - before
        if queues.depths[book] > 0 and queues.keys[book, queues.depths[book] - 1] > key:
            queues.counts[COVERED] += lots - before
            lots = before
        else:
            written = _rise(queues, out, written, time_ns, book, key, lots)
    while lots > 0:
        number = queues.oldest[book, place_of(queues, book, key)]
        part = min(lots, queues.orders[number]["lots"])
        written = take(queues, out, written, time_ns, IS_EXECUTE, number, part)
        lots -= part
    return written


@kernel
def _key(row: Table) -> int:
    return int64(row["price_ticks"]) if row["side"] == 0 else -int64(row["price_ticks"])


@kernel
def _only_shown(
    queues: Queues, out: Table, written: int, time_ns: int, book: int, view: Integers, model: int, power: float
) -> int:
    """Nothing stands between the levels of a view that it does not show, and no more than it shows."""
    top = queues.depths[book] - 1
    for level in range(view.shape[0]):
        key, lots = shown(view, book % 2, level)
        while top >= 0 and (lots == 0 or queues.keys[book, top] > key):
            written = forget_level(queues, out, written, time_ns, book, top)
            top -= 1
        if lots == 0:
            break
        if top >= 0 and queues.keys[book, top] == key:
            written = _fall(queues, out, written, time_ns, book, key, lots, model, power)
            top -= 1
    return written


@entry_with(parts)
def by_level(queues: Queues, feed: Table, out: Table, model: int, power: float) -> tuple[int, int, int]:
    """Turn levels and trades into FLOW; where levels change at once, all fall before any rises.

    feed: (n,) of FEED, no level twice in rows of LEVEL in a row of the same time and contract. out: (m,) of
    FLOW, overwritten from row 0. Returns as ``by_order`` does. Does not raise.
    """
    written, consumed = 0, 0
    while consumed < feed.size:
        row = feed[consumed]
        time_ns, kind, contract = row["time_ns"], row["kind"], row["contract"]
        side = row["side"]
        book = contract * 2 + (side if side > 0 else 0)
        end = consumed + 1
        while kind == LEVEL and end < feed.size and feed[end]["kind"] == LEVEL:
            following = feed[end]
            if following["time_ns"] != time_ns or following["contract"] != contract:
                break
            end += 1
        if lacks_room(queues, out, written, book, end - consumed + 1):
            return consumed, written, NO_ROOM
        if kind == CLEAR:
            if side < 0:
                written = clear(queues, out, written, time_ns, contract)
            else:
                written = clear_side(queues, out, written, time_ns, book, _key(row))
        elif kind == TRADE:
            written = _trade(queues, out, written, time_ns, book, _key(row), row["lots"])
        else:
            for place in range(consumed, end):
                at, book = feed[place], contract * 2 + feed[place]["side"]
                written = _fall(queues, out, written, time_ns, book, _key(at), at["lots"], model, power)
            for place in range(consumed, end):
                at, book = feed[place], contract * 2 + feed[place]["side"]
                written = _rise(queues, out, written, time_ns, book, _key(at), at["lots"])
        consumed = end
    return feed.size, written, DONE


@entry_with(parts)
def by_best(queues: Queues, feed: Table, views: Integers, out: Table, model: int, power: float) -> tuple[int, int, int]:
    """Turn trades, and the best levels after everything else, into FLOW.

    feed: (n,) of FEED: CLEAR, TRADE, or LEVEL where the view of the same row is to be met. views: (n, depth, 4) of ask
    price, ask lots, bid price, bid lots, lots 0 for nobody. out: (m,) of FLOW, overwritten from row 0. Returns
    as ``by_order`` does. A level beyond the view stays as it was last seen. Does not raise.
    """
    written, depth = 0, views.shape[1]
    for consumed in range(feed.size):
        row = feed[consumed]
        time_ns, kind, contract = row["time_ns"], row["kind"], row["contract"]
        book = contract * 2 + (row["side"] if row["side"] > 0 else 0)
        if lacks_room(queues, out, written, book, 2 * depth + 1):
            return consumed, written, NO_ROOM
        if kind == CLEAR and row["side"] >= 0:
            written = clear_side(queues, out, written, time_ns, book, 0)
        elif kind == CLEAR:
            written = clear(queues, out, written, time_ns, contract)
        elif kind == TRADE:
            written = _trade(queues, out, written, time_ns, book, _key(row), row["lots"])
        else:
            for side in range(2):
                view = views[consumed]
                written = _only_shown(queues, out, written, time_ns, contract * 2 + side, view, model, power)
            for side in range(2):
                for level in range(depth):
                    key, lots = shown(views[consumed], side, level)
                    written = _rise(queues, out, written, time_ns, contract * 2 + side, key, lots)
    return feed.size, written, DONE
