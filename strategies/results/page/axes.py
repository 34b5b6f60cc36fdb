"""Axes, colours and scales that the figures of a run share.

Figures are drawn in stand-in colours, which the page turns into variables: so one drawing serves light and dark.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from exchange.domain.units import NS_PER_HOUR, NS_PER_MINUTE, NS_PER_SECOND
from strategies.pages import figure_of

Floats = NDArray[np.float64]

# Told apart by those who do not see all colours, too (Okabe and Ito, 2008).
BLUE, RED, GREEN, AMBER, SKY, PINK, GRAY = SERIES = (
    "#0072b2", "#d55e00", "#009e73", "#e69f00", "#56b4e9", "#cc79a7", "#7a7a7a",
)  # fmt: skip
INK, PALE = "#1b1c1d", "#c9cacb"
_NAMES = dict(
    zip((*SERIES, INK, PALE), ("blue", "red", "green", "amber", "sky", "pink", "gray", "ink", "pale"), strict=True)
)
_COLOR = re.compile("|".join(_NAMES))
_WIDTH = 5.0  # inches: on a phone the words can still be read
_POINTS_MAX = 500
_FLAT = 1e-9  # what varies by less is a level, not a shape
_UNITS = ((48 * NS_PER_HOUR, 24 * NS_PER_HOUR, "days"), (2 * NS_PER_HOUR, NS_PER_HOUR, "hours"),
          (2 * NS_PER_MINUTE, NS_PER_MINUTE, "minutes"), (0, NS_PER_SECOND, "seconds"))  # fmt: skip


class Elapsed(NamedTuple):
    """Time since the start of a run, in the unit that suits how long it was."""

    start_ns: int
    unit_ns: int
    unit: str

    @classmethod
    def of(cls, start_ns: int, end_ns: int) -> Elapsed:
        unit_ns, unit = next((ns, unit) for least, ns, unit in _UNITS if end_ns - start_ns >= least)
        return cls(start_ns, unit_ns, unit)

    def __call__(self, times_ns: NDArray[np.int64]) -> Floats:
        return (times_ns - self.start_ns) / self.unit_ns

    def label(self, axes: Axes) -> None:
        axes.set_xlabel(f"{self.unit} since the start")


def framed(height: float, rows: int = 1, *, left: float = 0.75, bottom: float = 0.45) -> tuple[Figure, list[Axes]]:
    """A figure ``height`` inches high with ``rows`` axes, one below the other, that share their bottom."""
    figure = Figure(figsize=(_WIDTH, height))
    room = {"left": left / _WIDTH, "right": 1.0 - 0.12 / _WIDTH, "bottom": bottom / height, "top": 1.0 - 0.28 / height}
    share = [2] + [1] * (rows - 1)
    made = figure.subplots(
        rows, 1, squeeze=False, sharex=True, gridspec_kw={**room, "hspace": 0.18, "height_ratios": share}
    )
    every = list(made[:, 0])
    for axes in every:
        _dress(axes)
    for axes in every[1:]:
        axes.yaxis.set_major_locator(MaxNLocator(3))
    return figure, every


def _dress(axes: Axes) -> None:
    axes.grid(color=PALE, lw=0.6)
    axes.set_axisbelow(True)
    axes.patch.set_visible(False)
    for name, spine in axes.spines.items():
        spine.set_visible(name in ("left", "bottom"))
        spine.set_color(GRAY)
    axes.tick_params(color=GRAY, labelcolor=INK)
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)
    axes.yaxis.set_major_locator(MaxNLocator(5))


def zero_line(axes: Axes) -> None:
    axes.axhline(0.0, color=INK, lw=0.7)


def dollar_axis(axes: Axes, label: str = "dollars") -> None:
    axes.yaxis.set_major_formatter(FuncFormatter(lambda usd, _: short(usd)))
    axes.set_ylabel(label)
    low, high = axes.dataLim.intervaly
    if not high - low > _FLAT:
        middle = (low + high) / 2 if np.isfinite(low) else 0.0
        axes.set_ylim(middle - 1.0, middle + 1.0)


def percent_axis(axes: Axes) -> None:
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.4g}%"))


def legend_above(axes: Axes, columns: int) -> None:
    axes.legend(
        frameon=False, ncols=columns, loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.0,
        labelcolor=INK, fontsize=8, handlelength=1.4, columnspacing=1.2,
    )  # fmt: skip


def short(number: float) -> str:
    """A number as people write it on an axis: 1,250, 12.5k, 3M."""
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e4, "k")):
        if abs(number) >= size:
            return f"{number / (1e3 if letter == 'k' else size):.4g}{letter}"
    return f"{number:,.4g}" if abs(number) < 1000 else f"{number:,.0f}"


def telling(values: Floats | NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows that look like all: every one, or of each stretch the lowest and the highest, and both ends."""
    if values.size <= _POINTS_MAX:
        return np.arange(values.size)
    stretch = np.arange(values.size) * (_POINTS_MAX // 2) // values.size
    order = np.lexsort((values, stretch))
    last = np.append(np.flatnonzero(np.diff(stretch[order])), order.size - 1)
    first = np.append(0, last[:-1] + 1)
    return np.unique(np.concatenate([[0], order[first], order[last], [values.size - 1]]))


def drawn(figure: Figure, name: str, caption: str) -> str:
    """The figure as an element of the page, its colours as variables. Figures of one page need names of their own."""
    figure.patch.set_visible(False)
    return _COLOR.sub(lambda color: f"var(--{_NAMES[color[0]]})", figure_of(figure, name, caption))
