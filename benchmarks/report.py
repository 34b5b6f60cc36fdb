"""The results as a page: every figure beside its goal, and how it was measured."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks import goals, scaling

Results = dict[str, Any]
Row = Iterable[object]

_HOW = """\
CPU time of one process, median of the repetitions (least and most beside it); an event is one record of the
file, and modifies that take two commands are one event. `core` is the kernel compiled with the books alone;
`full` has accounts, funds, fees, self-trade prevention and all events, and each new order brings a client id
that must be new. Latencies are wall-clock time of `Engine.apply` with one command, seen from Python, a look at
the clock included. How each figure comes about, and how to read it: [docs/benchmarks.md](../../docs/benchmarks.md)."""


def page(results: Results, command: str, plots: list[Path]) -> str:
    """All of it, in Markdown."""
    plan = results["plan"]
    quick = " A quick run: fewer repetitions and sizes, so figures are rough." if plan["quick"] else ""
    parts = [
        "# Kernel benchmarks",
        f"`{command}` on {results['date']}, commit `{results['revision']}`, seed 42, "
        f"{plan['reps']} repetitions.{quick}\n\n"
        f"Machine: {results['machine']}; load {results['load_before']:g} before the run.",
        _HOW,
        *(f"![{plot.stem.replace('_', ' ')}]({plot.name})" for plot in plots),
        *_matching(results),
        *_latency(results),
        *_small_batches(results),
        *_client_ids(results),
        *_scaling(results),
        *_starts(results),
        *_paths(results),
    ]
    return "\n\n".join(parts) + "\n"


def _matching(results: Results) -> list[str]:
    rows = []
    for found in results["matching"]:
        name, kernel = Path(found["file"]).stem, found["configuration"]
        rows.append(
            (
                f"`{name}`",
                kernel,
                *_against(found["ns_per_event"], goals.NS_PER_EVENT[kernel][name]),
                f"{found['ns_per_event_min']:g} to {found['ns_per_event_max']:g}",
                f"{found['events_per_second'] / 1e6:.2f} M",
                *(f"{found[key]:,}" for key in ("trades", "volume", "rejects", "live_orders")),
                found.get("bytes_per_resting_order") or "",
                found.get("bytes_per_client_id", ""),
            )
        )
    peers = [
        (name, f"{least:,}" if least == most else f"{least:,} to {most:,}")
        for name, (least, most) in goals.PEERS_W1.items()
    ]
    stress = [(f"`{name}`", what) for name, what in goals.WORKLOADS.items()]
    heads = ["file", "kernel", "ns an event", "goal", "", "least to most", "events a second"]
    heads += ["trades", "volume", "rejects", "live orders", "bytes a resting order", "bytes a client id"]
    return [
        "## Workloads",
        _table(heads, rows),
        _table(["file", "what it stresses"], stress),
        "Other engines on `w1`, in ns an event. These are published figures for this kind of machine; "
        "they were not measured in this run.",
        _table(["engine", "ns an event"], peers),
    ]


def _latency(results: Results) -> list[str]:
    rows = []
    for found in (found for found in results["matching"] if "latency_commands" in found):
        p50, p99, p999 = (found[f"latency_ns_{name}"] for name in ("p50", "p99", "p999"))
        goal = goals.P99_OVER_P50 if Path(found["file"]).stem == "w1" else None
        timer, commands = found["latency_ns_timer_p50"], f"{found['latency_commands']:,}"
        ratio = _against(round(p99 / max(p50, 1), 1), goal, below=True)
        rows.append((f"`{Path(found['file']).stem}`", found["configuration"], p50, p99, p999, *ratio, timer, commands))
    heads = [
        "file",
        "kernel",
        "p50 ns",
        "p99 ns",
        "p99.9 ns",
        "p99 / p50",
        "goal",
        "",
        "the clock alone, ns",
        "commands",
    ]
    return ["## Latency of single commands", _table(heads, rows)]


def _small_batches(results: Results) -> list[str]:
    batches = [
        (found["configuration"], found["batch"], found["ns_per_event"], _range(found)) for found in results["batches"]
    ]
    return [
        "## Small batches\n\n`w1` through `Engine.apply`; an event here bears its part of the call from Python.",
        _table(["kernel", "commands a batch", "ns an event", "least to most"], batches),
    ]


def _client_ids(results: Results) -> list[str]:
    """Nothing after a quick run."""
    named = [(found["client_ids"], found["ns_per_event"], _range(found)) for found in results.get("client_ids", [])]
    if not named:
        return []
    return [
        "## Client ids\n\n`w1` on the full kernel. `none`: nobody gives any. `new`: each new order brings one. "
        "`all`: cancels and modifies find their order by it, too.",
        _table(["client ids", "ns an event", "least to most"], named),
    ]


def _scaling(results: Results) -> list[str]:
    points = results["scaling"]
    by_resting, by_contracts = scaling.by_resting(points), scaling.by_contracts(points)
    heads = ["kernel", "ns an event", "least to most", "resident MB", "highest MB", "bytes an order"]
    return [
        "## Size\n\nThe mix of `w1`, made by `benchmarks.flow`. "
        "Memory is what the process has grown by after the build-up.",
        _table(["resting orders", *heads], [(f"{point['resting']:,}", *_point(point)) for point in by_resting]),
        "100,000 resting orders in all contracts together:",
        _table(["contracts", *heads], [(f"{point['contracts']:,}", *_point(point)) for point in by_contracts]),
        _table(["what", "kernel", "found", "goal", ""], _sizes_against_goals(points)),
    ]


def _sizes_against_goals(points: list[Results]) -> Iterable[Row]:
    for point in scaling.idle(points):
        what = f"MB of {point['contracts']:,} contracts, listed and idle"
        yield what, point["kernel"], *_against(_megabytes(point["resident_bytes"]), goals.IDLE_CONTRACTS_MB, below=True)
    usual = {point["kernel"]: point for point in scaling.by_resting(points) if point["resting"] == 10**5}
    for point in scaling.by_resting(points):
        if point["resting"] != 10**7:
            continue
        kernel, megabytes = point["kernel"], _megabytes(point["resident_bytes"])
        slowdown = round(point["ns_per_event"] / usual[kernel]["ns_per_event"], 2)
        yield "MB of 10 million resting orders", kernel, *_against(megabytes, goals.TEN_MILLION_ORDERS_MB, below=True)
        what = "ns an event with 10 million resting orders, against 100,000"
        yield what, kernel, *_against(slowdown, goals.TEN_MILLION_ORDERS_SLOWDOWN)


def _starts(results: Results) -> list[str]:
    rows: list[Row] = []
    for found in results["starts"]:
        kernel, cold = found["kernel"], found["cold_seconds"]
        rows.append(("warm", kernel, *_against(found["warm_seconds"], goals.WARM_START_SECONDS, below=True)))
        if cold is not None:
            rows.append(("cold", kernel, *_against(cold, goals.COLD_START_SECONDS, below=True)))
    return [
        "## Start\n\nSeconds from the first import to an engine that is ready. Warm: machine code of an earlier run is "
        "loaded. Cold: the cache is empty, and everything is compiled.",
        _table(["start", "kernel", "seconds", "goal", ""], rows),
    ]


def _paths(results: Results) -> list[str]:
    rows = [
        (found["path"], found["batch"], f"{found['median_ns']:,}", f"{found['median_ns'] / found['batch']:,.0f}")
        for found in results["paths"]
    ]
    return [
        "## Paths\n\nOne `Engine.apply` on the full kernel, from `benchmarks/test_paths.py`: median of many.",
        _table(["path", "commands a batch", "ns a batch", "ns a command"], rows),
    ]


def _point(point: Results) -> Row:
    resident = point["resident_bytes"]
    ns_per_event, an_order = point["ns_per_event"], resident // max(point["resting"], 1)
    return point["kernel"], ns_per_event, _range(point), _megabytes(resident), _megabytes(point["peak_bytes"]), an_order


def _range(found: Results) -> str:
    return f"{found['ns_per_event_min']:g} to {found['ns_per_event_max']:g}"


def _megabytes(count: int) -> float:
    return round(count / 1e6, 1)


def _against(found: float, goal: float | None, *, below: bool = False) -> tuple[str, str, str]:
    """The figure, its goal, and whether it is reached; ``below``: reaching it exactly is not enough."""
    if goal is None:
        return f"{found:g}", "", ""
    reached = found < goal if below else found <= goal
    return f"{found:g}", f"{'< ' if below else ''}{goal:g}", "reached" if reached else "not yet"


def _table(heads: list[str], rows: Iterable[Row]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
