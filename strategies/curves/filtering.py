"""What one more price says about the two hidden parts of the log price: the deviation and the spikes.

log price = level + season + x + z, where x is an Ornstein-Uhlenbeck deviation and z is the sum of
the jumps so far, each fading (see ``model``). Only the sum is seen. Given whether a jump came since
the last price, everything is Gaussian and a Kalman filter is exact; whether one came is weighed by
Bayes' rule and the two answers are merged into one Gaussian with their mean and covariance (the
collapse of Harrison and Stevens, 1976, and Kim, 1994). One price therefore costs the same however
many came before, and the sum of the log densities is the likelihood that ``estimation`` maximises.
Time is in hours, since prices come minutes to days apart.
"""

from math import erfc, exp, expm1, log, pi, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from exchange.jit import entry, kernel

Floats = NDArray[np.float64]
LOG_2 = log(2.0)

# Prices are rounded, and a spread stands between them: none is believed closer than a fifth of a
# percent. It also keeps a price that stands still from promising an infinite likelihood.
NOISE_VARIANCE = 4e-6


class Belief(NamedTuple):
    """Mean and covariance of (x, z), in logs."""

    deviation: float
    spike: float
    deviation_variance: float
    covariance: float
    spike_variance: float


class Rates(NamedTuple):
    """The parameters as the filter wants them, per hour."""

    reversion: float
    diffusion_variance: float
    fading: float
    jump_rate: float
    jump_mean: float
    jump_variance: float


@kernel
def passed(belief: Belief, rates: Rates, hours: float) -> Belief:
    """The belief ``hours`` later, had no jump come: both parts fade, the deviation gets new noise."""
    decay = exp(-rates.reversion * hours)
    fade = exp(-rates.fading * hours)
    fresh = rates.diffusion_variance * -expm1(-2.0 * rates.reversion * hours) / (2.0 * rates.reversion)
    return Belief(
        belief.deviation * decay,
        belief.spike * fade,
        belief.deviation_variance * decay * decay + fresh,
        belief.covariance * decay * fade,
        belief.spike_variance * fade * fade,
    )


@kernel
def jumped(belief: Belief, rates: Rates, window: float, ago: float, must: bool) -> Belief:
    """The belief with what is left of the jumps of a ``window`` of hours that ended ``ago`` hours before.

    must: at least one came. Adds their mean and variance: jumps come at uniform times in the window,
    so each has faded by a uniform time, and their number is Poisson (given that it is not 0).
    """
    expected = rates.jump_rate * window
    count = expected / -expm1(-expected) if must else expected
    count_variance = count * (1.0 + expected - count) if must else expected
    faded = exp(-rates.fading * ago)
    fade = faded * -expm1(-rates.fading * window) / (rates.fading * window)
    fade_squared = faded * faded * -expm1(-2.0 * rates.fading * window) / (2.0 * rates.fading * window)
    one = rates.jump_mean * fade
    one_variance = (rates.jump_mean**2 + rates.jump_variance) * fade_squared - one * one
    return Belief(
        belief.deviation,
        belief.spike + count * one,
        belief.deviation_variance,
        belief.covariance,
        belief.spike_variance + count * one_variance + count_variance * one * one,
    )


@kernel
def corrected(belief: Belief, observed: float) -> tuple[Belief, float, float]:
    """The belief after seeing x + z = ``observed``, the log density of that, and its standard score."""
    from_deviation = belief.deviation_variance + belief.covariance
    from_spike = belief.covariance + belief.spike_variance
    variance = from_deviation + from_spike + NOISE_VARIANCE
    surprise = observed - belief.deviation - belief.spike
    after = Belief(
        belief.deviation + from_deviation / variance * surprise,
        belief.spike + from_spike / variance * surprise,
        belief.deviation_variance - from_deviation * from_deviation / variance,
        belief.covariance - from_deviation * from_spike / variance,
        belief.spike_variance - from_spike * from_spike / variance,
    )
    log_density = -0.5 * (log(2.0 * pi * variance) + surprise * surprise / variance)
    return after, log_density, surprise / sqrt(variance)


@kernel
def merged(one: Belief, other: Belief, weight: float) -> Belief:
    """One Gaussian with the mean and covariance of the mixture; ``weight`` is that of ``other``."""
    rest = 1.0 - weight
    apart_x = other.deviation - one.deviation
    apart_z = other.spike - one.spike
    spread = weight * rest
    return Belief(
        one.deviation + weight * apart_x,
        one.spike + weight * apart_z,
        rest * one.deviation_variance + weight * other.deviation_variance + spread * apart_x * apart_x,
        rest * one.covariance + weight * other.covariance + spread * apart_x * apart_z,
        rest * one.spike_variance + weight * other.spike_variance + spread * apart_z * apart_z,
    )


@kernel
def weighed(
    one: Belief, one_log: float, one_below: float, other: Belief, other_log: float, other_below: float
) -> tuple[Belief, float, float]:
    """Two cases as one: beliefs merged by Bayes' rule, log densities and probabilities from below added."""
    highest = max(one_log, other_log)
    total_log = highest + log(exp(one_log - highest) + exp(other_log - highest))
    return merged(one, other, exp(other_log - total_log)), total_log, one_below + other_below


@kernel
def supposed(belief: Belief, observed: float, log_chance: float) -> tuple[Belief, float, float]:
    """A case of probability exp(``log_chance``) in which ``belief`` held: corrected, with its two shares."""
    after, log_density, score = corrected(belief, observed)
    return after, log_density + log_chance, 0.5 * erfc(-score / sqrt(2.0)) * exp(log_chance)


@entry
def updated(belief: Belief, rates: Rates, hours: float, observed: float) -> tuple[Belief, float, float]:
    """The belief after ``hours`` and then seeing ``observed``; its log density and its probability from below.

    hours: above 0. observed: log price less level and season. Three cases are weighed: a jump came
    lately, or one came but has mostly faded, or none came. One case for all jumps would not do: over
    a long gap most of them are gone, and a fresh spike would look impossible.
    """
    quiet = passed(belief, rates, hours)
    if rates.jump_rate <= 0.0:
        return supposed(quiet, observed, 0.0)
    # Nearly all of a short gap and two half-lives of a long one. A sharp edge would show as a kink in
    # the likelihood, for gaps are often alike.
    recent = hours / (1.0 + hours * rates.fading / (2.0 * LOG_2))
    older = hours - recent
    none, none_log, none_below = supposed(quiet, observed, -rates.jump_rate * hours)
    stale, stale_log, stale_below = supposed(
        jumped(quiet, rates, older, recent, True),
        observed,
        log(-expm1(-rates.jump_rate * older)) - rates.jump_rate * recent,
    )
    after, log_density, below = weighed(none, none_log, none_below, stale, stale_log, stale_below)
    background = jumped(quiet, rates, older, recent, False)
    fresh, fresh_log, fresh_below = supposed(
        jumped(background, rates, recent, 0.0, True), observed, log(-expm1(-rates.jump_rate * recent))
    )
    return weighed(after, log_density, below, fresh, fresh_log, fresh_below)


@entry
def filtered(
    belief: Belief, rates: Rates, hours: Floats, observed: Floats, log_densities: Floats, below: Floats
) -> Belief:
    """Run all prices through ``updated`` and return the last belief.

    hours: (n,) since the price before, above 0. observed: (n,) log prices less level and season.
    log_densities, below: (n,), overwritten: the log density of each price given those before it, and
    the probability of a lower one. Does not raise.
    """
    for row in range(hours.size):
        belief, log_densities[row], below[row] = updated(belief, rates, hours[row], observed[row])
    return belief
