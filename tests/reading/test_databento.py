"""Databento's recordings: the same from DBN, CSV and Parquet, and taken as documented."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import databento_dbn as dbn
import numpy as np
import polars as pl
import pytest
from databento_dbn.metadata import MappingInterval, SymbolMapping

from strategies.backtest.reading.databento import read_databento
from strategies.backtest.reading.errors import BadSource
from strategies.backtest.reading.models import queue_model
from strategies.backtest.recording import Recording
from tests.reading.flows import Said, said

_DOLLAR = 10**9
_START_NS = 1_700_000_000 * _DOLLAR
Writer = Callable[[Path, bytes], Path]


@dataclass
class Interval:
    start_date: date
    end_date: date
    symbol: str


@dataclass
class Named:
    raw_symbol: str
    intervals: Sequence[MappingInterval]


def mbo(at: int, action: str, side: str, price: float, size: int, order: int, *, snapshot: bool = False) -> dbn.MBOMsg:
    return dbn.MBOMsg(
        publisher_id=2,
        instrument_id=5,
        ts_event=_START_NS + (at - 10_000 if snapshot else at),
        ts_recv=_START_NS + at + (0 if snapshot else 7),
        order_id=order,
        price=dbn.UNDEF_PRICE if action == "R" else round(price * _DOLLAR),
        size=size,
        action=dbn.Action(action),
        side=dbn.Side(side),
        flags=dbn.F_SNAPSHOT | dbn.F_BAD_TS_RECV if snapshot else dbn.F_LAST,
    )


def mbp10(at: int, action: str, side: str, price: float, size: int, book: str) -> dbn.MBP10Msg:
    """``book`` such as ``5@100.00 2@99.50 | 4@100.50``: bids, then asks."""
    bids, asks = ([level.split("@") for level in half.split()] for half in book.split("|"))
    levels = []
    for place in range(10):
        bid = bids[place] if place < len(bids) else None
        ask = asks[place] if place < len(asks) else None
        levels.append(
            dbn.BidAskPair(
                bid_px=round(float(bid[1]) * _DOLLAR) if bid else dbn.UNDEF_PRICE,
                ask_px=round(float(ask[1]) * _DOLLAR) if ask else dbn.UNDEF_PRICE,
                bid_sz=int(bid[0]) if bid else 0,
                ask_sz=int(ask[0]) if ask else 0,
            )
        )
    return dbn.MBP10Msg(
        publisher_id=2,
        instrument_id=5,
        ts_event=_START_NS + at,
        ts_recv=_START_NS + at + 7,
        price=round(price * _DOLLAR),
        size=size,
        action=dbn.Action(action),
        side=dbn.Side(side),
        depth=0,
        flags=dbn.F_LAST,
        levels=levels,
    )


def encoded(schema: dbn.Schema, records: Sequence[dbn.DBNRecord], mappings: Sequence[SymbolMapping] = ()) -> bytes:
    metadata = dbn.Metadata(
        "XNAS.ITCH", _START_NS, dbn.SType("raw_symbol"), dbn.SType("instrument_id"), schema, mappings=mappings
    )
    return bytes(metadata) + b"".join(bytes(record) for record in records)


def as_dbn(directory: Path, data: bytes) -> Path:
    (directory / "day.dbn").write_bytes(data)
    return directory / "day.dbn"


def as_zst(directory: Path, data: bytes) -> Path:
    (directory / "day.dbn.zst").write_bytes(
        _transcoded(data, dbn.Encoding("dbn"), dbn.Compression("zstd"), pretty=False)
    )
    return directory / "day.dbn.zst"


def as_csv(directory: Path, data: bytes) -> Path:
    csv = _transcoded(data, dbn.Encoding("csv"), dbn.Compression("none"), pretty=False)
    (directory / "day.csv.gz").write_bytes(gzip.compress(csv))
    return directory / "day.csv.gz"


def as_pretty_csv(directory: Path, data: bytes) -> Path:
    (directory / "day.csv").write_bytes(_transcoded(data, dbn.Encoding("csv"), dbn.Compression("none"), pretty=True))
    return directory / "day.csv"


def as_parquet(directory: Path, data: bytes) -> Path:
    csv = _transcoded(data, dbn.Encoding("csv"), dbn.Compression("none"), pretty=False)
    wide = {"ts_event": pl.UInt64, "ts_recv": pl.UInt64, "order_id": pl.UInt64}
    pl.read_csv(csv, schema_overrides=wide).write_parquet(directory / "day.parquet")
    return directory / "day.parquet"


def _transcoded(data: bytes, encoding: dbn.Encoding, compression: dbn.Compression, *, pretty: bool) -> bytes:
    out = io.BytesIO()
    transcoder = dbn.Transcoder(out, encoding, compression, pretty_px=pretty, pretty_ts=pretty)
    transcoder.write(data)
    transcoder.finish()
    return out.getvalue()


def read(file: Path, tick: str = "0.5", model: str = "pessimistic") -> Recording:
    return read_databento(file, Decimal(tick), Decimal(1), queue_model(model), "MSFT")


_ORDERS = [
    mbo(10, "R", "N", 0, 0, 0, snapshot=True),
    mbo(10, "A", "B", 100.5, 5, 900, snapshot=True),
    mbo(10, "A", "A", 101.0, 2, 901, snapshot=True),
    mbo(20, "T", "A", 100.5, 3, 0),
    mbo(20, "F", "B", 100.5, 3, 900),
    mbo(20, "C", "B", 100.5, 3, 900),  # what the fill said already
    mbo(21, "C", "B", 100.5, 1, 900),  # of its own will
    mbo(22, "F", "A", 101.0, 2, 901),
    mbo(22, "C", "A", 101.0, 2, 901),
    mbo(23, "M", "B", 100.0, 1, 900),
    mbo(24, "M", "B", 100.0, 4, 900),
    mbo(22, "A", "A", 102.0, 9, 902),  # the clock of the venue went back
    mbo(25, "F", "B", 100.0, 1, 900),
    mbo(25, "M", "B", 100.0, 3, 900),  # as some venues say what is left
    mbo(26, "C", "B", 100.0, 3, 900),
    mbo(27, "C", "A", 101.0, 1, 555),
]
_ORDER_FLOW: list[Said] = [
    (10, "CLEAR", -1, 0, 0, 0),
    (10, "ADD", 0, 0, 201, 5),
    (10, "ADD", 1, 1, 202, 2),
    (20, "EXECUTE", 0, 0, 201, 3),
    (21, "REDUCE", 0, 0, 201, 1),
    (22, "EXECUTE", 1, 1, 202, 2),
    (23, "MODIFY", 0, 0, 200, 1),
    (24, "MODIFY", 0, 0, 200, 4),
    (24, "ADD", 1, 1, 204, 9),
    (25, "EXECUTE", 0, 0, 200, 1),
    (26, "DELETE", 0, 0, 200, 3),
]


@pytest.mark.parametrize("write", [as_dbn, as_zst, as_csv, as_pretty_csv, as_parquet])
def test_orders_are_taken_as_documented(tmp_path: Path, write: Writer) -> None:
    """A fill is an execution, what follows of it says the same again, and time never goes back."""
    recording = read(write(tmp_path, encoded(dbn.Schema("mbo"), _ORDERS)))
    assert said(recording, _START_NS) == _ORDER_FLOW
    assert not recording.is_estimate
    assert [contract.sku.title for contract in recording.contracts] == ["MSFT"]
    assert any("never added, which are left out: 1" in note for note in recording.notes)


@pytest.mark.parametrize("write", [as_dbn, as_pretty_csv])
def test_best_levels_become_orders(tmp_path: Path, write: Writer) -> None:
    """What is shown is met after each record but a trade, whose book is the one before it; what is beyond, stays."""
    many = " ".join(f"1@{price / 2}" for price in range(200, 190, -1))
    records = [
        mbp10(10, "A", "B", 100.0, 5, "5@100.0 2@99.5 | 4@101.0"),
        mbp10(11, "A", "B", 100.0, 5, "8@100.0 2@99.5 | 4@101.0"),
        mbp10(12, "T", "A", 100.0, 6, "8@100.0 2@99.5 | 4@101.0"),
        mbp10(12, "C", "B", 100.0, 6, "2@100.0 2@99.5 | 4@101.0"),
        mbp10(13, "C", "B", 100.0, 1, "1@100.0 2@99.5 | 4@101.0"),
        mbp10(14, "A", "A", 100.5, 1, "1@100.0 | 1@100.5 4@101.0"),
        mbp10(15, "M", "A", 100.5, 1, "7@100.5 | 3@101.5"),
        mbp10(16, "A", "B", 100.0, 1, f"{many} | 3@101.5"),
        mbp10(17, "A", "B", 100.5, 2, f"2@100.5 {many.rpartition(' ')[0]} | 3@101.5"),  # 1@95.5 is out of view
        mbp10(18, "C", "B", 100.5, 2, f"{many} | 3@101.5"),
    ]
    recording = read(write(tmp_path, encoded(dbn.Schema("mbp-10"), records)))
    assert recording.is_estimate
    flow = said(recording, _START_NS)
    assert flow[:15] == [
        (10, "ADD", 0, 0, 200, 5),
        (10, "ADD", 1, 0, 199, 2),
        (10, "ADD", 2, 1, 202, 4),
        (11, "ADD", 3, 0, 200, 3),
        (12, "EXECUTE", 0, 0, 200, 5),
        (12, "EXECUTE", 3, 0, 200, 1),
        (13, "REDUCE", 3, 0, 200, 1),
        (14, "DELETE", 1, 0, 199, 2),
        (14, "ADD", 1, 1, 201, 1),
        (15, "DELETE", 3, 0, 200, 1),
        (15, "DELETE", 1, 1, 201, 1),
        (15, "DELETE", 2, 1, 202, 4),
        (15, "ADD", 2, 0, 201, 7),
        (15, "ADD", 1, 1, 203, 3),
        (16, "DELETE", 2, 0, 201, 7),
    ]
    assert [row[1:2] + row[3:] for row in flow[25:]] == [("ADD", 0, 201, 2), ("DELETE", 0, 201, 2)]


def test_trades_alone_come_with_the_order_they_take(tmp_path: Path) -> None:
    records = [
        dbn.TradeMsg(2, 5, _START_NS + at, 100 * _DOLLAR, 3, dbn.Action("T"), dbn.Side(side), 0, _START_NS + at)
        for at, side in ((1, "A"), (2, "B"), (3, "N"))
    ]
    recording = read(as_dbn(tmp_path, encoded(dbn.Schema("trades"), records)))
    assert said(recording, _START_NS) == [
        (1, "ADD", 0, 0, 200, 3),
        (1, "EXECUTE", 0, 0, 200, 3),
        (2, "ADD", 0, 1, 200, 3),
        (2, "EXECUTE", 0, 1, 200, 3),
    ]
    assert any("trades alone" in note for note in recording.notes)


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        (mbo(30, "A", "B", 100.25, 5, 3), "row 2: expected a price in steps of 0.5, found 100.25"),
        (mbo(30, "A", "N", 100.0, 5, 3), "row 2: expected side A or B, found N"),
        (mbo(30, "A", "B", 100.0, 0, 3), "row 2: expected a size up to 1000000000 lots, found 0"),
        (mbo(30, "A", "B", -100.0, 1, 3), "row 2: expected a price from 1 to"),
        (mbo(30, "A", "B", 100.0, 5, 900), "row 2: the order is added a second time"),
        (mbo(30, "F", "B", 100.5, 6, 900), "row 2: the order has another size open than is taken away"),
    ],
)
def test_a_row_that_does_not_fit_is_named(tmp_path: Path, record: dbn.MBOMsg, complaint: str) -> None:
    for write in (as_dbn, as_csv):
        file = write(tmp_path, encoded(dbn.Schema("mbo"), [_ORDERS[1], record]))
        with pytest.raises(BadSource, match=complaint):
            read(file)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (",900,", ",many,", "row 2: order_id: expected a whole number, found 'many'"),
        (
            ",100500000000,",
            ",100.5,",
            "row 2: price: expected dollars with nine decimals, or 1e-9 dollars, found '100.5'",
        ),
        (",A,B,", ",X,B,", "row 2: expected an action of ACMRTFN, found X"),
        ("order_id", "order", "expected columns of Databento, found none called action"),
    ],
)
def test_text_that_is_no_number_is_named(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    text = _transcoded(
        encoded(dbn.Schema("mbo"), _ORDERS[:2]), dbn.Encoding("csv"), dbn.Compression("none"), pretty=False
    )
    changed = text.decode().replace(old, new)
    (tmp_path / "day.csv").write_text(changed.replace("action", "deed") if old == "order_id" else changed)
    with pytest.raises(BadSource, match=complaint):
        read(tmp_path / "day.csv")


def test_each_publisher_has_a_book_of_its_own(tmp_path: Path) -> None:
    """The same number is two orders where two venues give it."""
    records = [_ORDERS[1], _ORDERS[2]]
    other = dbn.MBOMsg(9, 5, _START_NS + 40, 900, 100 * _DOLLAR, 4, dbn.Action("A"), dbn.Side("B"), _START_NS + 40)
    mapping = (Named("MSFT", [Interval(date(2023, 11, 14), date(2023, 11, 15), "5")]),)
    recording = read(as_dbn(tmp_path, encoded(dbn.Schema("mbo"), [*records, other], mapping)))
    assert [contract.sku.code for contract in recording.contracts] == ["MSFTP2", "MSFTP9"]
    assert isinstance(recording.flow, np.ndarray)
    assert recording.flow["contract"].tolist() == [0, 0, 1]


def test_a_file_that_ends_early_is_refused(tmp_path: Path) -> None:
    file = as_dbn(tmp_path, encoded(dbn.Schema("mbo"), _ORDERS)[:-3])
    with pytest.raises(BadSource, match=r"day\.dbn: ends in the middle of record 16"):
        read(file)
    (tmp_path / "day.dbn").write_bytes(b"not what it says" * 10)
    with pytest.raises(BadSource, match=r"day\.dbn: decoding error"):
        read(tmp_path / "day.dbn")
