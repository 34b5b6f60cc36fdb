"""Recorded books: the reader refuses what cannot be, and the replay meets every recorded state."""

from __future__ import annotations

from pathlib import Path

import pytest

from exchange.domain.enums import EventKind, Side
from strategies.backtest.lobster import BadLobster, Books, Message, MessageKind, Messages, read_books, read_messages
from strategies.backtest.replay import CONTRACT, BadReplay, Replay


def _recording(data_dir: Path) -> tuple[Messages, Books]:
    return read_messages(data_dir / "books/MSFT_msgs.csv.gz"), read_books(data_dir / "books/MSFT_book.csv.gz")


@pytest.mark.compiled
def test_replay_meets_every_recorded_state_at_every_level(data_dir: Path) -> None:
    """1,949 messages after the first book, at all 50 levels of both sides; hidden executions change nothing."""
    messages, books = _recording(data_dir)
    replay = Replay(books.levels(1, Side.BUY), books.levels(1, Side.SELL))
    states = hidden = 0
    for message in list(messages)[1:]:
        before = replay.engine.state_hash() if message.kind == MessageKind.EXECUTE_HIDDEN else ""
        replay.apply(message)
        for side in Side:
            assert replay.levels(side, books.depth) == books.levels(message.row, side), message
        if before:
            assert replay.engine.state_hash() == before
            hidden += 1
        states += 1
    replay.engine.check()
    assert (states, books.depth, hidden) == (1949, 50, 38)


def test_replay_trades_what_was_executed_at_the_recorded_prices(data_dir: Path) -> None:
    """Each visible execution is one fill of the order that it names, of its size, at its price."""
    messages, books = _recording(data_dir)
    replay = Replay(books.levels(1, Side.BUY), books.levels(1, Side.SELL))
    order_ids: dict[int, int] = {}
    executed_lots = 0
    for message in list(messages)[1:]:
        events = replay.apply(message)
        if message.kind == MessageKind.EXECUTE:
            fills = events[events["kind"] == EventKind.FILLED]
            assert fills[["price_ticks", "lots"]].tolist() == [(message.price_ticks, message.lots)]
            maker = int(fills["maker_order_id"][0])
            assert order_ids.get(message.order, maker) == maker
            executed_lots += message.lots
            continue
        assert EventKind.FILLED not in events["kind"]
        if message.kind == MessageKind.ADD:
            order_ids[message.order] = int(events["order_id"][0])
    assert replay.engine.contract(CONTRACT).volume_lots == executed_lots > 0


def _files(tmp_path: Path, messages: str, book: str) -> tuple[Path, Path]:
    (tmp_path / "messages.csv").write_text(messages)
    (tmp_path / "book.csv").write_text(book)
    return tmp_path / "messages.csv", tmp_path / "book.csv"


_NOBODY = "9999999999,0,-9999999999,0"
_MESSAGES = "34200.1,1,7,5,100,1\n34200.100000002,3,7,5,100,1\n"
_BOOK = f"110,3,100,5,{_NOBODY}\n110,3,-9999999999,0,{_NOBODY}\n"


def test_files_read_back_as_written(tmp_path: Path) -> None:
    """To the nanosecond, and without the levels where nobody stands."""
    messages, book = _files(tmp_path, _MESSAGES, _BOOK)
    assert list(read_messages(messages)) == [
        Message(1, 34_200_100_000_000, MessageKind.ADD, 7, 5, 100, Side.BUY),
        Message(2, 34_200_100_000_002, MessageKind.DELETE, 7, 5, 100, Side.BUY),
    ]
    books = read_books(book)
    assert (len(books), books.depth) == (2, 2)
    assert [books.levels(row, side) for row in (1, 2) for side in Side] == [[(100, 5)], [(110, 3)], [], [(110, 3)]]


@pytest.mark.parametrize(
    ("second_row", "complaint"),
    [
        ("x,3,7,5,100,1", "row 2: seconds: expected a number, found 'x'"),
        ("nan,3,7,5,100,1", "row 2: seconds: expected a time of the day, found 'nan'"),
        ("34200.05,3,7,5,100,1", "row 2: seconds: expected no time before the row above"),
        ("99999,3,7,5,100,1", "row 2: seconds: expected a time of the day"),
        ("34201,6,7,5,100,1", "row 2: kind: expected a kind from 1 to 5, found '6'"),
        ("34201,3,,5,100,1", "row 2: order: expected a whole number, found nothing"),
        ("34201,3,7,0,100,1", "row 2: size: expected a size from 1"),
        ("34201,3,7,1.5,100,1", "row 2: size: expected a whole number, found '1.5'"),
        ("34201,3,7,5,-100,1", "row 2: price: expected a price from 1"),
        ("34201,3,7,5,100000001,1", "row 2: price: expected a price from 1"),
        ("34201,3,7,5,100,0", "row 2: side: expected 1 (buy) or -1 (sell), found '0'"),
        ("34201,3,7,5,100", "row 2: side: expected a whole number, found nothing"),
    ],
)
def test_a_bad_message_is_refused_with_its_row_and_reason(tmp_path: Path, second_row: str, complaint: str) -> None:
    """The first fault of the file, by the number of its line."""
    path, _ = _files(tmp_path, f"34200.1,1,7,5,100,1\n{second_row}\n", _BOOK)
    with pytest.raises(BadLobster) as refusal:
        read_messages(path)
    assert complaint in str(refusal.value)


