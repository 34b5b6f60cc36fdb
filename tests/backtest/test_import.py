"""``gpux import lobster``: what it writes is the recording, and what it cannot prove it does not write."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from strategies.backtest.importing import COLUMNS
from strategies.backtest.lobster import MessageKind, read_books, read_messages
from strategies.cli import app

_DOCS = Path(__file__).resolve().parents[2] / "docs"
_NOBODY = "9999999999,0,-9999999999,0"
# Two levels: a bid is added, bettered, traded away, and the ask leaves.
_MESSAGES = [
    "34200.1,1,7,5,100,1",
    "34200.2,1,8,4,101,1",
    "34200.3,4,8,4,101,1",
    "34200.4,5,0,9,105,1",
    "34200.5,3,3,3,110,-1",
]
_BOOK = [
    f"110,3,100,5,{_NOBODY}",
    "110,3,101,4,9999999999,0,100,5",
    f"110,3,100,5,{_NOBODY}",
    f"110,3,100,5,{_NOBODY}",
    f"9999999999,0,100,5,{_NOBODY}",
]


def _write(directory: Path, messages: list[str], book: list[str]) -> list[str]:
    """The arguments of an import of these rows."""
    (directory / "messages.csv").write_text("".join(f"{row}\n" for row in messages))
    (directory / "book.csv").write_text("".join(f"{row}\n" for row in book))
    return [str(directory / "messages.csv"), "--book", str(directory / "book.csv"), "--out", str(_out(directory))]


def _out(directory: Path) -> Path:
    return directory / "tidy.parquet"


def _gpux(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["import", "lobster", *arguments])


def test_the_table_says_what_the_files_said(tmp_path: Path) -> None:
    """Row for row, in words and ticks, with the best prices after each message and nulls where nobody stands."""
    result = _gpux(*_write(tmp_path, _MESSAGES, _BOOK))
    assert (result.exit_code, result.stderr) == (0, "")
    tidy = pl.read_parquet(_out(tmp_path))
    assert tidy.columns == list(COLUMNS)
    assert tidy.rows() == [
        (1, 34_200_100_000_000, "add", 7, "buy", 100, 5, 100, 5, 110, 3),
        (2, 34_200_200_000_000, "add", 8, "buy", 101, 4, 101, 4, 110, 3),
        (3, 34_200_300_000_000, "execute", 8, "buy", 101, 4, 100, 5, 110, 3),
        (4, 34_200_400_000_000, "execute_hidden", 0, "buy", 105, 9, 100, 5, 110, 3),
        (5, 34_200_500_000_000, "delete", 3, "sell", 110, 3, 100, 5, None, None),
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book.csv", "messages.csv", "tidy.parquet"]


def test_the_report_says_in_words_what_was_seen(tmp_path: Path) -> None:
    """Messages by kind, the time they span, the depth, trades, and what the recording does not show."""
    said = _gpux(*_write(tmp_path, _MESSAGES, _BOOK)).stdout
    for words in (
        "5 messages from 09:30:00.100 to 09:30:00.500.",
        "- add                      2              9 lots",
        "- execute hidden           1              9 lots",
        "each recorded book at all 2 levels",
        "Trades on the engine: 1, of 4 lots.",
        "Executions against hidden orders, which the book never showed: 1.",
        "Executions of an order that was not the first of its queue: 0.",
        "Levels that came into view from below, taken as recorded: 0.",
        "Messages about prices out of view: 0.",
    ):
        assert words in said


def test_what_happens_out_of_view_is_counted_and_comes_into_view_as_recorded(tmp_path: Path) -> None:
    """With two levels shown, the third is unseen until one of them is emptied."""
    messages = ["34200.1,1,8,4,101,1", "34200.2,1,9,2,90,1", "34200.3,3,8,4,101,1", "34200.4,3,9,2,90,1"]
    two, three = "110,3,101,4,9999999999,0,100,5", "110,3,100,5,9999999999,0,90,7"
    result = _gpux(*_write(tmp_path, messages, [two, two, three, three.replace("90,7", "90,5")]))
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Levels that came into view from below, taken as recorded: 1." in result.stdout
    assert "Messages about prices out of view: 1." in result.stdout


@pytest.mark.compiled
def test_a_real_recording_is_imported_whole(data_dir: Path, tmp_path: Path) -> None:
    """Nothing is lost or changed on the way into the table."""
    messages, book = data_dir / "books/MSFT_msgs.csv.gz", data_dir / "books/MSFT_book.csv.gz"
    result = _gpux(str(messages), "--book", str(book), "--out", str(_out(tmp_path)))
    assert (result.exit_code, result.stderr) == (0, "")
    assert "1,950 messages from 09:30:00.014 to 09:30:11.892." in result.stdout
    assert "Trades on the engine: 160, of 61,350 lots." in result.stdout
    tidy, recorded, books = pl.read_parquet(_out(tmp_path)), read_messages(messages).frame, read_books(book)
    for column, original in (("time_ns", "time_ns"), ("order", "order"), ("price_ticks", "price"), ("lots", "size")):
        assert tidy[column].to_list() == recorded[original].to_list()
    assert tidy["kind"].to_list() == [MessageKind(kind).name.lower() for kind in recorded["kind"]]
    assert tidy["side"].to_list() == ["buy" if side > 0 else "sell" for side in recorded["side"]]
    assert tidy["best_bid_ticks"].to_list() == books.rows[:, 0, 2].tolist()
    assert tidy["best_ask_lots"].to_list() == books.rows[:, 0, 1].tolist()


def _with(rows: list[str], row: int, text: str) -> list[str]:
    return [*rows[: row - 1], text, *rows[row:]]


@pytest.mark.parametrize(
    ("messages", "book", "complaint"),
    [
        (_with(_MESSAGES, 3, "34200.3,9,8,4,101,1"), _BOOK, "messages.csv: row 3: kind: expected a kind from 1 to 5"),
        (_with(_MESSAGES, 3, "34200.3,4,8,4,101,1,1"), _BOOK, "messages.csv: row 3: expected 6 columns, found 7"),
        (_with(_MESSAGES, 3, '34200.3,4,"8,4,101,1'), _BOOK, "row 3: order: expected a whole number, found '\"8'"),
        (_MESSAGES, _with(_BOOK, 2, f"110,3,110,5,{_NOBODY}"), "book.csv: row 2: best ask 110 is not above"),
        (_MESSAGES, _BOOK[:-1], "book.csv: expected 5 rows, one for each message, found 4"),
        (_with(_MESSAGES, 2, "34200.2,1,8,3,101,1"), _BOOK, "row 2: bid level 1: expected 4 @ 101, found 3 @ 101"),
        (_with(_MESSAGES, 5, "34200.5,3,3,2,110,-1"), _BOOK, "row 5: ask level 1: expected nobody, found 1 @ 110"),
        (_MESSAGES, _with(_BOOK, 5, _BOOK[3]), "row 5: ask level 1: expected 3 @ 110, found nobody"),
        (_with(_MESSAGES, 3, "34200.3,4,8,4,99,1"), _BOOK, "row 3: expected order 8 as added, BUY at 101"),
    ],
)
def test_what_does_not_hold_together_is_refused_in_a_line(
    tmp_path: Path, messages: list[str], book: list[str], complaint: str
) -> None:
    """With the file, the row and the reason; and nothing is written."""
    result = _gpux(*_write(tmp_path, messages, book))
    assert (result.exit_code, result.stdout) == (2, "")
    assert complaint in result.stderr
    assert result.stderr.count("\n") == 1
    assert not _out(tmp_path).exists()


@pytest.mark.parametrize(
    ("messages", "book", "out", "complaint"),
    [
        ("missing.csv", "book.csv", "tidy.parquet", "missing.csv: no such file"),
        ("messages.csv", "missing.csv", "tidy.parquet", "missing.csv: no such file"),
        ("broken.csv.gz", "book.csv", "tidy.parquet", "broken.csv.gz: "),
        ("messages.csv", "book.csv", "missing/tidy.parquet", "no such directory"),
        ("messages.csv", "book.csv", ".", "expected the name of a file, found a directory"),
    ],
)
def test_a_file_that_cannot_be_read_or_written_is_refused_in_a_line(
    tmp_path: Path, messages: str, book: str, out: str, complaint: str
) -> None:
    """Exit code 2, like every refusal of a command."""
    _write(tmp_path, _MESSAGES, _BOOK)
    (tmp_path / "broken.csv.gz").write_bytes(b"\x1f\x8b\x08\x00 not really")
    result = _gpux(str(tmp_path / messages), "--book", str(tmp_path / book), "--out", str(tmp_path / out))
    assert result.exit_code == 2
    assert complaint in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_page_names_every_column() -> None:
    """Whoever reads the table knows what stands in it."""
    page = (_DOCS / "recordings.md").read_text(encoding="utf-8")
    assert [column for column, meaning in COLUMNS.items() if f"| `{column}` | {meaning} |" not in page] == []
