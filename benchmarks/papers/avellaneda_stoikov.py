"""Avellaneda and Stoikov, "High-frequency trading in a limit order book" (2008): Tables 1 to 3."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from benchmarks.papers.inventory import ByFormula, InTheBook, Moments, Paths, average_spread, played
from benchmarks.papers.page import Section, table

PATHS = 100_000
PATHS_IN_THE_BOOK = 10_000
Z_MAX = 3.0
_PATHS_OF_PAPER = 1000
_SEED = 2008
_NAMES = ("profit", "std of profit", "final q", "std of final q")


class Row(NamedTuple):
    """One line of the paper's tables, without its average spread."""

    number: int
    gamma: float
    leans: bool
    published: tuple[float, float, float, float]

    @property
    def name(self) -> str:
        return f"{'inventory' if self.leans else 'symmetric'}, gamma = {self.gamma:g}"


ROWS = (
    Row(1, 0.1, True, (65.0, 6.6, 0.08, 2.9)),
    Row(1, 0.1, False, (68.4, 12.7, 0.26, 8.4)),
    Row(2, 0.01, True, (68.6, 8.7, 0.12, 5.1)),
    Row(2, 0.01, False, (68.8, 12.8, 0.09, 8.7)),
    Row(3, 1.0, True, (31.4, 5.0, 0.02, 1.7)),
    Row(3, 1.0, False, (44.0, 11.0, 0.00, 5.1)),
)
SPREADS = {0.1: 1.49, 0.01: 1.35, 1.0: 3.02}


class Found(NamedTuple):
    """The four numbers of a row, their standard errors in a sample of one path, and from how many they are."""

    values: tuple[float, ...]
    errors: tuple[float, ...]
    paths: int


def found(paths: Paths) -> Found:
    profit, inventory = Moments.of(paths.profit), Moments.of(paths.inventory)
    return Found(
        (profit.mean, profit.deviation, inventory.mean, inventory.deviation),
        (profit.mean_error, profit.deviation_error, inventory.mean_error, inventory.deviation_error),
        len(paths.profit),
    )


def z_scores(row: Row, ours: Found) -> list[float]:
    """Published less ours, in standard errors of that: of 1,000 paths there and ours here."""
    shrink = sqrt(1 / _PATHS_OF_PAPER + 1 / ours.paths)
    return [
        (printed - value) / (error * shrink)
        for printed, value, error in zip(row.published, ours.values, ours.errors, strict=True)
    ]


def simulated(row: Row, paths: int, in_the_book: bool, seed: int = _SEED) -> Paths:
    generator = np.random.default_rng([seed, ROWS.index(row), in_the_book])
    return played(row.gamma, row.leans, paths, generator, InTheBook(paths) if in_the_book else ByFormula())


def section() -> Section:
    by_formula = [simulated(row, PATHS, False) for row in ROWS]
    in_the_book = [simulated(row, PATHS_IN_THE_BOOK, True) for row in ROWS]
    spreads = [(f"{gamma:g}", printed, f"{average_spread(gamma):.4f}") for gamma, printed in SPREADS.items()]
    parts = (
        "*s* = 100, *T* = 1, sigma = 2, *dt* = .005, *k* = 1.5, *A* = 140; a quote at distance delta is filled with "
        "probability *A* exp(-*k* delta) *dt* in each step, literally. The paper has 1,000 paths, so its numbers have "
        f"the standard errors shown; ours are from {PATHS:,} paths by formula and from {PATHS_IN_THE_BOOK:,} in the "
        "book, where the quotes are post-only orders on the engine, takers are IOC orders, and prices are whole ticks "
        "of $0.001. *z* is published less ours over the standard error of that.",
        table(["gamma", "average spread, published", "ours"], spreads),
        *_tables(by_formula, in_the_book),
    )
    return Section("Avellaneda and Stoikov (2008)", parts, {"papers_inventory": _figure(by_formula[0], by_formula[1])})


def _tables(by_formula: list[Paths], in_the_book: list[Paths]) -> tuple[str, str]:
    lines: list[tuple[object, ...]] = []
    worst = [0.0, 0.0]
    for row, formula, book in zip(ROWS, by_formula, in_the_book, strict=True):
        ours = found(formula), found(book)
        scores = [z_scores(row, one) for one in ours]
        worst = [max(before, *(abs(z) for z in found_z)) for before, found_z in zip(worst, scores, strict=True)]
        for place, name in enumerate(_NAMES):
            error = ours[0].errors[place] / sqrt(_PATHS_OF_PAPER)
            cells = [f"{one.values[place]:.3f} ({z[place]:+.2f})" for one, z in zip(ours, scores, strict=True)]
            lines.append((f"Table {row.number}: {row.name}", name, row.published[place], f"{error:.3f}", *cells))
    heads = ["", "", "published", "its standard error", "by formula (z)", "in the book (z)"]
    verdict = "all" if max(worst) < Z_MAX else "NOT all"
    summary = (
        f"Of 24 numbers {verdict} are within |*z*| < {Z_MAX:g}: at most {worst[0]:.2f} by formula "
        f"and {worst[1]:.2f} in the book."
    )
    return table(heads, lines), summary


def _figure(inventory: Paths, symmetric: Paths) -> Figure:
    figure = Figure(figsize=(8, 2.8), layout="constrained")
    axes = figure.add_subplot()
    bins = np.linspace(0, 140, 71).tolist()
    axes.hist(symmetric.profit, bins, color="#94a3b8", alpha=0.7, label="symmetric")
    axes.hist(inventory.profit, bins, color="#1d4ed8", alpha=0.7, label="inventory")
    axes.set_xlabel("profit of a path, gamma = 0.1")
    axes.set_yticks([])
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.legend(frameon=False)
    return figure
