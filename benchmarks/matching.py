"""What the engine does with a matching workload, and how fast.

    python -m benchmarks.matching FILE.bin [--reps N] [--batch N] [--client-ids] [--json]

Measured is ``Engine.apply`` on everything after the warm-up, in batches of COMMAND rows that were
prepared before: validation, funds and capacity, matching, settlement and EVENT rows, all of it,
but no codec and no journal. Time is CPU time of this process, and the median of the repetitions;
every repetition starts from an empty engine and does the warm-up again. An event of a workload is
one record of its file; a modify that takes two commands (see ``workload``) is still one.
Trades, volume and rejects include the warm-up.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.workload import BadWorkload, Script, Workload, read_workload, script_by_client_id, script_by_order_id
from exchange.domain.enums import EventKind, Side
from exchange.engine import Engine

BATCH = 4096


class Outcome(NamedTuple):
    """What a workload must lead to, whatever engine runs it."""

    events: int
    trades: int
    volume: int
    rejects: int
    live_orders: int
    live_quantity: int


def outcome(workload: Workload, script: Script) -> Outcome:
    """Run all of ``script`` once, counting what comes out."""
    engine = Engine()
    trades = volume = 0
    rejected = np.zeros(len(workload.records), np.bool_)
    for start in range(0, len(script.rows), BATCH):
        events = engine.apply(script.rows[start : start + BATCH])
        fills = events[events["kind"] == EventKind.FILLED]
        trades += len(fills)
        volume += int(fills["lots"].sum())
        refusals = events[events["kind"] == EventKind.REJECTED]
        rejected[script.record[refusals["sequence"] - 1]] = True
    engine.check()
    contracts = engine.contracts()
    levels = [engine.levels(contract.contract, side, 10**8) for contract in contracts for side in Side]
    return Outcome(
        events=len(workload.records),
        trades=trades,
        volume=volume,
        rejects=int(rejected.sum()),
        live_orders=sum(contract.orders for contract in contracts),
        live_quantity=sum(lots for side in levels for _, lots in side),
    )


def cpu_ns(script: Script, batch: int) -> tuple[int, Engine]:
    """CPU time of the measured part on a fresh engine, and that engine."""
    engine = Engine()
    engine.apply(script.rows[: script.first_measured])
    batches = [script.rows[start : start + batch] for start in range(script.first_measured, len(script.rows), batch)]
    started_ns = time.process_time_ns()
    for rows in batches:
        engine.apply(rows)
    return time.process_time_ns() - started_ns, engine


def measure(path: Path, reps: int, batch: int, *, client_ids: bool) -> dict[str, object]:
    """Everything that is printed."""
    workload = read_workload(path)
    script = script_by_client_id(workload) if client_ids else script_by_order_id(workload)
    found = outcome(workload, script)
    times_ns = []
    for _ in range(reps):
        elapsed_ns, engine = cpu_ns(script, batch)
        times_ns.append(elapsed_ns)
        assert sum(contract.trades for contract in engine.contracts()) == found.trades
        assert sum(contract.volume_lots for contract in engine.contracts()) == found.volume
    measured = len(workload.records) - workload.warm_up
    # A file may be all warm-up: then there is nothing to divide by.
    ns_per_event = statistics.median(times_ns) / max(measured, 1)
    return {
        "engine": "gpux",
        "file": path.name,
        **found._asdict(),
        "measured_events": measured,
        "batch": batch,
        "reps": reps,
        "ns_per_event": round(ns_per_event, 1),
        "events_per_second": round(1e9 / ns_per_event) if ns_per_event else 0,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matching", description="Measure a matching workload.")
    parser.add_argument("file", type=Path, help="a workload file, such as w1.bin")
    parser.add_argument("--reps", type=int, default=5, help="repetitions; the median counts (default 5)")
    parser.add_argument("--batch", type=int, default=BATCH, help=f"commands in a batch (default {BATCH})")
    parser.add_argument("--client-ids", action="store_true", help="name orders by client id, not by the engine's id")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    if asked.reps < 1 or asked.batch < 1:
        parser.error("--reps and --batch must be at least 1")
    try:
        found = measure(asked.file, asked.reps, asked.batch, client_ids=asked.client_ids)
    except (OSError, BadWorkload) as problem:
        parser.error(str(problem))
    if asked.json:
        print(json.dumps(found))
    else:
        print("\n".join(f"{name.replace('_', ' '):18} {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
