"""How often somebody comes by, as a step function of the time to gate: exact where the control problem is solved.

A rate that changes smoothly is given in as many steps as one likes; what is not asserted between them
need not be integrated either.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, inf


@dataclass(frozen=True)
class Steps:
    """``values[i]`` holds from ``starts[i]`` hours to gate up to the next start; the last one for ever.

    starts: rising, the first is 0. values: not negative, and finite.
    """

    starts: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.starts) != len(self.values) or not self.starts or self.starts[0] != 0.0:
            raise ValueError(f"steps need as many starts as values, from 0 on: {self.starts}, {self.values}")
        if any(later <= earlier for earlier, later in zip(self.starts, self.starts[1:], strict=False)):
            raise ValueError(f"steps must rise: {self.starts}")
        if not all(0.0 <= value < inf for value in self.values):
            raise ValueError(f"steps must be finite and not below 0: {self.values}")

    def at(self, hours_to_gate: float) -> float:
        return self.values[bisect_right(self.starts, max(0.0, hours_to_gate)) - 1]


def constant(value: float) -> Steps:
    return Steps((0.0,), (value,))


def stepped(rate: Callable[[float], float], edges: Sequence[float]) -> Steps:
    """``rate`` in steps between ``edges``, each as it is in the middle of its step; the last edge starts the rest."""
    starts = (0.0, *edges)
    middles = [(start + end) / 2 for start, end in zip(starts, edges, strict=False)]
    return Steps(starts, tuple(rate(middle) for middle in (*middles, starts[-1])))


def rushing(calm: float, rush: float, rush_hours: float) -> Steps:
    """``calm`` an hour far from the gate, ``rush`` times as many at it, between them as ``rush_at`` says.

    In twelve steps, short near the gate. Without a rush there is one step.
    """
    if rush == 1.0 or rush_hours <= 0.0:
        return constant(calm)
    edges = [rush_hours * step / 12.0 for step in (0.5, 1, 2, 3, 5, 7, 10, 14, 20, 28, 40, 60)]
    return stepped(lambda tau: calm * rush_at(tau, rush, rush_hours), edges)


def rush_at(hours_to_gate: float, rush: float, rush_hours: float) -> float:
    """How many times as many come by as far from the gate."""
    return 1.0 + (rush - 1.0) * exp(-hours_to_gate / rush_hours) if rush_hours > 0.0 else 1.0
