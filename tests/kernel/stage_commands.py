"""What the venue's desk asks around and after the gate: the last call, later stages, fixings and their corrections."""

from __future__ import annotations

from exchange.domain.enums import STAGES, CommandKind, Phase
from exchange.domain.records import Command
from exchange.domain.units import PRICE_TICKS_MAX
from tests.kernel.scene import Scene


def last_call(scene: Scene) -> Command:
    """A closing call that mostly only the gate ends, in the contract that comes to it next."""
    contracts = scene.market.contracts
    gates = [(listed.gate_ns, number) for number, listed in enumerate(contracts) if not listed.closed(scene.time_ns)]
    contract = min(gates)[1] if gates else scene.contract()
    if scene.chance(0.3):
        back = scene.command(CommandKind.PHASE, contract=contract, option=Phase.CONTINUOUS)
        scene.later(back, scene.temper.away_commands)
    return scene.command(CommandKind.PHASE, contract=contract, option=Phase.CLOSING)


def advance(scene: Scene) -> Command:
    """Mostly the next stage of a contract that is past its gate."""
    contract, phase = _over(scene)
    if phase == Phase.SETTLED or phase not in STAGES or scene.chance(0.2):
        return scene.command(CommandKind.PHASE, contract=contract, option=scene.random.choice(list(Phase)))
    option = STAGES[STAGES.index(Phase(phase)) + 1]
    return scene.command(CommandKind.PHASE, contract=contract, option=option)


def _over(scene: Scene) -> tuple[int, int]:
    contracts = scene.market.contracts
    over = [number for number, listed in enumerate(contracts) if listed.closed(scene.time_ns)]
    contract = scene.random.choice(over) if over and scene.chance(0.9) else scene.contract()
    listed = scene.listed(contract)
    return contract, listed.phase if listed else 0


def fixing_lots(scene: Scene) -> Command:
    return scene.command(CommandKind.FIXING_LOTS, lots=scene.random.choice([1, 2, 5, 10, 10, scene.lots()]))


def correct(scene: Scene) -> Command:
    contract, _ = _over(scene)
    listed = scene.listed(contract)
    price_ticks = scene.near_ticks(listed.fixing.price_ticks if listed else 0)
    return scene.command(CommandKind.CORRECTION, contract=contract, price_ticks=min(PRICE_TICKS_MAX, price_ticks))
