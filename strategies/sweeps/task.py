"""One run to make, and what it gave: plain values, which any process can be handed."""

from dataclasses import dataclass, field

from strategies.backtest.spec import RunSpec
from strategies.sweeps.space import Parameters


@dataclass(frozen=True)
class Window:
    """What every trial meets alike: a slice of a recording, or a seed of the market of agents."""

    label: str
    seed: int
    start_ns: int
    end_ns: int


@dataclass(frozen=True)
class Base:
    """The run that every trial varies: its parameters, its window and its seed are the trial's.

    ``periods``: equal ones that a window is cut into, to see the profit of each. ``sha256``: of the strategy's file.
    ``notes``: what is to be said about the source.
    """

    spec: RunSpec
    periods: int
    sha256: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """Equal where parameters and window are; one sweep has one base."""

    parameters: Parameters
    window: Window
    base: Base = field(compare=False)


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
