"""Files of hftbacktest: read as documented, and written so that they are read again as they were."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from exchange.domain.flow import FlowKind
from exchange.domain.records import Rows
from strategies.backtest.reading.errors import BadSource
from strategies.backtest.reading.exporting import to_hftbacktest
from strategies.backtest.reading.hftbacktest import read_hftbacktest
from strategies.backtest.reading.models import queue_model
from strategies.backtest.recording import Recording
from tests.reading.flows import numbers_are_dense, random_recording, said, standing

ONE = Decimal(1)
# As hftbacktest documents its events: u8 ev, i8 exch_ts, i8 local_ts, f8 px, f8 qty, u8 order_id, i8 ival, f8 fval.
_LAYOUT = np.dtype(
    [
        (name, kind)
        for name, kind in zip(
            ("ev", "exch_ts", "local_ts", "px", "qty", "order_id", "ival", "fval"),
            ("u8", "i8", "i8", "f8", "f8", "u8", "i8", "f8"),
            strict=True,
        )
    ],
    align=True,
)
EXCH, LOCAL, BUY, SELL = 1 << 31, 1 << 30, 1 << 29, 1 << 28
BOTH = EXCH | LOCAL


def write(directory: Path, rows: list[tuple[int, int, float, float, int]]) -> Path:
    """Events of (ev, exch_ts, px, qty, order_id)."""
    data = np.array([(ev, at, at + 5, px, qty, order, 0, 0.0) for ev, at, px, qty, order in rows], _LAYOUT)
    np.savez_compressed(directory / "day.npz", data=data)
    return directory / "day.npz"


def read(file: Path, tick: str = "0.5", lot: str = "0.01", model: str = "pessimistic") -> Recording:
    return read_hftbacktest(file, Decimal(tick), Decimal(lot), queue_model(model))


def test_orders_are_taken_as_documented(tmp_path: Path) -> None:
    """A FILL is an execution, and what follows of the same order only says so again; numbers are used again."""
    file = write(
        tmp_path,
        [
            (3 | BOTH, 1, 0.0, 0.0, 0),
            (10 | BUY | BOTH, 10, 100.5, 0.05, 900),
            (10 | SELL | BOTH, 11, 101.0, 0.02, 901),
            (10 | BUY | LOCAL, 11, 7.0, 1.0, 999),  # only seen, later: the exchange had it before
            (2 | SELL | BOTH, 20, 100.5, 0.03, 0),
            (13 | BUY | BOTH, 20, 100.5, 0.03, 900),
            (12 | BUY | BOTH, 20, 100.5, 0.02, 900),
            (13 | SELL | BOTH, 21, 101.0, 0.02, 901),
            (11 | SELL | BOTH, 21, 101.0, 0.02, 901),
            (12 | BUY | BOTH, 22, 100.0, 0.02, 900),
            (12 | BUY | BOTH, 23, 100.0, 0.01, 900),
            (10 | SELL | BOTH, 24, 102.0, 0.07, 902),
            (11 | BUY | BOTH, 25, 0.0, 0.0, 900),
            (11 | BUY | BOTH, 26, 0.0, 0.0, 555),
        ],
    )
    recording = read(file)
    assert said(recording) == [
        (1, "CLEAR", -1, 0, 0, 0),
        (10, "ADD", 0, 0, 201, 5),
        (11, "ADD", 1, 1, 202, 2),
        (20, "EXECUTE", 0, 0, 201, 3),
        (21, "EXECUTE", 1, 1, 202, 2),
        (22, "MODIFY", 0, 0, 200, 2),
        (23, "REDUCE", 0, 0, 200, 1),
        (24, "ADD", 1, 1, 204, 7),
        (25, "DELETE", 0, 0, 200, 1),
    ]
    assert not recording.is_estimate
    assert recording.start_ns == 1
    assert recording.contracts[0].tick_value_micros == 5_000
    assert any("never added, which are left out: 1" in note for note in recording.notes)


def test_levels_become_orders(tmp_path: Path) -> None:
    """More is a new order at the end, a trade takes from the front, and what is less without one is the newest's."""
    file = write(
        tmp_path,
        [
            (4 | BUY | BOTH, 10, 100.0, 0.05, 0),
            (4 | SELL | BOTH, 10, 101.0, 0.04, 0),
            (1 | BUY | BOTH, 20, 100.0, 0.09, 0),
            (2 | SELL | BOTH, 30, 100.0, 0.06, 0),  # who sells takes from the bids
            (1 | BUY | BOTH, 31, 100.0, 0.03, 0),
            (1 | BUY | BOTH, 32, 100.0, 0.01, 0),
            (1 | BUY | BOTH, 40, 101.5, 0.02, 0),  # at one time: the ask it would meet falls first
            (1 | SELL | BOTH, 40, 101.0, 0.00, 0),
            (3 | BUY | BOTH, 50, 101.0, 0.0, 0),
        ],
    )
    recording = read(file)
    assert said(recording) == [
        (10, "ADD", 0, 0, 200, 5),
        (10, "ADD", 1, 1, 202, 4),
        (20, "ADD", 2, 0, 200, 4),
        (30, "EXECUTE", 0, 0, 200, 5),
        (30, "EXECUTE", 2, 0, 200, 1),
        (32, "REDUCE", 2, 0, 200, 2),
        (40, "DELETE", 1, 1, 202, 4),
        (40, "ADD", 1, 0, 203, 2),
        (50, "DELETE", 1, 0, 203, 2),
    ]
    assert recording.is_estimate
    assert any("estimate" in note for note in recording.notes)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ((10 | BUY | BOTH, 30, 100.25, 0.05, 3), "row 2: expected a price in steps of 0.5, found 100.25"),
        ((10 | BUY | BOTH, 30, 100.0, 0.055, 3), "row 2: expected a size in steps of 0.01, found 0.055"),
        ((10 | BUY | BOTH, 30, -1.0, 0.05, 3), "row 2: expected a price from 1 to 100000000 ticks, found -1.0"),
        ((10 | BUY | BOTH, 30, float("nan"), 0.05, 3), "row 2: expected a price in steps of 0.5, found nan"),
        ((10 | BUY | BOTH, 30, 100.0, 0.0, 3), "row 2: expected a size up to 1000000000 lots, found 0.0"),
        ((10 | BOTH, 30, 100.0, 0.05, 3), "row 2: expected BUY or SELL"),
        ((10 | BUY | BOTH, 3, 100.0, 0.05, 3), "row 2: expected no time before that of the row above, found 3"),
        ((1 | BUY | BOTH, 30, 100.0, 0.05, 3), "row 2: expected an event of a recording of orders, found 1"),
        ((10 | BUY | BOTH, 30, 100.0, 0.05, 1), "row 2: the order is added a second time"),
        ((13 | BUY | BOTH, 30, 100.0, 0.09, 1), "row 2: the order has another size open than is taken away"),
    ],
)
def test_a_row_that_does_not_fit_is_named(
    tmp_path: Path, row: tuple[int, int, float, float, int], complaint: str
) -> None:
    file = write(tmp_path, [(10 | BUY | BOTH, 10, 100.0, 0.05, 1), row])
    with pytest.raises(BadSource, match=complaint):
        read(file)


