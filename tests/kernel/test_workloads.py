"""The matching workloads that other engines are measured on too: all must count the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.matching import Outcome, outcome
from benchmarks.workload import BadWorkload, read_workload, script_by_client_id, script_by_order_id
from exchange.domain.enums import Side
from exchange.domain.records import Command
from tests.kernel.modes import FAST
from tests.kernel.pair import Pair

_W1 = Outcome(
    events=1_100_000, trades=135_733, volume=4_161_164, rejects=8_237, live_orders=98_009, live_quantity=4_958_731
)


WorkloadFile = Callable[[str], Path]


def test_w1s_counts_are_the_generators(workload_file: WorkloadFile) -> None:
    """Trades, volume, rejects and live orders, whether orders are named by our ids or by client ids."""
    workload = read_workload(workload_file("w1s"))
    found = outcome(workload, script_by_order_id(workload))
    meta = json.loads((workload_file("w1s").parent / "meta.json").read_text())["w1s"]
    assert (found.trades, found.volume) == (meta["trades"], meta["volume"])
    assert (found.rejects, found.live_orders) == (meta["late_cancels"], meta["live_end"])
    assert outcome(workload, script_by_client_id(workload)) == found


def test_w1s_leaves_the_book_of_the_reference_exchange(workload_file: WorkloadFile) -> None:
    """Every event and the final book, order by order."""
    script = script_by_order_id(read_workload(workload_file("w1s")))
    pair = Pair()
    columns = list(Command._fields)
    commands = [Command(*row) for row in script.rows[columns].tolist()]
    for start in range(0, len(commands), 1000):
        pair.apply(commands[start : start + 1000])
    pair.compare_state()
    pair.engine.check()


if FAST:  # A million events would take an hour uncompiled: there w1s says the same.

    def test_w1_counts_are_those_that_eight_engines_agree_on(workload_file: WorkloadFile) -> None:
        """The table that stands beside the generator."""
        workload = read_workload(workload_file("w1"))
        assert outcome(workload, script_by_order_id(workload)) == _W1


def test_a_modify_at_the_same_price_goes_to_the_end_of_the_queue(tmp_path: Path) -> None:
    """Also when it makes the order smaller: the file's rule, not that of our REPLACE."""
    path = tmp_path / "three.bin"
    add, modify = 0, 2
    path.write_bytes(
        _workload_bytes(
            [
                (1, 100, 10, add, Side.BUY, 0),
                (2, 100, 10, add, Side.BUY, 0),
                (1, 100, 5, modify, Side.BUY, 0),
                (3, 100, 10, add, Side.SELL, 1),
                (2, 100, 3, modify, Side.BUY, 0),
            ]
        )
    )
    workload = read_workload(path)
    script = script_by_order_id(workload)
    assert outcome(workload, script) == Outcome(
        events=5, trades=1, volume=10, rejects=1, live_orders=1, live_quantity=5
    )


def test_a_file_that_is_no_workload_is_refused(tmp_path: Path) -> None:
    """Another magic, or fewer records than the header promises."""
    path = tmp_path / "broken.bin"
    whole = _workload_bytes([(1, 100, 10, 0, Side.BUY, 0)])
    for content in (b"", b"GPUOB2\0\0" + whole[8:], whole[:-1], whole + b"\0"):
        path.write_bytes(content)
        with pytest.raises(BadWorkload, match="expected"):
            read_workload(path)


def _workload_bytes(records: list[tuple[int, int, int, int, Side, int]]) -> bytes:
    """A file without warm-up: (order, price, lots, what, side, ioc)."""
    header = b"GPUOB1\0\0" + np.array([0, len(records), 1, 3, 1, 1000], "<u4").tobytes() + bytes(32)
    rows = np.zeros((len(records), 24), np.uint8)
    for row, (order, price_ticks, lots, what, side, is_ioc) in zip(rows, records, strict=True):
        row[:16] = np.array([order, price_ticks, lots, 0], "<u4").view(np.uint8)
        row[16:19] = what, side, is_ioc
    return header + rows.tobytes()
