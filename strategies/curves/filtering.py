"""What one more price says about the hidden parts of the log price: deviation, spikes and long-term factor.

log F(t, T) = usual(T) + e^(-k(T-t)) x + e^(-b(T-t)) z + xi + A(T-t) + noise is seen, for a delivery
hour T that may be now (the spot price, where both exponentials are 1 and A is 0); x is an
Ornstein-Uhlenbeck deviation, z the sum of the jumps so far, each fading, and xi a Brownian motion
with drift (see ``model``). Given whether a jump came since the last price everything is Gaussian and
a Kalman filter is exact; whether one came is weighed by Bayes' rule and the answers are merged into
one Gaussian with their mean and covariance (the collapse of Harrison and Stevens, 1976, and Kim,
1994). One price therefore costs the same however many came before, and the sum of the log densities
is the likelihood that ``estimation`` maximises. Time is in hours: prices come minutes to days apart.

A price may also be a mistake: typed wrong, scraped wrong. It then says nothing of the market, and
its law is that of the expected price with a variance wider by ``MISTAKE_VARIANCE``:

    p(y | past) = (1 - q) p_sound(y | past) + q N(y; m, S + MISTAKE_VARIANCE),   q = ``mistake_share``

With the second share as its weight the belief stays where it was (the contaminated normal law of
Tukey, 1960, in the filter of Guttman and Pena, 1985). Only its doubt grows, by ``DOUBT`` of the
squared surprise: so a move that stays is believed after a handful of prices, however far it went,
while one wrong price is forgotten with the next right one.

All kernels are in this one file, because Numba's cache does not see edits of another.
"""

from math import erfc, exp, expm1, log, log1p, pi, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from exchange.jit import entry, kernel

Floats = NDArray[np.float64]
LOG_2 = log(2.0)

# Prices are rounded, and a spread stands between them: none is believed closer than a fifth of a
# percent. It also keeps a price that stands still from promising an infinite likelihood.
NOISE_VARIANCE = 4e-6
MISTAKE_VARIANCE = 4.0  # of the log of a wrong price: a factor of seven either way
DOUBT = 0.02


class Belief(NamedTuple):
    """Mean and covariance of (x, z, xi), in logs."""

    deviation: float = 0.0
    spike: float = 0.0
    long: float = 0.0
    deviation_variance: float = 0.0
    spike_variance: float = 0.0
    long_variance: float = 0.0
    deviation_spike: float = 0.0
    deviation_long: float = 0.0
    spike_long: float = 0.0


class Rates(NamedTuple):
    """The parameters as the filter wants them, per hour. ``drift`` is that of the world, not of pricing."""

    reversion: float
    diffusion_variance: float
    fading: float
    jump_rate: float
    jump_mean: float
    jump_variance: float
    long_variance: float = 0.0
    drift: float = 0.0
    shared_variance: float = 0.0  # correlation times both volatilities
    mistake_share: float = 0.0


class Look(NamedTuple):
    """One price: its log less all that is not hidden, how it loads on x and z (on xi with 1), and its noise."""

    observed: float
    deviation_loading: float = 1.0
    spike_loading: float = 1.0
    noise_variance: float = NOISE_VARIANCE


class Looks(NamedTuple):
    """(n,) each: many prices, oldest first."""

    observed: Floats
    deviation_loadings: Floats
    spike_loadings: Floats
    noise_variances: Floats


def spot_looks(observed: Floats) -> Looks:
    """(n,) log prices less level and season, each of the hour in which it was seen."""
    ones = np.ones(observed.size)
    return Looks(np.ascontiguousarray(observed), ones, ones, np.full(observed.size, NOISE_VARIANCE))


@kernel
def passed(belief: Belief, rates: Rates, hours: float) -> Belief:
    """The belief ``hours`` later, had no jump come: x and z fade, xi drifts, x and xi get new noise."""
    gone = -expm1(-rates.reversion * hours)
    decay = 1.0 - gone
    fade = exp(-rates.fading * hours)
    fresh = rates.diffusion_variance * gone * (1.0 + decay) / (2.0 * rates.reversion)
    return Belief(
        belief.deviation * decay,
        belief.spike * fade,
        belief.long + rates.drift * hours,
        belief.deviation_variance * decay * decay + fresh,
        belief.spike_variance * fade * fade,
        belief.long_variance + rates.long_variance * hours,
        belief.deviation_spike * decay * fade,
        belief.deviation_long * decay + rates.shared_variance * gone / rates.reversion,
        belief.spike_long * fade,
    )


