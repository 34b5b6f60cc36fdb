"""What is asked after the gate: nodes nominated, minutes attested, what is missing compensated, made good or bought in."""

from __future__ import annotations

from exchange.domain.enums import CommandKind, Side
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


def make_good(scene: Scene) -> Command:
    """Mostly for a node that missed minutes, in an open contract that is as good, near the best price there."""
    random, market = scene.random, scene.market
    contract, node = _known(scene)
    failed = [nomination for nomination in market.nominations if nomination.missing]
    if failed and scene.chance(0.9):
        contract, node = (failed[-1].contract, failed[-1].node)
    seller = next((one.seller for one in market.nominations if (one.contract, one.node) == (contract, node)), 0)
    substitute = _as_good_as(scene, contract) if scene.chance(0.9) else scene.contract()
    listed = scene.listed(substitute)
    best_ticks = listed.book.best_ticks(Side.SELL) if listed else 0
    return scene.command(
        CommandKind.MAKE_GOOD,
        account=seller if scene.chance(0.95) else scene.account(),
        contract=contract,
        order_id=substitute,
        price_ticks=max(1, min(PRICE_TICKS_MAX, random.choice([best_ticks, 2 * best_ticks, scene.price_ticks()]))),
        **text_columns(node),
    )


def _as_good_as(scene: Scene, contract: int) -> int:
    """An open contract with asks whose lots are worth the same, if there is one."""
    failed = scene.listed(contract)
    fit = [
        number
        for number, listed in enumerate(scene.market.contracts)
        if failed
        and (listed.sku, listed.region, listed.weight) == (failed.sku, failed.region, failed.weight)
        and listed.tick_value_micros == failed.tick_value_micros
        and listed.book.best_ticks(Side.SELL)
    ]
    return scene.random.choice(fit) if fit else scene.contract()


def buy_in(scene: Scene) -> Command:
    """Mostly of what a seller has not been nominated for, at most what is paid for lots there."""
    nomination = nominate(scene)
    listed = scene.listed(nomination.contract)
    lots = scene.random.choice([1, 1, 2, scene.lots()])
    price_ticks = scene.near_ticks(listed.last_price_ticks if listed else 0)
    return nomination._replace(kind=CommandKind.BUY_IN, lots=lots, price_ticks=min(PRICE_TICKS_MAX, price_ticks))


def _known(scene: Scene) -> tuple[int, TextWords]:
    """A node that serves somebody; sometimes any node anywhere."""
    nominations: list[Nomination] = scene.market.nominations[-30:]
    if nominations and scene.chance(0.9):
        nomination = scene.random.choice(nominations)
        return nomination.contract, nomination.node
    return scene.contract(), scene.random.choice([*_NODES, EMPTY])
