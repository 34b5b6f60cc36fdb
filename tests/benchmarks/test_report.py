"""The page and the pictures that ``make bench`` writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks import goals, plots, report, scaling, suite
from benchmarks.flow import Shape


def _results() -> dict[str, Any]:
    """Made up: a whole run of both kernels in which every time is 40 ns and every memory 500 MB."""
    times = {"ns_per_event": 40.0, "ns_per_event_min": 39.0, "ns_per_event_max": 41.0}
    latencies = {"latency_commands": 1000, "latency_ns_p50": 1000, "latency_ns_p99": 2500, "latency_ns_p999": 9000}
    memory = {"resident_bytes": 500_000_000, "peak_bytes": 600_000_000}
    kernels = ["core", "full"]
    counts = {"trades": 1, "volume": 2, "rejects": 3, "live_orders": 0, "events_per_second": 25_000_000}
    return {
        "machine": "an abacus",
        "load_before": 0.5,
        "date": "2026-12-01",
        "revision": "abc",
        "plan": {"reps": 7, "quick": False},
        "starts": [{"kernel": "full", "warm_seconds": 1.0, "cold_seconds": 61.0}],
        "matching": [
            {"file": f"{name}.bin", "configuration": kernel, **times, **counts, **latencies, "latency_ns_timer_p50": 50}
            | {"bytes_per_resting_order": None}
            for kernel in kernels
            for name in goals.WORKLOADS
        ],
        "batches": [{"configuration": "full", "batch": 1, **times}],
        "client_ids": [{"client_ids": "all", **times}],
        "paths": [{"path": "add", "batch": 64, "median_ns": 6400}],
        "scaling": [
            {"kernel": kernel, **shape._asdict(), **times, **memory}
            for shape in scaling.shapes(quick=False)
            for kernel in kernels
        ],
    }


def test_every_figure_stands_beside_its_goal() -> None:
    """Reached or not, on the line of the figure."""
    page = report.page(_results(), "make bench", [Path("workloads.svg")])
    for line in (
        "| `w1` | core | 40 | 15 | not yet |",
        "| `w4a` | full | 40 | 45 | reached |",
        "| `w1` | core | 1000 | 2500 | 9000 | 2.5 | < 3 | reached | 50 | 1,000 |",
        "| MB of 50,000 contracts, listed and idle | full | 500 | < 64 | not yet |",
        "| MB of 10 million resting orders | core | 500 | < 1000 | reached |",
        "| ns an event with 10 million resting orders, against 100,000 | full | 1 | 2 | reached |",
        "| warm | full | 1 | < 1.5 | reached |",
        "| cold | full | 61 | < 60 | not yet |",
        "| liquibook | 3,500 |",
        "| add | 64 | 6,400 | 100 |",
    ):
        assert line in page
    assert "not measured in this run" in page
    assert "an abacus" in page


def test_pictures_are_the_same_bytes_for_the_same_results(tmp_path: Path) -> None:
    """So that a run that changes nothing changes no file."""
    drawn = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        drawn.append([path.read_bytes() for path in plots.draw(_results(), tmp_path / name)])
    assert drawn[0] == drawn[1]
    assert all(picture.startswith(b"<?xml") for picture in drawn[0])


def test_the_study_covers_what_its_goals_ask_for() -> None:
    """Up to ten million orders and 50,000 contracts; every shape once."""
    shapes = scaling.shapes(quick=False)
    assert len(set(shapes)) == len(shapes)
    assert [shape.resting for shape in shapes if shape.contracts == 1] == [10**power for power in range(3, 8)]
    assert max(shape.contracts for shape in shapes if shape.resting) == 50_000
    assert Shape(50_000, 0, 0) in shapes


def test_missing_workloads_are_said_to_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the variable that says where they are."""
    monkeypatch.setenv("GPUX_WORKLOADS", str(tmp_path / "nowhere"))
    with pytest.raises(suite.NoWorkloads, match="set GPUX_WORKLOADS"):
        suite.workload_files(tmp_path)
