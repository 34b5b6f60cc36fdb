"""From a tidy price file to curves: which series can be fitted, and an honest answer for those that cannot."""

from dataclasses import replace
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.units import NS_PER_HOUR
from strategies.curves.blend import history_of
from strategies.curves.estimation import Estimate, estimate, sample_of, standard_scores
from strategies.curves.filtering import NOISE_VARIANCE, Floats
from strategies.curves.model import HOURS_PER_WEEK, Parameters
from strategies.curves.names import canonical_region, canonical_sku
from strategies.curves.outlook import Outlook, blended, season_of
from strategies.curves.parameter_file import FittedModel, ParameterFile, Provenance
from strategies.curves.place_curve import PlaceCurve
from strategies.curves.prices import BadPrices, PriceSeries, read_series
from strategies.curves.regimes import Regime, Regimes, regimes_of
from strategies.curves.season import UTC
from strategies.curves.steps import steps_of

POINTS_MIN = 50
HOURS_MIN = 24.0
CHANGES_MIN = 30
_CHANGE_MIN = 1e-3  # of the log price: less is rounding
# Prices that are set by hand are believed to stay: what they did not do in two weeks they may do later.
_ADMINISTERED_HALF_LIFE_HOURS = 2.0 * HOURS_PER_WEEK
OFFERS = "offer_"  # a kind of price that begins so is one of a changing set
# Where several kinds of prices of one machine were fitted, the first of these stands for it.
_KINDS = ("spot", "offer_median", "offer_min", "on_demand", "offer_max")


class Outcome(StrEnum):
    """What could be made of a series."""

    FITTED = "fitted"
    STEPPED = "stepped"  # set by hand: moves rarely
    FLAT = "flat"  # never moved
    REFUSED = "refused"  # too little to say anything


class Residuals(NamedTuple):
    """What should be standard normal and independent, and how far it is from that."""

    deviation: float
    lag_correlation: float
    lag_correlation_squared: float  # of the squares: calm and wild times
    beyond_three: float  # share; 0.0027 if normal


class SeriesFit(NamedTuple):
    """What is believed of one series."""

    series: PriceSeries
    outcome: Outcome
    reason: str
    changes: int
    curve: PlaceCurve | None = None  # after the last price
    estimate: Estimate | None = None
    residuals: Residuals | None = None
    regimes: Regimes | None = None

    @property
    def sku(self) -> str | None:
        return canonical_sku(self.series.key.sku)

    @property
    def region(self) -> str:
        return canonical_region(self.series.key.region) or ""


class FitReport(NamedTuple):
    """What is believed of a file."""

    path: str
    rows: int
    fits: tuple[SeriesFit, ...]
    left_out: int  # series that match but were not fitted, for there were more than asked for

    @property
    def is_useful(self) -> bool:
        return any(fit.curve is not None for fit in self.fits)

    def parameter_file(self) -> ParameterFile:
        """The parameters of all series that have any, the kinds that are nearest to a market price first."""
        order = {kind: place for place, kind in enumerate(_KINDS)}
        models = [
            (order.get(fit.series.key.kind, len(order)), _model(fit)) for fit in self.fits if fit.curve is not None
        ]
        models.sort(key=lambda model: model[0])
        return ParameterFile(note="Written by gpux fit.", models=tuple(model for _, model in models))


def fit_file(
    path: str,
    *,
    provider: str | None = None,
    sku: str | None = None,
    region: str | None = None,
    kind: str | None = None,
    series_max: int = 8,
    step_dates: tuple[str, ...] = (),
) -> FitReport:
    """Fit the series of a tidy file that match; those that move most often, if there are more than ``series_max``.

    sku, region: the provider's name, or a canonical one. step_dates: see ``estimate``.
    Raises BadPrices if the file or a date is wrong, or nothing matches.
    """
    every = read_series(path)
    wanted = (provider, sku, region, kind)
    matching = [series for series in every if _matches(series, wanted)]
    if not matching:
        keys = "; ".join(str(series.key) for series in every[:12])
        raise BadPrices(f"{path}: no series matches; it has {keys}{'; ...' if len(every) > 12 else ''}")
    matching.sort(key=_changes, reverse=True)
    fits = tuple(fit_series(series, step_dates) for series in matching[:series_max])
    return FitReport(path, sum(series.rows for series in every), fits, len(matching) - len(fits))


