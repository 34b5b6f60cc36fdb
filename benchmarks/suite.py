"""All measurements, one after the other, each in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from benchmarks import goals, scaling, startup
from benchmarks.isolated import CORE, FULL, ChildFailed, environment, run_module
from benchmarks.machine import load, machine, revision, today
from benchmarks.workload import ClientIds

_CHECKOUT = Path(__file__).resolve().parents[1]
_WORKLOADS = _CHECKOUT.parent / "shared" / "workloads"
_SEED = "42"
Results = dict[str, Any]


class Plan(NamedTuple):
    kernels: list[str]
    reps: int
    quick: bool
    directory: Path  # for what one measurement learns for the next


class Step(NamedTuple):
    """One line of the progress bar; the records that ``run`` finds join those of its part."""

    part: str
    title: str
    seconds: int  # about how long it takes
    run: Callable[[], list[Results]]


def steps(plan: Plan, workloads: dict[str, Path]) -> Iterator[Step]:
    """In the order of the report."""
    quick = plan.quick
    for kernel in plan.kernels:
        yield Step("starts", f"start, {kernel}", 10 if quick else 60, partial(_starts, kernel, quick))
    for (name, path), kernel in product(workloads.items(), plan.kernels):
        # Latencies and memory take processes of their own.
        options = ["--brief"] if quick and name != "w1" else []
        measured = partial(_matching, path, kernel, plan, plan.reps, *options)
        yield Step("matching", f"{name}, {kernel}", (4 if quick else 9) + plan.reps, measured)
    for kernel, batch in product(plan.kernels, (1, 64)):
        options = ["--batch", str(batch), "--brief"]
        measured = partial(_matching, workloads["w1"], kernel, plan, 1 if quick else plan.reps, *options)
        yield Step("batches", f"w1 in batches of {batch}, {kernel}", 8 if quick else 10 + plan.reps, measured)
    for client_ids in [] if quick else ClientIds:
        options = ["--client-ids", client_ids, "--brief"]
        measured = partial(_matching, workloads["w1"], FULL, plan, plan.reps, *options)
        yield Step("client_ids", f"w1, client ids: {client_ids}", 6 + plan.reps, measured)
    yield Step("paths", "paths of the kernel", 15, _paths)
    for shape in scaling.shapes(quick=quick):
        measured = partial(scaling.points, shape, plan.kernels, scaling.reps_for(quick=quick))
        title = f"{shape.contracts:,} contracts, {shape.resting:,} orders"
        yield Step("scaling", title, 6 if quick else 10 + 20 * shape.resting // 10**6, measured)


def run(plan: Plan, workloads: dict[str, Path], report: Callable[[Step], None]) -> Results:
    """Every step; ``report`` hears before each one."""
    results: Results = {"machine": machine(), "load_before": load(), "date": today(), "revision": revision()}
    results["plan"] = {"kernels": plan.kernels, "reps": plan.reps, "quick": plan.quick}
    for step in steps(plan, workloads):
        report(step)
        results[step.part] = results.get(step.part, []) + step.run()
    return results


class NoWorkloads(RuntimeError):
    """Neither files nor a generator."""


def kernels_there() -> list[str]:
    """Both, full first, because it learns the ids that core needs; full alone if core is not to be had."""
    probe = "import json; from benchmarks.isolated import configuration; print(configuration())"
    command = [sys.executable, "-c", probe]
    said = subprocess.run(command, env=environment(CORE), capture_output=True, text=True, check=True).stdout
    return [FULL, CORE] if said.strip() == CORE else [FULL]


def workload_files(directory: Path) -> dict[str, Path]:
    """Each workload's file: from GPUX_WORKLOADS, else generated into ``directory``. Raises NoWorkloads."""
    source = Path(os.environ.get("GPUX_WORKLOADS") or _WORKLOADS)
    files = {name: source / f"{name}.bin" for name in goals.WORKLOADS}
    missing = [name for name, path in files.items() if not path.is_file()]
    if not missing:
        return files
    generator = source / "gen.py"
    if not generator.is_file():
        raise NoWorkloads(f"no {generator} and no {', '.join(missing)}.bin: set GPUX_WORKLOADS to where they are")
    generated = {name: directory / f"{name}.bin" for name in missing}
    wanted = [name for name, path in generated.items() if not path.is_file()]
    if wanted:
        directory.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, str(generator), str(directory), _SEED, ",".join(wanted)]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            raise NoWorkloads(f"{generator} ended with {made.returncode}: {made.stderr.strip()[-200:]}")
    return {**files, **generated}


def _matching(path: Path, kernel: str, plan: Plan, reps: int, *options: str) -> list[Results]:
    core = ["--core"] if kernel == CORE else []
    arguments = [path, "--json", "--reps", reps, "--order-ids", plan.directory / f"{path.stem}.npy", *core, *options]
    return [run_module("benchmarks.matching", *arguments, kernel=kernel)]


def _starts(kernel: str, quick: bool) -> list[Results]:
    warm = startup.warm_start(kernel, reps=2 if quick else 5)
    return [{"kernel": kernel, "warm_seconds": warm, "cold_seconds": None if quick else startup.cold_start(kernel)}]


def _paths() -> list[Results]:
    """Median and range of each path, as pytest-benchmark measures it."""
    with TemporaryDirectory(prefix="gpux-bench-") as directory:
        found = Path(directory) / "paths.json"
        options = ["-o", "addopts=-q --strict-markers", "--benchmark-only", f"--benchmark-json={found}"]
        command = [sys.executable, "-m", "pytest", *options, "-p", "no:cacheprovider", "benchmarks"]
        ran = subprocess.run(command, cwd=_CHECKOUT, env=environment(FULL), capture_output=True, text=True, check=False)
        if ran.returncode:
            raise ChildFailed(f"pytest benchmarks ended with {ran.returncode}: {ran.stdout.strip()[-500:]}")
        tests = json.loads(found.read_text(encoding="utf-8"))["benchmarks"]
    return [
        {
            "path": test["params"]["name"],
            "batch": test["params"]["batch"],
            **{f"{name}_ns": round(1e9 * test["stats"][name]) for name in ("median", "min", "q3")},
        }
        for test in tests
    ]
