"""How the cost of an event and the memory grow with the market.

    python -m benchmarks.scaling [--quick] [--kernels full,core] [--output FILE.json]

Time an event against resting orders in one contract and against contracts (with 100,000 orders in all of them
together); memory of contracts that are listed and idle, and of resting orders. Every point is measured in
a process of its own, on commands that another one recorded: see ``flow``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.flow import Shape
from benchmarks.isolated import CORE, FULL, ChildFailed, run_module
from benchmarks.machine import machine, today

_RESTING = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
_CONTRACTS = (1, 10, 100, 1_000, 10_000, 50_000)
_RESTING_IN_ALL = 100_000
_CONTRACTS_IDLE = 50_000
_EVENTS = 1_000_000
_REPS = 5
_EVENTS_QUICK = 100_000
_REPS_QUICK = 2
_RESTING_QUICK = (1_000, 100_000)
_CONTRACTS_QUICK = (1_000, 50_000)

Point = dict[str, Any]


def shapes(*, quick: bool) -> list[Shape]:
    """All that is measured, once each: those that vary the orders, then those that vary the contracts, then idle."""
    events = _EVENTS_QUICK if quick else _EVENTS
    by_resting = [Shape(1, resting, events) for resting in (_RESTING_QUICK if quick else _RESTING)]
    by_contracts = [Shape(count, _RESTING_IN_ALL, events) for count in (_CONTRACTS_QUICK if quick else _CONTRACTS)]
    return list(dict.fromkeys([*by_resting, *by_contracts, Shape(_CONTRACTS_IDLE, 0, 0)]))


def reps_for(*, quick: bool) -> int:
    return _REPS_QUICK if quick else _REPS


def points(shape: Shape, kernels: list[str], reps: int) -> list[Point]:
    """One for each kernel. Raises ChildFailed, also if a kernel did other trades than the one that recorded."""
    measured = []
    with TemporaryDirectory(prefix="gpux-bench-") as directory:
        rows = Path(directory) / "rows.npy"
        recorded = run_module("benchmarks.flow", "record", shape, rows, kernel=FULL) if shape.events else {}
        for kernel in kernels:
            found = run_module("benchmarks.flow", "replay", shape, rows, reps, kernel=kernel)
            if any(found[name] != recorded[name] for name in recorded):
                raise ChildFailed(f"{shape} on {kernel}: expected {recorded}, found {found}")
            measured.append({"kernel": kernel, **shape._asdict(), **found, "reps": reps})
    return measured


def by_resting(measured: list[Point]) -> list[Point]:
    return [point for point in measured if point["contracts"] == 1]


def by_contracts(measured: list[Point]) -> list[Point]:
    return [point for point in measured if point["resting"] == _RESTING_IN_ALL]


def idle(measured: list[Point]) -> list[Point]:
    return [point for point in measured if point["resting"] == 0]


def study(kernels: list[str], *, quick: bool) -> dict[str, object]:
    """Everything."""
    shapes_of_points = (points(shape, kernels, reps_for(quick=quick)) for shape in shapes(quick=quick))
    measured = [point for found in shapes_of_points for point in found]
    return {
        "by_resting": by_resting(measured),
        "by_contracts": by_contracts(measured),
        "idle": idle(measured),
        "machine": machine(),
        "date": today(),
    }


def kernels_named(text: str) -> list[str]:
    """Raises ArgumentTypeError for another word than full and core."""
    named = text.split(",")
    if not set(named) <= {CORE, FULL}:
        raise argparse.ArgumentTypeError(f"expected {FULL}, {CORE} or both with a comma, found {text!r}")
    return named


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description="Cost against size.")
    parser.add_argument("--quick", action="store_true", help="fewer sizes, fewer events")
    parser.add_argument("--kernels", type=kernels_named, default=[FULL], help="full, core or full,core (default full)")
    parser.add_argument("--output", type=Path, help="where to write the JSON (default: print it)")
    asked = parser.parse_args()
    try:
        text = json.dumps(study(asked.kernels, quick=asked.quick), indent=1)
    except ChildFailed as problem:
        parser.error(str(problem))
    if asked.output:
        asked.output.write_text(text + "\n", encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
