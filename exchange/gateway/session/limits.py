"""How much may be asked for: buckets of credit that fill with time."""

from __future__ import annotations

from typing import NamedTuple

from exchange.domain.units import NS_PER_SECOND


class Limits(NamedTuple):
    """Of one connection, and of everybody who shares an account (or, without a key, an address)."""

    rate_per_second: int = 2_000
    rate_burst: int = 5_000
    account_rate_per_second: int = 4_000
    account_rate_burst: int = 10_000
    subscriptions_max: int = 20_000
    account_subscriptions_max: int = 100_000
    account_connections_max: int = 100
    # Requests that wait for orders before them.
    waiting_max: int = 1_000
    # Refusals for too many requests that a connection may collect, and how many a second are forgotten:
    # a client that goes on after it was told to slow down is disconnected.
    refused_max: int = 1_000
    refused_per_second: int = 50
    # A connection without a key, a channel or a request for so long is closed; 0: never.
    silent_ns: int = 0


class Credits:
    """A bucket that fills with time; all integers, so that it never drifts."""

    __slots__ = ("_full", "_level", "_per_second", "_then_ns")

    def __init__(self, per_second: int, burst: int, now_ns: int) -> None:
        self._per_second = per_second
        self._full = burst * NS_PER_SECOND
        self._level = self._full
        self._then_ns = now_ns

    def wait_ns(self, now_ns: int, cost: int = 1) -> int:
        """How long to wait until ``cost`` is there; 0 if it is. More than fits counts as a full bucket."""
        # Without min and max, because every request passes here twice.
        if now_ns > self._then_ns:
            level = self._level + (now_ns - self._then_ns) * self._per_second
            self._level = level if level < self._full else self._full
        self._then_ns = now_ns
        price = cost * NS_PER_SECOND
        lacking = (price if price < self._full else self._full) - self._level
        return -(-lacking // self._per_second) if lacking > 0 else 0

    def spend(self, cost: int = 1) -> None:
        """Take out what ``wait_ns`` said is there."""
        self._level -= min(cost * NS_PER_SECOND, self._full)

    def take(self, now_ns: int, cost: int = 1) -> bool:
        """Take out ``cost``, if there is as much."""
        if self.wait_ns(now_ns, cost):
            return False
        self.spend(cost)
        return True
