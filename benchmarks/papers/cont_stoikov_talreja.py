"""Cont, Stoikov and Talreja, "A stochastic model for order book dynamics" (2010): Tables 3, 4 and 5 in the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from benchmarks.papers import chain
from benchmarks.papers.many_books import Flags, Floats, Integers, ManyBooks
from benchmarks.papers.page import Section, table
from benchmarks.papers.queues import Ending, Queues, Rates

TOLERANCE = 0.006
PATHS = 100_000  # a cell: the standard error is 0.0016 at the most
PATHS_OF_ALL_DISTANCES = 10_000
_CELLS = len(chain.SIZES) ** 2
_BATCH = 1000  # of each cell at once
_SEED = 2010

_MID_UP = (
    (0.500, 0.336, 0.259, 0.216, 0.188),
    (0.664, 0.500, 0.407, 0.348, 0.307),
    (0.741, 0.593, 0.500, 0.437, 0.391),
    (0.784, 0.652, 0.563, 0.500, 0.452),
    (0.812, 0.693, 0.609, 0.548, 0.500),
)
_SPREAD_MADE = (
    (0.266, 0.308, 0.309, 0.300, 0.288),
    (0.308, 0.386, 0.406, 0.406, 0.400),
    (0.309, 0.406, 0.441, 0.452, 0.452),
    (0.300, 0.406, 0.452, 0.471, 0.479),
    (0.288, 0.400, 0.452, 0.479, 0.491),
)


class Question(NamedTuple):
    """One table: whose orders stand in the book, and which endings it counts."""

    title: str
    mine: tuple[bool, bool]
    counts: Callable[[Ending], Flags]
    exact: Callable[[], Floats]
    published: tuple[tuple[float, ...], ...] | None


QUESTIONS = (
    Question("Table 3: the mid price goes up", (False, False), lambda end: end.moved > 0, chain.mid_up, _MID_UP),
    Question(
        "Table 4: a bid is filled before the mid price moves",
        (True, False),
        lambda end: end.filled[:, 0],
        chain.bid_filled,
        None,
    ),
    Question(
        "Table 5: a bid and an ask are both filled before the mid price moves",
        (True, True),
        lambda end: end.filled[:, 0] & end.filled[:, 1],
        chain.spread_made,
        _SPREAD_MADE,
    ),
)


def measured(question: Question, paths: int, levels: int, seed: int = _SEED) -> Floats:
    """(5, 5): the share of ``paths`` in each cell, of books that orders reach at ``levels`` distances."""
    generator = np.random.default_rng([seed, levels, QUESTIONS.index(question)])
    each = min(paths, _BATCH)
    queues = Queues(ManyBooks(_CELLS * each), Rates.of_paper(levels), generator)
    bids, asks = _beginnings(each)
    counted = np.zeros(_CELLS)
    for _ in range(paths // each):
        counted += question.counts(queues.play(bids, asks, question.mine)).reshape(each, _CELLS).sum(axis=0)
    return counted.reshape(5, 5) / (paths // each * each)


def _beginnings(each: int) -> tuple[Integers, Integers]:
    bids, asks = np.meshgrid(chain.SIZES, chain.SIZES, indexing="ij")
    return np.tile(bids.reshape(-1), each), np.tile(asks.reshape(-1), each)


def standard_errors(exact: Floats, paths: int) -> Floats:
    errors: Floats = np.sqrt(exact * (1 - exact) / paths)
    return errors


def section() -> Section:
    parts = [
        "Every order is for one lot; at distance *i* from the best opposite price limit orders arrive at rate "
        "lambda(*i*), each is cancelled at rate theta(*i*), and market orders arrive at rate mu. A simulation is a "
        "book of the engine, 25,000 at once; who is filled, and so the place in the queue, is the engine's answer. "
        f"{PATHS:,} books a cell with orders at the best prices, which is all that matters until the mid price moves, "
        f"and {PATHS_OF_ALL_DISTANCES:,} a cell with orders at all five distances, to see that it is so. *Exact* are "
        "the linear equations of the same Markov chain, solved without engine or simulation. One's own orders are the "
        "last of the *b* at the bid and of the *a* at the ask, and are never cancelled. Cells: published, **found**, "
        "exact; *z* is found against exact."
    ]
    panels = []
    for question in QUESTIONS:
        exact = question.exact()
        found = measured(question, PATHS, 1)
        deep = measured(question, PATHS_OF_ALL_DISTANCES, 5)
        parts += list(_answer(question, exact, found, deep))
        panels.append((question.title, exact, found))
    return Section("Cont, Stoikov and Talreja (2010)", tuple(parts), {"papers_queues": _figure(panels)})


def _answer(question: Question, exact: Floats, found: Floats, deep: Floats) -> Iterator[str]:
    yield f"### {question.title}"
    printed = np.array(question.published) if question.published else None
    rows = []
    for bids in range(5):
        cells = [
            (f"{printed[bids, asks]:.3f}, " if printed is not None else "")
            + f"**{found[bids, asks]:.4f}**, {exact[bids, asks]:.4f}"
            for asks in range(5)
        ]
        rows.append([f"*b* = {bids + 1}", *cells])
    yield table(["", *(f"*a* = {asks}" for asks in chain.SIZES)], rows)
    against = printed if printed is not None else exact
    worst = float(np.abs(found - against).max())
    z = np.abs(found - exact) / standard_errors(exact, PATHS)
    z_deep = np.abs(deep - exact) / standard_errors(exact, PATHS_OF_ALL_DISTANCES)
    verdict = "within" if worst <= TOLERANCE else "NOT within"
    yield (
        f"Farthest from {'the published number' if printed is not None else 'exact'}: {worst:.4f}, {verdict} the "
        f"tolerance of {TOLERANCE}. Standard error at most {standard_errors(exact, PATHS).max():.4f}; largest *z* "
        f"{z.max():.2f}, with orders at all five distances {z_deep.max():.2f} (of 25 cells each)."
    )
    if printed is None:
        yield (
            "The paper prints this table the other way round, as 1 minus its transpose: "
            + "; ".join(" ".join(f"{1 - exact[asks, bids]:.3f}" for asks in range(5)) for bids in range(5))
            + "."
        )


def _figure(panels: list[tuple[str, Floats, Floats]]) -> Figure:
    """Found over exact, by the orders at the ask, a line for each number at the bid."""
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    for place, (title, exact, found) in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), place + 1)
        for bids in range(5):
            shade = f"C{bids}"
            axes.plot(chain.SIZES, exact[bids], color=shade, lw=1, label=f"b = {bids + 1}")
            axes.plot(chain.SIZES, found[bids], "o", color=shade, ms=4)
        axes.set_title(title.partition(":")[0], fontsize=10)
        axes.set_xlabel("orders at the ask")
        axes.set_ylim(0, 1)
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].set_ylabel("probability (line: exact)")
    figure.axes[0].legend(frameon=False, fontsize=8)
    return figure
