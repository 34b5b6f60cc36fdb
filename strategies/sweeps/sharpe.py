"""Sharpe ratios, how sure one may be of them, and what the best of many is worth.

PSR: Bailey and López de Prado, "The Sharpe Ratio Efficient Frontier" (2012), eqs. 11 and 13.
DSR: Bailey and López de Prado, "The Deflated Sharpe Ratio" (2014), eqs. 1 and 2, and appendix 3.
BTL: Bailey, Borwein, López de Prado and Zhu, "Pseudo-Mathematics and Financial Charlatanism"
(2014), eqs. 4 and 6.

Ratios are of one period, never annualised: mean over standard deviation of the profits of equal
periods. A profit in dollars does, because a ratio has no unit. All of it takes the periods to be
alike and independent; periods that follow each other in one run are so only roughly.
"""

from math import e, erf, nan, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from exchange.domain.errors import GpuxError

Floats = NDArray[np.float64]

# The third and fourth moments of fewer periods say nothing.
PERIODS_MIN = 8
_EULER = 0.5772156649015329


class TooFewPeriods(GpuxError):
    """A statistic that so few observations cannot bear."""


class Track(NamedTuple):
    """What profits of equal periods say; ``kurtosis`` is 3 for a normal law."""

    sharpe: float
    periods: int
    skewness: float
    kurtosis: float


def sharpe_ratio(profits: Floats) -> float:
    """Mean over sample standard deviation; 0 where nothing ever changes, for nothing was risked.

    A constant profit that is not 0 is 0 too: one cannot say how sure it is.
    """
    if profits.size < 2 or np.ptp(profits) == 0.0:
        return 0.0
    return float(np.mean(profits) / np.std(profits, ddof=1))


def track_of(profits: Floats) -> Track:
    """Raises TooFewPeriods below PERIODS_MIN."""
    if profits.size < PERIODS_MIN:
        raise TooFewPeriods(
            f"a Sharpe ratio needs at least {PERIODS_MIN} periods to be judged; here are {profits.size}"
        )
    apart = profits - np.mean(profits)
    deviation = float(np.sqrt(np.mean(apart**2)))
    if np.ptp(profits) == 0.0:
        return Track(0.0, profits.size, 0.0, 3.0)
    skewness, kurtosis = (float(np.mean((apart / deviation) ** power)) for power in (3, 4))
    return Track(sharpe_ratio(profits), profits.size, skewness, kurtosis)


def probabilistic_sharpe(track: Track, threshold: float = 0.0) -> float:
    """The probability that the true ratio is above ``threshold`` (2012, eq. 11)."""
    return _normal((track.sharpe - threshold) * sqrt(track.periods - 1) / sqrt(_spread(track)))


def periods_min(track: Track, threshold: float = 0.0, confidence: float = 0.95) -> float:
    """How many periods as good as these would prove a ratio above ``threshold`` (2012, eq. 13); nan if none would."""
    if track.sharpe <= threshold:
        return nan
    return 1.0 + _spread(track) * (float(ndtri(confidence)) / (track.sharpe - threshold)) ** 2


def expected_maximum(trials: float) -> float:
    """Of the best of so many standard normal draws, about (2014, eq. 4); 0 for a single one.

    ``trials`` need not be whole, where it is the number of independent trials that dependent ones amount to.
    """
    if trials <= 1.0:
        return 0.0
    highest = (1.0 - _EULER) * float(ndtri(1.0 - 1.0 / trials)) + _EULER * float(ndtri(1.0 - 1.0 / (trials * e)))
    # The approximation is for many trials, and falls below the mean of two draws near one.
    return max(0.0, highest)


def luck(variance: float, trials: float) -> float:
    """The ratio that the best of ``trials`` without any skill would show (2014, eq. 1).

    variance: of the ratios over the trials.
    """
    return sqrt(variance) * expected_maximum(trials)


def deflated_sharpe(track: Track, variance: float, trials: float) -> float:
    """The probability that the winner's true ratio is above 0, given how many were tried (2014, eq. 2)."""
    return probabilistic_sharpe(track, luck(variance, trials))


def noise_variance(periods: int) -> float:
    """Of the ratios of trials that have no skill and differ by noise alone: that of a true ratio of 0 (2012, eq. 9)."""
    return 1.0 / (periods - 1)


def independent_trials(correlation: float, trials: int) -> float:
    """How many independent trials are as many as these, of this mean correlation (2014, appendix 3)."""
    return correlation + (1.0 - correlation) * trials


def periods_luck(sharpe: float, trials: int) -> float:
    """In fewer periods than these the best of ``trials`` has this ratio by luck alone (BTL, eq. 6); nan for none.

    With ratios of a year it is in years, and is at most 2 ln(trials) / sharpe^2.
    """
    return (expected_maximum(trials) / sharpe) ** 2 if sharpe > 0.0 else nan


def periods_proof(track: Track, trials: int, confidence: float) -> float:
    """In how many periods as good as these the ratio, deflated by noise, is above 0 this surely; nan if in none."""
    if track.sharpe <= 0.0:
        return nan
    surely = float(ndtri(confidence)) * sqrt(_spread(track))
    return 1.0 + ((surely + expected_maximum(trials)) / track.sharpe) ** 2


def _spread(track: Track) -> float:
    """The variance of the estimate of a ratio, times the periods."""
    spread = 1.0 - track.skewness * track.sharpe + (track.kurtosis - 1.0) / 4.0 * track.sharpe**2
    # kurtosis >= 1 + skewness ** 2, so it is at least (1 - skewness sharpe / 2) ** 2; only rounding brings it to 0.
    return max(spread, 1e-12)


def _normal(value: float) -> float:
    return 0.5 * (1.0 + erf(value / sqrt(2.0)))
