"""What a run is: everything that decides its result, in one frozen object that can be written down and sent about."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from exchange.domain.errors import GpuxError
from strategies.base import Budget, Limits
from strategies.drivers.parameters import Value

AGENTS = "agents"
_FEE_BPS_MAX = 10_000
_Messages = Annotated[int, Field(ge=1, le=10**9)]


class BadRun(GpuxError):
    """A run that cannot be: its source, its mode, its window or its latency."""


class Mode(StrEnum):
    """How others meet one's orders."""

    INJECT = "inject"  # one's orders rest in the real book, among those of a recording
    SHADOW = "shadow"  # the recording goes on as if they were not there
    AGENTS = "agents"  # everybody reacts to everybody


class RunSpec(BaseModel):
    """The same spec gives the same result, to the byte, in every process.

    ``strategy``: "FILE:CLASS". ``source``: what is traded against, in the words of docs/strategies.md.
    ``window``: from when to when, in nanoseconds of the source's own time; None: all of it.
    ``budget``: messages a second, and how many at once after a pause; None: as many as one likes.
    ``limits``: of guards around the strategy; None: it is not guarded.
    ``capacity_lots``: how many lots of each contract one can deliver, that is, sell without holding them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    strategy: Annotated[str, Field(min_length=1)]
    parameters: dict[str, Value] = {}
    source: Annotated[str, Field(min_length=1)] = AGENTS
    mode: Mode = Mode.AGENTS
    latency: str = "1ms"
    maker_fee_bps: Annotated[int, Field(ge=-_FEE_BPS_MAX, le=_FEE_BPS_MAX)] = 0
    taker_fee_bps: Annotated[int, Field(ge=-_FEE_BPS_MAX, le=_FEE_BPS_MAX)] = 5
    cash_usd: Annotated[int, Field(ge=0, le=10**12)] = 10_000_000
    capacity_lots: Annotated[int, Field(ge=0, le=10**9)] = 1_000
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    window: tuple[int, int] | None = None
    budget: tuple[_Messages, _Messages] | None = None
    limits: Limits | None = None
    sample_s: Annotated[float, Field(gt=0, le=86_400)] = 1.0

    @property
    def rations(self) -> Budget | None:
        return Budget(*self.budget) if self.budget else None

    @model_validator(mode="after")
    def _fits_together(self) -> "RunSpec":
        is_agents = self.source.partition(":")[0] == AGENTS
        if is_agents != (self.mode is Mode.AGENTS):
            raise ValueError(f"mode {self.mode} does not go with source {self.source}: agents react, recordings do not")
        if self.window is not None and not self.window[0] < self.window[1]:
            raise ValueError(f"the window ends at {self.window[1]}, which is not after {self.window[0]}")
        return self
