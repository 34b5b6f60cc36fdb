"""One run to make, and what it gave: plain values, which any process can be handed."""

from dataclasses import dataclass

from strategies.sweeps.space import Parameters


@dataclass(frozen=True)
class Window:
    """What every trial meets alike: a slice of a recording, or a seed of the market of agents.

    ``start_ns`` and ``end_ns`` are 0 where it is not a slice.
    """

    label: str
    seed: int
    start_ns: int = 0
    end_ns: int = 0


@dataclass(frozen=True)
class Task:
    parameters: Parameters
    window: Window
    base: object = None


@dataclass(frozen=True)
class Score:
    """``profits_usd`` of equal periods, oldest first. ``failure``: why there are none; empty if all went well."""

    profits_usd: tuple[float, ...]
    trades: int = 0
    messages: int = 0
    failure: str = ""

    @property
    def profit_usd(self) -> float:
        return sum(self.profits_usd)
