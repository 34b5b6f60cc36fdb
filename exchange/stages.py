"""Which stage every contract should be in now, said as commands to those that are not.

Nothing is remembered: the calendar, the rules and the engine say all of it, so that what was missed
while the venue was down is caught up like everything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from exchange.config import Settings
from exchange.domain import calendar
from exchange.domain.enums import CLOSED, STAGES, CommandKind, Phase
from exchange.domain.errors import BadSchedule
from exchange.domain.instruments import Contract, parse_symbol
from exchange.domain.lifecycle import due, next_change_ns, stage_at
from exchange.domain.records import Command
from exchange.domain.units import NEVER_NS, NS_PER_SECOND
from exchange.engine import Engine
from exchange.owed import has_ended, is_nominated
from exchange.reports import ContractView

# How soon to look again at a contract that misses its closing call, because it is halted, or whose lots wait.
_AGAIN_NS = NS_PER_SECOND


class Survey(NamedTuple):
    commands: list[Command]  # one step for each contract that is behind
    next_ns: int  # when to look again at the latest; NEVER_NS if there is nothing to look at


def survey(engine: Engine, settings: Settings, now_ns: int, contracts: Sequence[int]) -> Survey:
    """Look at these contracts. One that does not fit the rules is left alone."""
    commands: list[Command] = []
    next_ns = NEVER_NS
    for number in contracts:
        view = engine.contract(number)
        contract = parse_symbol(view.symbol)
        if view.phase == Phase.LISTED and contract.is_strip and len(engine.legs(number)) < contract.hours:
            continue  # Its legs are on their way.
        listed_ns = calendar.listed_ns(contract, settings.hours_ahead)
        try:
            step = due(contract, view.phase, now_ns, settings.stages, listed_ns)
            next_ns = min(next_ns, _next_ns(contract, view, settings, now_ns, listed_ns))
        except BadSchedule:
            continue
        if step is None:
            continue
        if _must_wait(engine, number, step.phase):
            next_ns = min(next_ns, now_ns + _AGAIN_NS)
        else:
            commands.append(
                Command(kind=CommandKind.PHASE, contract=view.contract, option=step.phase, expiry_ns=step.until_ns)
            )
    return Survey(commands, next_ns)


def _must_wait(engine: Engine, contract: int, phase: Phase) -> bool:
    """Whether lots of the contract are not where they must be before this stage."""
    if phase == Phase.NOMINATED:
        return not is_nominated(engine, contract)
    return phase == Phase.SETTLED and not has_ended(engine, contract)


def first_phase(contract: Contract, settings: Settings, now_ns: int) -> Phase:
    """In which phase to list a contract: trading, if it should trade now; the rest of its way are steps."""
    stage = stage_at(contract, now_ns, settings.stages, calendar.listed_ns(contract, settings.hours_ahead))
    return Phase.CONTINUOUS if stage == Phase.CONTINUOUS else Phase.LISTED


def _next_ns(contract: Contract, view: ContractView, settings: Settings, now_ns: int, listed_ns: int) -> int:
    next_ns = next_change_ns(contract, now_ns, settings.stages, listed_ns)
    stage = stage_at(contract, now_ns, settings.stages, listed_ns)
    misses_call = stage == Phase.CLOSING and view.phase not in STAGES
    waits_for_gate = stage in CLOSED and view.phase not in CLOSED
    return min(next_ns, now_ns + _AGAIN_NS) if misses_call or waits_for_gate else next_ns
