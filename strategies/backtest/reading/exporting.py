"""Recordings written in the layouts of others: what came of the flow on the engine, for hftbacktest to play."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from exchange.domain.enums import EventKind
from exchange.domain.records import Rows
from strategies.backtest.reading.hftbacktest import (
    ADD_ORDER,
    AT_EXCHANGE,
    AT_LOCAL,
    BUY,
    CANCEL_ORDER,
    DEPTH,
    EVENT,
    FILL,
    MODIFY_ORDER,
    SELL,
    TRADE,
)
from strategies.backtest.reading.playing import Played
from strategies.backtest.reading.queues import Integers
from strategies.backtest.recording import Recording


def to_hftbacktest(recording: Recording, file: Path, *, levels: bool = False, feed_ns: int = 0) -> int:
    """Play a recording of one contract on the engine and write what was seen; returns how many events.

    levels: levels and trades, instead of order by order. feed_ns: how much later than the exchange everybody sees
    it. An execution is a TRADE, a FILL, and a CANCEL or MODIFY of the order. Prices and sizes are ticks and
    lots, so hftbacktest's tick and lot are 1.
    """
    totals: dict[tuple[int, int], int] = {}
    pieces = [
        piece
        for commands, events in Played(recording).pieces()
        for piece in (_levels(commands, events, totals) if levels else _orders(commands, events))
    ]
    data = np.concatenate(pieces) if pieces else np.zeros(0, EVENT)
    data["local_ts"] = data["exch_ts"] + feed_ns
    with file.open("wb") as out:
        np.savez_compressed(out, data=data)
    return len(data)


def _orders(commands: Rows, events: Rows) -> Iterator[Rows]:
    """Up to three events for each that shows in the book, in order."""
    kind, rests = events["kind"], events["resting"] == 1
    fills = kind == EventKind.FILLED
    comes = ((kind == EventKind.ACCEPTED) & rests) | (kind == EventKind.RESTED)
    changes = (kind == EventKind.AMENDED) & rests
    goes = np.isin(kind, (EventKind.CANCELLED, EventKind.EXPIRED)) & rests | (kind == EventKind.AMENDED) & ~rests
    maker_goes = fills & (events["maker_open_lots"] == 0)
    rows = np.zeros((len(events), 3), EVENT)
    codes = rows["ev"]
    codes[fills, 0] = TRADE
    codes[fills, 1] = FILL
    codes[fills, 2] = MODIFY_ORDER
    codes[maker_goes, 2] = CANCEL_ORDER
    codes[comes, 0] = ADD_ORDER
    codes[changes, 0] = MODIFY_ORDER
    codes[goes, 0] = CANCEL_ORDER
    maker_side = 1 - events["side"]
    for place, (side, name) in enumerate(
        ((events["side"], events["order_id"]), (maker_side, events["maker_order_id"]))
    ):
        _say(rows[:, place], commands, events, side)
        rows["order_id"][:, place] = np.where(fills & (place == 0), 0, name)
    _say(rows[:, 2], commands, events, maker_side)
    rows["order_id"][:, 2] = events["maker_order_id"]
    rows["qty"][:, 0] = np.where(fills, events["lots"], events["open_lots"])
    rows["qty"][:, 1] = events["lots"]
    rows["qty"][:, 2] = events["maker_open_lots"]
    told = np.zeros(rows.shape, bool)
    told[:, 0] = fills | comes | changes | goes
    told[:, 1] = told[:, 2] = fills
    yield rows[told]


def _levels(commands: Rows, events: Rows, totals: dict[tuple[int, int], int]) -> Iterator[Rows]:
    """A trade, the level that changes, and the other level where an order moves; ``totals`` goes on."""
    kind, rests, side = events["kind"], events["resting"] == 1, events["side"].astype(np.int64)
    fills = kind == EventKind.FILLED
    comes = ((kind == EventKind.ACCEPTED) & rests) | (kind == EventKind.RESTED)
    amends = kind == EventKind.AMENDED
    goes = np.isin(kind, (EventKind.CANCELLED, EventKind.EXPIRED)) & rests
    rows = np.zeros((len(events), 3), EVENT)
    rows["ev"][:, 0], rows["ev"][:, 1:] = TRADE, DEPTH
    _say(rows[:, 0], commands, events, side)
    rows["qty"][:, 0] = events["lots"]
    book = np.where(fills, 1 - side, side)
    less = np.select([fills, amends, goes], [events["lots"], events["old_open_lots"], events["lots"]], 0)
    more = np.select([comes, amends & rests], [events["open_lots"], events["open_lots"]], 0)
    for place, price in (
        (1, np.where(amends, events["old_price_ticks"], events["price_ticks"])),
        (2, events["price_ticks"]),
    ):
        _say(rows[:, place], commands, events, book)
        rows["px"][:, place] = price
    change = np.stack([-less, more], axis=1).astype(np.int64)
    price = rows["px"][:, 1:].astype(np.int64)
    rows["qty"][:, 1:] = _running(np.stack([book, book], axis=1), price, change, totals)
    told = np.stack([fills, less > 0, more > 0], axis=1)
    # An order that shrinks in its place changes its level once.
    told[:, 1] &= ~(amends & rests & (events["old_price_ticks"] == events["price_ticks"]))
    yield rows[told]


def _running(book: Integers, price: Integers, change: Integers, totals: dict[tuple[int, int], int]) -> Integers:
    """What stands at each level after each change, where ``totals`` stood before; it is brought up to date."""
    books, prices, changes = book.ravel(), price.ravel(), change.ravel()
    order = np.lexsort((np.arange(len(books)), prices, books))
    first = np.ones(len(order), bool)
    first[1:] = (np.diff(books[order]) != 0) | (np.diff(prices[order]) != 0)
    starts = np.flatnonzero(first)
    keys = list(zip(books[order][starts].tolist(), prices[order][starts].tolist(), strict=True))
    running = np.cumsum(changes[order])
    before = np.array([totals.get(key, 0) for key in keys], np.int64) - (running - changes[order])[starts]
    running += before[np.cumsum(first) - 1]
    ends = np.append(starts[1:], len(order)) - 1
    totals.update(zip(keys, running[ends].tolist(), strict=True))
    result = np.zeros_like(running)
    result[order] = running
    return result.reshape(change.shape)


def _say(rows: Rows, commands: Rows, events: Rows, side: Integers) -> None:
    """Time, flags and price of events of one side."""
    rows["exch_ts"] = commands["time_ns"][events["sequence"] - commands["sequence"][0]]
    rows["ev"] |= np.where(side == 0, BUY, SELL).astype(np.uint64) | np.uint64(AT_EXCHANGE | AT_LOCAL)
    rows["px"] = events["price_ticks"]
