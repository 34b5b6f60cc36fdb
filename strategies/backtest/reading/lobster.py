"""LOBSTER recordings as FLOW: the first book as orders of its own, then message by message, each book proved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np

from exchange.domain.dates import NS_PER_DAY, parse_day
from exchange.domain.records import Rows
from exchange.domain.units import MICROS_PER_DOLLAR
from strategies.backtest.lobster import TICK_VALUE_MICROS, Books, MessageKind, Messages, read_books, read_messages
from strategies.backtest.reading import queues as parts
from strategies.backtest.reading.contracts import foreign_contract
from strategies.backtest.reading.converter import Converter, Misfit
from strategies.backtest.reading.errors import BadSource
from strategies.backtest.reading.pieces import Progress
from strategies.backtest.recording import Recording

_PIECE = 1 << 15
_DATE = re.compile(r"_(\d{4}-\d{2}-\d{2})_", re.ASCII)
_KINDS = {
    MessageKind.ADD: parts.ADD,
    MessageKind.REDUCE: parts.REDUCE,
    MessageKind.DELETE: parts.DELETE,
    MessageKind.EXECUTE: parts.EXECUTE,
    MessageKind.EXECUTE_HIDDEN: parts.HIDDEN,
}


def read_lobster(messages_file: Path, book_file: Path, progress: Progress | None = None) -> Recording:
    """A recording of one instrument; it begins with the book after the first message.

    Times count from midnight of the date in the file's name, else of 1970. Raises BadLobster if a file is wrong, and
    BadSource, naming the row, if a message does not lead from the book before it to the book after it.
    """
    messages, books = read_messages(messages_file), read_books(book_file)
    if len(messages) != len(books) or not len(messages):
        raise BadSource(f"{book_file}: expected {len(messages)} rows, one for each message, found {len(books)}")
    feed = _feed(messages, _midnight_ns(messages_file))
    converter = Converter(contracts=1)
    pieces = list(_converted(converter, feed, books, messages_file, progress))
    name = messages_file.name.split("_")[0]
    contract = foreign_contract(name, Decimal(TICK_VALUE_MICROS) / MICROS_PER_DOLLAR, Decimal(1))
    hidden = int(np.count_nonzero(feed["kind"][1:] == parts.HIDDEN))
    notes = (
        "the orders of the first book are one a level, the oldest there",
        f"executions against hidden orders, which are left out: {hidden}",
        f"executions of an order that was not the first of its queue: {converter.count(parts.OUT_OF_TURN)}",
        f"levels that came into view and are taken as one order: {converter.count(parts.OPENED)}",
        f"messages about prices out of view, which are left out: {converter.count(parts.BEYOND)}",
    )
    return Recording(np.concatenate(pieces), (contract,), int(feed["time_ns"][0]), messages_file.name, notes=notes)


def _converted(converter: Converter, feed: Rows, books: Books, file: Path, progress: Progress | None) -> Iterator[Rows]:
    yield converter.first_view(int(feed["time_ns"][0]), books.rows[:1])
    for start in range(1, len(feed), _PIECE):
        end = min(start + _PIECE, len(feed))
        try:
            yield converter.views(feed[start:end], np.ascontiguousarray(books.rows[start:end]))
        except Misfit as wrong:
            raise BadSource(f"{file}: row {start + wrong.place + 1}: {wrong.reason}") from None
        if progress is not None:
            progress(end, len(feed))


def _feed(messages: Messages, midnight_ns: int) -> Rows:
    frame = messages.frame
    feed = np.zeros(len(frame), parts.FEED)
    feed["time_ns"] = frame["time_ns"].to_numpy() + midnight_ns
    feed["order"] = frame["order"].to_numpy()
    feed["price_ticks"] = frame["price"].to_numpy()
    feed["lots"] = frame["size"].to_numpy()
    feed["side"] = np.where(frame["side"].to_numpy() > 0, 0, 1)
    kinds = frame["kind"].to_numpy()
    for theirs, ours in _KINDS.items():
        feed["kind"][kinds == theirs] = ours
    # Orders without names have the number 0 among ours.
    feed["order"][feed["order"] == 0] = -1
    return feed


def _midnight_ns(file: Path) -> int:
    found = _DATE.search(file.name)
    return parse_day(found[1]) * NS_PER_DAY if found else 0
