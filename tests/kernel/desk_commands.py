"""What the venue's desk and its market makers ask: phases, marks, bands, limits, switches and quotes.

Whatever stops trading is put right a little later, so that trading remains most of what happens.
"""

from __future__ import annotations

from exchange.domain.enums import CommandKind, Kill, Phase, QuoteFlag, Scope, Side, TransferFlag
from exchange.domain.records import Command
from exchange.domain.units import PRICE_TICKS_MAX
from tests.kernel.scene import Scene

_ELSEWHERE = [Phase.PREOPEN, Phase.PREOPEN, Phase.CLOSING, Phase.HALTED, Phase.CANCEL_ONLY]


def change_phase(scene: Scene) -> Command:
    contract = scene.contract()
    if scene.chance(0.2):
        return scene.command(CommandKind.PHASE, contract=contract, option=Phase.CONTINUOUS)
    return away_for_a_while(scene, contract)


def away_for_a_while(scene: Scene, contract: int) -> Command:
    """Out of continuous trading, which comes back by itself or by another command."""
    back = scene.command(CommandKind.PHASE, contract=contract, option=Phase.CONTINUOUS)
    phase = scene.random.choice(_ELSEWHERE)
    collects = phase in (Phase.PREOPEN, Phase.CLOSING) or scene.chance(0.03)
    scene.later(back, scene.temper.away_commands if collects else 15)
    expiry_ns = (
        scene.time_ns + scene.random.randint(0, 60) * scene.temper.pace_ns if collects and scene.chance(0.6) else 0
    )
    return scene.command(CommandKind.PHASE, contract=contract, option=phase, expiry_ns=expiry_ns)


def mark(scene: Scene) -> Command:
    contract = scene.contract()
    listed = scene.listed(contract)
    price_ticks = scene.near_ticks(listed.last_price_ticks if listed else 0)
    return scene.command(CommandKind.MARK, contract=contract, price_ticks=min(price_ticks, PRICE_TICKS_MAX))


def bands(scene: Scene) -> Command:
    """Around the last price, narrow enough to be met; loosened again after a while."""
    random = scene.random
    contract = scene.contract()
    listed = scene.listed(contract)
    scene.later(scene.command(CommandKind.BANDS, contract=contract), 4 * scene.temper.away_commands)
    auction_bps = random.choice([0, 500, 2000, 3000, 5000])
    return scene.command(
        CommandKind.BANDS,
        contract=contract,
        price_ticks=min(PRICE_TICKS_MAX, scene.near_ticks(listed.last_price_ticks if listed else 0)),
        maker_fee_bps=random.choice([0, 0, 1000, 5000, 9000]),
        taker_fee_bps=auction_bps,
        amount=random.randint(1, 80) * scene.temper.pace_ns if auction_bps else 0,
    )


def transfer(scene: Scene) -> Command:
    """Between two accounts, of which either may be the venue; sometimes all that there is, or one more."""
    random = scene.random
    payer, payee = (0 if scene.chance(0.15) else scene.account() for _ in range(2))
    flags = TransferFlag.FROM_BOND if scene.chance(0.4) else 0
    return scene.command(
        CommandKind.TRANSFER,
        account=payer,
        order_id=payee,
        amount=_part(scene, payer, from_bond=bool(flags)) or random.randint(1, 1000),
        flags=flags,
        **scene.text(),
    )


def bond(scene: Scene) -> Command:
    account = scene.account()
    releases = scene.chance(0.4)
    amount = _part(scene, account, from_bond=releases)
    return scene.command(CommandKind.BOND, account=account, amount=-amount if releases else amount, **scene.text())


def _part(scene: Scene, account: int, *, from_bond: bool) -> int:
    """A part of what an account has, all of it, or a little more than that."""
    random = scene.random
    if account >= len(scene.market.accounts):
        return random.randint(0, 1000)
    owner = scene.market.accounts[account]
    has = owner.bond_micros if from_bond else owner.free_micros
    return has + random.randint(0, 1) if scene.chance(0.2) else int(has * random.random() ** 3)


def fees(scene: Scene) -> Command:
    maker_fee_bps, taker_fee_bps = (scene.random.choice([0, 1, 2, 5, 77, 3333]) for _ in range(2))
    account = scene.account()
    return scene.command(CommandKind.FEES, account=account, maker_fee_bps=maker_fee_bps, taker_fee_bps=taker_fee_bps)


