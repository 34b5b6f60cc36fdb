"""How much of the time one has stood on both sides of a book: the maker's obligation, measured."""

from dataclasses import dataclass


@dataclass(slots=True)
class Uptime:
    """Of one contract. Time counts from ``start_ns`` to the gate, and no further."""

    start_ns: int
    gate_ns: int
    two_sided_ns: int = 0
    since_ns: int = -1  # when it became two-sided; -1 while it is not

    def observe(self, time_ns: int, is_two_sided: bool) -> None:
        time_ns = min(time_ns, self.gate_ns)
        if self.since_ns >= 0:
            self.two_sided_ns += max(0, time_ns - self.since_ns)
        self.since_ns = time_ns if is_two_sided and time_ns < self.gate_ns else -1

    def elapsed_ns(self, time_ns: int) -> int:
        return max(0, min(time_ns, self.gate_ns) - self.start_ns)

    def total_ns(self, time_ns: int) -> int:
        """Two-sided time until now, the present stretch included."""
        running = max(0, min(time_ns, self.gate_ns) - self.since_ns) if self.since_ns >= 0 else 0
        return self.two_sided_ns + running
