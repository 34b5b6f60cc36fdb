"""Paths drawn from the model, exact at any times: no step is too long."""

import numpy as np
from numpy.typing import NDArray

from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from strategies.curves.filtering import Belief, Floats
from strategies.curves.model import Parameters, long_run
from strategies.curves.place_curve import PlaceCurve


def simulate_at(
    parameters: Parameters,
    times_ns: NDArray[np.int64],
    rng: np.random.Generator,
    paths: int = 1,
    start: PlaceCurve | None = None,
) -> Floats:
    """(paths, n) prices at the (n,) ``times_ns``, which rise.

    They continue from what ``start`` believes (its parameters aside), or begin anywhere in the long
    run, with a long-term factor of 0. The paths are those of the world: premiums have no part in them.
    """
    rates = parameters.rates
    hours = np.asarray(times_ns, dtype=np.int64) / NS_PER_HOUR
    elapsed = np.diff(hours, prepend=hours[:1] if start is None else start.time_ns / NS_PER_HOUR)
    assert (elapsed >= 0.0).all(), "times must rise"
    decay = np.exp(-rates.reversion * elapsed)
    fade = np.exp(-rates.fading * elapsed)
    fresh = np.sqrt(rates.diffusion_variance * (1.0 - decay**2) / (2.0 * rates.reversion))
    shared, rest = _long_shares(parameters, elapsed, decay, fresh)
    deviation, spike, long = _drawn_start(long_run(rates) if start is None else start.belief, rng, paths)
    logs = np.empty((paths, hours.size))
    for step in range(hours.size):
        noise = rng.standard_normal(paths)
        deviation = deviation * decay[step] + fresh[step] * noise
        spike = spike * fade[step] + _jumps(parameters, float(elapsed[step]), rng, paths)
        long = long + rates.drift * elapsed[step]
        if rates.long_variance > 0.0:
            long = long + shared[step] * noise + rest[step] * rng.standard_normal(paths)
        logs[:, step] = deviation + spike + long
    prices: Floats = np.exp(logs + parameters.usual_log(hours))
    return prices


def simulate(
    parameters: Parameters,
    start_ns: int,
    hours: float,
    step_s: float,
    rng: np.random.Generator,
    start: PlaceCurve | None = None,
) -> tuple[NDArray[np.int64], Floats]:
    """One path on an even grid: its (n,) times and (n,) prices."""
    steps = int(hours * 3600.0 / step_s) + 1
    times_ns = start_ns + np.arange(steps, dtype=np.int64) * round(step_s * NS_PER_SECOND)
    return times_ns, simulate_at(parameters, times_ns, rng, 1, start)[0]


def _long_shares(parameters: Parameters, elapsed: Floats, decay: Floats, fresh: Floats) -> tuple[Floats, Floats]:
    """(n,) how the long-term factor loads on the noise of the deviation, and on noise of its own."""
    rates = parameters.rates
    shared = rates.shared_variance * (1.0 - decay) / rates.reversion / np.where(fresh > 0.0, fresh, 1.0)
    return shared, np.sqrt(np.maximum(rates.long_variance * elapsed - shared**2, 0.0))


def _drawn_start(belief: Belief, rng: np.random.Generator, paths: int) -> tuple[Floats, Floats, Floats]:
    """(paths,) deviations, spikes and long-term factors drawn from the belief."""
    first = np.sqrt(max(belief.deviation_variance, 0.0))
    on_spike = belief.deviation_spike / first if first > 0.0 else 0.0
    on_long = belief.deviation_long / first if first > 0.0 else 0.0
    second = np.sqrt(max(belief.spike_variance - on_spike**2, 0.0))
    between = (belief.spike_long - on_spike * on_long) / second if second > 0.0 else 0.0
    third = np.sqrt(max(belief.long_variance - on_long**2 - between**2, 0.0))
    one, other = rng.standard_normal((2, paths))
    long = belief.long + on_long * one + between * other
    if third > 0.0:
        long = long + third * rng.standard_normal(paths)
    return belief.deviation + first * one, belief.spike + on_spike * one + second * other, long


def _jumps(parameters: Parameters, hours: float, rng: np.random.Generator, paths: int) -> Floats:
    """(paths,) what is left, at the end of an interval, of the jumps that came in it."""
    rates = parameters.rates
    counts = rng.poisson(rates.jump_rate * hours, paths)
    owners = np.repeat(np.arange(paths), counts)
    sizes = rng.normal(rates.jump_mean, np.sqrt(rates.jump_variance), owners.size)
    faded = sizes * np.exp(-rates.fading * hours * rng.random(owners.size))
    left: Floats = np.bincount(owners, weights=faded, minlength=paths).astype(np.float64)
    return left
