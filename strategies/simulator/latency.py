"""How long messages are under way, each by a law of its own, and first in first out on every path."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import exp, log
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from exchange.domain.units import NS_PER_SECOND
from strategies.base import Amend, Message, Place


class Delay(Protocol):
    """The law of one stretch of the way."""

    def draw_ns(self, message: Message | None, recent: int, rng: np.random.Generator) -> int:
        """For one message, None for what is no order's. ``recent``: how many went this way in the last second."""
        ...


@dataclass(frozen=True)
class Constant:
    ns: int = 0

    def draw_ns(self, message: Message | None, recent: int, rng: np.random.Generator) -> int:
        return self.ns


@dataclass(frozen=True)
class Lognormal:
    """``sigma`` is the standard deviation of the logarithm."""

    median_ns: int
    sigma: float

    def draw_ns(self, message: Message | None, recent: int, rng: np.random.Generator) -> int:
        return int(exp(log(self.median_ns) + self.sigma * rng.standard_normal()))


@dataclass(frozen=True, eq=False)
class Sampled:
    """One of the recorded ones, each as likely as the other."""

    samples_ns: NDArray[np.int64]

    def draw_ns(self, message: Message | None, recent: int, rng: np.random.Generator) -> int:
        return int(self.samples_ns[rng.integers(len(self.samples_ns))])


@dataclass(frozen=True)
class Loaded:
    """Longer by ``per_message_ns`` for each message of the last second."""

    base: Delay
    per_message_ns: int

    def draw_ns(self, message: Message | None, recent: int, rng: np.random.Generator) -> int:
        return self.base.draw_ns(message, recent, rng) + recent * self.per_message_ns


@dataclass(frozen=True)
class ByMessage:
    """Each kind of message has a law of its own."""

    place: Delay
    amend: Delay
    pull: Delay

    def draw_ns(self, message: Message | None, recent: int, rng: np.random.Generator) -> int:
        delay = self.place if isinstance(message, Place) else self.amend if isinstance(message, Amend) else self.pull
        return delay.draw_ns(message, recent, rng)


_MILLISECOND = Constant(NS_PER_SECOND // 1000)


@dataclass(frozen=True)
class Latencies:
    """``compute``: from hearing of something to the message that answers it, one message after the other."""

    feed: Delay = _MILLISECOND
    entry: Delay = _MILLISECOND
    response: Delay = _MILLISECOND
    compute: Delay = Constant(0)


@dataclass
class Path:
    """One way, on which nothing overtakes: who would arrive earlier than the one before arrives with it."""

    delay: Delay
    rng: np.random.Generator
    last_ns: int = 0
    _sent_ns: deque[int] = field(default_factory=deque)

    def arrival_ns(self, sent_ns: int, message: Message | None = None) -> int:
        """Of what is sent now; calls must be in the order of ``sent_ns``."""
        delay = self.delay
        if type(delay) is Constant:  # which asks neither chance nor how many went before
            arrival_ns = sent_ns + delay.ns
            self.last_ns = arrival_ns if arrival_ns > self.last_ns else self.last_ns
            return self.last_ns
        while self._sent_ns and self._sent_ns[0] <= sent_ns - NS_PER_SECOND:
            self._sent_ns.popleft()
        arrival_ns = sent_ns + delay.draw_ns(message, len(self._sent_ns), self.rng)
        self._sent_ns.append(sent_ns)
        self.last_ns = max(arrival_ns, self.last_ns)
        return self.last_ns
