"""What is asked about margin: what hours may be worth, who may be short, and money down to the last free cent."""

from __future__ import annotations

from exchange.domain.enums import CommandKind
from exchange.domain.records import Command
from exchange.domain.units import PRICE_TICKS_MAX
from tests.kernel.scene import Scene

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
