"""The page put together: a table of all series, then for each its words and figures."""

from collections.abc import Iterator
from itertools import count

import numpy as np
from matplotlib.figure import Figure

from exchange.domain.units import NS_PER_HOUR
from strategies.curves import words
from strategies.curves.blend import Blend
from strategies.curves.blend.tables import NAMES
from strategies.curves.estimation import Estimate, sample_of, standard_scores
from strategies.curves.filtering import Floats
from strategies.curves.fit import FitReport, SeriesFit
from strategies.curves.fit_page.check_figures import held_out_figure, scores_figure
from strategies.curves.fit_page.figures import (
    fan_figure,
    prices_figure,
    regimes_figure,
    season_figure,
    weights_figure,
)
from strategies.curves.held_out import HeldOut, held_out
from strategies.curves.model import HOURS_PER_WEEK
from strategies.pages import figure_of, list_of, page_of, plain, table_of, text_of

_LAW_MIN = 0.05
_FAN = "The next 7 days: median, mean, and the intervals that hold 50, 80 and 95%, after the last prices seen (UTC)."
_QQ = (
    "Surprises: where the model is right they are normal (on the line) and unlike those before (within the dashes). "
    "They judge the hidden factors, which are one of the laws that are blended."
)
_HELD_OUT = (
    "Foretold before they were learnt from, the last third: what probability was given to lower prices than came. "
    "Flat is right; high at both ends is too sure, high in the middle not sure enough, high at one end is off."
)


def report_page(report: FitReport) -> str:
    """The page of up to as many series as were fitted, those that were refused among them."""
    parts = [f"<p>{text_of(f'{report.path}: {report.rows} rows, all of them well formed.')}</p>", _summary(report)]
    with plain():
        parts += [_series(fit, place) for place, fit in enumerate(report.fits, 1)]
    if report.left_out:
        parts.append(f"<p>{report.left_out} more series match and were left out.</p>")
    return page_of("What these prices say", "\n".join(parts))


def _summary(report: FitReport) -> str:
    """A row for each series; prices are dollars per GPU-hour."""
    rows = []
    for fit in report.fits:
        regime = "" if fit.regimes is None else str(fit.regimes.likeliest)
        cells = [str(fit.series.key), str(fit.outcome), regime, f"{fit.series.prices[-1]:.4f}"]
        if fit.curve is not None:
            law = fit.curve.law(fit.curve.time_ns + round(HOURS_PER_WEEK * NS_PER_HOUR))
            cells += [f"{price:.4f}" for price in (law.mean, *law.interval())]
        rows.append(cells + [""] * (7 - len(cells)))
    heading = ["series", "outcome", "regime", "last price, $", "in 7 days", "95% from", "95% to"]
    return table_of(heading, rows)


def _series(fit: SeriesFit, place: int) -> str:
    parts = [
        f"<h2>{text_of(f'{fit.series.key}{words.meaning(fit)}')}</h2>",
        f'<p class="quiet">{text_of(f"{words.seen(fit)}.")}</p>',
    ]
    if verdict := words.verdict(fit):
        parts.append(f"<p><strong>{text_of(verdict)}</strong></p>")
    checks = held_out(fit)
    sentences = words.beliefs(fit) + _checked(checks)
    if fit.curve is not None:
        sentences = words.ahead(fit.curve) + sentences
    parts.append(list_of(sentences))
    numbers = count(1)
    parts += [figure_of(figure, f" {place} {next(numbers)}", caption) for figure, caption in _figures(fit, checks)]
    if fit.curve is not None and fit.curve.outlook is not None and isinstance(fit.curve.outlook.way, Blend):
        parts.append(_laws(fit.curve.outlook.way))
    body = "\n".join(part for part in parts if part)
    return f"<section>\n{body}\n</section>"


def _figures(fit: SeriesFit, checks: tuple[HeldOut, ...]) -> Iterator[tuple[Figure, str]]:
    """Each with what it shows, in words."""
    if fit.regimes is not None:
        yield regimes_figure(fit.regimes), "How surely the price is of each regime."
    if fit.series.prices.size > 1:
        yield prices_figure(fit), "Prices on a log scale (UTC)."
    if fit.curve is None:
        return
    yield fan_figure(fit, fit.curve), _FAN
    if fit.curve.parameters.season:
        yield (
            season_figure(fit.curve.parameters, fit.curve.time_ns),
            "The season: what the hour of the week makes of it.",
        )
    if fit.curve.outlook is not None and isinstance(fit.curve.outlook.way, Blend):
        yield weights_figure(fit.curve.outlook.way), "Which laws count at which horizon."
    if fit.estimate is not None:
        yield scores_figure(_scores(fit, fit.estimate)), _QQ
    if checks:
        yield held_out_figure(checks), _HELD_OUT


def _scores(fit: SeriesFit, found: Estimate) -> Floats:
    sample = sample_of(fit.series.times_ns / NS_PER_HOUR, fit.series.prices)
    return standard_scores(found.parameters, sample, found.first)[0]


def _checked(checks: tuple[HeldOut, ...]) -> list[str]:
    if not checks:
        return []
    held = ", ".join(f"{one.held():.0%} {words.hours_text(one.horizon_hours)} ahead" for one in checks)
    middle = ", ".join(f"{one.held(0.5):.0%}" for one in checks)
    return [
        f"Held out: foretold with what the first two thirds taught, the last third was within the 95% interval {held}; "
        f"within the 50% interval {middle}. Of a price that often stays an interval holds more than its share."
    ]


def _laws(blend: Blend) -> str:
    """The single laws that count anywhere, and by how much the blend was widened because it had been too sure."""
    weights = np.array(blend.weights).T
    rows = [
        [name, *(f"{share:.0%}" if share >= 0.005 else "" for share in row)]
        for name, row in zip(NAMES, weights, strict=True)
        if row.max() >= _LAW_MIN
    ]
    rows.append(["widened so many times, to hold 95%", *(f"{stretch:.2f}" for stretch in blend.stretches)])
    heading = ["law", *(words.hours_text(hours) for hours in blend.horizons_hours)]
    return (
        f'<p class="quiet">The laws that weigh at least {_LAW_MIN:.0%} at any horizon.</p>\n{table_of(heading, rows)}'
    )