def fit_series(series: PriceSeries, step_dates: tuple[str, ...] = ()) -> SeriesFit:
    """The answer for one series; never raises for what its prices are."""
    hours = series.times_ns / NS_PER_HOUR
    span, changes = float(hours[-1] - hours[0]), _changes(series)
    if series.prices.size < POINTS_MIN or span < HOURS_MIN:
        reason = (
            f"too little to go by: {series.prices.size} prices over {span:.1f} hours; "
            f"at least {POINTS_MIN} over {HOURS_MIN:.0f} hours are needed"
        )
        return SeriesFit(series, Outcome.REFUSED, reason, changes)
    regimes = regimes_of(history_of(hours, np.log(series.prices)), series.key.kind.startswith(OFFERS))
    if changes < CHANGES_MIN or regimes.likeliest is Regime.ADMINISTERED:
        return _administered(series, span, changes, regimes)
    sample = sample_of(hours, series.prices)
    found = estimate(sample, _time_zone(series), step_dates)
    scores, belief = standard_scores(found.parameters, sample, found.first)
    seen = history_of(hours, sample.logs - season_of(found.parameters, hours))
    outlook = blended(found.parameters, found.first, seen)
    curve = PlaceCurve(found.parameters, int(series.times_ns[-1]), belief, outlook)
    return SeriesFit(series, Outcome.FITTED, "", changes, curve, found, _residuals(scores), regimes)


def _time_zone(series: PriceSeries) -> str:
    """Whose clock the season follows: that of the region, or none's."""
    region = CATALOGUE.regions.get(canonical_region(series.key.region) or "")
    return region.time_zone if region else UTC


def _matches(series: PriceSeries, wanted: tuple[str | None, ...]) -> bool:
    key = series.key
    named = (
        (key.provider,),
        (key.sku, canonical_sku(key.sku)),
        (key.region, canonical_region(key.region)),
        (key.kind,),
    )
    return all(wish is None or wish in names for wish, names in zip(wanted, named, strict=True))


def _changes(series: PriceSeries) -> int:
    return int((np.abs(np.diff(np.log(series.prices))) > _CHANGE_MIN).sum())


def _administered(series: PriceSeries, span_hours: float, changes: int, regimes: Regimes) -> SeriesFit:
    """A tight curve around the last price of a series that hardly moves."""
    steps = np.diff(np.log(series.prices))
    # What never happened in a span may still happen; and no price is known more exactly than its noise.
    variance = max(float((steps**2).sum()) / span_hours, NOISE_VARIANCE / span_hours)
    parameters = Parameters(
        level_usd=float(series.prices[-1]),
        half_life_hours=_ADMINISTERED_HALF_LIFE_HOURS,
        volatility=float(np.sqrt(min(variance, 1.0))),
    )
    last_ns = int(series.times_ns[-1])
    hours, logs = series.times_ns / NS_PER_HOUR, np.log(series.prices)
    outlook = Outlook(parameters, history_of(hours, logs), steps_of(hours, logs))
    curve = replace(PlaceCurve.start(parameters, last_ns).observe(last_ns, float(series.prices[-1])), outlook=outlook)
    days = span_hours / 24.0
    if changes == 0:
        reason = f"the price never moved in {days:.1f} days: it is believed to stay where it is"
        return SeriesFit(series, Outcome.FLAT, reason, changes, curve, regimes=regimes)
    reason = f"the price moved {changes} times in {days:.1f} days: it is set by hand, and stays until it is set anew"
    return SeriesFit(series, Outcome.STEPPED, reason, changes, curve, regimes=regimes)


def _residuals(scores: Floats) -> Residuals:
    squares = scores**2
    return Residuals(
        float(scores.std()),
        float(np.corrcoef(scores[1:], scores[:-1])[0, 1]),
        float(np.corrcoef(squares[1:], squares[:-1])[0, 1]),
        float((np.abs(scores) > 3.0).mean()),
    )


def utc_text(time_ns: int) -> str:
    return f"{np.datetime_as_string(np.datetime64(time_ns, 'ns'), unit='m')}Z"


def _model(fit: SeriesFit) -> FittedModel:
    assert fit.curve is not None
    series = fit.series
    provenance = Provenance(
        **series.key._asdict(),
        first_utc=utc_text(int(series.times_ns[0])),
        last_utc=utc_text(int(series.times_ns[-1])),
        rows=series.rows,
        times=series.prices.size,
        changes=fit.changes,
        outcome=str(fit.outcome),
        standard_errors=_rounded(fit.estimate.standard_errors, 3) if fit.estimate else {},
        at_bound=fit.estimate.at_bound if fit.estimate else (),
    )
    return FittedModel(
        sku=fit.sku or series.key.sku,
        region=fit.region,
        parameters=Parameters.model_validate(_rounded(fit.curve.parameters.model_dump(), 6)),
        provenance=provenance,
    )


def _rounded(value: Any, digits: int) -> Any:
    """All floats inside with so many digits that count: enough to trade on, few enough to read."""
    if isinstance(value, float):
        return float(f"{value:.{digits}g}")
    if isinstance(value, dict):
        return {name: _rounded(part, digits) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part, digits) for part in value]
    return value
