"""How much of the core one connection takes at once, so that whoever sends without end takes turns with the others."""

from __future__ import annotations

# So much of one client's is done before the others have their turn.
FRAMES_AT_ONCE = 16
SECONDS_AT_ONCE = 0.0005
# Whoever takes a larger share of the time than this rests after it: turns of others, and the thread
# that stores them, shall mostly find the core free.
SHARE_MAX = 0.25
REST_SECONDS = 0.001


class Pace:
    """Of one connection; times are seconds of a clock that never goes back."""

    __slots__ = ("_busy", "_frames", "_since")

    def __init__(self) -> None:
        self._busy, self._frames, self._since = 0.0, 0, 0.0

    def rest(self, began: float, now: float) -> float | None:
        """A frame was worked on from ``began`` to ``now``: how long the others have their turn; None: go on."""
        self._frames += 1
        self._busy += now - began
        if self._frames < FRAMES_AT_ONCE and self._busy <= SECONDS_AT_ONCE:
            return None
        is_greedy = self._busy > SHARE_MAX * (now - self._since)
        self._busy, self._frames, self._since = 0.0, 0, now
        return REST_SECONDS if is_greedy else 0.0
