"""Forecasts from rolling origins: everybody is fitted at a cut, and asked at each look until the next.

A cut knows only what was seen by then, parameters, weights and errors alike; from one look to the
next a forecaster may still take in the new price, as it would live. Every law is told as 80 rising
log prices of the same probability.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from benchmarks.curves.rivals import LEVELS, RIVALS, Task
from exchange.domain.units import NS_PER_HOUR
from strategies.curves.blend import Blend, History, history_of
from strategies.curves.blend.history import Looks, looks_of, pairs_of, sight_of
from strategies.curves.blend.stretching import mixture, stretched
from strategies.curves.blend.tables import laws_at
from strategies.curves.filtering import Floats
from strategies.curves.fit import SeriesFit, fit_series
from strategies.curves.outlook import hidden_model, season_of
from strategies.curves.prices import PriceSeries
from strategies.curves.steps import Steps

OURS = "curve"
_FIRST_SHARE = 0.35
_KNOWN_MIN = 20


class Asked(NamedTuple):
    """Every forecast of one series at one horizon: (n,) origins."""

    hours: Floats
    now: Floats  # log prices
    came: Floats
    laws: dict[str, Floats]  # by forecaster, (n, 80) log prices


def rolled(series: PriceSeries, horizons: tuple[float, ...], cuts: int) -> dict[float, Asked]:
    """What everybody foretold of a series, by horizon; horizons without origins are left out."""
    hours, logs = series.times_ns / NS_PER_HOUR, np.log(series.prices)
    looks = _all_looks(history_of(hours, logs), hours, logs)
    edges = np.linspace(hours[0] + _FIRST_SHARE * (hours[-1] - hours[0]), hours[-1], cuts + 1)
    found: dict[float, list[Asked]] = {horizon: [] for horizon in horizons}
    for cut, end in pairwise(edges.tolist()):
        known = int(np.searchsorted(series.times_ns, round(cut * NS_PER_HOUR), side="right"))
        fit = fit_series(series._replace(times_ns=series.times_ns[:known], prices=series.prices[:known]))
        for horizon in horizons:
            asked = _asked(looks, hours, logs, cut, end, horizon, fit)
            if asked is not None:
                found[horizon].append(asked)
    return {horizon: _joined(parts) for horizon, parts in found.items() if parts}


def _all_looks(history: History, hours: Floats, logs: Floats) -> Looks:
    """Each look, or each hour of a list of changes."""
    if not history.stands:
        return Looks(hours, logs)
    every = np.arange(np.ceil(hours[0]), hours[-1])
    return Looks(every, logs[np.searchsorted(hours, every, side="right") - 1])


def _asked(
    looks: Looks, hours: Floats, logs: Floats, cut: float, end: float, horizon: float, fit: SeriesFit
) -> Asked | None:
    history = history_of(hours, logs)._replace(hours=hours, logs=logs)
    pairs = pairs_of(history, looks, horizon)
    at = looks.hours[pairs.looks]
    chosen, known = (at > cut) & (at <= end), pairs.hours <= cut
    if not chosen.any() or known.sum() < _KNOWN_MIN:
        return None
    origins, now, came = at[chosen], looks.logs[pairs.looks][chosen], pairs.logs[chosen]
    before = looks.hours <= cut
    until = looks.hours <= end
    task = Task(
        looks.hours[before],
        looks.logs[before],
        (at[known], looks.logs[pairs.looks][known], pairs.hours[known], pairs.logs[known]),
        origins,
        now,
        horizon,
        looks.hours[until],
        looks.logs[until],
    )
    laws = {name: rival(task) for name, rival in RIVALS.items()}
    laws[OURS] = _ours(fit, hours, logs, origins, now, horizon)
    return Asked(origins, now, came, laws)


def _ours(fit: SeriesFit, hours: Floats, logs: Floats, origins: Floats, now: Floats, horizon: float) -> Floats:
    """The laws of the fitted curve, each after all that was seen by its origin."""
    if fit.curve is None or fit.curve.outlook is None:
        return np.repeat(now[:, None], LEVELS.size, axis=1)
    parameters, way = fit.curve.parameters, fit.curve.outlook.way
    if isinstance(way, Steps):
        return now[:, None] + np.log(way.law(1.0, horizon).quantiles(LEVELS))
    seen = int(np.searchsorted(hours, origins[-1], side="right"))
    told = history_of(hours[:seen], logs[:seen] - season_of(parameters, hours[:seen]))
    told = told._replace(
        stands=fit.curve.outlook.history.stands,
        standing_hours=fit.curve.outlook.history.standing_hours,
        until=float(origins[-1]) if told.stands else told.until,
    )
    looks = looks_of(told)
    rows = np.searchsorted(looks.hours, origins + 1e-9, side="right") - 1
    first = parameters.prior if fit.estimate is None else fit.estimate.first
    model = hidden_model(parameters, first, told)
    laws = laws_at(told, rows, np.array([_nearest(way, horizon)]), way.lives, model)[0]
    bins = _blended(way, laws, horizon, sight_of(looks, rows))
    return bins + season_of(parameters, origins + horizon)[:, None]


def _nearest(way: Blend, horizon: float) -> float:
    return min(way.horizons_hours, key=lambda known: abs(known - horizon))


def _blended(way: Blend, laws: Floats, horizon: float, sight: tuple[Floats, Floats]) -> Floats:
    """(m, 80) quantiles of the blend of the (laws, m, BINS) simple laws; before its first horizon some of it stays."""
    place = way.horizons_hours.index(_nearest(way, horizon))
    weights = np.array(way.weights[place]) * min(1.0, horizon / way.horizons_hours[0])
    weights[0] += 1.0 - weights.sum()
    return stretched(mixture(laws, weights), way.stretches[place], sight).quantiles(LEVELS)


def _joined(parts: list[Asked]) -> Asked:
    names = parts[0].laws
    return Asked(
        np.concatenate([part.hours for part in parts]),
        np.concatenate([part.now for part in parts]),
        np.concatenate([part.came for part in parts]),
        {name: np.concatenate([part.laws[name] for part in parts]) for name in names},
    )
