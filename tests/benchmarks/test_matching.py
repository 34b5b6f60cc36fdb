"""What ``python -m benchmarks.matching`` says, and what it says when it cannot."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks import matching
from benchmarks.isolated import CORE, FULL, ChildFailed, run_module
from benchmarks.latency import latency
from benchmarks.suite import kernels_there
from benchmarks.workload import ClientIds, read_script, read_workload, script_by_client_id, script_by_order_id
from exchange.domain.enums import CommandKind
from exchange.engine import Engine

WorkloadFile = Callable[[str], Path]
_FIELDS = [
    "engine",
    "configuration",
    "client_ids",
    "file",
    "events",
    "trades",
    "volume",
    "rejects",
    "live_orders",
    "live_quantity",
    "measured_events",
    "ns_per_event",
    "ns_per_event_min",
    "ns_per_event_max",
    "events_per_second",
    "latency_commands",
    "latency_ns_p50",
    "latency_ns_p99",
    "latency_ns_p999",
    "latency_ns_timer_p50",
    "bytes_per_resting_order",
    "batch",
    "reps",
    "machine",
    "date",
]


def test_every_kernel_counts_what_the_generator_counts(workload_file: WorkloadFile) -> None:
    """The whole command, in a process of its own, with all that it promises to print."""
    path = workload_file("w1s")
    meta = json.loads((path.parent / "meta.json").read_text())["w1s"]
    for kernel in kernels_there():
        core = ["--core"] if kernel == CORE else []
        found = run_module("benchmarks.matching", path, "--reps", 2, "--json", *core, kernel=FULL)
        assert [name for name in _FIELDS if name not in found] == []
        assert (found["configuration"], found["events"], found["measured_events"]) == (kernel, 21_000, 20_000)
        assert (found["trades"], found["volume"]) == (meta["trades"], meta["volume"])
        assert (found["rejects"], found["live_orders"]) == (meta["late_cancels"], meta["live_end"])
        assert 0 < found["ns_per_event_min"] <= found["ns_per_event"] <= found["ns_per_event_max"]
        assert 0 < found["latency_ns_p50"] <= found["latency_ns_p99"] <= found["latency_ns_p999"]
        assert found["bytes_per_resting_order"] > 0


@pytest.mark.parametrize("client_ids", ClientIds)
def test_client_ids_are_where_they_were_asked_for(workload_file: WorkloadFile, client_ids: ClientIds) -> None:
    """And wherever they are, the market is the same."""
    workload = read_workload(workload_file("w1s"))
    by_client_id = script_by_client_id(workload)
    script = by_client_id if client_ids == ClientIds.ALL else script_by_order_id(workload, client_ids)
    rows = script.rows[script.record >= 0]
    is_new = rows["kind"] == CommandKind.NEW
    assert bool((rows["text_0"][is_new] != 0).all()) == (client_ids != ClientIds.NONE)
    assert len(np.unique(rows["text_0"][is_new])) == (is_new.sum() if client_ids != ClientIds.NONE else 1)
    assert bool((rows["text_0"][~is_new] != 0).any()) == (client_ids == ClientIds.ALL)
    assert bool((rows["order_id"][~is_new] != 0).all()) == (client_ids != ClientIds.ALL)
    assert matching.outcome(workload, script) == matching.outcome(workload, by_client_id)


def test_order_ids_that_were_kept_make_the_same_commands(workload_file: WorkloadFile, tmp_path: Path) -> None:
    """What one run learned, the next one reads."""
    kept = tmp_path / "order_ids.npy"
    _, learned = read_script(workload_file("w1s"), ClientIds.NEW, kept)
    assert kept.is_file()
    _, read = read_script(workload_file("w1s"), ClientIds.NEW, kept)
    assert read.rows.tobytes() == learned.rows.tobytes()


def test_a_file_that_is_no_workload_gets_a_clear_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command ends with what was expected and what was found, not with a traceback."""
    broken = tmp_path / "broken.bin"
    broken.write_bytes(b"not a workload" * 10)
    for path, said in ((broken, "expected a file that begins with"), (tmp_path / "none.bin", "No such file")):
        monkeypatch.setattr(sys, "argv", ["matching", str(path)])
        with pytest.raises(SystemExit) as ended:
            matching.main()
        assert ended.value.code == 2
        assert said in capsys.readouterr().err


def test_a_child_that_fails_is_named_with_what_it_said(tmp_path: Path) -> None:
    """So that a long run does not end with an exit code alone."""
    with pytest.raises(ChildFailed, match=r"benchmarks\.workload .*none\.bin.*No such file"):
        run_module("benchmarks.workload", tmp_path / "none.bin", tmp_path / "ids.npy", kernel=FULL)


def test_latency_applies_every_command_once(workload_file: WorkloadFile) -> None:
    """The engine is afterwards where one batch would have brought it."""
    rows = script_by_order_id(read_workload(workload_file("w1s"))).rows
    one_by_one, at_once = Engine(), Engine()
    found = latency(one_by_one, rows[:5000])
    at_once.apply(rows[:5000])
    assert one_by_one.state_hash() == at_once.state_hash()
    assert found.commands == 4000
    assert 0 < found.timer_p50 <= found.p50
