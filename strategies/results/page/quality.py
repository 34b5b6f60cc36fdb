"""The figures that say how well one quoted: what followed fills, who stood in line, for how long one was there."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from strategies.results.figures import ContractFigures, Figures
from strategies.results.page.axes import (
    AMBER,
    BLUE,
    GRAY,
    GREEN,
    INK,
    dollar_axis,
    framed,
    legend_above,
    percent_axis,
    zero_line,
)
from strategies.results.page.words import horizon_text
from strategies.results.queueing import QueueBin

_ERRORS = 2.0  # standard errors either way: about 95%


def markout_figure(figures: Figures) -> Figure:
    """Where the middle went after fills, and what it left of the distance to the middle that the price had."""
    known = [markout for markout in figures.markouts if markout.usd_per_lot is not None]
    figure, (axes,) = framed(2.8)
    places = np.arange(len(known) + 1)
    moves = np.array([0.0, *(markout.usd_per_lot or 0.0 for markout in known)])
    errors = _ERRORS * np.array([0.0, *(markout.error_usd_per_lot or 0.0 for markout in known)])
    axes.fill_between(places, moves - errors, moves + errors, color=BLUE, alpha=0.2, lw=0)
    axes.plot(places, moves, "o-", color=BLUE, ms=4, lw=1.3, label="move of the middle")
    if figures.edge_usd_per_lot is not None:
        axes.plot(places, moves + figures.edge_usd_per_lot, "s--", color=GREEN, ms=4, lw=1.3, label="edge that is left")
    zero_line(axes)
    axes.set_xticks(places, ["fill", *(horizon_text(markout.horizon_s) for markout in known)])
    axes.set_xlabel("after the fill")
    dollar_axis(axes, "$ a lot")
    legend_above(axes, 2)
    return figure


def queue_figure(figures: Figures) -> Figure:
    """The share of the lots that were filled, by what stood before them."""
    figure, (axes,) = framed(2.6)
    bins = [each for each in figures.queue if each.from_lots is not None or each.stays]
    ratios = [each.ratio or 0.0 for each in bins]
    places = np.arange(len(bins))
    axes.bar(places, ratios, 0.7, color=BLUE)
    for place, each, ratio in zip(places, bins, ratios, strict=True):
        words = f"{each.stays:,}" if each.stays else "none"
        axes.annotate(
            words, (place, ratio), xytext=(0, 2), textcoords="offset points", ha="center", fontsize=8, color=INK
        )
    axes.set_xticks(places, [bin_text(each) for each in bins])
    axes.set_xlabel("lots ahead when it joined; above each bar how many joined")
    axes.set_ylim(0.0, min(1.0, max(ratios, default=0.0) * 1.25) or 1.0)
    axes.grid(visible=False, axis="x")
    axes.set_ylabel("lots filled")
    percent_axis(axes)
    return figure


def bin_text(each: QueueBin) -> str:
    if each.from_lots is None:
        return "unknown"
    if each.to_lots is None:
        return f"{each.from_lots}+"
    return str(each.from_lots) if each.from_lots == each.to_lots else f"{each.from_lots}-{each.to_lots}"


def presence_figure(contracts: tuple[ContractFigures, ...]) -> Figure:
    """The share of its open time in which each contract was two-sided, the best first, and so for the obligation."""
    opened = [contract for contract in contracts if contract.open_ns]
    shares = np.sort([contract.two_sided_ns / contract.open_ns for contract in opened])[::-1]
    met = np.sort([contract.met_ns / contract.open_ns for contract in opened])[::-1]
    rank = np.linspace(0.0, 1.0, len(opened) + 1)
    figure, (axes,) = framed(2.6)
    axes.stairs(shares, rank, color=BLUE, lw=1.5, label="two-sided", baseline=None)
    axes.stairs(met, rank, color=AMBER, lw=1.5, ls="--", label="obligation met", baseline=None)
    axes.axhline(1.0, color=GRAY, lw=0.6)
    axes.set_ylim(0.0, 1.05)
    axes.set_xlim(0.0, 1.0)
    axes.xaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f}%")
    axes.set_xlabel("of the contracts, best first")
    axes.set_ylabel("of open time")
    percent_axis(axes)
    legend_above(axes, 2)
    return figure
