"""The perishable maker and its rivals through a day of 24 hours that expire; and one of its hours drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from matplotlib.figure import Figure

from benchmarks.papers.page import Section, table
from benchmarks.papers.toy_book import days_in_book
from benchmarks.papers.toy_day import Day, Played, play
from benchmarks.papers.toy_makers import everybody
from strategies.making.perishable import solve

PATHS = 2000
_SEED = 20260101
_BOOK_HOURS, _BOOK_DAYS = 12, 8
_COLOURS = ("#64748b", "#c2410c", "#7c3aed", "#0f766e", "#1d4ed8", "#0ea5e9")


@dataclass(frozen=True)
class Standing:
    """One maker's days; dollars of one unit of one GPU, over all 24 hours."""

    name: str
    played: Played

    @property
    def error(self) -> float:
        return float(self.played.pnl.std(ddof=1) / np.sqrt(self.played.pnl.size))

    def row(self) -> tuple[str, ...]:
        pnl, spread, gates = self.played
        numbers = (pnl.mean(), self.error, pnl.std(ddof=1), np.quantile(pnl, 0.05), spread.mean())
        return self.name, *(f"{number:.2f}" for number in numbers), f"{gates.mean():.1f}"


@cache
def standings(day: Day, paths: int = PATHS) -> tuple[Standing, ...]:
    """Every maker through the same ``paths`` days."""
    return tuple(Standing(policy.name, play(day, policy, paths, _SEED)) for policy in everybody(day))


def section() -> Section:
    day = Day()
    heads = ["maker", "profit", "s.e.", "std", "worst 5%", "earned by quotes", "units left at gates"]
    literal = replace(day, is_capped=False)
    parts = (
        f"{day.hours} hours, gates 1 to {day.hours} hours away. *k* = {day.k:g}, gamma = {day.gamma:g}, c_long = "
        f"{day.c_long:.2f}, c_short = {day.c_short:.2f}; ours to choose were *A* = {day.arrivals:g} an hour on each "
        f"side, sigma = {day.sigma:g} a square root of an hour, {day.common:.0%} of it common to all hours. Dollars "
        f"after the costs at the gates, {PATHS:,} days, the same prices and people for everybody. The rivals are the "
        "papers' formulas; the grid moves its middle by a tenth of 1/*k* for each unit held.",
        "**Walk-ins**: whoever comes has a reach beyond fair value, exponential with mean 1/*k*; a price better than "
        "fair value brings nobody else.",
        table(heads, [standing.row() for standing in standings(day)]),
        "**The law of the problem, literally**: *A* exp(-*k d*) also at negative *d*, so who pays enough gets rid of "
        "everything in time.",
        table(heads, [standing.row() for standing in standings(literal)]),
        f"**In the real book**: the strategies on the engine, walk-ins as takers, 1 ms latency; {_BOOK_DAYS} days of "
        f"{_BOOK_HOURS} hours.",
        table(["maker", "profit", "s.e.", "std", "units left at gates"], _in_book()),
        "As a portfolio, the maker leans on what it holds in other hours for a tenth of an hour, about as long as "
        "an imbalance of all hours together lasts: it gives up a little profit for less dispersion. With a horizon of "
        "an hour each of 24 hours would correct the whole, and they would overshoot.",
    )
    return Section("The perishable maker: 24 hours that expire", parts, {"papers_perishable": _figure(day)})


def _in_book() -> list[tuple[str, ...]]:
    rows = []
    for name, found in days_in_book(Day(hours=_BOOK_HOURS), _BOOK_DAYS).items():
        deviation = found[:, 0].std(ddof=1)
        numbers = (found[:, 0].mean(), deviation / np.sqrt(_BOOK_DAYS), deviation)
        rows.append((name, *(f"{number:.2f}" for number in numbers), f"{found[:, 1].mean():.1f}"))
    return rows


def _figure(day: Day) -> Figure:
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    profits, quotes = figure.subplots(1, 2)
    for standing, colour in zip(standings(day), _COLOURS, strict=True):
        profits.hist(standing.played.pnl, bins=60, histtype="step", color=colour, label=standing.name, density=True)
    profits.set_xlabel("profit of a day, dollars")
    profits.set_yticks([])
    profits.legend(frameon=False, fontsize=7)
    table_, taus = solve(day.problem), np.geomspace(0.01, 24.0, 200)
    for held, colour in ((-4, "#c2410c"), (0, "#33415c"), (4, "#1d4ed8")):
        depths = [table_.depths(tau, held) for tau in taus.tolist()]
        quotes.plot(
            taus, [-found.bid for found in depths], color=colour, label=f"{held:+d} held" if held else "none held"
        )
        quotes.plot(taus, [found.ask for found in depths], color=colour)
    quotes.set_xscale("log")
    quotes.invert_xaxis()
    quotes.set_xlabel("hours to gate")
    quotes.set_ylabel("bid and ask beside fair value")
    quotes.legend(frameon=False, fontsize=8)
    for axes in (profits, quotes):
        axes.spines[["top", "right"]].set_visible(False)
    return figure
