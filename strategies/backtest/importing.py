"""A recording made tidy: read, replayed on the engine, and written only if the engine met every recorded book."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import polars as pl

from exchange.domain.enums import Side
from exchange.domain.errors import GpuxError
from strategies.backtest.lobster import BadLobster, Books, MessageKind, Messages, read_books, read_messages
from strategies.backtest.replay import CONTRACT, BadReplay
from strategies.backtest.view import View

_PROGRESS_EVERY = 500  # messages

# What is written, in this order. A tick is 1/10000 dollar; what nobody stands at is null.
COLUMNS = {
    "row": "of the message in its file, from 1",
    "time_ns": "nanoseconds after midnight",
    "kind": "add, reduce, delete, execute, or execute_hidden",
    "order": "the recording's number of the order",
    "side": "buy or sell, of the order in the book",
    "price_ticks": "of the order; of the trade where it is an execution",
    "lots": "added, taken away, or traded",
    "best_bid_ticks": "after the message",
    "best_bid_lots": "after the message",
    "best_ask_ticks": "after the message",
    "best_ask_lots": "after the message",
}


class CannotWrite(GpuxError):
    """The file that was asked for cannot be made; says why."""


class Imported(NamedTuple):
    """A recording that the engine followed to its end, and what it saw on the way."""

    messages: Messages
    books: Books
    trades: int
    volume_lots: int
    out_of_turn: int  # executions of an order that was not the first of its queue
    opened: int  # levels that came into view and were taken as recorded
    beyond: int  # messages about prices out of view

    def count(self, kind: MessageKind) -> int:
        return self.messages.frame.filter(pl.col("kind") == kind).height

    def lots(self, kind: MessageKind) -> int:
        return int(self.messages.frame.filter(pl.col("kind") == kind)["size"].sum())


def import_lobster(messages_file: Path, book_file: Path, progress: Callable[[int, int], None]) -> Imported:
    """Read a recording and replay it, telling ``progress`` how many messages of how many are done.

    Raises BadLobster or BadReplay, naming the file, the row and the reason.
    """
    messages, books = read_messages(messages_file), read_books(book_file)
    if len(messages) != len(books):
        raise BadLobster(f"{book_file}: expected {len(messages)} rows, one for each message, found {len(books)}")
    view = View(books)
    try:
        for message in list(messages)[1:]:
            view.follow(message)
            if message.row % _PROGRESS_EVERY == 0:
                progress(message.row, len(messages))
    except BadReplay as error:
        raise BadReplay(f"{messages_file}: {error}") from error
    contract = view.replay.engine.contract(CONTRACT)
    return Imported(
        messages, books, contract.trades, contract.volume_lots, view.replay.out_of_turn, view.opened, view.beyond
    )


def tidy(imported: Imported) -> pl.DataFrame:
    """One row a message, with ``COLUMNS``."""
    kinds = {kind.value: kind.name.lower() for kind in MessageKind}
    sides = {1: Side.BUY.name.lower(), -1: Side.SELL.name.lower()}
    best = pl.from_numpy(imported.books.rows[:, 0], ["ask_ticks", "ask_lots", "bid_ticks", "bid_lots"])
    frame = pl.concat([imported.messages.frame, best], how="horizontal").with_row_index("row", offset=1)
    return frame.select(
        pl.col("row").cast(pl.Int64),
        "time_ns",
        pl.col("kind").replace_strict(kinds, return_dtype=pl.String),
        "order",
        pl.col("side").replace_strict(sides, return_dtype=pl.String),
        price_ticks="price",
        lots="size",
        **{
            f"best_{side}_{what}": pl.when(pl.col(f"{side}_lots") > 0).then(pl.col(f"{side}_{what}"))
            for side in ("bid", "ask")
            for what in ("ticks", "lots")
        },
    )


def check_writable(path: Path) -> None:
    """Raise CannotWrite if ``path`` cannot become a file, before minutes are spent on what goes into it."""
    if path.is_dir():
        raise CannotWrite(f"{path}: expected the name of a file, found a directory")
    if not path.parent.is_dir():
        raise CannotWrite(f"{path}: no such directory: {path.parent}")


def write(imported: Imported, path: Path) -> None:
    """Write the tidy messages as Parquet: whole, or not at all. Raises CannotWrite."""
    part = path.with_name(f"{path.name}.part")
    try:
        tidy(imported).write_parquet(part)
        part.replace(path)
    except (OSError, pl.exceptions.PolarsError) as problem:
        part.unlink(missing_ok=True)
        raise CannotWrite(f"{path}: {str(problem).splitlines()[0]}") from problem