@kernel
def left(rates: Rates, window: float, ago: float) -> tuple[float, float]:
    """Mean and variance of what is left of a jump that came at any time of a ``window`` of hours, ``ago`` hours on."""
    faded = exp(-rates.fading * ago)
    gone = -expm1(-rates.fading * window)
    length = rates.fading * window
    one = rates.jump_mean * faded * gone / length
    squared = (rates.jump_mean**2 + rates.jump_variance) * faded * faded * gone * (2.0 - gone) / (2.0 * length)
    return one, squared - one * one


@kernel
def jumped(belief: Belief, expected: float, chance: float, one: float, one_variance: float) -> Belief:
    """The belief with Poisson many jumps, ``expected`` of them, given an event of ``chance``: all, or that one came.

    chance: 1, or 1 - exp(-expected). one, one_variance: of what is left of each.
    """
    count = expected / chance
    count_variance = count * (1.0 + expected - count)
    return Belief(
        belief.deviation,
        belief.spike + count * one,
        belief.long,
        belief.deviation_variance,
        belief.spike_variance + count * one_variance + count_variance * one * one,
        belief.long_variance,
        belief.deviation_spike,
        belief.deviation_long,
        belief.spike_long,
    )


@kernel
def shares(belief: Belief, look: Look) -> tuple[float, float, float, float, float]:
    """Covariances of x, z and xi with the price, the variance of the price, and its distance from the mean."""
    on_x, on_z = look.deviation_loading, look.spike_loading
    from_x = on_x * belief.deviation_variance + on_z * belief.deviation_spike + belief.deviation_long
    from_z = on_x * belief.deviation_spike + on_z * belief.spike_variance + belief.spike_long
    from_xi = on_x * belief.deviation_long + on_z * belief.spike_long + belief.long_variance
    variance = on_x * from_x + on_z * from_z + from_xi + look.noise_variance
    surprise = look.observed - on_x * belief.deviation - on_z * belief.spike - belief.long
    return from_x, from_z, from_xi, variance, surprise


@kernel
def corrected(belief: Belief, look: Look) -> tuple[Belief, float, float]:
    """The belief after a look, the log density of what was seen, and its standard score."""
    from_x, from_z, from_xi, variance, surprise = shares(belief, look)
    scaled = surprise / variance
    after = Belief(
        belief.deviation + from_x * scaled,
        belief.spike + from_z * scaled,
        belief.long + from_xi * scaled,
        belief.deviation_variance - from_x * from_x / variance,
        belief.spike_variance - from_z * from_z / variance,
        belief.long_variance - from_xi * from_xi / variance,
        belief.deviation_spike - from_x * from_z / variance,
        belief.deviation_long - from_x * from_xi / variance,
        belief.spike_long - from_z * from_xi / variance,
    )
    log_density = -0.5 * (log(2.0 * pi * variance) + surprise * scaled)
    return after, log_density, surprise / sqrt(variance)


@kernel
def merged(one: Belief, other: Belief, weight: float) -> Belief:
    """One Gaussian with the mean and covariance of the mixture; ``weight`` is that of ``other``."""
    rest = 1.0 - weight
    apart_x = other.deviation - one.deviation
    apart_z = other.spike - one.spike
    apart_xi = other.long - one.long
    spread = weight * rest
    return Belief(
        one.deviation + weight * apart_x,
        one.spike + weight * apart_z,
        one.long + weight * apart_xi,
        rest * one.deviation_variance + weight * other.deviation_variance + spread * apart_x * apart_x,
        rest * one.spike_variance + weight * other.spike_variance + spread * apart_z * apart_z,
        rest * one.long_variance + weight * other.long_variance + spread * apart_xi * apart_xi,
        rest * one.deviation_spike + weight * other.deviation_spike + spread * apart_x * apart_z,
        rest * one.deviation_long + weight * other.deviation_long + spread * apart_x * apart_xi,
        rest * one.spike_long + weight * other.spike_long + spread * apart_z * apart_xi,
    )


@kernel
def weighed(
    one: Belief, one_log: float, one_below: float, other: Belief, other_log: float, other_below: float
) -> tuple[Belief, float, float]:
    """Two cases as one: beliefs merged by Bayes' rule, log densities and probabilities from below added."""
    odds = exp(-abs(other_log - one_log))  # of the less likely to the more likely
    share = odds / (1.0 + odds)
    weight = share if other_log < one_log else 1.0 - share
    return merged(one, other, weight), max(one_log, other_log) + log1p(odds), one_below + other_below


@kernel
def supposed(belief: Belief, look: Look, chance: float, full: bool) -> tuple[Belief, float, float]:
    """A case of probability ``chance`` in which ``belief`` held: corrected, with its two shares.

    full: whether the share of the probability from below is wanted, which costs most; else it is 0.
    """
    after, log_density, score = corrected(belief, look)
    return after, log_density + log(chance), 0.5 * erfc(-score / sqrt(2.0)) * chance if full else 0.0


