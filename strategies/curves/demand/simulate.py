"""Arrivals drawn from the model, exactly: no step, no thinning, nothing thrown away.

Until the next arrival the base rate and each echo are independent Poisson processes, the echo's with a
finite mass left; each one's first arrival is a unit exponential turned back through its own compensator,
and the earliest of them is the next (Dassios and Zhao, "Exact simulation of Hawkes process with
exponentially decaying intensity", 2013).
"""

from math import exp, log1p

import numpy as np

from exchange.jit import entry
from strategies.curves.demand.intensity import Base, Excitement, Intensity, Kernel
from strategies.curves.demand.season import CELL_HOURS
from strategies.curves.filtering import Floats

_NOISES = 4096


def simulate(
    intensity: Intensity, start_hours: float, hours: float, rng: np.random.Generator, start: Excitement | None = None
) -> Floats:
    """(n,) rising arrival times, in local hours since 1970, of the ``hours`` that follow ``start_hours``.

    start: what earlier arrivals still add (at ``start_hours``); without it nothing came before.
    """
    end = start_hours + hours
    start = Excitement(start_hours, (0.0,) * len(intensity.echoes)) if start is None else start
    return simulate_on(intensity.base(start_hours, end), intensity.kernel, start, end, rng)


def simulate_on(base: Base, kernel: Kernel, start: Excitement, end_hours: float, rng: np.random.Generator) -> Floats:
    """The same on any base rate, from ``start.hours`` on."""
    state = np.array([start.hours, *start.added])
    parts, times = [], np.empty(_NOISES)
    while state[0] < end_hours:
        noises = rng.standard_exponential(_NOISES)
        written = drawn(base.first_cell, base.per_hour, kernel, end_hours, state, noises, times)
        parts.append(times[:written].copy())
    return np.concatenate(parts) if parts else np.empty(0)


@entry
def drawn(
    first_cell: int, bases: Floats, kernel: Kernel, end: float, state: Floats, noises: Floats, times: Floats
) -> int:
    """Draw arrivals until ``end`` or until the noise is used up, and return how many.

    bases: (n,) base rate in each quarter of an hour from ``first_cell`` on, up to ``end``. state: (1 + m,) the hour,
    and the intensity each echo adds; overwritten with that after the last arrival, or at ``end``.
    noises: (k,) unit exponentials. times: (k,), overwritten from the front. Does not raise.
    """
    written = 0
    echoes = state.size - 1
    for first in range(0, noises.size - echoes, echoes + 1):
        now = state[0]
        soonest = end
        for echo in range(echoes):
            used = noises[first + 1 + echo] * kernel.fading[echo] / max(state[1 + echo], 1e-300)
            if used < 1.0:
                soonest = min(soonest, now - log1p(-used) / kernel.fading[echo])
        mass, at = noises[first], now
        while at < soonest:
            cell = int(at / CELL_HOURS)
            cell_end = (cell + 1) * CELL_HOURS
            inside = bases[cell - first_cell] * (cell_end - at)
            if mass < inside:
                soonest = min(soonest, at + mass / bases[cell - first_cell])
                break
            mass -= inside
            at = cell_end
        arrived = soonest < end
        for echo in range(echoes):
            state[1 + echo] = state[1 + echo] * exp(-kernel.fading[echo] * (soonest - now))
            if arrived:
                state[1 + echo] += kernel.added[echo]
        state[0] = soonest
        if not arrived:
            break
        times[written] = soonest
        written += 1
    return written
