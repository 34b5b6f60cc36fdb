"""What a GPU-hour is worth in the demo: a path for each SKU and region, simulated or taken from history."""

from collections.abc import Iterable
from math import exp
from typing import NamedTuple

import numpy as np

from exchange.domain.units import NS_PER_SECOND
from strategies.agents import PricePath
from strategies.curves import Curve, fit_file, simulate
from strategies.curves.fit import SeriesFit
from strategies.curves.prices import BadPrices

_STEP_S = 600.0
_STEP_NS = int(_STEP_S * NS_PER_SECOND)
_SIMULATED_HOURS = 24.0 * 60
_SERIES_MAX = 16


class Played(NamedTuple):
    """The price path of one place, and in words where it comes from."""

    path: PricePath
    source: str


def simulated(
    curves: Curve, places: Iterable[tuple[str, str]], start_ns: int, rng: np.random.Generator
) -> dict[str, Played]:
    """A path for each (SKU, region), drawn from the parameters of its curve; by ``SKU_REGION``."""
    played = {}
    for sku, region in places:
        parameters = curves[sku, region].parameters
        _, prices = simulate(parameters, start_ns, _SIMULATED_HOURS, _STEP_S, rng)
        path = PricePath(parameters, prices.tolist(), start_ns, _STEP_NS)
        played[f"{sku}_{region}"] = Played(path, "simulated from fitted parameters")
    return played


def historic(file: str, curves: Curve, places: Iterable[tuple[str, str]]) -> dict[str, Played]:
    """A path for each (SKU, region) from the real prices in a tidy ``file``; by ``SKU_REGION``.

    A place follows a series of its own SKU, of its own region if there is one; else any series,
    brought to the level of its curve. Raises BadPrices if the file is wrong or nothing in it moves.
    """
    fits = [fit for fit in fit_file(file, series_max=_SERIES_MAX).fits if fit.curve is not None]
    if not fits:
        raise BadPrices(f"{file}: no series in it can be fitted, so there is nothing to play")
    played = {}
    for number, (sku, region) in enumerate(places):
        own = [fit for fit in fits if fit.sku == sku]
        nearest = [fit for fit in own if fit.region == region] or own
        if nearest:
            played[f"{sku}_{region}"] = Played(_path(nearest[0], 1.0), str(nearest[0].series.key))
            continue
        fit = fits[number % len(fits)]
        level_usd = curves[sku, region].parameters.level_usd
        ratio = level_usd / exp(float(np.median(np.log(fit.series.prices))))
        played[f"{sku}_{region}"] = Played(_path(fit, ratio), f"{fit.series.key}, brought to ${level_usd:.2f}")
    return played


def _path(fit: SeriesFit, ratio: float) -> PricePath:
    """The series on an even grid: each price stands until the next one."""
    assert fit.curve is not None, "only series that were fitted are played"
    times_ns = fit.series.times_ns
    grid_ns = np.arange(times_ns[0], times_ns[-1] + 1, _STEP_NS)
    prices = fit.series.prices[np.searchsorted(times_ns, grid_ns, side="right") - 1] * ratio
    return PricePath(fit.curve.parameters.scaled(ratio), prices.tolist(), int(times_ns[0]), _STEP_NS)
