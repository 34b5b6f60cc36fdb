"""``make bench-backtest``: the speed of backtests and the truth of their fills, beside hftbacktest.

    python -m benchmarks.backtest [--reps N] [--rival PYTHON]

Every figure is measured in a process of its own. ``--rival`` is the Python of the environment with hftbacktest.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.backtest.maker import BUSY, REQUESTS, SEED
from benchmarks.machine import load, machine, revision, today

RESULTS = Path(__file__).parents[1] / "results" / "backtest.md"
RIVAL = Path(__file__).with_name("rival.py")
ROWS = {
    "compiled": ("compiled, woken by timer only", 12.0),
    "timer": ("plain Python, woken by timer only", None),
    "fills": ("plain Python, woken by timer and own fills", None),
    "prices": ("plain Python, woken by timer, own fills and changes of a best price", 10.0),
    "bests": ("plain Python, the same and changes of the lots at it", None),
    "every": ("plain Python, woken by every message that changes the book, and all else", 1.0),
    "books": ("1,000 books at once, a maker in one of them, woken by timer and own fills", None),
}
MODELS = ("l3 fifo", "l2 power 2", "l2 power 3", "l2 log", "l2 log 2", "l2 risk-averse")
Found = dict[str, Any]


def child(python: str, *arguments: str) -> Found:
    command = [python, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr[-2000:]}")
    found: Found = json.loads(done.stdout.splitlines()[-1])
    return found


def ours(*arguments: str) -> Found:
    print("measuring", *arguments, file=sys.stderr)
    return child(sys.executable, "-m", "benchmarks.backtest.measure", *arguments)


def rivals(python: str, reps: int) -> dict[str, Found]:
    """By model, and the rows of either layout."""
    with TemporaryDirectory(prefix="gpux-bench-") as directory:
        ours("export", directory)
        found = {}
        for model in MODELS:
            print("measuring hftbacktest", model, file=sys.stderr)
            file = Path(directory) / f"{model.split()[0]}.npz"
            found[model] = child(python, str(RIVAL), str(file), model, str(reps))
        return found


def rate(ns: float) -> str:
    """Millions a CPU-second."""
    return f"{1e3 / ns:.2f}"


def report(reps: int, rival: str | None) -> str:
    speeds = {name: ours(name, str(reps)) for name in ROWS}
    fills = {mode: ours(mode) for mode in ("inject", "shadow")}
    memories = [ours("memory", str(requests)) for requests in (REQUESTS // 2, REQUESTS)]
    start = ours("start", str(reps))
    others = rivals(rival, reps) if rival else {}
    lines = [
        "# Backtests",
        "",
        f"`make bench-backtest` on {today()}, commit `{revision()}`, {reps} repetitions, medians; "
        f"{load()} processes wanted a core in the last minute.",
        f"{machine()}.",
        "",
        f"The market: zero intelligence, seed {SEED}, {REQUESTS:,} requests; a second on each side",
        f"{BUSY.limit_rate:g} limit orders at each of {BUSY.ticks} distances and {BUSY.market_rate:g} market orders; "
        f"{BUSY.cancel_rate:g} cancels a second of every open order; sizes 1 to {BUSY.lots_max}.",
        "The maker joins the best prices each 100 ms: post-only, size 5, inventory within 50, 1 ms each way.",
        "",
        "## Speed",
        "",
        "Messages are requests of the market; CPU time of one process.",
        "",
        "| strategy | million messages a CPU-second | least to most | goal | messages | woken | its fills |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, (title, goal) in ROWS.items():
        found = speeds[name]
        lines.append(
            f"| {title} | {rate(found['ns'])} | {rate(found['most'])} to {rate(found['least'])} | {goal or ''} "
            f"| {found['requests']:,} | {found['woken']:,} | {found['fills']:,} |"
        )
    share = speeds["fills"]["ns"] / speeds["books"]["ns"]
    lines += [
        "",
        f"1,000 books run at {share:.0%} of the rate of one book (goal: at least 50%).",
        f"Warm start to the first events, the whole process: {start['seconds']:.2f} s "
        f"({start['least']:.2f} to {start['most']:.2f}; goal: under 1.5 s).",
        "Memory: " + " and ".join(f"{one['bytes']:.0f} bytes a message of {one['requests']:,}" for one in memories)
        + " (goal: under 64, flat); a message in memory is 32 of them.",
        "",
    ]  # fmt: skip
    if others:
        lines += fidelity(fills, others)
    return "\n".join(lines) + "\n"


def fidelity(fills: dict[str, Found], others: dict[str, Found]) -> list[str]:
    true_lots = fills["inject"]["lots"]
    lines = [
        "## hftbacktest beside it",
        "",
        "The same flow, written in its layouts; the same maker, compiled, woken by timer. Messages are those of",
        "the flow, although its files have more rows.",
        "",
        "| model | million messages a CPU-second | least to most | million rows a CPU-second |",
        "|---|---|---|---|",
    ]
    for model, found in others.items():
        each, least, most = (found[name] / REQUESTS for name in ("ns", "least", "most"))
        rows = rate(found["ns"] / found["rows"])
        lines.append(f"| hftbacktest {model} | {rate(each)} | {rate(most)} to {rate(least)} | {rows} |")
    lines += [
        "",
        "## Fills",
        "",
        "Lots that the maker trades. In the book they are what they are; every other way is an estimate of that.",
        "",
        "| how | lots | of those in the book | fills |",
        "|---|---|---|---|",
        f"| orders in the book (inject) | {true_lots:,} | 1.00 | {fills['inject']['trades']:,} |",
        f"| beside it (shadow) | {fills['shadow']['lots']:,} | {fills['shadow']['lots'] / true_lots:.2f} "
        f"| {fills['shadow']['trades']:,} |",
    ]
    for model, found in others.items():
        lines.append(
            f"| hftbacktest {model} | {found['lots']:,.0f} | {found['lots'] / true_lots:.2f} | {found['trades']:,} |"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backtest", description="Measure backtests.")
    parser.add_argument("--reps", type=int, default=5, help="repetitions; the median counts (default 5)")
    parser.add_argument("--rival", metavar="PYTHON", help="of the environment with hftbacktest")
    asked = parser.parse_args()
    RESULTS.write_text(report(asked.reps, asked.rival), encoding="utf-8")
    print(f"wrote {RESULTS}")


if __name__ == "__main__":
    main()
