"""``make bench``: measure everything, then write ``benchmarks/results``."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from benchmarks import plots, report
from benchmarks.isolated import ChildFailed
from benchmarks.suite import NoWorkloads, Plan, Step, kernels_there, run, steps, workload_files

_RESULTS = Path(__file__).parent / "results"
_REPS, _REPS_QUICK = 7, 2


def _cache() -> Path:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "gpux" / "workloads-42"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure everything.")
    parser.add_argument(
        "--quick", action="store_true", help="rough figures in under three minutes, without cold starts"
    )
    parser.add_argument("--output", type=Path, default=_RESULTS, help="directory for the page, the plots and the JSON")
    asked = parser.parse_args()
    try:
        with TemporaryDirectory(prefix="gpux-bench-") as directory:
            reps = _REPS_QUICK if asked.quick else _REPS
            plan = Plan(kernels_there(), reps, asked.quick, Path(directory))
            results = _run(plan, workload_files(_cache()))
    except (NoWorkloads, ChildFailed) as problem:
        parser.error(str(problem))
    asked.output.mkdir(parents=True, exist_ok=True)
    command = 'make bench ARGS="--quick"' if asked.quick else "make bench"
    page = asked.output / "kernel.md"
    page.write_text(report.page(results, command, plots.draw(results, asked.output)), encoding="utf-8")
    (asked.output / "kernel.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(f"gpux: wrote {page}")


def _run(plan: Plan, workloads: dict[str, Path]) -> report.Results:
    """With a bar that moves by the time that steps are known to take."""
    columns = (SpinnerColumn(), TextColumn("{task.description:32}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("", total=sum(step.seconds for step in steps(plan, workloads)))
        before = 0

        def show(step: Step) -> None:
            nonlocal before
            progress.update(task, advance=before, description=step.title)
            before = step.seconds

        results = run(plan, workloads, show)
        progress.update(task, advance=before, description="done")
    return results


if __name__ == "__main__":
    main()
