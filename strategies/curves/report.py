"""What a fit believes, in words, with a small picture and the forward price of the next day."""

from collections.abc import Iterator

import numpy as np
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from exchange.domain.units import NS_PER_HOUR
from strategies.curves import words
from strategies.curves.filtering import Floats
from strategies.curves.fit import FitReport, SeriesFit, utc_text
from strategies.curves.place_curve import PlaceCurve

BARS = "▁▂▃▄▅▆▇█"
_PICTURE_WIDTH = 72
_AHEAD_HOURS = (1, 2, 4, 8, 12, 24)


def render(report: FitReport) -> RenderableType:
    """The whole report, for a rich console."""
    parts: list[RenderableType] = [Text(f"{report.path}: {report.rows} rows, all of them well formed.")]
    for fit in report.fits:
        parts += ["", *_series(fit)]
    if report.left_out:
        parts += ["", Text(f"{report.left_out} more series match; choose with --provider, --sku, --region, --kind.")]
    return Group(*parts)


def _series(fit: SeriesFit) -> Iterator[RenderableType]:
    series = fit.series
    yield Text.from_markup(f"[bold]{escape(str(series.key))}[/bold]{words.meaning(fit)}")
    yield Text(words.seen(fit))
    yield Text(picture(series.times_ns / NS_PER_HOUR, series.prices))
    if verdict := words.verdict(fit):
        yield Text(verdict)
    for sentence in words.beliefs(fit):
        yield Text(f"- {sentence}")
    if fit.curve is not None:
        yield _forward_table(fit.curve)


def picture(hours: Floats, prices: Floats) -> str:
    """The highest price of each stretch of time as a bar, on a log scale; a blank where there is none."""
    stretch = (hours - hours[0]) / max(float(hours[-1] - hours[0]), 1e-9) * (_PICTURE_WIDTH - 1)
    highest = np.full(_PICTURE_WIDTH, -np.inf)
    np.maximum.at(highest, stretch.astype(np.int64), np.log(prices))
    seen = np.isfinite(highest)
    low, high = float(highest[seen].min()), float(highest[seen].max())
    scaled = (np.where(seen, highest, low) - low) / max(high - low, 1e-9) * (len(BARS) - 1)
    bars = "".join(BARS[round(float(at))] if here else " " for at, here in zip(scaled, seen, strict=True))
    return f"{bars}  ${np.exp(low):.4g} to ${np.exp(high):.4g}"


def _forward_table(curve: PlaceCurve) -> Table:
    """Expected price and one deviation of hours of the day that follows the last price."""
    next_hour = curve.time_ns // NS_PER_HOUR + 1
    starts_ns = (next_hour + np.array(_AHEAD_HOURS) - 1) * NS_PER_HOUR
    ahead = curve.forward(starts_ns)
    table = Table("delivery hour (UTC)", box=None, pad_edge=False)
    table.add_column("expected $", justify="right")
    table.add_column("one deviation $", justify="right")
    for start, price, deviation in zip(starts_ns, *ahead, strict=True):
        table.add_row(utc_text(int(start)), f"{price:.4f}", f"{deviation:.4f}")
    return table
