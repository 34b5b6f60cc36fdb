"""Which commands the lots of every contract wait for now.

Nothing is remembered, as in ``exchange.stages``: positions and nominations in the engine say what was
done, so that after a crash between any two commands the rest of them is asked for. One survey asks for
one kind of thing of a contract; the next one, when that has happened, for what follows on it.
"""

from __future__ import annotations

from collections.abc import Sequence

from exchange.clearing.imbalance import Penalty
from exchange.config import Settings
from exchange.domain.enums import CLOSED, Phase
from exchange.domain.instruments import Contract, parse_symbol
from exchange.domain.records import Command
from exchange.domain.units import NS_PER_MINUTE
from exchange.engine import Engine
from exchange.settlement.defaults import after_delivery
from exchange.settlement.gate import at_gate
from exchange.settlement.substitutes import Substitutes

# Where the desk has gone on by hand, lots may come to their nodes later.
_OWING = CLOSED - {Phase.SETTLED}


def survey(engine: Engine, settings: Settings, now_ns: int, contracts: Sequence[int]) -> list[Command]:
    """Look at these contracts. What is asked for twice in a row was refused in between."""
    terms = settings.delivery
    penalty = Penalty(terms.penalty_bps, terms.scarcity_bps, terms.price_most_bps)
    substitutes = Substitutes(engine, settings.hours_ahead, now_ns)
    commands: list[Command] = []
    for number in contracts:
        view = engine.contract(number)
        if view.phase not in _OWING:
            continue
        contract = parse_symbol(view.symbol)
        asked = at_gate(engine, penalty, number, contract)
        if not asked and view.phase == Phase.DELIVERING and now_ns >= _attested_ns(contract, settings):
            asked = after_delivery(engine, penalty, number, substitutes, terms.make_good_minutes)
        commands += asked
    return commands


def _attested_ns(contract: Contract, settings: Settings) -> int:
    """When it is too late to say what was delivered."""
    return contract.end_ns + settings.stages.attestation_minutes * NS_PER_MINUTE
