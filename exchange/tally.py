"""What a venue counts about itself, in plain integers: cheap to add to, and read only when somebody asks.

Counters only grow. Times are nanoseconds of a clock that never goes back.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import Final

import numpy as np

from exchange.domain.enums import CommandKind, EventKind
from exchange.domain.records import Rows

_STEPS = (1, 2, 5)
# 1 microsecond to 10 seconds.
LATENCY_BOUNDS_NS: Final = (*(step * 10**power for power in range(3, 10) for step in _STEPS), 10**10)
SIZE_BOUNDS: Final = tuple(2**power for power in range(17))
_KINDS = 1 + max(*CommandKind, *EventKind)


class Histogram:
    """How many values were up to each bound; ``counts`` has one place more, for those above all of them."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[int, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0

    def note(self, value: int) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class TurnTally:
    """Of the node: counted once a turn, whatever is in it."""

    def __init__(self) -> None:
        self.commands = np.zeros(_KINDS, np.int64)  # by CommandKind
        self.events = np.zeros(_KINDS, np.int64)  # by EventKind
        self.refused_full = 0  # commands that the inbox had no room for
        self.sizes = Histogram(SIZE_BOUNDS)
        self.inbox = _latency()
        self.commit = _latency()
        self.engine = _latency()
        self.publish = _latency()
        self.whole = _latency()

    def turn(self, commands: Rows, events: Rows, times_ns: tuple[int, int, int, int, int]) -> None:
        """times_ns: the oldest command came in, the turn began, was durable, was applied, was published."""
        self.commands += np.bincount(commands["kind"], minlength=_KINDS)
        self.events += np.bincount(events["kind"], minlength=_KINDS)
        self.sizes.note(len(commands))
        came, began, durable, applied, published = times_ns
        self.inbox.note(began - came)
        self.commit.note(durable - began)
        self.engine.note(applied - durable)
        self.publish.note(published - applied)
        self.whole.note(published - came)


class DoorTally:
    """Of the gateway: frames, connections, refusals."""

    def __init__(self) -> None:
        self.frames_in = 0
        self.frames_out = 0
        self.writes = 0
        self.bytes_out = 0
        self.connections = 0
        self.questions = 0
        self.refusals: Counter[int] = Counter()  # by the code that the client sees
        self.closes: Counter[int] = Counter()  # of our own, by the WebSocket code
        self.decode = _latency()


def _latency() -> Histogram:
    return Histogram(LATENCY_BOUNDS_NS)