def limits(scene: Scene) -> Command:
    """Small ones of every scope, lifted again after a while."""
    random = scene.random
    account, scope = scene.account(), random.choice(list(Scope))
    pool = {"sku": random.randint(0, 2), "region": random.randint(0, 2)} if scope == Scope.POOL else {}
    scene.later(scene.command(CommandKind.LIMITS, account=account, option=scope, **pool), 250)
    command = scene.command(
        CommandKind.LIMITS,
        account=account,
        option=scope,
        amount=scene.lots() * random.choice([1, 5, 100]) if scene.chance(0.6) else 0,
        price_ticks=random.randint(1, 30) if scene.chance(0.4) else 0,
        **pool,
    )
    if scope != Scope.ACCOUNT:
        return command
    interval_ns = random.randint(1, 200) * scene.temper.pace_ns if scene.chance(0.6) else 0
    return command._replace(
        display_lots=scene.lots() if scene.chance(0.4) else 0,
        maker_fee_bps=random.choice([1, 500, 3000]) if scene.chance(0.5) else 0,
        expiry_ns=interval_ns,
        minimum_lots=random.randint(1, 4) if interval_ns else 0,
    )


def group(scene: Scene) -> Command:
    return scene.command(CommandKind.GROUP, account=scene.account(), lots=scene.random.randint(0, 2))


def kill(scene: Scene) -> Command:
    """Seldom, and soon switched off again."""
    (option,) = scene.random.choices([Kill.ENTRY, Kill.ACCOUNT, Kill.MARKET], [5, 4, 1])
    command = scene.command(CommandKind.KILL, option=option, lots=1, account=scene.account())
    scene.later(command._replace(lots=0), 12)
    return command


def protect(scene: Scene) -> Command:
    random = scene.random
    lots = scene.lots() if scene.chance(0.6) else 0
    delta = scene.lots() * random.choice([1, 8, 24]) if scene.chance(0.6) else 0
    return scene.command(
        CommandKind.PROTECT,
        account=_maker(scene),
        lots=lots,
        amount=delta,
        expiry_ns=random.choice([1, 20, 200, 10**6 // scene.temper.pace_ns + 1]) * scene.temper.pace_ns
        if lots or delta
        else 0,
    )


def reset(scene: Scene) -> Command:
    frozen = [number for number, account in enumerate(scene.market.accounts) if account.protection.frozen]
    account = scene.random.choice(frozen) if frozen and scene.chance(0.8) else scene.account()
    return scene.command(CommandKind.RESET, account=account)


def quote(scene: Scene) -> Command:
    """Mostly around the middle of the book, or a change of a quote that stands there."""
    random = scene.random
    first = QuoteFlag.FIRST if scene.chance(0.15) else 0
    standing = [order for order in random.sample(scene.live, min(20, len(scene.live))) if order.is_quote]
    if standing and scene.chance(0.5):
        order = standing[0]
        account, contract, slot = order.account, order.contract, order.slot
        older = {quote.side: quote for quote in scene.market.accounts[account].quotes(contract) if quote.slot == slot}
        bid_ticks, ask_ticks = (older[side].price_ticks if side in older else 0 for side in Side)
        bid_lots, ask_lots = (
            max(0, older[side].open_lots - random.choice([-1, 0, 0, 1, 2])) if side in older else 0 for side in Side
        )
        bid_ticks, ask_ticks = bid_ticks if bid_lots else 0, ask_ticks if ask_lots else 0
    else:
        account, contract, slot = _maker(scene), scene.hour(), random.choice([0, 0, 0, 1, 2, 7])
        bid_ticks, ask_ticks = _around_the_middle(scene, contract)
        bid_lots, ask_lots = scene.lots(), scene.lots()
        if scene.chance(0.1):
            bid_ticks, bid_lots = 0, 0
        if scene.chance(0.1):
            ask_ticks, ask_lots = 0, 0
    return scene.command(
        CommandKind.QUOTE,
        account=account,
        contract=contract,
        option=slot,
        price_ticks=bid_ticks,
        lots=bid_lots,
        trigger_ticks=ask_ticks,
        display_lots=ask_lots,
        flags=first,
    )


def _around_the_middle(scene: Scene, contract: int) -> tuple[int, int]:
    listed = scene.listed(contract)
    best_bid_ticks = listed.book.best_ticks(Side.BUY) if listed else 0
    best_ask_ticks = listed.book.best_ticks(Side.SELL) if listed else 0
    if scene.chance(0.85):
        if best_ask_ticks > 1 and scene.chance(0.5):
            bid_ticks = max(1, best_ask_ticks - scene.random.randint(1, 4))
            return bid_ticks, min(PRICE_TICKS_MAX, best_ask_ticks + scene.random.randint(0, 3))
        if 0 < best_bid_ticks < PRICE_TICKS_MAX:
            bid_ticks = max(1, best_bid_ticks - scene.random.randint(0, 3))
            return bid_ticks, min(PRICE_TICKS_MAX, best_bid_ticks + scene.random.randint(1, 4))
    price_ticks = scene.price_ticks()
    return price_ticks, min(PRICE_TICKS_MAX, price_ticks + scene.random.randint(0, 9))


def _maker(scene: Scene) -> int:
    """Two of the accounts make most of the quotes."""
    return scene.random.randint(1, 2) if scene.chance(0.8) else scene.account()
