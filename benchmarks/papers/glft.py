"""Guéant, Lehalle and Fernandez-Tapia, "Dealing with the inventory risk" (2013): closed form and exact solution."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from benchmarks.papers.page import Section, table
from strategies.making.glft import Setting, ask_distance, bid_distance, lasting_values, slope, spread, values

TOLERANCE = 1e-6
_GAMMA, _K = 0.01, 0.3
_LIMIT = 30
_LONG = 3600.0


class Case(NamedTuple):
    """One set of parameters, with the slope and the spread that belong to it."""

    sigma: float
    arrivals: float
    slope: float
    spread: float

    @property
    def setting(self) -> Setting:
        return Setting(_GAMMA, _K, self.arrivals, self.sigma)


CASES = (
    Case(0.3, 0.9, 0.067866, 6.625830),
    Case(0.4, 0.9, 0.090488, 6.648452),
    Case(1.0, 0.2, 0.479884, 7.037848),
)


class Exact(NamedTuple):
    """What the exact solution says where the closed form has one number for all inventories."""

    slope: float  # of the bid at no inventory
    spread: float  # at no inventory
    unsettled: float  # how far any quote is from where it goes as the end moves away, at T - t = _LONG


def exact(case: Case, limit: int = _LIMIT) -> Exact:
    lasting = lasting_values(case.setting, limit)
    bids, asks = bid_distance(case.setting, lasting), ask_distance(case.setting, lasting)
    unsettled = np.abs(bid_distance(case.setting, values(case.setting, limit, _LONG)) - bids).max()
    # Bids are those at -Q .. Q-1 and asks those at -Q+1 .. Q.
    return Exact(float(bids[limit + 1] - bids[limit - 1]) / 2, float(bids[limit] + asks[limit - 1]), float(unsettled))


def section() -> Section:
    lines = []
    for case in CASES:
        closed, solved = (slope(case.setting), spread(case.setting)), exact(case)
        is_right = max(abs(closed[0] - case.slope), abs(closed[1] - case.spread)) <= TOLERANCE
        lines.append(
            (
                f"{case.sigma:g}, {case.arrivals:g}",
                f"{case.slope:.6f}",
                f"{closed[0]:.6f}",
                f"{solved.slope:.6f}",
                f"{case.spread:.6f}",
                f"{closed[1]:.6f}",
                f"{solved.spread:.6f}",
                "yes" if is_right else "NO",
                f"{solved.unsettled:.0e}",
            )
        )
    heads = ["sigma, A", "slope, published", "closed form", "exact", "spread, published", "closed form", "exact"]
    parts = (
        f"*k* = {_K:g}, gamma = {_GAMMA:g}. The closed form is an approximation for a maker without end or limit; the "
        f"exact solution is of the linear system with inventory within {_LIMIT} units, far from the end, at no "
        f"inventory. *Settled* is how far the matrix exponential at *T* - *t* = {_LONG:g} s still is from the "
        "eigenvector, over all inventories.",
        table([*heads, f"closed form within {TOLERANCE:g}", "settled"], lines),
    )
    return Section("Guéant, Lehalle and Fernandez-Tapia (2013)", parts, {"papers_glft": _figure()})


def _figure() -> Figure:
    figure = Figure(figsize=(8, 3.0), layout="constrained")
    held = np.arange(-_LIMIT, _LIMIT)
    for place, case in enumerate((CASES[0], CASES[-1])):
        axes = figure.add_subplot(1, 2, place + 1)
        bids = bid_distance(case.setting, lasting_values(case.setting, _LIMIT))
        axes.plot(held, bids, color="#1d4ed8", label="exact")
        closed = (spread(case.setting) - slope(case.setting)) / 2 + (held + 0.5) * slope(case.setting)
        axes.plot(held, closed, color="#c2410c", ls="--", label="closed form")
        axes.set_title(f"sigma = {case.sigma:g}, A = {case.arrivals:g}", fontsize=10)
        axes.set_xlabel("inventory")
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].set_ylabel("distance of the bid")
    figure.axes[0].legend(frameon=False)
    return figure
