"""The life of one contract: which stage begins when, from listing to settlement.

Gate and delivery are the contract's own; the rules say how long the stages around them last.
Halts are decisions, not dates, and so are beside the schedule. ``due`` says what is to be done about it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from exchange.domain.enums import CLOSED, STAGES, Phase
from exchange.domain.errors import BadSchedule
from exchange.domain.instruments import Contract
from exchange.domain.units import NEVER_NS, NS_PER_MINUTE

Minutes = Annotated[int, Field(ge=0, le=7 * 24 * 60)]


class Rules(BaseModel):
    """How long stages last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    listed_minutes: Minutes = 0  # seen, but not traded
    preopen_minutes: Minutes = 0  # the opening call; 0: none
    closing_minutes: Minutes = 5  # the closing call, which ends at the gate; 0: none
    nomination_minutes: Annotated[Minutes, Field(ge=1)] = 5  # from the gate until nominations are final
    attestation_minutes: Minutes = 60  # from the end of delivery until it is settled


class Change(NamedTuple):
    """A stage, and when it begins."""

    time_ns: int
    stage: Phase


class Step(NamedTuple):
    """A phase to enter, and when it ends by itself; 0: it does not."""

    phase: Phase
    until_ns: int = 0


def schedule(contract: Contract, listed_ns: int, rules: Rules) -> tuple[Change, ...]:
    """Every stage that the contract goes through, in order, LISTED first and SETTLED last.

    LISTED is there even if it lasts no time, other stages are not: times ascend, and only the second
    may equal the first. A contract listed late has a shorter opening, as the closing call does not wait.
    Raises BadSchedule if it is listed at its gate or later, or if nominations would end with
    delivery begun.
    """
    start_ns, gate_ns = contract.start_ns, contract.gate_ns
    nominated_ns = gate_ns + rules.nomination_minutes * NS_PER_MINUTE
    if listed_ns >= gate_ns:
        raise BadSchedule(f"{contract.symbol} cannot be listed at {listed_ns}: its gate is at {gate_ns}")
    if nominated_ns >= start_ns:
        raise BadSchedule(
            f"{contract.symbol} has its gate {contract.sku.gate_minutes} minutes before delivery:"
            f" nominations cannot last {rules.nomination_minutes} of them"
        )
    closing_ns = max(listed_ns, gate_ns - rules.closing_minutes * NS_PER_MINUTE)
    preopen_ns = min(listed_ns + rules.listed_minutes * NS_PER_MINUTE, closing_ns)
    continuous_ns = min(preopen_ns + rules.preopen_minutes * NS_PER_MINUTE, closing_ns)
    settled_ns = contract.end_ns + rules.attestation_minutes * NS_PER_MINUTE
    times_ns = (listed_ns, preopen_ns, continuous_ns, closing_ns, gate_ns, nominated_ns, start_ns, settled_ns)
    changes = [Change(time_ns, stage) for time_ns, stage in zip(times_ns, STAGES, strict=True)]
    lasting = [change for change, later in pairwise(changes) if change.time_ns < later.time_ns]
    return (changes[0], *(change for change in lasting if change.stage != Phase.LISTED), changes[-1])


def stage_at(contract: Contract, now_ns: int, rules: Rules, listed_ns: int = 0) -> Phase | None:
    """The stage at ``now_ns``, None before the listing. Raises BadSchedule as ``schedule`` does.

    Without ``listed_ns`` the contract was listed so long ago that its opening is over.
    """
    begun = [change.stage for change in schedule(contract, listed_ns, rules) if change.time_ns <= now_ns]
    return begun[-1] if begun else None


def next_change_ns(contract: Contract, now_ns: int, rules: Rules, listed_ns: int = 0) -> int:
    """When the stage changes next after ``now_ns``; NEVER_NS once it is settled. See ``stage_at``."""
    return next(
        (change.time_ns for change in schedule(contract, listed_ns, rules) if change.time_ns > now_ns), NEVER_NS
    )


def due(contract: Contract, phase: Phase, now_ns: int, rules: Rules, listed_ns: int = 0) -> Step | None:
    """What to ask of a contract that is in ``phase``, so that it comes to where it should stand; None if nothing.

    Only the contract's own way is looked after: a halt, or an auction that the operator called, is left
    alone until it is over or it is time for the closing call. The gate is the engine's. After it one
    stage follows on the other, so ask again until nothing is due. Raises BadSchedule as ``schedule`` does.
    """
    stage = stage_at(contract, now_ns, rules, listed_ns)
    if stage is None:
        return None
    if phase in CLOSED:
        behind = STAGES.index(phase) < STAGES.index(stage)
        return Step(STAGES[STAGES.index(phase) + 1]) if behind else None
    if stage in CLOSED or stage == phase:
        return None
    if phase == Phase.LISTED:
        return Step(stage, _opening_ns(contract, rules, listed_ns) if stage == Phase.PREOPEN else 0)
    if stage == Phase.CLOSING and phase in (Phase.PREOPEN, Phase.CONTINUOUS):
        return Step(stage)
    return None


def _opening_ns(contract: Contract, rules: Rules, listed_ns: int) -> int:
    """When continuous trading begins; 0 if the opening call goes on into the closing call."""
    changes = schedule(contract, listed_ns, rules)
    return next((change.time_ns for change in changes if change.stage == Phase.CONTINUOUS), 0)
