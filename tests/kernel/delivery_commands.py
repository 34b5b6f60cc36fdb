"""What is asked after the gate: nodes nominated, minutes attested, and what is owed for those that are missing."""

from __future__ import annotations

from exchange.domain.enums import CommandKind, Side
from exchange.domain.records import Command
from exchange.domain.text import EMPTY, TextWords, pack_text
from exchange.domain.units import PRICE_TICKS_MAX
from tests.kernel.scene import Scene, text_columns
from tests.reference.accounts import Account
from tests.reference.nominations import Nomination

_NODES = [pack_text(f"node-{number}") for number in range(12)]


def nominate(scene: Scene) -> Command:
    """Mostly a seller to a buyer of a contract that is past its gate."""
    random, market = scene.random, scene.market
    gone = [number for number, contract in enumerate(market.contracts) if contract.closed(scene.time_ns)]
    held = [number for number in gone if any(_lots(account, number) for account in market.accounts)]
    gone = held if held and scene.chance(0.7) else gone
    contract = random.choice(gone[-4:]) if gone and scene.chance(0.95) else scene.contract()
    holders = {
        sign: [number for number, account in enumerate(market.accounts) if sign * _lots(account, contract) > 0]
        for sign in (-1, 1)
    }
    seller, buyer = (
        random.choice(holders[sign]) if holders[sign] and scene.chance(0.9) else scene.account() for sign in (-1, 1)
    )
    node = random.choice([*_NODES, EMPTY])
    return scene.command(CommandKind.NOMINATE, account=seller, order_id=buyer, contract=contract, **text_columns(node))


def _lots(account: Account, contract: int) -> int:
    return account.positions[contract].lots if contract in account.positions else 0


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
    """Mostly the next step towards it: a nomination, a node that fails, a bond, and then an ask near the best."""
    random, market = scene.random, scene.market
    chances = [(one, substitutes) for one in market.nominations[-60:] if (substitutes := _as_good(scene, one))]
    if not chances or scene.chance(0.1):
        return nominate(scene) if scene.chance(0.7) else _make_good(scene, *_known(scene), scene.contract())
    nomination, substitutes = random.choice(chances)
    contract, node, seller = nomination.contract, nomination.node, nomination.seller
    if nomination.minutes is None and scene.chance(0.8):
        minutes = random.choice([0, 29, 59])
        return scene.command(CommandKind.ATTEST, contract=contract, lots=minutes, **text_columns(node))
    if market.accounts[seller].free_micros and scene.chance(0.3):
        return scene.command(CommandKind.BOND, account=seller, amount=market.accounts[seller].free_micros)
    return _make_good(scene, contract, node, random.choice(substitutes), seller if scene.chance(0.95) else 0)


def _make_good(scene: Scene, contract: int, node: TextWords, substitute: int, seller: int = 0) -> Command:
    listed = scene.listed(substitute)
    best_ticks = listed.book.best_ticks(Side.SELL) if listed else 0
    price_ticks = scene.random.choice([best_ticks, 2 * best_ticks, scene.price_ticks()])
    return scene.command(
        CommandKind.MAKE_GOOD,
        account=seller or scene.account(),
        contract=contract,
        order_id=substitute,
        price_ticks=max(1, min(PRICE_TICKS_MAX, price_ticks)),
        **text_columns(node),
    )


def _as_good(scene: Scene, nomination: Nomination) -> list[int]:
    """Contracts with asks of which a lot is worth as much as the one nominated, which may still be missing."""
    failed = scene.market.contracts[nomination.contract]
    if nomination.minutes is not None and not nomination.missing and scene.chance(0.9):
        return []
    return [
        number
        for number, listed in enumerate(scene.market.contracts)
        if (listed.sku, listed.region, listed.weight) == (failed.sku, failed.region, failed.weight)
        and listed.tick_value_micros == failed.tick_value_micros
        and listed.book.best_ticks(Side.SELL)
    ]


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
