"""What the forecasts are worth, to be looked at."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.curves.forecast import Cell, Forecasts
from strategies.curves.regimes import Regime

_COLORS = {Regime.AUCTION: "#c2410c", Regime.ADMINISTERED: "#0f766e", Regime.MARKETPLACE: "#1d4ed8"}
_GOAL = 0.1


def figures(found: Forecasts) -> dict[str, Figure]:
    """By name: how much better than the best simple rival, and how honest the intervals are."""
    return {"curves_skill": _skill(found.cells), "curves_held": _held(found.cells)}


def _skill(cells: tuple[Cell, ...]) -> Figure:
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    axes = figure.add_subplot()
    for place, (regime, color) in enumerate(_COLORS.items()):
        for cell in (cell for cell in cells if cell.regime is regime):
            at = _HOURS.index(cell.horizon) + 0.22 * (place - 1)
            axes.plot([at, at], [cell.crps.low, cell.crps.high], color=color, lw=2, alpha=0.6)
            axes.plot(at, cell.crps.skill, "o", color=color, label=str(regime))
    axes.axhline(0.0, color="black", lw=0.8)
    axes.axhline(_GOAL, color="gray", lw=0.8, ls="--")
    axes.set_ylabel("CRPS better than the best simple rival")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    _finished(axes)
    return figure


def _held(cells: tuple[Cell, ...]) -> Figure:
    figure = Figure(figsize=(8, 3.0), layout="constrained")
    axes = figure.add_subplot()
    axes.axhspan(0.90, 0.99, color="#e2e8f0")
    for place, (regime, color) in enumerate(_COLORS.items()):
        for cell in (cell for cell in cells if cell.regime is regime):
            at = _HOURS.index(cell.horizon) + 0.22 * (place - 1)
            axes.plot(at, cell.held, "o", color=color, label=str(regime))
            axes.plot(at, cell.ranked, "_", color=color, ms=12)
    axes.set_ylabel("held by the 95% interval")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    _finished(axes)
    return figure


_HOURS = (1.0, 2.0, 6.0, 24.0, 168.0)


def _finished(axes: Axes) -> None:
    axes.set_xticks(range(len(_HOURS)), ["1 h", "2 h", "6 h", "1 d", "7 d"])
    axes.spines[["top", "right"]].set_visible(False)
    named = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    axes.legend(named.values(), named.keys(), frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, 1.15))
