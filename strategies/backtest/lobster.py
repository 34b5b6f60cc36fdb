"""LOBSTER files: the messages of a real order book, and the book after each of them.

Neither has a header. A message is ``seconds after midnight, kind, order id, size, price, side`` with
prices in 1/10000 dollar, which are our ticks here. A row of the book is ``ask price, ask size, bid price,
bid size`` for each level, best first; row 1 is the book after message 1. A level that nobody stands at
has a price beyond any real one and size 0.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from exchange.domain.enums import Side
from exchange.domain.errors import GpuxError
from exchange.domain.units import LOTS_MAX, NS_PER_HOUR, NS_PER_SECOND, PRICE_TICKS_MAX

TICK_VALUE_MICROS = 100  # 1/10000 dollar
_NOBODY_TICKS = 9_999_999_999  # an ask that is not there; negative for a bid
_MESSAGE_COLUMNS = ("seconds", "kind", "order", "size", "price", "side")
_DAY_NS = 24 * NS_PER_HOUR

Levels = list[tuple[int, int]]  # (price in ticks, lots), best first


class BadLobster(GpuxError):
    """A LOBSTER file that cannot be what it says; the message names the row and the reason."""


class MessageKind(IntEnum):
    ADD = 1
    REDUCE = 2  # a cancel of a part
    DELETE = 3
    EXECUTE = 4
    EXECUTE_HIDDEN = 5  # against an order that the book never showed


class Message(NamedTuple):
    """One row of a message file. ``row`` counts from 1; ``side`` is that of the order in the book."""

    row: int
    time_ns: int
    kind: MessageKind
    order: int
    lots: int
    price_ticks: int
    side: Side


class Messages:
    """The messages of a file, read and checked."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    def __len__(self) -> int:
        return len(self.frame)

    def __iter__(self) -> Iterator[Message]:
        for row, (time_ns, kind, order, lots, price_ticks, side) in enumerate(self.frame.iter_rows(), start=1):
            yield Message(
                row, time_ns, MessageKind(kind), order, lots, price_ticks, Side.BUY if side > 0 else Side.SELL
            )


