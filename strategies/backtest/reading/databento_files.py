"""Databento's files as columns: DBN through its own decoder, CSV and Parquet through polars, a piece at a time."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import databento_dbn as dbn
import numpy as np
import polars as pl
from numpy.typing import NDArray

from exchange.domain.records import Rows
from strategies.backtest.reading.errors import BadSource
from strategies.backtest.reading.queues import Integers

UNDEFINED_PRICE = 2**63 - 1
_UNDEFINED_TIME = 2**64 - 1
_NANOS = 10**9
_BLOCK = 1 << 22  # bytes
_PIECE = 1 << 16  # records
_DEPTHS = (10, 1)
# The body of a record: its header, then what all three kinds have; levels, if any, come after.
_HEADER = [("length", "u1"), ("rtype", "u1"), ("publisher_id", "<u2"), ("instrument_id", "<u4"), ("ts_event", "<u8")]
_LEVEL = [
    ("bid_px", "<i8"),
    ("ask_px", "<i8"),
    ("bid_sz", "<u4"),
    ("ask_sz", "<u4"),
    ("bid_ct", "<u4"),
    ("ask_ct", "<u4"),
]
_ARRIVAL = [("ts_recv", "<u8"), ("ts_in_delta", "<i4"), ("sequence", "<u4")]
_ORDER = [("order_id", "<u8"), ("price", "<i8"), ("size", "<u4"), ("flags", "u1"), ("channel_id", "u1")]
_MBO = [*_HEADER, *_ORDER, ("action", "S1"), ("side", "S1"), *_ARRIVAL]
_TRADE = [*_HEADER, ("price", "<i8"), ("size", "<u4"), ("action", "S1"), ("side", "S1"), ("flags", "u1")]
_TRADE = [*_TRADE, ("depth", "u1"), *_ARRIVAL]
_LAYOUTS = {
    dbn.MBOMsg: np.dtype(_MBO),
    dbn.TradeMsg: np.dtype(_TRADE),
    dbn.MBP1Msg: np.dtype([*_TRADE, ("levels", _LEVEL, (1,))]),
    dbn.MBP10Msg: np.dtype([*_TRADE, ("levels", _LEVEL, (10,))]),
}
_COMMON = ("ts_recv", "ts_event", "publisher_id", "instrument_id", "size", "flags")


class Columns(NamedTuple):
    """(n,) each. Prices in 1e-9 dollars, UNDEFINED_PRICE for none; -1 for a time that is not defined."""

    first_row: int  # from 1
    ts_recv: Integers
    ts_event: Integers
    publisher_id: Integers
    instrument_id: Integers
    size: Integers
    flags: Integers
    price: Integers
    action: NDArray[np.str_]
    side: NDArray[np.str_]
    order_id: Integers | None  # of market by order only
    levels: Integers | None  # (n, depth, 4) of ask price, ask size, bid price, bid size
    symbol: list[str] | None
    names: dict[int, str]  # of instruments, where the file's head has them


def columns(file: Path) -> Iterator[Columns]:
    """The records of a file in order. Raises BadSource."""
    name = file.name
    try:
        if name.endswith((".dbn", ".dbn.zst")):
            yield from _decoded(file)
        elif name.endswith(".parquet"):
            yield from _framed(file, _parquet(file))
        else:
            yield from _framed(file, _csv(file))
    except (OSError, EOFError, zlib.error, dbn.DBNError, pl.exceptions.PolarsError) as problem:
        raise BadSource(f"{file}: {str(problem).splitlines()[0]}") from problem


def _decoded(file: Path) -> Iterator[Columns]:
    compression = dbn.Compression("zstd" if file.name.endswith(".zst") else "none")
    decoder = dbn.DBNDecoder(compression=compression)
    row, names = 1, dict[int, str]()
    with file.open("rb") as stream:
        for block in iter(partial(stream.read, _BLOCK), b""):
            records = []
            for record in decoder.write_and_decode(block):
                if isinstance(record, dbn.Metadata):
                    names = _names(record)
                else:
                    records.append(record)
            if records:
                yield _unpacked(file, records, row)._replace(names=names)
                row += len(records)
    if decoder.buffer():
        raise BadSource(f"{file}: ends in the middle of record {row}")


def _unpacked(file: Path, records: list[dbn.DBNRecord], row: int) -> Columns:
    layout = _LAYOUTS.get(type(records[0]))
    for place, record in enumerate(records):
        if type(record) is not type(records[0]) or layout is None:
            kinds = ", ".join(kind.__name__ for kind in _LAYOUTS)
            raise BadSource(
                f"{file}: row {row + place}: expected records of one of {kinds}, found {type(record).__name__}"
            )
    assert layout is not None
    size = len(bytes(records[0]))  # more than the layout where they say when they were sent
    cells = np.frombuffer(b"".join(map(bytes, records)), np.uint8).reshape(len(records), size)
    rows: Rows = np.ascontiguousarray(cells[:, : layout.itemsize]).view(layout)[:, 0]
    levels, names = None, layout.names or ()
    if "levels" in names:
        found = rows["levels"]
        levels = np.stack([found[side].astype(np.int64) for side in ("ask_px", "ask_sz", "bid_px", "bid_sz")], axis=2)
    return Columns(
        first_row=row,
        price=rows["price"].astype(np.int64),
        action=rows["action"].astype(str),
        side=rows["side"].astype(str),
        order_id=rows["order_id"].astype(np.int64) if "order_id" in names else None,
        levels=levels,
        symbol=None,
        names={},
        **{column: rows[column].astype(np.int64) for column in _COMMON},
    )


def _names(metadata: dbn.Metadata) -> dict[int, str]:
    """Raw symbols by the number of their instrument."""
    return {
        int(interval["symbol"]): symbol
        for symbol, intervals in metadata.mappings.items()
        for interval in intervals
        if interval["symbol"].isdecimal()
    }


def _parquet(file: Path) -> Iterator[pl.DataFrame]:
    scan = pl.scan_parquet(file)
    count = scan.select(pl.len()).collect().item()
    for start in range(0, count, _PIECE):
        yield scan.slice(start, _PIECE).collect()


def _csv(file: Path) -> Iterator[pl.DataFrame]:
    """Lines by the block, as text; compressed with zstd in one piece, which polars can read."""
    if file.name.endswith(".zst"):
        yield pl.read_csv(file, infer_schema=False)
        return
    with gzip.open(file) if file.name.endswith(".gz") else file.open("rb") as lines:
        heading = lines.readline()
        rest = b""
        for block in iter(partial(lines.read, _BLOCK), b""):
            whole, newline, rest = (rest + block).rpartition(b"\n")
            if newline:
                yield pl.read_csv(heading + whole, infer_schema=False)
        if rest.strip():
            yield pl.read_csv(heading + rest, infer_schema=False)


def _framed(file: Path, frames: Iterator[pl.DataFrame]) -> Iterator[Columns]:
    row = 1
    for frame in frames:
        if len(frame):
            yield _taken(file, frame, row)
        row += len(frame)


def _taken(file: Path, frame: pl.DataFrame, row: int) -> Columns:
    depth = next((depth for depth in _DEPTHS if f"bid_px_{depth - 1:02d}" in frame.columns), 0)
    is_by_order = "order_id" in frame.columns
    wanted = [*_COMMON, "price", "action", "side", *(["order_id"] if is_by_order else [])]
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise BadSource(f"{file}: expected columns of Databento, found none called {', '.join(missing)}")
    levels = None
    if depth:
        names = (f"{side}_{level:02d}" for level in range(depth) for side in ("ask_px", "ask_sz", "bid_px", "bid_sz"))
        numbers = [
            _prices(file, frame, name, row) if "_px_" in name else _whole(file, frame, name, row) for name in names
        ]
        levels = np.ascontiguousarray(np.stack(numbers, axis=1).reshape(len(frame), depth, 4))
    common = {name: (_times if name.startswith("ts_") else _whole)(file, frame, name, row) for name in _COMMON}
    return Columns(
        first_row=row,
        price=_prices(file, frame, "price", row),
        action=frame["action"].cast(pl.String).fill_null("").to_numpy().astype(str),
        side=frame["side"].cast(pl.String).fill_null("").to_numpy().astype(str),
        order_id=_whole(file, frame, "order_id", row) if is_by_order else None,
        levels=levels,
        symbol=frame["symbol"].cast(pl.String).fill_null("").to_list() if "symbol" in frame.columns else None,
        names={},
        **common,
    )


def _whole(file: Path, frame: pl.DataFrame, name: str, row: int) -> Integers:
    """A column of whole numbers up to 2^64."""
    numbers = frame[name].cast(pl.UInt64, strict=False)
    _refuse(file, frame[name], numbers.is_null(), row, name, "a whole number")
    return numbers.to_numpy().astype(np.int64)


def _prices(file: Path, frame: pl.DataFrame, name: str, row: int) -> Integers:
    """Whole numbers are 1e-9 dollars, and decimals are dollars; none is undefined."""
    column = frame[name]
    if column.dtype == pl.String:
        column = column.str.strip_chars()
        pretty = column.str.contains(".", literal=True).fill_null(False)
        # In their text a dollar has all nine decimals, or else it is no whole number here.
        wrong = pretty & ~column.str.contains(r"^-?\d+\.\d{9}$").fill_null(True)
        _refuse(file, frame[name], wrong, row, name, "dollars with nine decimals, or 1e-9 dollars")
        empty = (column == "").fill_null(True)
        numbers = column.str.replace(".", "", literal=True).cast(pl.Int64, strict=False)
    elif column.dtype.is_float():
        empty = column.is_null() | column.is_nan()
        numbers = (column * _NANOS).round().cast(pl.Int64, strict=False)
    else:
        empty = column.is_null()
        numbers = column.cast(pl.Int64, strict=False)
    _refuse(file, frame[name], numbers.is_null() & ~empty, row, name, "a price")
    return numbers.set(empty, UNDEFINED_PRICE).to_numpy()


def _times(file: Path, frame: pl.DataFrame, name: str, row: int) -> Integers:
    """Nanoseconds since 1970, as numbers or as dates; -1 where undefined."""
    column = frame[name]
    if column.dtype == pl.String:
        column = column.str.strip_chars()
        if column.str.contains("T", literal=True).any():
            column = column.str.strptime(pl.Datetime("ns"), "%Y-%m-%dT%H:%M:%S%.fZ", strict=False)
    if column.dtype.is_temporal():
        numbers = column.cast(pl.Datetime("ns")).dt.epoch("ns")
    else:
        told = column.cast(pl.UInt64, strict=False)
        numbers = told.set(told == _UNDEFINED_TIME, None).cast(pl.Int64, strict=False)
    return numbers.fill_null(-1).to_numpy()


def _refuse(file: Path, found: pl.Series, wrong: pl.Series, row: int, name: str, expected: str) -> None:
    rows = wrong.arg_true()
    if len(rows):
        raise BadSource(f"{file}: row {row + rows[0]}: {name}: expected {expected}, found {str(found[rows[0]])[:40]!r}")
