"""Several runs beside each other: their equity in one picture, their figures in one table."""

from __future__ import annotations

import polars as pl
from matplotlib.figure import Figure

from exchange.domain.units import MICROS_PER_DOLLAR
from strategies.pages import table_of
from strategies.results.markouts import HORIZONS_S
from strategies.results.page.axes import SERIES, Elapsed, dollar_axis, framed, legend_above, telling, zero_line
from strategies.results.page.words import cells, horizon_text
from strategies.results.run import Run

DRAWN_MAX = len(SERIES)


def comparison_figure(runs: list[Run], equities: list[pl.DataFrame]) -> Figure:
    """Profit since each began; at most DRAWN_MAX runs, the first. Names may be long, so they are numbers here."""
    figure, (axes,) = framed(3.1)
    longest_ns = max(run.record.end_ns - run.record.start_ns for run in runs)
    for place, (run, equity, color) in enumerate(zip(runs, equities, SERIES, strict=False), 1):
        elapsed = Elapsed.of(run.record.start_ns, run.record.start_ns + longest_ns)
        micros = equity["equity_micros"].to_numpy()
        rows = telling(micros)
        times = elapsed(equity["time_ns"].to_numpy()[rows])
        axes.step(times, micros[rows] / MICROS_PER_DOLLAR, where="post", color=color, lw=1.2, label=f"run {place}")
        elapsed.label(axes)
    zero_line(axes)
    dollar_axis(axes, "profit, $")
    legend_above(axes, 4)
    return figure


def compared_markouts(runs: list[Run]) -> Figure:
    """Where the middle went after the fills of each run, at the horizons at which it is known."""
    figure, (axes,) = framed(3.1)
    for number, (run, color) in enumerate(zip(runs, SERIES, strict=False), 1):
        known = [
            (place, markout.usd_per_lot)
            for place, markout in enumerate(run.figures.markouts, 1)
            if markout.usd_per_lot is not None
        ]
        places, usd = zip(*[(0, 0.0), *known], strict=True)
        axes.plot(places, usd, "o-", color=color, ms=4, lw=1.3, label=f"run {number}")
    zero_line(axes)
    axes.set_xticks(range(len(HORIZONS_S) + 1), ["fill", *map(horizon_text, HORIZONS_S)])
    axes.set_xlabel("after the fill")
    dollar_axis(axes, "$ a lot")
    legend_above(axes, 4)
    return figure


def comparison_table(runs: list[Run], names: list[str]) -> str:
    """A column for each run; what is the same in all of them is in the table too."""
    columns = [cells(run.figures) for run in runs]
    rows = [[name, *(column[place][1] for column in columns)] for place, (name, _) in enumerate(columns[0])]
    rows.append(["same results as the first", *("yes" if run.sha256 == runs[0].sha256 else "no" for run in runs)])
    return table_of(["", *names], rows)
