"""How many messages one may send: so many a second, and so many at once after a pause."""

from dataclasses import dataclass

from exchange.domain.units import NEVER_NS, NS_PER_SECOND


@dataclass(frozen=True)
class Budget:
    """In any stretch of ``t`` seconds no more than ``burst + per_second * t`` messages."""

    per_second: int
    burst: int

    def __post_init__(self) -> None:
        assert self.per_second >= 1, f"{self.per_second} messages a second are none"
        assert self.burst >= 1, f"a burst of {self.burst} lets nothing out"


class Bucket:
    """What is left of a budget. All integers, so that it never drifts; full in the beginning."""

    def __init__(self, budget: Budget) -> None:
        self._per_second = budget.per_second
        self._full = self._level = budget.burst * NS_PER_SECOND
        self._then_ns = -NEVER_NS

    def left(self, now_ns: int) -> int:
        """How many messages may go out now."""
        if now_ns > self._then_ns:
            self._level = min(self._full, self._level + (now_ns - self._then_ns) * self._per_second)
            self._then_ns = now_ns
        return self._level // NS_PER_SECOND

    def take(self, messages: int) -> None:
        """So many went out, at the time last asked about."""
        self._level -= messages * NS_PER_SECOND
        assert self._level >= 0, "more was sent than there was leave for"

    @property
    def next_ns(self) -> int:
        """When there is leave for one more; the time last asked about if there is."""
        lacking = max(0, NS_PER_SECOND - self._level)
        return self._then_ns + -(-lacking // self._per_second)
