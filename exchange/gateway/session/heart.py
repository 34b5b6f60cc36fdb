"""Whether the client still lives: heartbeats that it asked for, and the silence of one that wants nothing."""

from __future__ import annotations

from exchange.domain.units import NS_PER_SECOND
from exchange.gateway.session.effects import Close, Effect, Send
from exchange.wire import codec

POLICY_VIOLATION = 1008


class Heart:
    """Of one connection. ``heard_ns`` is when something came from the client last."""

    __slots__ = ("_beat_ns", "_every_ns", "heard_ns")

    def __init__(self, now_ns: int) -> None:
        self.heard_ns = now_ns
        self._every_ns = 0
        self._beat_ns = now_ns

    @property
    def beats(self) -> bool:
        return self._every_ns > 0

    def set(self, interval_seconds: int, now_ns: int) -> None:
        """0: no heartbeats."""
        self._every_ns = interval_seconds * NS_PER_SECOND
        self._beat_ns = now_ns

    def tick(self, now_ns: int) -> list[Effect]:
        """Time passed."""
        if not self._every_ns:
            return []
        if now_ns - self.heard_ns > 2 * self._every_ns:
            return [Close(POLICY_VIOLATION, "no answer to test_request; call public/test when it comes")]
        if now_ns - self._beat_ns < self._every_ns:
            return []
        self._beat_ns = now_ns
        silent = now_ns - self.heard_ns >= self._every_ns
        return [Send(codec.encode_heartbeat("test_request" if silent else "heartbeat"))]
