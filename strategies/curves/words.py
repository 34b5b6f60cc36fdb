"""What is believed of one series of prices, a sentence a thought: for the terminal and for the page."""

import numpy as np

from exchange.domain.units import NS_PER_HOUR
from strategies.curves.blend import Blend
from strategies.curves.families import FAMILIES, family_weights
from strategies.curves.fit import OFFERS, Outcome, SeriesFit, utc_text
from strategies.curves.hidden_words import hidden, judged
from strategies.curves.model import HOURS_PER_DAY, HOURS_PER_WEEK
from strategies.curves.place_curve import PlaceCurve
from strategies.curves.regimes import Regime, Regimes
from strategies.curves.steps import Steps

_MEANINGS = {
    Regime.AUCTION: "it keeps returning to a floor and has no roof",
    Regime.ADMINISTERED: "somebody sets it, and it stands until it is set anew",
    Regime.MARKETPLACE: "offers come and go, and it moves about as far down as up",
}
_TOLD_HOURS = (1.0, HOURS_PER_DAY, HOURS_PER_WEEK)
_TOLD_MIN = 0.1
_FAR = 100.0


def seen(fit: SeriesFit) -> str:
    """How many prices there are, from when to when."""
    series = fit.series
    first, last = utc_text(int(series.times_ns[0])), utc_text(int(series.times_ns[-1]))
    same = series.rows - series.prices.size
    merged = f" ({same} more at the same times, their median taken)" if same else ""
    return f"{series.prices.size} prices from {first} to {last}{merged}, {fit.changes} changes"


def meaning(fit: SeriesFit) -> str:
    """Which machine and place the provider's names mean, if that is known: `` (as H100SXM_USE)``."""
    return f" (as {fit.sku}{'_' + fit.region if fit.region else ''})" if fit.sku else ""


def verdict(fit: SeriesFit) -> str:
    """Why there is no curve, or why there is but a simple one; nothing if the whole model was fitted."""
    if fit.outcome is Outcome.REFUSED:
        return f"Refused: {fit.reason}."
    return f"{fit.reason[:1].upper()}{fit.reason[1:]}." if fit.reason else ""


def beliefs(fit: SeriesFit) -> list[str]:
    """All that is believed, beside the ``verdict``; nothing of a series that was refused."""
    told: list[str] = []
    if fit.regimes is not None:
        told.append(_regime(fit, fit.regimes))
    if fit.estimate is not None:
        told += hidden(fit.estimate, fit.series.prices.size)
    if fit.curve is not None:
        told.append(_later(fit.curve))
    if fit.residuals is not None:
        told.append(judged(fit.residuals))
    return told


def ahead(curve: PlaceCurve) -> list[str]:
    """What the price is expected to be in a day and in a week."""
    told = []
    for name, hours in (("a day", HOURS_PER_DAY), ("7 days", HOURS_PER_WEEK)):
        law = curve.law(curve.time_ns + round(hours * NS_PER_HOUR))
        low, high = law.interval()
        told.append(
            f"In {name}: ${law.mean:.4f} expected, ${law.median:.4f} in the median, between ${low:.4f} and "
            f"${high:.4f} with 95%."
        )
    return told


def share_text(share: float) -> str:
    """A probability that is never said to be certain."""
    if share > 0.99:
        return "over 99%"
    return "under 1%" if share < 0.01 else f"{share:.0%}"


def hours_text(hours: float) -> str:
    """A time ahead: ``1 hour``, ``6 hours``, ``3 days``."""
    count, unit = (hours / HOURS_PER_DAY, "day") if hours >= HOURS_PER_DAY else (hours, "hour")
    return f"{count:.3g} {unit}{'' if count == 1.0 else 's'}"


def _regime(fit: SeriesFit, regimes: Regimes) -> str:
    shares = {
        Regime.AUCTION: regimes.auction,
        Regime.ADMINISTERED: regimes.administered,
        Regime.MARKETPLACE: regimes.marketplace,
    }
    likeliest = regimes.likeliest
    others = ", ".join(f"{regime} {share_text(shares[regime])}" for regime in Regime if regime is not likeliest)
    far = f"{regimes.lopsided:.1f}" if regimes.lopsided < _FAR else f"over {_FAR:.0f}"
    judged = f"it is another at {regimes.moving:.0%} of the looks, and reaches {far} times as far up as down"
    if fit.series.key.kind.startswith(OFFERS):
        judged += "; of a set of offers, it is no auction"
    if fit.estimate is None and likeliest is not Regime.ADMINISTERED:
        judged += "; having moved so seldom it is foretold as if set by hand"
    return (
        f"Regime: {likeliest}, {share_text(shares[likeliest])} ({others}): {_MEANINGS[likeliest]}. Judged by: {judged}."
    )


def _later(curve: PlaceCurve) -> str:
    """How the law of a later price comes about."""
    way = None if curve.outlook is None else curve.outlook.way
    if way is None:
        return "Later prices: foretold by the hidden factors alone; too few came later to judge other laws by."
    return _steps(way) if isinstance(way, Steps) else _blend(way)


def _steps(steps: Steps) -> str:
    stays = np.exp(-steps.per_hour * HOURS_PER_WEEK)
    return (
        f"Later prices: a step comes every {1.0 / (steps.per_hour * HOURS_PER_DAY):.3g} days, up as likely as down, of "
        f"{np.expm1(steps.scale):.1%} on average; no step in 7 days: {share_text(float(stays))}."
    )


def _blend(blend: Blend) -> str:
    horizons, weights = np.array(blend.horizons_hours), family_weights(blend)
    places = dict.fromkeys(int(np.argmin(np.abs(np.log(horizons / hours)))) for hours in _TOLD_HOURS)
    told = []
    for place in places:
        order = np.argsort(-weights[place], kind="stable")
        parts = (f"{weights[place, at]:.0%} {FAMILIES[at]}" for at in order if weights[place, at] >= _TOLD_MIN)
        told.append(f"{hours_text(horizons[place])} ahead {', '.join(parts)}")
    return f"Later prices: a blend of laws, weighed by how well each has foretold this series: {'; '.join(told)}."
