"""What was seen of one price and what is believed of it, as figures."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from exchange.domain.units import NS_PER_HOUR
from strategies.curves.blend import Blend
from strategies.curves.families import FAMILIES, family_weights
from strategies.curves.filtering import Floats
from strategies.curves.fit import SeriesFit
from strategies.curves.fit_page.axes import (
    AMBER,
    BLUE,
    GRAY,
    GREEN,
    PINK,
    RED,
    SKY,
    date_axis,
    framed,
    legend_above,
    price_axis,
)
from strategies.curves.model import HOURS_PER_DAY, HOURS_PER_WEEK, Parameters
from strategies.curves.place_curve import PlaceCurve
from strategies.curves.regimes import Regime, Regimes
from strategies.curves.season import local_hours
from strategies.curves.words import hours_text, share_text

_STRETCHES = 500
_AHEAD_HOURS = np.concatenate([np.arange(0.0, 24.0), np.arange(24.0, HOURS_PER_WEEK + 1.0, 3.0)])
_LEVELS = np.array([0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975])
_BANDS = (("95%", 0, 6, 0.15), ("80%", 1, 5, 0.2), ("50%", 2, 4, 0.3))
_MONDAY_HOURS = 4 * HOURS_PER_DAY  # 1970 began on a Thursday
_SEASON_STEP_HOURS = 0.5
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FAMILY_COLORS = dict(zip(FAMILIES, (GRAY, SKY, PINK, GREEN, AMBER, BLUE), strict=True))
_REGIME_COLORS = {Regime.AUCTION: RED, Regime.ADMINISTERED: GRAY, Regime.MARKETPLACE: BLUE}
_DARK = (FAMILIES[0], FAMILIES[-1])
_LABELLED_MIN = 0.08


def prices_figure(fit: SeriesFit) -> Figure:
    """All prices against time; of very many, the lowest and the highest of each stretch of time."""
    times_ns, prices = fit.series.times_ns, fit.series.prices
    rows = telling(times_ns, prices)
    figure, (axes,) = framed(3.0)
    axes.step(_dates(times_ns[rows]), prices[rows], where="post", color=BLUE, lw=0.8)
    if fit.estimate is not None:
        level = fit.estimate.parameters.level_usd
        axes.axhline(level, color=RED, lw=1.0, ls="--", label="the level now")
        legend_above(axes, 1)
        prices = np.append(prices, level)
    price_axis(axes, prices)
    date_axis(axes)
    return figure


def telling(times_ns: NDArray[np.int64], prices: Floats) -> NDArray[np.int64]:
    """Rows that look like all: every one, or of each stretch of time the lowest and the highest, and both ends."""
    if prices.size <= 2 * _STRETCHES:
        return np.arange(prices.size)
    place = (times_ns - times_ns[0]) / float(times_ns[-1] - times_ns[0])
    stretch = np.minimum((place * _STRETCHES).astype(np.int64), _STRETCHES - 1)
    order = np.lexsort((prices, stretch))
    last = np.append(np.flatnonzero(np.diff(stretch[order])), order.size - 1)
    first = np.append(0, last[:-1] + 1)
    return np.unique(np.concatenate([[0], order[first], order[last], [prices.size - 1]]))


def fan_figure(fit: SeriesFit, curve: PlaceCurve) -> Figure:
    """The laws of the next seven days, after the last three that were seen."""
    ahead_ns = curve.time_ns + np.rint(_AHEAD_HOURS * NS_PER_HOUR).astype(np.int64)
    laws = [curve.law(int(at_ns)) for at_ns in ahead_ns]
    quantiles = np.array([law.quantiles(_LEVELS) for law in laws])
    means = np.array([law.mean for law in laws])
    is_late = fit.series.times_ns >= curve.time_ns - round(3 * HOURS_PER_DAY * NS_PER_HOUR)
    seen_ns, seen = fit.series.times_ns[is_late], fit.series.prices[is_late]
    rows = telling(seen_ns, seen)
    figure, (axes,) = framed(3.4)
    axes.step(_dates(seen_ns[rows]), seen[rows], where="post", color="black", lw=0.8, label="seen")
    for name, low, high, alpha in _BANDS:
        axes.fill_between(
            _dates(ahead_ns), quantiles[:, low], quantiles[:, high], color=BLUE, alpha=alpha, lw=0, label=name
        )
    axes.plot(_dates(ahead_ns), quantiles[:, 3], color=BLUE, lw=1.4, label="median")
    axes.plot(_dates(ahead_ns), means, color=RED, lw=1.2, ls="--", label="mean")
    price_axis(axes, np.concatenate([seen, quantiles.ravel(), means]))
    date_axis(axes)
    legend_above(axes, 6)
    return figure


def season_figure(parameters: Parameters, until_ns: int) -> Figure:
    """The season over the local week, as it was in the week up to ``until_ns``."""
    hours = until_ns / NS_PER_HOUR - np.arange(0.0, HOURS_PER_WEEK, _SEASON_STEP_HOURS)
    place = np.remainder(local_hours(hours, parameters.time_zone) - _MONDAY_HOURS, HOURS_PER_WEEK)
    order = np.argsort(place, kind="stable")
    logs = np.sum([part.log_at(hours) for part in parameters.season], axis=0)
    figure, (axes,) = framed(2.4, top=0.1)
    axes.plot(place[order] / HOURS_PER_DAY, 100.0 * np.expm1(logs[order]), color=BLUE)
    axes.axhline(0.0, color="black", lw=0.6)
    axes.set_xlim(0.0, 7.0)
    axes.set_xticks(np.arange(7.0), _DAYS)
    axes.set_xlabel(f"the week by the clock of {parameters.time_zone}; each name stands at midnight")
    axes.set_ylabel("percent of the level")
    axes.grid(alpha=0.25)
    return figure


def weights_figure(blend: Blend) -> Figure:
    """How much each family of laws counts at each horizon."""
    weights = family_weights(blend)
    figure, (axes,) = framed(2.8, top=0.1, right=2.0)
    place, bottom = np.arange(len(weights)), np.zeros(len(weights))
    for family, column in zip(FAMILIES, weights.T, strict=True):
        bars = axes.bar(place, column, 0.8, bottom=bottom, color=_FAMILY_COLORS[family], label=family)
        labels = [f"{share:.0%}" if share >= _LABELLED_MIN else "" for share in column]
        color = "white" if family in _DARK else "black"
        axes.bar_label(bars, labels, label_type="center", fontsize=8, color=color)
        bottom += column
    axes.set_xticks(place, [hours_text(hours) for hours in blend.horizons_hours])
    axes.set_ylim(0.0, 1.0)
    axes.set_xlabel("ahead")
    axes.set_ylabel("weight")
    handles, names = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], names[::-1], frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def regimes_figure(regimes: Regimes) -> Figure:
    """The probabilities of the regimes as one bar."""
    figure, (axes,) = framed(0.55, bottom=0.05)
    left = 0.0
    for regime, share in zip(Regime, (regimes.auction, regimes.administered, regimes.marketplace), strict=True):
        axes.barh(0.0, share, left=left, color=_REGIME_COLORS[regime], label=f"{regime} {share_text(share)}")
        left += share
    axes.set_xlim(0.0, 1.0)
    axes.set_axis_off()
    legend_above(axes, 3)
    return figure


def _dates(times_ns: NDArray[np.int64]) -> NDArray[np.datetime64]:
    return times_ns.astype("datetime64[ns]")
