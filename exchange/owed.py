"""What the lots of a contract still wait for after its gate, as the engine's views say it.

A lot ends when it is bought in, or when its node has delivered the hour, or when what the node missed
was made good or compensated.
"""

from __future__ import annotations

from exchange.domain.units import MINUTES_EACH
from exchange.engine import Engine
from exchange.reports import NominationView


def is_nominated(engine: Engine, contract: int) -> bool:
    """Whether every lot that somebody sold and did not buy back has its node."""
    sold = sum(-min(position.lots, 0) for position in engine.holders(contract))
    return sold == len(engine.nominations(contract))


def missing_minutes(nomination: NominationView) -> int:
    """What a node did not deliver and nobody has been paid for; 0 while nobody has said what it delivered."""
    if nomination.minutes < 0:
        return 0
    return MINUTES_EACH - nomination.minutes - nomination.compensated_minutes


def has_ended(engine: Engine, contract: int) -> bool:
    """Whether no lot waits for anything any more."""
    nominations = engine.nominations(contract)
    is_over = all(nomination.minutes >= 0 and not missing_minutes(nomination) for nomination in nominations)
    return is_over and is_nominated(engine, contract)
