"""``make bench-gateway``: what the gateway costs, beside a bare echo server of the same library in the same run.

    python -m benchmarks.gateway [--rounds N] [--quick]

Server and client have a core each. Everything is measured ``--rounds`` times: medians, the least and the most.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import uvloop

from benchmarks.gateway import fanout, flood, idle, orders, roundtrip
from benchmarks.gateway.servers import echo, keep_to_client_core, venue
from benchmarks.machine import load, machine, revision, today

RESULTS = Path(__file__).parents[1] / "results" / "gateway.md"
ACCOUNTS = 50
SUBSCRIBERS = 1_000
IDLE = 5_000
BURST = 20
FLOOD_PER_SECOND = 20_000
_FILES = 16_384


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def spread(values: Sequence[float], digits: int = 0) -> str:
    """The median, and from the least to the most."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"


def told(what: str, measure: Callable[[], object]) -> None:
    print("measuring", what, file=sys.stderr)
    measure()


def throughput(rounds: int, count: int) -> list[str]:
    ours: list[orders.Result] = []
    bare: list[orders.Result] = []
    with venue(ACCOUNTS) as server, echo() as plain:
        for _ in range(rounds):
            bare.append(uvloop.run(orders.measure(plain, count)))
            ours.append(uvloop.run(orders.measure(server, count)))
    ratios = [mine.cpu_us / theirs.cpu_us for mine, theirs in zip(ours, bare, strict=True)]
    assert not any(result.refused for result in ours)
    return [
        f"| orders acknowledged durably a second, {orders.CONNECTIONS} connections with {orders.IN_FLIGHT} in flight "
        f"| {spread([r.per_second for r in ours])} | 40,000 |",
        f"| echoes a second | {spread([r.per_second for r in bare])} | |",
        f"| CPU of the server an order, microseconds | {spread([r.cpu_us for r in ours], 1)} | |",
        f"| CPU of the echo server a message, microseconds | {spread([r.cpu_us for r in bare], 1)} | |",
        f"| the one by the other | {spread(ratios, 2)} | 2.5 |",
    ]


def round_trips(rounds: int, count: int) -> list[str]:
    lines = []
    for first, what, goal in (
        ("acknowledge_before_sync = true", "acknowledged before the sync", "150"),
        ("", "acknowledged after it", "150 and a commit"),
    ):
        with venue(1, first=first) as server:
            taken = [uvloop.run(roundtrip.measure(server, count)) for _ in range(rounds)]
        middles = [statistics.median(times) for times in taken]
        lines.append(f"| round trip of one order, {what}, p50 microseconds | {spread(middles)} | {goal} |")
    with echo() as plain:
        bare = [statistics.median(uvloop.run(roundtrip.measure(plain, count))) for _ in range(rounds)]
    lines.append(f"| round trip of an echo, p50 microseconds | {spread(bare)} | |")
    lines.append(f"| writing a page and syncing it, p50 microseconds | {roundtrip.commit(200):,.0f} | |")
    return lines


def spreading(rounds: int, count: int) -> list[str]:
    with venue(1) as server:
        found = [uvloop.run(fanout.measure(server, SUBSCRIBERS, count, BURST)) for _ in range(rounds)]
    changes = [count * SUBSCRIBERS / result.seconds for result in found]
    per_change = [result.cpu_seconds / (count * SUBSCRIBERS) * 1e6 for result in found]
    return [
        f"| changes of one raw book told to {SUBSCRIBERS:,} subscribers, {BURST} orders at once: changes a second "
        f"| {spread(changes)} | 300,000 |",
        f"| CPU a change and subscriber, microseconds | {spread(per_change, 2)} | 2 |",
        f"| frames a second | {spread([result.per_second for result in found])} | |",
        f"| CPU a frame, microseconds | {spread([result.cpu_us for result in found], 1)} | |",
    ]


def silence() -> list[str]:
    with venue(1) as server:
        taken = uvloop.run(idle.measure(server, IDLE))
    return [f"| memory of each of {IDLE:,} idle connections, KB | {taken / 1e3:,.1f} | 20 |"]


def pouring(rounds: int, seconds: float) -> list[str]:
    lags, broken, answered = [], 0, []
    for _ in range(rounds):
        with venue(10) as server:
            result = uvloop.run(flood.measure(server, SUBSCRIBERS, FLOOD_PER_SECOND, seconds))
        lags.append(result.behind_ms)
        broken += result.broken
        answered.append(result.answered / result.seconds)
    return [
        f"| {FLOOD_PER_SECOND:,} orders a second and {SUBSCRIBERS:,} subscribers of 100 ms books: answers a second "
        f"| {spread(answered)} | {FLOOD_PER_SECOND:,} |",
        f"| how old an update is when it is read, ms: p50 | {spread([quantile(lag, 0.5) for lag in lags])} | |",
        f"| the same, p99 | {spread([quantile(lag, 0.99) for lag in lags])} | |",
        f"| the same, the oldest | {spread([max(lag) for lag in lags])} | 250 |",
        f"| connections broken | {broken} | 0 |",
    ]


def report(rounds: int, scale: float) -> str:
    lines: list[str] = []
    told("orders", lambda: lines.extend(throughput(rounds, int(60_000 * scale))))
    told("round trips", lambda: lines.extend(round_trips(rounds, int(1_000 * scale))))
    told("fan-out", lambda: lines.extend(spreading(rounds, int(4_000 * scale))))
    told("idle connections", lambda: lines.extend(silence()))
    told("a flood", lambda: lines.extend(pouring(rounds, 5 * scale)))
    head = [
        "# The gateway",
        "",
        f"`make bench-gateway` on {today()}, commit `{revision()}`, {rounds} rounds: medians, from the least "
        f"to the most; {load()} processes wanted a core in the last minute.",
        f"{machine()}. Server and client on loopback, a core each.",
        "",
        "| | found | goal |",
        "|---|---|---|",
    ]
    return "\n".join([*head, *lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gateway", description="Measure the gateway.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a fifth of the work: rough figures")
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    keep_to_client_core()
    page = report(asked.rounds, 0.2 if asked.quick else 1.0)
    RESULTS.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
