"""What is asked about margin: what hours may be worth, who may be short, and money down to the last free cent."""

from __future__ import annotations

from exchange.domain.enums import CommandKind, OrderType, Side, TimeInForce
from exchange.domain.records import Command
from exchange.domain.units import LOTS_MAX, PRICE_TICKS_MAX
from tests.kernel.scene import Scene
from tests.reference.margin import short_lots, spendable_micros

_CREDITS_BPS = [0, 1, 3_333, 5_000, 5_000, 9_999, 10_000]
_WORDS = ("text_0", "text_1", "text_2", "text_3", "order_id", "expiry_ns", "amount")


def scenario_columns(ticks: list[int]) -> dict[str, int]:
    """The columns of a MARGIN command that say these sixteen values."""
    pairs = zip(ticks[1:15:2], ticks[2:15:2], strict=True)
    words = {word: lower + (upper << 32) for word, (lower, upper) in zip(_WORDS, pairs, strict=True)}
    return {"price_ticks": ticks[0], "lots": ticks[15], **words}


def scenarios(scene: Scene, contract: int | None = None) -> Command:
    """Around the last price, now and then far above it; mostly of an hour that is open."""
    random = scene.random
    contract = scene.hour() if contract is None else contract
    listed = scene.listed(contract)
    mark = scene.near_ticks(listed.last_price_ticks if listed else 0)
    if listed and listed.scenarios and scene.chance(0.3):
        mark = listed.scenarios[0] * random.choice([1, 2, 2, 3])
    wide = random.choice([0.0, 0.1, 0.3, 0.3, 1.0, 3.0])
    ticks = [mark] + [int(mark * (1 + wide * random.uniform(-1, 1))) for _ in range(15)]
    ticks = [max(1, min(PRICE_TICKS_MAX, each)) for each in ticks]
    if scene.chance(0.05):
        ticks[random.randrange(16)] = random.choice([0, -1, PRICE_TICKS_MAX, PRICE_TICKS_MAX + 1])
    return scene.command(CommandKind.MARGIN, contract=contract, **scenario_columns(ticks))


def terms(scene: Scene) -> Command:
    """Two of the accounts mostly, which keep them mostly."""
    account = scene.random.randint(2, 3) if scene.chance(0.8) else scene.account()
    if scene.chance(0.25):
        return scene.command(CommandKind.MARGIN_TERMS, account=account)
    credit_bps = scene.random.choice(_CREDITS_BPS)
    return scene.command(CommandKind.MARGIN_TERMS, account=account, maker_fee_bps=credit_bps, option=1)


def squeeze(scene: Scene) -> Command:
    """Take all free cash from an account that is short, then let its short become dearer: a call, and a way out."""
    market = scene.market
    short = [
        (number, contract)
        for number, account in enumerate(market.accounts)
        if account.credit_bps is not None
        for contract, position in account.positions.items()
        if short_lots(position) and market.contracts[contract].scenarios
    ]
    if not short:
        return terms(scene)
    number, contract = scene.random.choice(short)
    account = market.accounts[number]
    factor = scene.random.choice([2, 4, 20, 200])
    dearer = [min(PRICE_TICKS_MAX, ticks * factor) for ticks in market.contracts[contract].scenarios]
    scene.later(scene.command(CommandKind.MARGIN, contract=contract, **scenario_columns(dearer)), 4)
    scene.later(scene.command(CommandKind.CASH, account=number, amount=max(1, account.cash_micros)), 60)
    for _ in range(3):
        order = _cover(scene, number, contract)
        scene.later(order, 30)
    return scene.command(CommandKind.CASH, account=number, amount=-max(1, spendable_micros(market, account)))


def _cover(scene: Scene, account: int, contract: int) -> Command:
    """Buy back some of a short, or sell some of what is held elsewhere."""
    market, random = scene.market, scene.random
    held = [number for number, position in market.accounts[account].positions.items() if position.lots > 0]
    side = Side.SELL if held and scene.chance(0.4) else Side.BUY
    where = random.choice(held) if side == Side.SELL else contract
    position = market.accounts[account].positions[where]
    most = position.lots if side == Side.SELL else short_lots(position)
    highest = max(market.contracts[where].scenarios, default=1)
    return scene.command(
        CommandKind.NEW,
        account=account,
        contract=where,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.IOC if scene.chance(0.3) else TimeInForce.GTC,
        price_ticks=min(PRICE_TICKS_MAX, max(1, highest + random.choice([-1, 0, 0, 1, -highest // 2]))),
        lots=random.randint(1, max(1, min(LOTS_MAX, most + 1))),
    )
