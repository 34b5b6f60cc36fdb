"""The windows that every trial meets: seeds of the market of agents, or slices of a recording."""

from itertools import pairwise

import numpy as np

from exchange.domain.errors import GpuxError
from exchange.domain.units import NS_PER_SECOND
from strategies.backtest.recording import Recording
from strategies.sweeps.task import Window


class BadWindows(GpuxError):
    """Windows that cannot be cut."""


def seed_windows(start_ns: int, end_ns: int, seed: int, count: int) -> tuple[Window, ...]:
    """The same time, ``count`` times: with seed, seed + 1, ..."""
    return tuple(Window(f"seed {place}", place, start_ns, end_ns) for place in range(seed, seed + count))


def slice_windows(start_ns: int, end_ns: int, folds: int, seed: int, seeds: int, periods: int) -> tuple[Window, ...]:
    """``folds`` equal slices in order of time, each once for each seed. What is left over at the end is left out.

    A slice is cut into whole nanoseconds, and so is each of its ``periods``. Raises BadWindows.
    """
    length_ns = (end_ns - start_ns) // folds // periods * periods
    if length_ns < periods:
        seconds = (end_ns - start_ns) / NS_PER_SECOND
        raise BadWindows(f"{seconds:g} seconds cannot be cut into {folds} windows of {periods} periods")
    edges = pairwise(start_ns + length_ns * fold for fold in range(folds + 1))
    return tuple(
        Window(f"slice {fold}" if seeds == 1 else f"slice {fold}, seed {place}", place, since_ns, until_ns)
        for fold, (since_ns, until_ns) in enumerate(edges, 1)
        for place in range(seed, seed + seeds)
    )


def end_of(recording: Recording) -> int:
    """Just after its last row. A recording that can be played once only is played by this."""
    last_ns = recording.start_ns
    for chunk in recording.chunks():
        last_ns = int(np.max(chunk["time_ns"], initial=last_ns))
    return last_ns + 1