class Books:
    """The states of a book file. ``rows``: (states, levels, 4) of ask price, ask size, bid price, bid size."""

    def __init__(self, rows: NDArray[np.int64]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def depth(self) -> int:
        """How many levels a side are recorded; there may have been more."""
        return int(self.rows.shape[1])

    def levels(self, row: int, side: Side) -> Levels:
        """The levels of one side after message ``row``, which counts from 1."""
        columns = slice(2, 4) if side == Side.BUY else slice(0, 2)
        return [(price_ticks, lots) for price_ticks, lots in self.rows[row - 1, :, columns].tolist() if lots]


def read_messages(path: Path) -> Messages:
    """Raises BadLobster, naming the first row that is wrong and why."""
    text = _read_text(path, len(_MESSAGE_COLUMNS)).rename(dict(_polars_names(_MESSAGE_COLUMNS)))
    seconds = pl.col("seconds").str.strip_chars().cast(pl.Float64, strict=False)
    whole = [pl.col(name).str.strip_chars().cast(pl.Int64, strict=False) for name in _MESSAGE_COLUMNS[1:]]
    frame = text.select(seconds, *whole)
    for name in _MESSAGE_COLUMNS:
        _refuse(path, text, frame[name].is_null(), name, "a number" if name == "seconds" else "a whole number")
    _refuse(path, text, ~frame["seconds"].is_between(0, _DAY_NS // NS_PER_SECOND), "seconds", "a time of the day")
    _refuse(path, text, frame["seconds"].diff().fill_null(0.0) < 0, "seconds", "no time before the row above")
    _refuse(path, text, ~frame["kind"].is_in([kind.value for kind in MessageKind]), "kind", "a kind from 1 to 5")
    _refuse(path, text, ~frame["size"].is_between(1, LOTS_MAX), "size", f"a size from 1 to {LOTS_MAX}")
    _refuse(path, text, ~frame["price"].is_between(1, PRICE_TICKS_MAX), "price", f"a price from 1 to {PRICE_TICKS_MAX}")
    _refuse(path, text, ~frame["side"].is_in([1, -1]), "side", "1 (buy) or -1 (sell)")
    # Ten digits of a second after midnight fit a double with room to spare, so rounding gives back the file's.
    time_ns = (pl.col("seconds") * NS_PER_SECOND).round().cast(pl.Int64).alias("time_ns")
    return Messages(frame.select(time_ns, *_MESSAGE_COLUMNS[1:]))


def read_books(path: Path) -> Books:
    """Raises BadLobster, naming the first row that is wrong and why."""
    text = _read_text(path, None)
    if len(text.columns) % 4:
        raise BadLobster(f"{path}: expected four columns a level, found {len(text.columns)} columns")
    frame = text.select(pl.all().str.strip_chars().cast(pl.Int64, strict=False))
    for name in frame.columns:
        _refuse(path, text, frame[name].is_null(), name, "a whole number")
    rows = frame.to_numpy().reshape(len(frame), -1, 4)
    _check_side(path, rows[:, :, 0], rows[:, :, 1], "ask")
    _check_side(path, -rows[:, :, 2], rows[:, :, 3], "bid")
    crossed = np.flatnonzero(rows[:, 0, 0] <= rows[:, 0, 2])
    if len(crossed):
        row = int(crossed[0])
        raise BadLobster(f"{path}: row {row + 1}: best ask {rows[row, 0, 0]} is not above best bid {rows[row, 0, 2]}")
    return Books(rows)


def _polars_names(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """What polars calls the columns of a file without a header, and what we call them."""
    return [(f"column_{place}", name) for place, name in enumerate(names)]


def _read_text(path: Path, columns: int | None) -> pl.DataFrame:
    """The file as text, so that what is no number can be named."""
    if not path.is_file():
        raise BadLobster(f"{path}: no such file")
    try:
        frame = pl.read_csv(path, has_header=False, infer_schema=False, quote_char=None)
    except (pl.exceptions.PolarsError, OSError) as problem:
        raise BadLobster(f"{path}: {_longer_row(path) or str(problem).splitlines()[0]}") from problem
    if columns is not None and len(frame.columns) != columns:
        raise BadLobster(f"{path}: expected {columns} columns, found {len(frame.columns)}")
    return frame


def _longer_row(path: Path) -> str:
    """The first row with more columns than the first one, which polars refuses without naming it."""
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
            columns = next(lines, "").count(",") + 1
            for row, line in enumerate(lines, start=2):
                if (found := line.count(",") + 1) > columns:
                    return f"row {row}: expected {columns} columns, found {found}"
    except (OSError, EOFError, UnicodeDecodeError, zlib.error):
        pass  # what polars said is nearer to the cause
    return ""


def _refuse(path: Path, text: pl.DataFrame, wrong: pl.Series, name: str, expected: str) -> None:
    """Raise for the first row that is wrong in column ``name``."""
    rows = wrong.arg_true()
    if len(rows):
        found = text[name][rows[0]]
        shown = "nothing" if found is None else repr(found[:40])
        raise BadLobster(f"{path}: row {rows[0] + 1}: {name}: expected {expected}, found {shown}")


def _check_side(path: Path, away_ticks: NDArray[np.int64], lots: NDArray[np.int64], name: str) -> None:
    """``away_ticks``: prices that grow from the best level on (bids negated)."""
    nobody = away_ticks == _NOBODY_TICKS
    size_wrong = (lots != 0) & nobody | ((lots < 1) | (lots > LOTS_MAX)) & ~nobody
    price_wrong = (np.abs(away_ticks) > PRICE_TICKS_MAX) & ~nobody
    # Levels that are not there all have the same price, and stand last.
    order_wrong = np.zeros_like(nobody)
    order_wrong[:, 1:] = (np.diff(away_ticks, axis=1) <= 0) & ~(nobody[:, 1:] & nobody[:, :-1])
    for wrong, reason in ((size_wrong, "size"), (price_wrong, "price"), (order_wrong, "order of prices")):
        places = np.argwhere(wrong)
        if len(places):
            row, level = places[0].tolist()
            found = f"{lots[row, level]} @ {abs(away_ticks[row, level])}"
            raise BadLobster(f"{path}: row {row + 1}: {name} level {level + 1}: impossible {reason}: {found}")
