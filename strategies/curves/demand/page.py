"""What is believed of demand as pictures and as one HTML page that needs no network."""

import numpy as np
from matplotlib.figure import Figure

from strategies import pages
from strategies.curves.demand.checks import Checks
from strategies.curves.demand.fit import DemandFit
from strategies.curves.demand.forecast import DemandForecast
from strategies.curves.demand.season import CELL_HOURS
from strategies.curves.filtering import Floats
from strategies.curves.model import HOURS_PER_DAY, HOURS_PER_WEEK
from strategies.pages import list_of, page_of, svg_of, text_of

_SHOWN_HOURS = 48


def write_page(path: str, fit: DemandFit, ahead: DemandForecast, checks: Checks, sentences: list[str]) -> None:
    """Raises GpuxError if the page cannot be written."""
    first = int(fit.fitted.sample.times[0])
    counts = np.bincount(np.floor(fit.fitted.sample.times).astype(np.int64) - first)
    figures = (
        ("The last days, and the next two", day_figure(counts[-72:].astype(np.float64), ahead)),
        ("What the hour of the day makes of demand", season_figure(fit)),
        ("The level of each day", level_figure(fit)),
        ("What the model does not explain", residual_figure(checks)),
    )
    parts = [
        f"<h2>{text_of(title)}</h2>\n{svg_of(figure, f' {place}')}" for place, (title, figure) in enumerate(figures)
    ]
    body = "\n".join([list_of(sentences), *parts])
    pages.write_page(path, page_of(f"Demand: {fit.jobs.path}", body))


def day_figure(past_counts: Floats, ahead: DemandForecast) -> Figure:
    """Counts of hours past, up to the forecast's first, and its median, mean and intervals for two days."""
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    axes = figure.subplots()
    hours = np.arange(min(_SHOWN_HOURS, ahead.hours.size))
    low, quarter, middle, three, high = ahead.arrivals.quantiles()[:, : hours.size]
    axes.step(np.arange(-past_counts.size, 0), past_counts, where="post", color="black", label="came")
    axes.fill_between(hours, low, high, step="post", alpha=0.2, color="tab:blue", label="95%", linewidth=0)
    axes.fill_between(hours, quarter, three, step="post", alpha=0.4, color="tab:blue", label="50%", linewidth=0)
    axes.step(hours, middle, where="post", color="tab:blue", label="median")
    axes.step(hours, ahead.arrivals.means[: hours.size], where="post", color="tab:orange", label="mean")
    axes.set_xlabel("hours from the end of the file")
    axes.set_ylabel("jobs an hour")
    axes.legend(frameon=False, ncols=5)
    return figure


def season_figure(fit: DemandFit) -> Figure:
    """The season over a day, or over a week from Monday where it has a weekly part; 1 is the mean."""
    weekly = bool(fit.intensity.season.weekly)
    # Hours since 1970 begin on a Thursday: Monday comes four days later.
    levels = np.roll(fit.intensity.season.levels, -int(4 * HOURS_PER_DAY / CELL_HOURS))
    shown = levels if weekly else levels[: int(HOURS_PER_DAY / CELL_HOURS)]
    figure = Figure(figsize=(8, 2.6), layout="constrained")
    axes = figure.subplots()
    axes.plot((np.arange(shown.size) + 0.5) * CELL_HOURS, shown)
    axes.set_xlim(0, HOURS_PER_WEEK if weekly else HOURS_PER_DAY)
    axes.set_xlabel("hour of the week from Monday, local" if weekly else "hour of the day, local")
    axes.set_ylabel("base rate beside its mean")
    return figure


def level_figure(fit: DemandFit) -> Figure:
    """The level of each day, beside that of the last."""
    figure = Figure(figsize=(8, 2.2), layout="constrained")
    axes = figure.subplots()
    levels = fit.fitted.estimate.levels
    axes.bar(np.arange(1 - levels.size, 1), levels)
    axes.set_xlabel("days from the last")
    axes.set_ylabel("level beside the last day's")
    return figure


def residual_figure(checks: Checks) -> Figure:
    """The time-changed gaps, which are uniform if the model is right, against uniform ones."""
    figure = Figure(figsize=(8, 2.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.hist(checks.uniforms, bins=20, range=(0.0, 1.0), density=True)
    left.axhline(1.0, color="black", linewidth=0.8)
    left.set_xlabel("time-changed gap between jobs")
    ordered = np.sort(checks.uniforms)
    even = (np.arange(ordered.size) + 0.5) / ordered.size
    right.plot(even, ordered - even)
    for bound in (-checks.distance_usual, checks.distance_usual):
        right.axhline(bound, color="black", linewidth=0.8, linestyle="--")
    right.set_xlabel("quantile")
    right.set_ylabel("found less expected")
    return figure
