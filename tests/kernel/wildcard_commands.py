"""Wildcards over hours that are alike, mostly followed by all their members at once, sometimes late or not at all."""

from __future__ import annotations

from exchange.domain.enums import CommandKind, OrderType, SelfTrade, Side, TimeInForce
from exchange.domain.records import Command
from exchange.domain.units import MEMBERS_MAX, PRICE_TICKS_MAX
from tests.kernel.scene import Scene, text_columns
from tests.reference.contracts import Contract
from tests.reference.forms import text_of


def wildcard(scene: Scene) -> Command:
    """The order itself; its members come among the next commands."""
    random = scene.random
    side = Side.SELL if scene.chance(0.5) else Side.BUY
    home, account = scene.hour(), scene.account()
    listed = scene.listed(home)
    best_ticks = listed.book.best_ticks(1 - side) if listed else 0
    price_ticks = scene.near_ticks(best_ticks)
    if scene.temper.hoarding and scene.chance(0.9):
        price_ticks = price_ticks // 2 + 1 + (350 if side == Side.SELL else 0)
    time_in_force, expiry_ns = random.choice([TimeInForce.GTC] * 6 + [TimeInForce.DAY, TimeInForce.IOC]), 0
    if scene.chance(0.15):
        time_in_force, expiry_ns = TimeInForce.GTD, scene.expiry_ns()
    hours = alike(scene, home)
    order = scene.command(
        CommandKind.WILDCARD,
        account=account,
        contract=home,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=time_in_force,
        price_ticks=min(price_ticks, PRICE_TICKS_MAX),
        lots=max(1, scene.lots() // 2),
        self_trade=random.choice(list(SelfTrade)),
        expiry_ns=expiry_ns,
        option=max(1, len(hours)),
        **text_columns(scene.new_text()),
    )
    if scene.chance(0.03):
        odd: dict[str, int] = random.choice(
            [{"time_in_force": TimeInForce.FOK}, {"option": MEMBERS_MAX + 1}, {"contract": scene.contract()}]
        )
        order = order._replace(**odd)
    if scene.chance(0.9):
        scene.used.append(text_of(order))
    patience = 1 if scene.chance(0.7) else 30
    for hour in hours:
        if scene.chance(0.97):
            scene.later(member(scene, order, hour), patience)
    return order


def alike(scene: Scene, home: int) -> list[int]:
    """Up to six hours whose lots and ticks are worth those of ``home``, and seldom one that differs."""
    market = scene.market
    if scene.listed(home) is None:
        return []
    same = [
        number
        for number, contract in enumerate(market.contracts)
        if _worth(contract) == _worth(market.contracts[home])
        and not contract.legs
        and not contract.closed(scene.time_ns)
    ]
    hours = scene.random.sample(same, min(len(same), scene.random.randint(1, 6)))
    return [scene.contract() if scene.chance(0.03) else hour for hour in hours]


def _worth(contract: Contract) -> tuple[int, int]:
    return contract.tick_value_micros, contract.weight


def member(scene: Scene, order: Command, hour: int) -> Command:
    random = scene.random
    contract = scene.listed(hour)
    best_ticks = contract.book.best_ticks(1 - order.side) if contract else 0
    offset_ticks = random.choice([0, 0, 0, 1, -1, 2, -3, best_ticks - order.price_ticks if best_ticks else 0])
    return scene.command(
        CommandKind.MEMBER,
        account=order.account,
        contract=hour,
        offset_ticks=offset_ticks,
        flags=int(scene.chance(0.02)),
        lots=int(scene.chance(0.02)),
        **text_columns(text_of(order)),
    )


def stray(scene: Scene) -> Command:
    """A member that nobody expects, for an order of any kind."""
    wholes = [order for order in scene.live if order.is_whole]
    order = scene.random.choice(wholes if wholes and scene.chance(0.6) else scene.live) if scene.live else None
    account = scene.account() if order is None or scene.chance(0.2) else order.account
    order_id = 1 if order is None else order.order_id
    offset_ticks = scene.random.choice([0, 0, 0, 1, PRICE_TICKS_MAX, -PRICE_TICKS_MAX])
    return scene.command(
        CommandKind.MEMBER, account=account, contract=scene.hour(), order_id=order_id, offset_ticks=offset_ticks
    )