def test_what_is_no_such_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "day.npz").write_bytes(b"not a zip")
    with pytest.raises(BadSource, match="expected an npz with an array 'data'"):
        read(tmp_path / "day.npz")
    np.savez(tmp_path / "day.npz", data=np.zeros(3))
    with pytest.raises(BadSource, match="expected events of 64 bytes"):
        read(tmp_path / "day.npz")


def _volume(flow: Rows | object) -> int:
    assert isinstance(flow, np.ndarray)
    return int(flow["lots"][flow["kind"] == FlowKind.EXECUTE].sum())


@pytest.mark.parametrize("levels", [False, True])
def test_what_is_written_is_read_again(tmp_path: Path, levels: bool) -> None:
    """The same lots stand at the same prices, and as many were traded, after orders that trade, move and shrink."""
    recording = random_recording(7, 6_000)
    to_hftbacktest(recording, tmp_path / "day.npz", levels=levels, feed_ns=3)
    again = read_hftbacktest(tmp_path / "day.npz", ONE, ONE, queue_model("proportional"))
    assert again.is_estimate == levels
    assert isinstance(again.flow, np.ndarray)
    assert numbers_are_dense(again.flow)
    assert standing(again) == standing(recording) != {}
    with np.load(tmp_path / "day.npz") as archive:
        data = archive["data"]
    trades = data[(data["ev"] & 0xFF) == 2]
    assert _volume(again.flow) == trades["qty"].sum() > 1_000
    assert (data["local_ts"] == data["exch_ts"] + 3).all()
    assert not any("without having been shown: " in note and "shown: 0," not in note for note in again.notes)
