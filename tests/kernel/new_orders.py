"""Orders of every kind: plain ones mostly, the others often enough to meet each other."""

from __future__ import annotations

from collections.abc import Callable

from exchange.domain.enums import CommandKind, Flag, OrderType, SelfTrade, Side, TimeInForce
from exchange.domain.records import Command
from exchange.domain.units import LOTS_MAX, PRICE_TICKS_MAX
from tests.kernel.scene import Scene
from tests.kernel.strip_commands import strip_order

Shape = Callable[[Scene, Command], Command]


def new_order(scene: Scene) -> Command:
    """A limit order as it comes, then shaped into one of the other kinds."""
    random = scene.random
    side = Side.SELL if scene.chance(0.5) else Side.BUY
    price_ticks = scene.price_ticks()
    if scene.temper.hoarding and scene.chance(0.9):
        # Bids below, asks above: these rest, and what comes along at any price sweeps them.
        price_ticks = price_ticks // 2 + 1 + (350 if side == Side.SELL else 0)
    account, contract, lots = scene.account(), scene.contract(), scene.lots()
    if scene.chance(0.05) and scene.is_known(account, contract):
        lots = scene.all_lots(account, contract, side, price_ticks) + random.randint(0, 1)
    order = scene.command(
        CommandKind.NEW,
        account=account,
        contract=contract,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        price_ticks=price_ticks,
        lots=lots,
        self_trade=random.choice(list(SelfTrade)),
        **scene.text(),
    )
    listed = scene.listed(contract)
    if listed and listed.legs and scene.chance(0.95):
        return strip_order(scene, order, listed)
    many = scene.temper.watched
    (shape,) = random.choices(
        _SHAPES, [weight * many if shape in _WATCHED else weight for shape, weight in _SHAPES_AND_WEIGHTS]
    )
    order = shape(scene, order)
    if scene.chance(0.02):
        order = order._replace(flags=order.flags | random.choice(list(Flag)))
    return order


def _resting(scene: Scene, order: Command) -> Command:
    """One that may stay, for a while or until the gate."""
    chance = scene.random.random()
    if chance < 0.2:
        return order._replace(time_in_force=TimeInForce.GTD, expiry_ns=scene.expiry_ns())
    return order._replace(time_in_force=TimeInForce.DAY) if chance < 0.3 else order


def _now_or_never(scene: Scene, order: Command) -> Command:
    return order._replace(time_in_force=TimeInForce.IOC if scene.chance(0.6) else TimeInForce.FOK)


def _passive(scene: Scene, order: Command) -> Command:
    return _resting(scene, order)._replace(flags=Flag.SLIDE if scene.chance(0.5) else Flag.POST_ONLY)


def _sliding_from_the_edge(scene: Scene, order: Command) -> Command:
    """What slides from the first or the last price has nowhere to go."""
    edge_ticks = 1 if order.side == Side.BUY else PRICE_TICKS_MAX
    return order._replace(flags=Flag.SLIDE, price_ticks=edge_ticks if scene.chance(0.5) else order.price_ticks)


def _market(scene: Scene, order: Command) -> Command:
    order = _now_or_never(scene, order)
    price_ticks = 0 if scene.chance(0.7) else order.price_ticks
    return order._replace(order_type=OrderType.MARKET, price_ticks=price_ticks)


def _market_to_limit(scene: Scene, order: Command) -> Command:
    price_ticks = 0 if scene.chance(0.5) else order.price_ticks
    return _resting(scene, order)._replace(order_type=OrderType.MARKET_TO_LIMIT, price_ticks=price_ticks)


def _iceberg(scene: Scene, order: Command) -> Command:
    lots = min(LOTS_MAX, order.lots * scene.random.choice([1, 3, 10]))
    least = -(-lots // 100)
    display_lots = max(least, lots // scene.random.choice([1, 2, 5, 20, 100])) - int(scene.chance(0.03))
    order = _resting(scene, order)._replace(lots=lots, display_lots=display_lots)
    return order._replace(flags=Flag.SLIDE) if scene.chance(0.1) else order


def _minimum(scene: Scene, order: Command) -> Command:
    order = _resting(scene, order) if scene.chance(0.5) else order._replace(time_in_force=TimeInForce.IOC)
    return order._replace(minimum_lots=scene.random.randint(1, max(1, order.lots + int(scene.chance(0.03)))))


def _stop(scene: Scene, order: Command) -> Command:
    listed = scene.listed(order.contract)
    on_mark = scene.chance(0.3)
    near_ticks = (listed.mark_ticks if on_mark else listed.last_price_ticks) if listed else 0
    order = _resting(scene, order)._replace(
        order_type=OrderType.STOP_LIMIT if scene.chance(0.5) else OrderType.STOP,
        trigger_ticks=scene.near_ticks(near_ticks),
        flags=Flag.ON_MARK if on_mark else 0,
    )
    if order.order_type == OrderType.STOP and scene.chance(0.6):
        order = order._replace(price_ticks=0)
    return order


def _peg(scene: Scene, order: Command) -> Command:
    """Limits that seldom hold it back, offsets that mostly leave it near."""
    pick = max if order.side == Side.BUY else min
    return _resting(scene, order)._replace(
        order_type=OrderType.PEG_BEST if scene.chance(0.5) else OrderType.PEG_MID,
        price_ticks=pick(order.price_ticks, scene.price_ticks()),
        offset_ticks=scene.random.choice([0, 0, 0, 1, 1, 2, 5]) if scene.chance(0.9) else scene.price_ticks(),
    )


def _all_or_none(scene: Scene, order: Command) -> Command:
    lots = min(LOTS_MAX, order.lots * scene.random.choice([1, 1, 2]))
    return _resting(scene, order)._replace(flags=Flag.ALL_OR_NONE, lots=lots)


def _reduce_only(scene: Scene, order: Command) -> Command:
    """Mostly of somebody who has a position, no larger than that."""
    holders = [
        (account, position.lots)
        for account in range(1, len(scene.market.accounts))
        if (position := scene.market.accounts[account].positions.get(order.contract)) and position.lots
    ]
    chance = scene.random.random()
    if chance < 0.5:
        order = _resting(scene, order)
    elif chance < 0.8:
        order = _stop(scene, order)._replace(order_type=OrderType.STOP)
    else:
        order = (_market if scene.chance(0.5) else _now_or_never)(scene, order)
    if holders and scene.chance(0.9):
        account, lots = scene.random.choice(holders)
        side = Side.SELL if lots > 0 else Side.BUY
        size = min(abs(lots) + int(scene.chance(0.1)), scene.lots() + abs(lots) // 2)
        order = order._replace(account=account, side=side, lots=size)
    return order._replace(flags=order.flags | Flag.REDUCE_ONLY)


_SHAPES_AND_WEIGHTS: list[tuple[Shape, float]] = [
    (_resting, 50),
    (_now_or_never, 9),
    (_passive, 7),
    (_sliding_from_the_edge, 0.5),
    (_market, 5),
    (_market_to_limit, 3),
    (_iceberg, 5),
    (_minimum, 3),
    (_stop, 5),
    (_peg, 5),
    (_all_or_none, 3),
    (_reduce_only, 5),
]
_SHAPES = [shape for shape, _ in _SHAPES_AND_WEIGHTS]
_WATCHED = (_peg, _all_or_none)
