"""What is asked after the gate: nodes are nominated, minutes attested, and what is missing compensated."""

from __future__ import annotations

from exchange.domain.enums import CommandKind
from exchange.domain.records import Command
from exchange.domain.text import EMPTY, TextWords, pack_text
from exchange.domain.units import PRICE_TICKS_MAX
from tests.kernel.scene import Scene, text_columns
from tests.reference.nominations import Nomination

_NODES = [pack_text(f"node-{number}") for number in range(12)]


def nominate(scene: Scene) -> Command:
    """Mostly a seller to a buyer of a contract that is past its gate."""
    random, market = scene.random, scene.market
    gone = [number for number, contract in enumerate(market.contracts) if contract.closed(scene.time_ns)]
    contract = random.choice(gone[-4:]) if gone and scene.chance(0.95) else scene.contract()
    holders = {
        sign: [
            number
            for number, account in enumerate(market.accounts)
            if contract in account.positions and sign * account.positions[contract].lots > 0
        ]
        for sign in (-1, 1)
    }
    seller, buyer = (
        random.choice(holders[sign]) if holders[sign] and scene.chance(0.9) else scene.account() for sign in (-1, 1)
    )
    node = random.choice([*_NODES, EMPTY])
    return scene.command(CommandKind.NOMINATE, account=seller, order_id=buyer, contract=contract, **text_columns(node))


def attest(scene: Scene) -> Command:
    contract, node = _known(scene)
    minutes = scene.random.choice([0, 1, 30, 59, 60, 60, 61])
    return scene.command(CommandKind.ATTEST, contract=contract, lots=minutes, **text_columns(node))


def compensate(scene: Scene) -> Command:
    contract, node = _known(scene)
    price_ticks = max(1, min(PRICE_TICKS_MAX, scene.price_ticks()))
    return scene.command(
        CommandKind.COMPENSATE,
        contract=contract,
        price_ticks=price_ticks,
        lots=scene.random.choice([1, 1, 10, 30, 60]),
        **text_columns(node),
    )


def _known(scene: Scene) -> tuple[int, TextWords]:
    """A node that serves somebody; sometimes any node anywhere."""
    nominations: list[Nomination] = scene.market.nominations[-30:]
    if nominations and scene.chance(0.9):
        nomination = scene.random.choice(nominations)
        return nomination.contract, nomination.node
    return scene.contract(), scene.random.choice([*_NODES, EMPTY])
