"""``make papers``: find the published numbers again, then write ``benchmarks/results/papers.md`` and its plots."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
from rich.console import Console

from benchmarks.machine import load, machine, revision, today
from benchmarks.papers import avellaneda_stoikov, cont_stoikov_talreja, glft, perishable
from benchmarks.papers.page import Section

_RESULTS = Path(__file__).parents[1] / "results"
# By the name they are asked for, in the order of the page.
PARTS: dict[str, Callable[[], Section]] = {
    "avellaneda_stoikov": avellaneda_stoikov.section,
    "glft": glft.section,
    "cont_stoikov_talreja": cont_stoikov_talreja.section,
    "perishable": perishable.section,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.papers", description="Find published numbers again.")
    parser.add_argument("parts", nargs="*", help=f"{', '.join(PARTS)} (default: all, which become the page)")
    parser.add_argument("--output", type=Path, default=_RESULTS, help="directory for the page and the plots")
    asked = parser.parse_args()
    if unknown := [part for part in asked.parts if part not in PARTS]:
        parser.error(f"expected parts out of {', '.join(PARTS)}, found {', '.join(unknown)}")
    tell, load_before = Console(stderr=True), load()
    sections, took = [], []
    for name in asked.parts or PARTS:
        tell.print(f"{name} ...")
        started = time.process_time()
        sections.append(PARTS[name]())
        took.append(f"{name} {time.process_time() - started:.0f} s")
    texts = [section.text() for section in sections]
    if asked.parts:
        print("\n\n".join(texts))
        return
    head = [
        "# Papers: published numbers, found again",
        f"`make papers` on {today()}, commit `{revision()}`.\n\n"
        f"Machine: {machine()}; load {load_before:g} before the run. CPU time: {', '.join(took)}.",
    ]
    asked.output.mkdir(parents=True, exist_ok=True)
    mpl.rcParams["svg.hashsalt"] = "gpux"
    for section in sections:
        for name, figure in section.figures.items():
            figure.savefig(asked.output / f"{name}.svg", metadata={"Date": None})
    (asked.output / "papers.md").write_text("\n\n".join([*head, *texts]) + "\n", encoding="utf-8")
    tell.print(f"wrote {asked.output / 'papers.md'}", highlight=False)


if __name__ == "__main__":
    main()