@kernel
def mistaken(belief: Belief, look: Look, chance: float, full: bool) -> tuple[Belief, float, float]:
    """The case that the price is wrong: the belief as it was but for its doubt, with its two shares."""
    _, _, _, variance, surprise = shares(belief, look)
    wide = variance + MISTAKE_VARIANCE
    doubtful = Belief(
        belief.deviation,
        belief.spike,
        belief.long,
        belief.deviation_variance + DOUBT * surprise * surprise,
        belief.spike_variance,
        belief.long_variance,
        belief.deviation_spike,
        belief.deviation_long,
        belief.spike_long,
    )
    log_density = -0.5 * (log(2.0 * pi * wide) + surprise * surprise / wide)
    return doubtful, log_density + log(chance), 0.5 * erfc(-surprise / sqrt(2.0 * wide)) * chance if full else 0.0


@kernel
def sound(quiet: Belief, rates: Rates, hours: float, look: Look, full: bool) -> tuple[Belief, float, float]:
    """The belief after a price that is right: a jump came lately, or came but has mostly faded, or none came.

    One case for all jumps would not do: over a long gap most of them are gone, and a fresh spike
    would look impossible.
    """
    # Nearly all of a short gap and two half-lives of a long one. A sharp edge would show as a kink in
    # the likelihood, for gaps are often alike.
    recent = hours / (1.0 + hours * rates.fading / (2.0 * LOG_2))
    older = max(hours - recent, 1e-9 * hours)  # never 0 by rounding
    came_older = -expm1(-rates.jump_rate * older)
    came_lately = -expm1(-rates.jump_rate * recent)
    one, one_variance = left(rates, older, recent)
    none, none_log, none_below = supposed(quiet, look, (1.0 - came_older) * (1.0 - came_lately), full)
    stale, stale_log, stale_below = supposed(
        jumped(quiet, rates.jump_rate * older, came_older, one, one_variance),
        look,
        came_older * (1.0 - came_lately),
        full,
    )
    after, log_density, below = weighed(none, none_log, none_below, stale, stale_log, stale_below)
    background = jumped(quiet, rates.jump_rate * older, 1.0, one, one_variance)
    one, one_variance = left(rates, recent, 0.0)
    fresh, fresh_log, fresh_below = supposed(
        jumped(background, rates.jump_rate * recent, came_lately, one, one_variance), look, came_lately, full
    )
    return weighed(after, log_density, below, fresh, fresh_log, fresh_below)


@kernel
def answered(belief: Belief, rates: Rates, hours: float, look: Look, full: bool) -> tuple[Belief, float, float]:
    """``updated``; without the probability from below unless ``full``."""
    quiet = passed(belief, rates, hours)
    leaps = rates.jump_rate > 0.0 and hours > 0.0
    if leaps:
        after, log_density, below = sound(quiet, rates, hours, look, full)
    else:
        after, log_density, below = supposed(quiet, look, 1.0, full)
    if rates.mistake_share <= 0.0:
        return after, log_density, below
    expected = quiet
    if leaps:
        one, one_variance = left(rates, hours, 0.0)
        expected = jumped(quiet, rates.jump_rate * hours, 1.0, one, one_variance)
    right = 1.0 - rates.mistake_share
    wrong, wrong_log, wrong_below = mistaken(expected, look, rates.mistake_share, full)
    return weighed(after, log_density + log(right), below * right, wrong, wrong_log, wrong_below)


@entry
def updated(belief: Belief, rates: Rates, hours: float, look: Look) -> tuple[Belief, float, float]:
    """The belief after ``hours`` (0 or more) and then a look; its log density and its probability from below."""
    return answered(belief, rates, hours, look, True)


@entry
def judged(belief: Belief, rates: Rates, hours: Floats, looks: Looks, log_densities: Floats) -> Belief:
    """``filtered`` without the probabilities from below, for who asks thousands of times."""
    for row in range(hours.size):
        look = Look(
            looks.observed[row],
            looks.deviation_loadings[row],
            looks.spike_loadings[row],
            looks.noise_variances[row],
        )
        belief, log_densities[row], _ = answered(belief, rates, hours[row], look, False)
    return belief


@entry
def filtered(belief: Belief, rates: Rates, hours: Floats, looks: Looks, log_densities: Floats, below: Floats) -> Belief:
    """Run all prices through ``updated`` and return the last belief.

    hours: (n,) since the price before, 0 where both were seen at once. log_densities, below: (n,),
    overwritten: the log density of each price given those before it, and the probability of a lower
    one. Does not raise.
    """
    for row in range(hours.size):
        look = Look(
            looks.observed[row],
            looks.deviation_loadings[row],
            looks.spike_loadings[row],
            looks.noise_variances[row],
        )
        belief, log_densities[row], below[row] = answered(belief, rates, hours[row], look, True)
    return belief
