"""What the hidden factors say of later prices, as a law: a mixture over the number of jumps to come.

Given how many jumps come in the last hours before the horizon, each is what is left of it when it
comes at a random time, and the log price is nearly normal; how many come is Poisson. Those that
come earlier have faded, or are so many that their sum is normal, too. The log price has the mean and
variance of ``forward``, and the noise of a look; the quantiles are exact without jumps and close with them.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtr

from strategies.curves.blend.bins import BINS
from strategies.curves.filtering import NOISE_VARIANCE, Belief, Floats, Look, Rates, spot_looks, updated
from strategies.curves.forward import fresh_variance
from strategies.curves.model import Parameters

_JUMPS_MAX = 8
_JUMPS_EXPECTED = 3.0
_FADED = 1.5  # a jump is counted until so many times its mean life before the horizon
_GRID = 100
_WIDE = 4.5


def beliefs_at(parameters: Parameters, first: Belief, hours: Floats, logs: Floats, rows: NDArray[np.int64]) -> Floats:
    """(m, 9) the belief after each of the ``rows`` of (n,) log prices at rising hours."""
    kept, belief, last = np.empty((rows.size, 9)), first, float(hours[0]) - 1.0
    observed = logs - parameters.usual_log(hours)
    looks = zip(*(column.tolist() for column in (hours, *spot_looks(observed))), strict=True)
    wanted = iter(np.append(rows, -1).tolist())
    place, row = 0, next(wanted)
    for number, (hour, *look) in enumerate(looks):
        belief, _, _ = updated(belief, parameters.rates, hour - last, Look(*look))
        last = hour
        while number == row:
            kept[place], place, row = belief, place + 1, next(wanted)
    return kept


def hidden_laws(parameters: Parameters, beliefs: Floats, waited: Floats, horizons: Floats) -> Floats:
    """(h, m, BINS) rising logs of the price less what is usual.

    beliefs: (m, 9). waited: (m,) hours since each, below 0 where it is of later. horizons: (h,) hours from
    then; what would be before its belief is as of it.
    """
    laws = np.empty((horizons.size, len(beliefs), BINS))
    for place, horizon in enumerate(horizons):
        laws[place] = _quantiles(*_cases(parameters.rates, beliefs, np.maximum(waited + horizon, 0.0)))
    return laws


def _cases(rates: Rates, beliefs: Floats, ahead: Floats) -> tuple[Floats, Floats, Floats]:
    """(m, jumps) mean, variance and probability of the log price for each number of jumps."""
    belief = Belief(*beliefs.T)
    decay, fade = np.exp(-rates.reversion * ahead), np.exp(-rates.fading * ahead)
    mean = belief.deviation * decay + belief.spike * fade + belief.long + rates.drift * ahead
    variance = belief.deviation_variance * decay**2 + belief.spike_variance * fade**2 + belief.long_variance
    variance += 2.0 * decay * (belief.deviation_spike * fade + belief.deviation_long) + 2.0 * belief.spike_long * fade
    variance = np.maximum(variance + fresh_variance(rates, ahead), 0.0) + NOISE_VARIANCE
    jumps = np.arange(_JUMPS_MAX + 1 if rates.jump_rate > 0.0 else 1)
    window = np.minimum(ahead, min(_FADED / rates.fading, _JUMPS_EXPECTED / max(rates.jump_rate, 1e-300)))
    expected = (rates.jump_rate * window)[:, None]
    chance = np.exp(jumps * np.log(np.maximum(expected, 1e-300)) - expected - gammaln(jumps + 1.0))
    one, one_variance = _left(rates, window)
    early, early_variance = _early(rates, window, ahead)
    return (
        (mean + early)[:, None] + np.multiply.outer(one, jumps),
        (variance + early_variance)[:, None] + np.multiply.outer(one_variance, jumps),
        chance / chance.sum(axis=1, keepdims=True),
    )


def _left(rates: Rates, window: Floats) -> tuple[Floats, Floats]:
    """(m,) mean and variance of what is left of a jump that came at any time of each window."""
    gone, length = -np.expm1(-rates.fading * window), np.maximum(rates.fading * window, 1e-12)
    one = rates.jump_mean * gone / length
    squared = (rates.jump_mean**2 + rates.jump_variance) * gone * (2.0 - gone) / (2.0 * length)
    return one, np.maximum(squared - one * one, 0.0)


def _early(rates: Rates, window: Floats, ahead: Floats) -> tuple[Floats, Floats]:
    """(m,) mean and variance of what is left of all jumps before each window, which ends at ``ahead``."""
    since, first = np.exp(-rates.fading * window), np.exp(-rates.fading * ahead)
    mean = rates.jump_rate * rates.jump_mean * (since - first) / rates.fading
    squared = rates.jump_mean**2 + rates.jump_variance
    return mean, rates.jump_rate * squared * (since**2 - first**2) / (2.0 * rates.fading)


def _quantiles(means: Floats, variances: Floats, chances: Floats) -> Floats:
    """(m, BINS) the middles of the bins of m mixtures of normal laws."""
    deviations = np.sqrt(variances)
    low, high = (means - _WIDE * deviations).min(axis=1), (means + _WIDE * deviations).max(axis=1)
    grid = low[:, None] + np.linspace(0.0, 1.0, _GRID) * (high - low)[:, None]
    # The grid is denser where the likeliest case is.
    middle, width = means[:, :1], _WIDE * deviations[:, :1]
    grid = np.sort(np.concatenate([grid, middle + np.linspace(-1.0, 1.0, _GRID) * width], axis=1), axis=1)
    below = (ndtr((grid[:, :, None] - means[:, None]) / deviations[:, None]) * chances[:, None]).sum(axis=2)
    levels = (np.arange(BINS) + 0.5) / BINS
    return np.array([np.interp(levels, reached, values) for reached, values in zip(below, grid, strict=True)])
