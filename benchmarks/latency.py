"""How long single commands take: ``Engine.apply`` with one command, seen from its caller in Python."""

from __future__ import annotations

import gc
from time import perf_counter_ns
from typing import NamedTuple

import numpy as np

from exchange.domain.records import Rows
from exchange.engine import Engine

# The first calls find caches and branch predictors cold, and are not counted.
_UNCOUNTED = 1000


class Latency(NamedTuple):
    """In nanoseconds of wall-clock time; ``timer_p50`` is a look at the clock, which is in each of the others once."""

    commands: int
    p50: int
    p99: int
    p999: int
    timer_p50: int


def latency(engine: Engine, rows: Rows) -> Latency:
    """Apply ``rows`` one by one, looking at the clock before and after each, and twice in a row before it."""
    singles = [rows[place : place + 1] for place in range(len(rows))]
    times_ns: list[int] = []
    timers_ns: list[int] = []
    apply, now_ns, add_time, add_timer = engine.apply, perf_counter_ns, times_ns.append, timers_ns.append
    gc.collect()
    gc.disable()  # a collection would be Python's, not the engine's
    try:
        for row in singles:
            idle_ns = now_ns()
            before_ns = now_ns()
            apply(row)
            after_ns = now_ns()
            add_timer(before_ns - idle_ns)
            add_time(after_ns - before_ns)
    finally:
        gc.enable()
    # A short file is counted whole.
    first = _UNCOUNTED if len(rows) > 2 * _UNCOUNTED else 0
    if not rows.shape[0]:
        return Latency(0, 0, 0, 0, 0)
    p50, p99, p999 = np.percentile(times_ns[first:], [50, 99, 99.9]).round().astype(int).tolist()
    return Latency(len(rows) - first, p50, p99, p999, int(np.median(timers_ns[first:])))
