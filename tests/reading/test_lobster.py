"""LOBSTER recordings as flow: real ones, and small ones that do not hold together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from exchange.domain.enums import Side
from exchange.domain.flow import FLOW, FlowKind
from strategies.backtest.lobster import MessageKind, read_books, read_messages
from strategies.backtest.reading.errors import BadSource
from strategies.backtest.reading.lobster import read_lobster
from strategies.backtest.recording import Recording
from tests.reading.flows import Book, numbers_are_dense, said

_AMZN = "AMZN_2012-06-21_34200000_57600000"
_MIDNIGHT_NS = 1_340_236_800 * 10**9
_NOBODY = "9999999999,0,-9999999999,0"


def _files(data_dir: Path, name: str) -> tuple[Path, Path]:
    if name == "MSFT":
        return data_dir / "books/MSFT_msgs.csv.gz", data_dir / "books/MSFT_book.csv.gz"
    return data_dir / f"books/{_AMZN}_message_1.csv.gz", data_dir / f"books/{_AMZN}_orderbook_1.csv.gz"


@pytest.mark.parametrize("name", ["MSFT", "AMZN"])
def test_the_rows_lead_from_each_recorded_book_to_the_next(data_dir: Path, name: str) -> None:
    """At all levels, for a model that knows nothing but the rows; of one level at every time, of fifty at some."""
    messages, books_file = _files(data_dir, name)
    recording, books = read_lobster(messages, books_file), read_books(books_file)
    times_ns = read_messages(messages).frame["time_ns"].to_list()
    rows = said(recording, _MIDNIGHT_NS if name == "AMZN" else 0)
    book = Book()
    start = compared = 0
    for row, time_ns in enumerate(times_ns[:10_000], start=1):
        if row < len(times_ns) and times_ns[row] == time_ns:
            continue
        end = start
        while end < len(rows) and rows[end][0] <= time_ns:
            end += 1
        book.follow(rows[start:end])
        start = end
        if books.depth == 1 or row % 8 == 0:
            for side in Side:
                assert book.levels(side) == books.levels(row, side), row
            compared += 1
    assert compared > 100


@pytest.mark.parametrize("name", ["MSFT", "AMZN"])
def test_every_execution_that_was_shown_is_a_row(data_dir: Path, name: str) -> None:
    """Of as many lots, at its price; and numbers are as few as orders that stand at once."""
    messages, book = _files(data_dir, name)
    recording, frame = read_lobster(messages, book), read_messages(messages).frame[1:]
    executed = frame.filter(frame["kind"] == MessageKind.EXECUTE)
    assert isinstance(recording.flow, np.ndarray)
    executes = recording.flow[recording.flow["kind"] == FlowKind.EXECUTE]
    assert executes["lots"].tolist() == executed["size"].to_list()
    assert executes["price_ticks"].tolist() == executed["price"].to_list()
    assert numbers_are_dense(recording.flow)
    assert recording.flow["order"].max() < 1_000
    hidden = len(frame.filter(frame["kind"] == MessageKind.EXECUTE_HIDDEN))
    assert any(note.endswith(f"left out: {hidden}") for note in recording.notes)


def test_times_count_from_the_date_of_the_file(data_dir: Path) -> None:
    recording = read_lobster(*_files(data_dir, "AMZN"))
    assert recording.start_ns - _MIDNIGHT_NS == 34_200_017_459_617
    assert recording.contracts[0].symbol.startswith("AMZN_")
    assert recording.contracts[0].tick_value_micros == 100


_MESSAGES = ["34200.1,1,7,5,100,1", "34200.2,1,8,4,101,1", "34200.3,4,8,4,101,1", "34200.4,2,6,2,100,1"]
_BOOK = [f"110,3,100,9,{_NOBODY}", "110,3,101,4,9999999999,0,100,9", f"110,3,100,9,{_NOBODY}", f"110,3,100,7,{_NOBODY}"]


def _written(directory: Path, messages: list[str], book: list[str]) -> Recording:
    (directory / "X_msgs.csv").write_text("\n".join(messages) + "\n")
    (directory / "X_book.csv").write_text("\n".join(book) + "\n")
    return read_lobster(directory / "X_msgs.csv", directory / "X_book.csv")


def test_the_first_book_is_one_order_a_level(tmp_path: Path) -> None:
    """A message about an order that was never added is about a part of it."""
    assert said(_written(tmp_path, _MESSAGES, _BOOK), 34_200 * 10**9) == [
        (100_000_000, "ADD", 0, 0, 100, 9),
        (100_000_000, "ADD", 1, 1, 110, 3),
        (200_000_000, "ADD", 2, 0, 101, 4),
        (300_000_000, "EXECUTE", 2, 0, 101, 4),
        (400_000_000, "REDUCE", 0, 0, 100, 2),
    ]


@pytest.mark.parametrize(
    ("row", "message", "complaint"),
    [
        (3, "34200.3,4,8,5,101,1", "row 3: the order has another size open"),
        (3, "34200.3,4,7,4,100,1", "row 3: executed, but a better price stands before it"),
        (3, "34200.3,4,8,4,99,1", "row 3: the order stands on another side or at another price"),
        (3, "34200.3,3,9,4,105,1", "row 3: the order is neither open nor of the first book"),
        (3, "34200.3,1,8,4,101,1", "row 3: the order is added a second time"),
        (3, "34200.3,1,9,4,110,1", "row 3: the order would trade as soon as it is added"),
        (4, "34200.4,2,6,1,100,1", "row 4: the book after it is not the recorded one"),
    ],
)
def test_a_message_that_does_not_fit_is_named(tmp_path: Path, row: int, message: str, complaint: str) -> None:
    messages = [*_MESSAGES[: row - 1], message, *_MESSAGES[row:]]
    with pytest.raises(BadSource, match=complaint):
        _written(tmp_path, messages, _BOOK)


def test_rows_are_of_the_layout(data_dir: Path) -> None:
    flow = read_lobster(*_files(data_dir, "MSFT")).flow
    assert isinstance(flow, np.ndarray)
    assert flow.dtype == FLOW
    assert (np.diff(flow["time_ns"]) >= 0).all()
