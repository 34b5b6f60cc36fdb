"""Trials against their parameters, the winner among the others, overfitting and walks forward, as figures."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from strategies.curves.fit_page.axes import AMBER, BLUE, GRAY, RED, framed, legend_above
from strategies.sweeps.judging import Deflated, Judgement
from strategies.sweeps.overfitting import Overfitting
from strategies.sweeps.plan import Plan
from strategies.sweeps.sharpe import Floats, sharpe_ratio
from strategies.sweeps.space import Choice, Range
from strategies.sweeps.study import End, Trial
from strategies.sweeps.walk_forward import Walk

_COLUMNS = 3
_BINS = 40
_ALIKE = 1e-9
_TEXT_MAX = 14
_TICKS_MAX = 8


def parameter_figures(plan: Plan, judgement: Judgement, trials: Sequence[Trial]) -> Iterator[Figure]:
    """The objective against each parameter, a few to a figure; they share one scale."""
    scored = [trial for trial in trials if trial.end is not End.FAILED]
    values = np.array([trial.value for trial in scored])
    room = 0.05 * max(float(np.ptp(values)), _ALIKE)
    for first in range(0, len(plan.space.axes), _COLUMNS):
        figure, every = framed(2.9, _COLUMNS)
        for axes, axis in zip_longest(every, plan.space.axes[first : first + _COLUMNS]):
            if axis is None:
                axes.set_axis_off()
                continue
            _against(axes, axis, scored, judgement.winner)
            axes.set_ylim(float(values.min()) - room, float(values.max()) + room)
        every[0].set_ylabel(_objective_text(plan))
        if not first:
            legend_above(every[-1] if len(plan.space.axes) >= _COLUMNS else every[0], 3)
        yield figure


def luck_figure(deflated: Deflated, trials: Sequence[Trial]) -> Figure:
    """Sharpe ratios of the trials, the winner, and what the best would show by luck."""
    ratios = [sharpe_ratio(trial.profits) for trial in trials if trial.end is not End.FAILED]
    figure, (axes,) = framed(2.6)
    ends = [*ratios, deflated.luck_noise]
    low, high = min(ends), max(ends)
    width = max(high - low, _ALIKE)
    axes.hist(ratios, bins=_BINS, range=(low, low + width), color=GRAY, label="trials")
    axes.axvline(deflated.luck_noise, color=AMBER, lw=1.6, ls="--", label="best by noise alone")
    if deflated.luck <= high + width:
        axes.axvline(deflated.luck, color=RED, lw=1.2, ls=":", label="best by luck, as published")
    axes.axvline(deflated.track.sharpe, color=BLUE, lw=1.6, label="the winner")
    axes.set_xlabel("Sharpe ratio of a period")
    axes.set_ylabel("trials")
    legend_above(axes, 4)
    return figure


def overfitting_figure(found: Overfitting) -> Figure:
    """How the best of each half ranks in the other."""
    figure, (axes,) = framed(2.4, top=0.1)
    bound = max(float(np.max(np.abs(found.logits))), _ALIKE) * 1.02
    counts, edges = np.histogram(found.logits, bins=_BINS, range=(-bound, bound))
    middles = (edges[:-1] + edges[1:]) / 2
    colors = [RED if middle <= 0.0 else BLUE for middle in middles]
    axes.bar(middles, counts / found.logits.size, width=2 * bound / _BINS, color=colors)
    axes.axvline(0.0, color="black", lw=0.8)
    axes.set_xlabel("rank of one half's best among all in the other half, as a logit: 0 is the median")
    axes.set_ylabel("share of halves")
    return figure


def walk_figure(plan: Plan, judgement: Judgement) -> Figure:
    """Profit added up over the windows, chosen beforehand and in hindsight."""
    figure, (axes,) = framed(2.6)
    hindsight = np.cumsum([score.profit_usd for score in judgement.winner.scores])
    axes.plot(np.arange(1, hindsight.size + 1), hindsight, color=GRAY, lw=1.4, label="the winner, in hindsight")
    for walk, color, name in (
        (judgement.anchored, BLUE, "chosen on all windows before"),
        (judgement.rolling, AMBER, "chosen on the last windows"),
    ):
        if walk is not None:
            _walked(axes, walk, hindsight, color, name)
    axes.axhline(0.0, color="black", lw=0.6)
    axes.set_xticks(np.arange(1, len(plan.windows) + 1) if len(plan.windows) <= 2 * _BINS else [])
    axes.set_xlabel("window")
    axes.set_ylabel("dollars so far")
    legend_above(axes, 3)
    return figure


def _against(axes: Axes, axis: Range | Choice, trials: Sequence[Trial], winner: Trial) -> None:
    def place(trial: Trial) -> float:
        value = dict(trial.parameters)[axis.name]
        return float(axis.values.index(value)) if isinstance(axis, Choice) else float(value)

    for end, color, name in ((End.PRUNED, "#c0c0c0", "pruned"), (End.COMPLETE, BLUE, "ran to the end")):
        some = [trial for trial in trials if trial.end is end]
        axes.plot(
            [place(trial) for trial in some], [trial.value for trial in some], "o", ms=3.5, color=color, label=name
        )
    axes.plot([place(winner)], [winner.value], "*", ms=11, color=RED, label="the winner")
    if isinstance(axis, Choice):
        axes.set_xticks(range(len(axis.values)), [str(value)[:_TEXT_MAX] for value in axis.values])
        axes.set_xlim(-0.5, len(axis.values) - 0.5)
    elif axis.is_log:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=_TICKS_MAX))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel(axis.name)
    axes.grid(alpha=0.25)


def _walked(axes: Axes, walk: Walk, hindsight: Floats, color: str, name: str) -> None:
    """From where the hindsight's line is when the walk begins, so that the two part by what choosing cost."""
    first = walk.steps[0].window
    sums = hindsight[first - 1] + np.cumsum([0.0, *(step.profit_usd for step in walk.steps)])
    axes.plot(np.arange(first, first + sums.size), sums, color=color, lw=1.4, ls="--", label=name)


def _objective_text(plan: Plan) -> str:
    return {"sharpe": "Sharpe ratio of a period", "profit": "dollars a period"}[plan.objective]
