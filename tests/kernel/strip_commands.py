"""Strips: what they are made of, and orders for them around what their legs cost."""

from __future__ import annotations

from exchange.domain.enums import Cohesion, CommandKind, SelfTrade, Side, TimeInForce
from exchange.domain.records import Command
from exchange.domain.units import PRICE_TICKS_MAX
from tests.kernel.scene import Scene
from tests.reference.contracts import Contract

_GENTLE = [SelfTrade.CANCEL_NEWEST, SelfTrade.CANCEL_OLDEST, SelfTrade.CANCEL_OLDEST, SelfTrade.CANCEL_BOTH]


def leg(scene: Scene) -> Command:
    """Mostly the next hour for a strip that nobody has traded yet."""
    random = scene.random
    listed = scene.market.contracts
    unused = [
        number
        for number, contract in enumerate(listed)
        if not (contract.closed(scene.time_ns) or contract.everybody() or contract.trades or contract.strips)
    ]
    strip = random.choice(unused) if unused and scene.chance(0.9) else scene.contract()
    hours = [
        number
        for number, contract in enumerate(listed)
        if strip < len(listed)
        and number > max(listed[strip].legs, default=-1)
        and number != strip
        and not (contract.legs or contract.closed(scene.time_ns))
        and (contract.tick_value_micros, contract.sku, contract.region)
        == (listed[strip].tick_value_micros, listed[strip].sku, listed[strip].region)
    ]
    hour = random.choice(hours[:2]) if hours and scene.chance(0.9) else scene.contract()
    if scene.chance(0.05):
        hour = random.choice([-1, len(listed), 2**40])
    return scene.command(CommandKind.LEG, contract=strip, order_id=hour)


def strip_order(scene: Scene, order: Command, strip: Contract) -> Command:
    """``order`` as one for a strip, at a price that its legs or another order for it nearly reach."""
    random = scene.random
    bests = [scene.market.contracts[number].book.best_ticks(1 - order.side) for number in strip.legs]
    ticks = sum(best or scene.price_ticks() for best in bests)
    if scene.chance(0.2):
        ticks = strip.book.best_ticks(1 - order.side) or ticks
    # Two in three a little worse, so that some of them rest.
    away_ticks = random.choice([0, 0, 0, 1, 2, 5, 10, -1, -1, -2, -3, -5, -10, -20])
    price_ticks = ticks + (away_ticks if order.side == Side.BUY else -away_ticks)
    chance = random.random()
    time_in_force, expiry_ns = TimeInForce.GTC, 0
    if chance < 0.12:
        time_in_force = TimeInForce.IOC
    elif chance < 0.3:
        time_in_force = TimeInForce.FOK
    elif chance < 0.4:
        time_in_force, expiry_ns = TimeInForce.GTD, scene.expiry_ns()
    elif chance < 0.45:
        time_in_force = TimeInForce.DAY
    option = 0
    if scene.chance(0.3 if time_in_force in (TimeInForce.IOC, TimeInForce.FOK) else 0.02):
        option = random.choice([Cohesion.SITE, Cohesion.NODE])
    if scene.chance(0.01):
        option = random.choice([-1, max(Cohesion) + 1])
    return order._replace(
        option=option,
        price_ticks=max(1, min(PRICE_TICKS_MAX, price_ticks)),
        time_in_force=time_in_force,
        expiry_ns=expiry_ns,
        self_trade=random.choice(_GENTLE if scene.chance(0.97) else list(SelfTrade)),
    )