@pytest.mark.parametrize(
    ("second_row", "complaint"),
    [
        (f"110,3,100,x,{_NOBODY}", "row 2: column_3: expected a whole number, found 'x'"),
        (f"110,0,100,5,{_NOBODY}", "row 2: ask level 1: impossible size: 0 @ 110"),
        (f"110,3,100,-5,{_NOBODY}", "row 2: bid level 1: impossible size: -5 @ 100"),
        ("110,3,100,5,110,3,99,1", "row 2: ask level 2: impossible order of prices: 3 @ 110"),
        ("110,3,100,5,111,3,101,1", "row 2: bid level 2: impossible order of prices: 1 @ 101"),
        ("110,3,100,5,999999999,3,99,1", "row 2: ask level 2: impossible price: 3 @ 999999999"),
        (f"110,3,110,5,{_NOBODY}", "row 2: best ask 110 is not above best bid 110"),
    ],
)
def test_a_bad_book_is_refused_with_its_row_and_reason(tmp_path: Path, second_row: str, complaint: str) -> None:
    """A book that no market could have had."""
    _, path = _files(tmp_path, _MESSAGES, f"110,3,100,5,{_NOBODY}\n{second_row}\n")
    with pytest.raises(BadLobster) as refusal:
        read_books(path)
    assert complaint in str(refusal.value)


def test_what_is_no_such_file_is_refused(tmp_path: Path) -> None:
    """Missing, empty, with other columns, or not text at all."""
    empty, five = tmp_path / "empty.csv", tmp_path / "five.csv"
    empty.write_text("")
    five.write_text("1,2,3,4,5\n")
    binary = tmp_path / "binary.csv.gz"
    binary.write_bytes(b"\x1f\x8b\x08\x00 not really")
    for path in (tmp_path / "missing.csv", empty, five, binary):
        for read in (read_messages, read_books):
            with pytest.raises(BadLobster, match=path.name):
                read(path)


def _message(kind: MessageKind, order: int, lots: int, price_ticks: int, side: Side = Side.BUY) -> Message:
    return Message(9, 1, kind, order, lots, price_ticks, side)


def test_unknown_orders_are_parts_of_the_first_book() -> None:
    """They stand before everything added later at their price, and are worn away piece by piece."""
    replay = Replay(bids=[(100, 8)], asks=[(110, 3)])
    replay.apply(_message(MessageKind.ADD, 1, 4, 100))
    replay.apply(_message(MessageKind.DELETE, 77, 2, 100))
    replay.apply(_message(MessageKind.EXECUTE, 78, 5, 100))
    replay.apply(_message(MessageKind.REDUCE, 1, 1, 100))
    replay.apply(_message(MessageKind.EXECUTE, 79, 1, 100))
    assert replay.levels(Side.BUY, 5) == [(100, 3)]
    replay.apply(_message(MessageKind.EXECUTE, 1, 3, 100))
    assert replay.levels(Side.BUY, 5) == []
    assert replay.levels(Side.SELL, 5) == [(110, 3)]


def test_an_execution_out_of_turn_fills_the_order_it_names() -> None:
    """The others keep their order among themselves, and the named one keeps its new place."""
    replay = Replay(bids=[(100, 8)], asks=[(110, 3)])
    for order in (1, 2, 3):
        replay.apply(_message(MessageKind.ADD, order, 4, 100))
    oldest, first, second, third = (order.order_id for order in replay.engine.queue(CONTRACT, Side.BUY, 100))
    events = replay.apply(_message(MessageKind.EXECUTE, 2, 1, 100))
    fills = events[events["kind"] == EventKind.FILLED]
    assert fills[["maker_order_id", "lots", "maker_open_lots"]].tolist() == [(second, 1, 3)]
    queue = replay.engine.queue(CONTRACT, Side.BUY, 100)
    assert [(order.order_id, order.open_lots) for order in queue] == [(second, 3), (oldest, 8), (first, 4), (third, 4)]
    assert replay.out_of_turn == 1
    replay.apply(_message(MessageKind.EXECUTE, 2, 3, 100))
    assert replay.out_of_turn == 1


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        (_message(MessageKind.ADD, 1, 1, 90), "row 9: order 1 is added a second time"),
        (_message(MessageKind.ADD, 3, 1, 110), "row 9: the order is refused: POST_ONLY_WOULD_CROSS"),
        (_message(MessageKind.DELETE, 5, 1, 98), "row 9: order 5 is neither open nor of the first book"),
        (_message(MessageKind.DELETE, 1, 1, 101), "row 9: expected order 1 as added, BUY at 100, found BUY at 101"),
        (_message(MessageKind.DELETE, 1, 3, 100), "row 9: order 1 has 4 open, found 3 deleted"),
        (_message(MessageKind.REDUCE, 1, 5, 100), "row 9: order 1 has 4 open, found 5 taken away"),
        (_message(MessageKind.EXECUTE, 2, 1, 99), "row 9: executed at 99, but 100 stands before it"),
    ],
)
def test_a_message_that_does_not_fit_the_book_is_refused(message: Message, complaint: str) -> None:
    """Loudly: a replay that goes on after a misunderstanding proves nothing."""
    replay = Replay(bids=[(100, 8)], asks=[(110, 3)])
    replay.apply(_message(MessageKind.ADD, 1, 4, 100))
    replay.apply(_message(MessageKind.ADD, 2, 4, 99))
    with pytest.raises(BadReplay) as refusal:
        replay.apply(message)
    assert str(refusal.value) == complaint
