"""Axes and colours that the figures of a fit share."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, Locator, LogLocator, MaxNLocator, NullLocator

from strategies.curves.filtering import Floats

# Told apart by those who do not see all colours, too (Okabe and Ito, 2008).
BLUE, RED, GREEN, AMBER, SKY, PINK, GRAY = (
    "#0072b2", "#d55e00", "#009e73", "#e69f00", "#56b4e9", "#cc79a7", "#7a7a7a",
)  # fmt: skip
_WIDE = 5.0  # where the dearest is so many times the cheapest, ticks are at 1, 2 and 5
_ROOM = 1.01
_WIDTH = 9.0  # inches


def framed(
    height: float, columns: int = 1, *, top: float = 0.3, right: float = 0.1, bottom: float = 0.5
) -> tuple[Figure, list[Axes]]:
    """A figure ``height`` inches high and its axes, with fixed room for ticks and labels: a layout takes half the time.

    top, right, bottom: inches of room there, for a legend.
    """
    figure = Figure(figsize=(_WIDTH, height))
    room = {"left": 0.7 / _WIDTH, "right": 1.0 - right / _WIDTH, "bottom": bottom / height, "top": 1.0 - top / height}
    axes = figure.subplots(1, columns, squeeze=False, gridspec_kw={**room, "wspace": 0.25})
    return figure, list(axes[0])


def price_axis(axes: Axes, prices: Floats) -> None:
    """Dollars on a log scale, wide enough for ``prices``, and never narrower than a hundredth each way."""
    low, high = float(np.min(prices)), float(np.max(prices))
    axes.set_yscale("log")
    room = _ROOM * (high / low) ** 0.04
    axes.set_ylim(low / room, high * room)
    ticks: Locator = LogLocator(subs=(1.0, 2.0, 5.0)) if high / low > _WIDE else MaxNLocator(6)
    axes.yaxis.set_major_locator(ticks)
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda price, _: f"{price:.5g}"))
    axes.set_ylabel("dollars per GPU-hour")
    axes.grid(alpha=0.25)


def date_axis(axes: Axes) -> None:
    dates: Any = ConciseDateFormatter
    axes.xaxis.set_major_formatter(dates(axes.xaxis.get_major_locator()))


def legend_above(axes: Axes, columns: int) -> None:
    axes.legend(frameon=False, ncols=columns, loc="lower right", bbox_to_anchor=(1.0, 1.01), borderaxespad=0.0)
