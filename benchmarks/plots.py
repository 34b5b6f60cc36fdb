"""The results as pictures: workloads against goals, and the cost of an event against the size of the market."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks import goals, scaling

Results = dict[str, Any]
_COLOURS = {"core": "tab:blue", "full": "tab:orange"}
# The same results give the same bytes.
_PLAIN: dict[Any, Any] = {"svg.hashsalt": "gpux", "svg.fonttype": "none", "font.size": 9}
_METADATA = {"Date": None, "Creator": None}


def draw(results: Results, directory: Path) -> list[Path]:
    """Write the pictures into ``directory``; returns their paths."""
    with mpl.rc_context(_PLAIN):
        return [
            _save(_workloads(results["matching"]), directory / "workloads.svg"),
            _save(_sizes(results["scaling"]), directory / "scaling.svg"),
        ]


def _save(figure: Figure, path: Path) -> Path:
    figure.savefig(path, metadata=_METADATA)
    return path


def _workloads(matching: list[Results]) -> Figure:
    """Bars, and a line across each where its goal is."""
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    axes = figure.subplots()
    names = list(goals.WORKLOADS)
    kernels = list(dict.fromkeys(found["configuration"] for found in matching))
    width = 0.8 / len(kernels)
    for place, kernel in enumerate(kernels):
        measured = {Path(found["file"]).stem: found for found in matching if found["configuration"] == kernel}
        left = [names.index(name) + (place - len(kernels) / 2) * width for name in measured]
        heights = [found["ns_per_event"] for found in measured.values()]
        axes.bar(left, heights, width * 0.95, align="edge", color=_COLOURS[kernel], label=kernel)
        targets = [goals.NS_PER_EVENT[kernel][name] for name in measured]
        # A label that begins so is left out of the legend.
        label = "_goal" if place else "goal"
        axes.hlines(targets, left, [start + width for start in left], color="black", label=label)
    axes.set_xticks(range(len(names)), names)
    axes.set_ylabel("ns an event")
    axes.legend(frameon=False)
    return figure


def _sizes(points: list[Results]) -> Figure:
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    _lines(left, scaling.by_resting(points), "resting", "resting orders in one contract")
    _lines(right, scaling.by_contracts(points), "contracts", "contracts, with 100,000 resting orders in all")
    left.set_ylabel("ns an event")
    left.legend(frameon=False)
    return figure


def _lines(axes: Axes, points: list[Results], size: str, title: str) -> None:
    """One for each kernel, and from least to most as a bar at each point."""
    for kernel in dict.fromkeys(point["kernel"] for point in points):
        mine = [point for point in points if point["kernel"] == kernel]
        middle = [point["ns_per_event"] for point in mine]
        down = [point["ns_per_event"] - point["ns_per_event_min"] for point in mine]
        above = [point["ns_per_event_max"] - point["ns_per_event"] for point in mine]
        sizes = [point[size] for point in mine]
        axes.errorbar(sizes, middle, yerr=[down, above], marker="o", capsize=2, color=_COLOURS[kernel], label=kernel)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(title)
