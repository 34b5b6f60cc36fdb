"""What the engine does with a matching workload, and how fast.

    python -m benchmarks.matching FILE.bin [--core] [--client-ids none|new|all] [--reps N] [--batch N] [--json]

Measured is ``Engine.apply`` on everything after the warm-up, in batches of COMMAND rows that were
prepared before: validation, funds and capacity, matching, settlement and EVENT rows, all of it,
but no codec and no journal. Time is CPU time of this process, and the median of the repetitions;
every repetition starts from an empty engine and does the warm-up again. An event of a workload is
one record of its file; a modify that takes two commands (see ``workload``) is still one.
Trades, volume and rejects include the warm-up.

With ``--core`` the kernel is compiled as books alone (GPUX_KERNEL=core): nobody's funds, fees or client ids.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.isolated import CORE, VARIABLE, ChildFailed, configuration, environment
from benchmarks.latency import latency
from benchmarks.machine import machine, today
from benchmarks.memory import memory_in_a_fresh_process
from benchmarks.workload import BadWorkload, ClientIds, Script, Workload, read_script, script_by_order_id
from exchange.domain.enums import CommandKind, EventKind, Side
from exchange.engine import Engine

BATCH = 4096
LATENCY_COMMANDS = 250_000


class Outcome(NamedTuple):
    """What a workload must lead to, whatever engine runs it."""

    events: int
    trades: int
    volume: int
    rejects: int
    live_orders: int
    live_quantity: int


def outcome(workload: Workload, script: Script, *, check: bool = True) -> Outcome:
    """Run all of ``script`` once, counting what comes out; ``check`` every invariant, which takes far longer."""
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
    if check:
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


def warmed_up(script: Script) -> Engine:
    """An engine that stands where measuring begins, with memory at hand for the orders to come."""
    engine = Engine()
    engine.reserve(int((script.rows["kind"] == CommandKind.NEW).sum()))
    engine.apply(script.rows[: script.first_measured])
    return engine


def cpu_ns(script: Script, batch: int) -> tuple[int, Engine]:
    """CPU time of the measured part on a fresh engine, and that engine."""
    engine = warmed_up(script)
    batches = [script.rows[start : start + batch] for start in range(script.first_measured, len(script.rows), batch)]
    started_ns = time.process_time_ns()
    for rows in batches:
        engine.apply(rows)
    return time.process_time_ns() - started_ns, engine


def measure(
    path: Path, client_ids: ClientIds, reps: int, batch: int, *, brief: bool = False, order_ids: Path | None = None
) -> dict[str, object]:
    """Everything that is printed; ``brief`` leaves out latencies and memory."""
    workload, script = read_script(path, client_ids, order_ids)
    found = outcome(workload, script, check=False)
    times_ns = []
    for _ in range(reps):
        elapsed_ns, engine = cpu_ns(script, batch)
        times_ns.append(elapsed_ns)
        assert sum(contract.trades for contract in engine.contracts()) == found.trades
        assert sum(contract.volume_lots for contract in engine.contracts()) == found.volume
    # A file may be all warm-up: then there is nothing to divide by.
    measured = len(workload.records) - workload.warm_up
    ns_per_event, ns_min, ns_max = (
        round(which(times_ns) / max(measured, 1), 1) for which in (statistics.median, min, max)
    )
    return {
        "engine": "gpux",
        "configuration": configuration(),
        "client_ids": str(client_ids),
        "file": path.name,
        **found._asdict(),
        "measured_events": measured,
        "ns_per_event": ns_per_event,
        "ns_per_event_min": ns_min,
        "ns_per_event_max": ns_max,
        "events_per_second": round(1e9 / ns_per_event) if ns_per_event else 0,
        **({} if brief else _latency(script)),
        **({} if brief else _memory(workload, script, client_ids, found.live_orders)),
        "batch": batch,
        "reps": reps,
        "machine": machine(),
        "date": today(),
    }


def _latency(script: Script) -> dict[str, int]:
    rows = script.rows[script.first_measured :][:LATENCY_COMMANDS]
    found = latency(warmed_up(script), rows)._asdict()
    return {"latency_commands": found.pop("commands"), **{f"latency_ns_{name}": ns for name, ns in found.items()}}


def _memory(workload: Workload, script: Script, client_ids: ClientIds, live_orders: int) -> dict[str, int | None]:
    """Client ids are remembered for ever, so what they take has nothing to do with the orders that rest."""
    anonymous = script if client_ids == ClientIds.NONE else script_by_order_id(workload)
    without_ids = memory_in_a_fresh_process(anonymous.rows).resident
    found: dict[str, int | None] = {"bytes_per_resting_order": without_ids // live_orders if live_orders else None}
    if client_ids != ClientIds.NONE:
        named = int((script.rows["kind"] == CommandKind.NEW).sum())
        found["bytes_per_client_id"] = (memory_in_a_fresh_process(script.rows).resident - without_ids) // max(named, 1)
    return found


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matching", description="Measure a matching workload.")
    parser.add_argument("file", type=Path, help="a workload file, such as w1.bin")
    parser.add_argument("--core", action="store_true", help="compile the books alone, without accounts and client ids")
    parser.add_argument(
        "--client-ids",
        type=ClientIds,
        choices=list(ClientIds),
        help="which commands name orders by client id, not by the engine's (default: new; with --core: none)",
    )
    parser.add_argument("--reps", type=int, default=5, help="repetitions; the median counts (default 5)")
    parser.add_argument("--batch", type=int, default=BATCH, help=f"commands in a batch (default {BATCH})")
    parser.add_argument("--brief", action="store_true", help="neither latencies nor memory")
    parser.add_argument("--order-ids", type=Path, metavar="FILE.npy", help="keeps the engine's ids for the next run")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def main() -> None:
    parser = _arguments()
    asked = parser.parse_args()
    if asked.reps < 1 or asked.batch < 1:
        parser.error("--reps and --batch must be at least 1")
    if asked.core and configuration() != CORE:
        if os.environ.get(VARIABLE) == CORE:
            parser.error(f"{VARIABLE}={CORE} is set, and yet this kernel is not of books alone")
        again = [sys.executable, "-m", "benchmarks.matching", *sys.argv[1:]]
        sys.exit(subprocess.run(again, env=environment(CORE), check=False).returncode)
    only_books = configuration() == CORE
    client_ids = asked.client_ids or (ClientIds.NONE if only_books else ClientIds.NEW)
    if only_books and client_ids != ClientIds.NONE:
        parser.error(f"--client-ids {client_ids}: books alone know no client ids")
    try:
        found = measure(asked.file, client_ids, asked.reps, asked.batch, brief=asked.brief, order_ids=asked.order_ids)
    except (OSError, BadWorkload, ChildFailed) as problem:
        parser.error(str(problem))
    if asked.json:
        print(json.dumps(found))
    else:
        print("\n".join(f"{name.replace('_', ' '):24} {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
