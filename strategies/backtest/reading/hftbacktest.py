"""Files of hftbacktest, both layouts: order by order, and levels with trades.

Taken are the events that happened at the exchange, at its time. Order by order an execution is told
by FILL, which changes nothing in the book, and then by CANCEL or MODIFY of the same order, which do.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import IO

import numpy as np

from exchange.domain.records import Rows
from strategies.backtest.reading import queues as parts
from strategies.backtest.reading.checks import Checks
from strategies.backtest.reading.contracts import foreign_contract, price_note
from strategies.backtest.reading.converter import Converter, Misfit
from strategies.backtest.reading.errors import BadSource
from strategies.backtest.reading.models import QueueModel
from strategies.backtest.reading.pieces import Progress, Reading, recording
from strategies.backtest.recording import Recording

EVENT = np.dtype(
    [
        ("ev", "<u8"),
        ("exch_ts", "<i8"),
        ("local_ts", "<i8"),
        ("px", "<f8"),
        ("qty", "<f8"),
        ("order_id", "<u8"),
        ("ival", "<i8"),
        ("fval", "<f8"),
    ]
)
DEPTH, TRADE, DEPTH_CLEAR, DEPTH_SNAPSHOT, DEPTH_BBO = 1, 2, 3, 4, 5
ADD_ORDER, CANCEL_ORDER, MODIFY_ORDER, FILL = 10, 11, 12, 13
SELL, BUY, AT_LOCAL, AT_EXCHANGE = 1 << 28, 1 << 29, 1 << 30, 1 << 31
KIND_BITS = 0xFF

_PIECE = 1 << 15
_ARRAY = "data"
_OF_ORDERS = {
    ADD_ORDER: parts.ADD,
    CANCEL_ORDER: parts.DELETE,
    MODIFY_ORDER: parts.MODIFY,
    FILL: parts.FILL,
    DEPTH_CLEAR: parts.CLEAR,
}
_OF_LEVELS = {DEPTH: parts.LEVEL, DEPTH_SNAPSHOT: parts.LEVEL, TRADE: parts.TRADE, DEPTH_CLEAR: parts.CLEAR}
# Said again by others: trades by the fills of orders, the best prices by levels.
_SAID_AGAIN = {True: {TRADE}, False: {DEPTH_BBO}}


def read_hftbacktest(
    file: Path, tick: Decimal, lot: Decimal, model: QueueModel, symbol: str = "", progress: Progress | None = None
) -> Recording:
    """A recording of one instrument, of which ``tick`` and ``lot`` are the steps of price and size.

    ``model`` is asked where the file tells levels only. Raises BadSource, naming the row.
    """
    with _events(file) as (events, count):
        first = np.concatenate([[0], *(piece["ev"] & KIND_BITS for piece in _pieces(events, min(count, _PIECE)))])
    by_order = bool((first >= ADD_ORDER).any())
    symbol = symbol or file.name.split(".")[0]

    def pieces(converter: Converter, progress: Progress | None) -> Iterator[Rows]:
        row, before_ns = 1, -(2**63)
        with _events(file) as (events, count):
            for piece in _pieces(events, count):
                rows = row + np.flatnonzero(piece["ev"] & AT_EXCHANGE)
                feed, rows = _feed(file, piece[rows - row], rows, tick, lot, before_ns, by_order)
                row += len(piece)
                before_ns = int(feed["time_ns"][-1]) if len(feed) else before_ns
                try:
                    yield converter.orders(feed) if by_order else converter.levels(feed)
                except Misfit as wrong:
                    raise BadSource(f"{file}: row {rows[wrong.place]}: {wrong.reason}") from None
                if progress is not None:
                    progress(row - 1, count)

    def notes(converter: Converter) -> tuple[str, ...]:
        return price_note(symbol, lot) + (order_notes(converter) if by_order else level_notes(converter, model))

    reading = Reading(
        file.name,
        (foreign_contract(symbol, tick, lot),),
        lambda: Converter(1, model),
        pieces,
        notes,
        is_estimate=not by_order,
    )
    return recording(reading, count, progress)


def order_notes(converter: Converter) -> tuple[str, ...]:
    """What there is to say of a recording that names every order."""
    return (
        f"messages about orders that were never added, which are left out: {converter.count(parts.UNKNOWN)}",
        f"orders that would trade as soon as they are added, and do: {converter.count(parts.CROSSING)}",
    )


def level_notes(converter: Converter, model: QueueModel) -> tuple[str, ...]:
    """What there is to say of a recording of levels."""
    return (
        model.note,
        f"lots that traded without having been shown: {converter.count(parts.UNSEEN)}, of which left out, because a "
        f"better price stood: {converter.count(parts.COVERED)}",
        f"levels that a better one of the other side ran over, and that are gone: {converter.count(parts.CROSSED)}",
    )


def _feed(
    file: Path, events: Rows, rows: parts.Integers, tick: Decimal, lot: Decimal, before_ns: int, by_order: bool
) -> tuple[Rows, parts.Integers]:
    """Events as FEED, without those that others say again; and their rows in the file."""
    codes = events["ev"] & KIND_BITS
    kinds = np.zeros(len(events), np.int8)
    for theirs, ours in (_OF_ORDERS if by_order else _OF_LEVELS).items():
        kinds[codes == theirs] = ours
    said_again = np.isin(codes, list(_SAID_AGAIN[by_order]))
    form = "orders" if by_order else "levels"
    Checks(str(file), rows).refuse((kinds == 0) & ~said_again, f"an event of a recording of {form}", codes)
    events, rows, kinds = events[~said_again], rows[~said_again], kinds[~said_again]
    checks = Checks(str(file), rows)
    checks.times(events["exch_ts"], before_ns)
    buy, sell = (events["ev"] & BUY) > 0, (events["ev"] & SELL) > 0
    wants_side = np.isin(kinds, (parts.ADD, parts.LEVEL, parts.TRADE))
    checks.refuse(wants_side & (buy == sell), "BUY or SELL", events["ev"])
    feed = np.zeros(len(events), parts.FEED)
    feed["time_ns"], feed["kind"] = events["exch_ts"], kinds
    feed["order"] = events["order_id"].astype(np.int64)
    feed["order"][feed["order"] == 0] = -1  # 0 is for orders without a number
    feed["side"] = np.where(buy, 0, np.where(sell, 1, -1))
    trades = kinds == parts.TRADE  # they say who took
    feed["side"][trades] = 1 - feed["side"][trades]
    priced = np.isin(kinds, (parts.ADD, parts.MODIFY, parts.LEVEL, parts.TRADE))
    counted = priced | (kinds == parts.FILL)
    prices = np.where(priced | ((kinds == parts.CLEAR) & np.isfinite(events["px"])), events["px"], 0.0)
    feed["price_ticks"] = checks.whole(prices, tick, "price")
    checks.ticks(feed["price_ticks"], events["px"], priced)
    feed["lots"] = checks.whole(np.where(counted, events["qty"], 0.0), lot, "size")
    checks.lots(feed["lots"], events["qty"], np.isin(kinds, (parts.ADD, parts.TRADE, parts.FILL)).astype(np.int64))
    return feed, rows


@contextmanager
def _events(file: Path) -> Iterator[tuple[IO[bytes], int]]:
    """The bytes of the events, and how many events there are."""
    try:
        with zipfile.ZipFile(file) as archive, archive.open(f"{_ARRAY}.npy") as events:
            version = np.lib.format.read_magic(events)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(events)
            if dtype != EVENT or len(shape) != 1:
                raise BadSource(f"{file}: expected events of {EVENT.itemsize} bytes with {EVENT.names}, found {dtype}")
            yield events, shape[0]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as problem:
        raise BadSource(f"{file}: expected an npz with an array {_ARRAY!r}: {problem}") from problem


def _pieces(events: IO[bytes], count: int) -> Iterator[Rows]:
    for start in range(0, count, _PIECE):
        wanted = min(_PIECE, count - start) * EVENT.itemsize
        found = events.read(wanted)
        if len(found) < wanted:
            raise BadSource(f"{events.name}: ends after {start + len(found) // EVENT.itemsize} of {count} events")
        yield np.frombuffer(found, EVENT)
