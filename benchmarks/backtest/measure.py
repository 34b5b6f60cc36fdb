"""One figure of the table, in a process of its own: ``python -m benchmarks.backtest.measure NAME``; prints JSON."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.backtest import compiled
from benchmarks.backtest.maker import LATENCY_NS, REQUESTS, backtest, flow
from strategies.backtest.reading.exporting import to_hftbacktest
from strategies.backtest.spec import Mode
from strategies.base import Wake

QUIET = Wake.TIMER | Wake.FILL
SPEEDS = {
    "timer": (Wake.TIMER, 1, REQUESTS),
    "prices": (QUIET | Wake.PRICE, 1, REQUESTS),
    "bests": (QUIET | Wake.BBO, 1, REQUESTS // 4),
    "every": (Wake.EVERY, 1, REQUESTS // 8),
    "books": (QUIET, 1000, REQUESTS),
    "fills": (QUIET, 1, REQUESTS),
}
_START = """
import time
from benchmarks.backtest.maker import backtest, flow, Wake
backtest(flow(100), Wake.TIMER).run()
"""


def speed(name: str, reps: int) -> dict[str, float]:
    """CPU nanoseconds a request: median, least and most."""
    wakes, books, requests = SPEEDS[name]
    recording = flow(requests, books)
    each, woken = [], 0
    for _ in range(reps):
        made = backtest(recording, wakes)
        started_ns = time.process_time_ns()
        made.run()
        each.append((time.process_time_ns() - started_ns) / requests)
        woken = made.desk.strategy.woken  # type: ignore[attr-defined]
    found = made.desk.statistics(made.now_ns)
    return {
        "ns": statistics.median(each), "least": min(each), "most": max(each), "requests": requests, "woken": woken,
        "fills": found.trades, "messages": found.messages,
    }  # fmt: skip


def filled(mode: str) -> dict[str, float]:
    """What the maker's orders trade in all."""
    made = backtest(flow(), QUIET, Mode(mode))
    made.run()
    lots = sum(
        result.volume_gpu_hours // result.contract.gpu_hours_per_lot for result in made.desk.ledger.results.values()
    )
    return {"lots": lots, "trades": made.desk.ledger.trades}


def memory(requests: int) -> dict[str, float]:
    """Bytes a request that the process grows by, with the flow in memory: above a run on next to nothing."""
    backtest(flow(10_000), QUIET).run()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    made = backtest(flow(requests), QUIET)
    made.run()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    return {"bytes": grown / requests, "requests": requests}


def start(reps: int) -> dict[str, float]:
    """Wall seconds of a process that plays its first events and ends; the machine code is there from before."""
    each = []
    for _ in range(reps):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", _START], check=True)
        each.append(time.perf_counter() - started)
    return {"seconds": statistics.median(each), "least": min(each), "most": max(each)}


def export(directory: str) -> dict[str, float]:
    """The same flow in hftbacktest's layouts, by order and by level."""
    recording = flow()
    return {
        layout: to_hftbacktest(recording, Path(directory) / f"{layout}.npz", levels=layout == "l2", feed_ns=LATENCY_NS)
        for layout in ("l3", "l2")
    }


def main() -> None:
    what, *rest = sys.argv[1:]
    if what in SPEEDS:
        found = speed(what, int(rest[0]))
    elif what == "compiled":
        found = compiled.speed(int(rest[0]))
    elif what == "memory":
        found = memory(int(rest[0]))
    elif what == "start":
        found = start(int(rest[0]))
    elif what == "export":
        found = export(rest[0])
    else:
        found = filled(what)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
