"""Market-maker protection: who is hit too often within a window has the rest of his quotes withdrawn."""

from __future__ import annotations

from exchange.domain.enums import EventKind, Side
from tests.reference.market import Market
from tests.reference.orders import Order

_INT32_MAX = 2**31 - 1


def count_hit(market: Market, maker: Order, lots: int) -> None:
    """``lots`` of ``maker`` were traded in continuous trading."""
    protection = market.accounts[maker.account].protection
    if not maker.is_quote or not (protection.limit_lots or protection.limit_delta):
        return
    if protection.start_ns is None or market.time_ns >= protection.start_ns + protection.window_ns:
        protection.start_ns, protection.lots, protection.delta = market.time_ns, 0, 0
    weighted = lots * market.contracts[maker.contract].weight
    protection.lots += lots
    protection.delta += weighted if maker.side == Side.BUY else -weighted
    too_many = 0 < protection.limit_lots <= protection.lots
    too_much = 0 < protection.limit_delta <= abs(protection.delta)
    if (too_many or too_much) and not protection.frozen:
        protection.frozen = True
        market.freezing.append(maker.account)
        market.say(
            EventKind.FROZEN,
            account=maker.account,
            contract=maker.contract,
            lots=min(protection.lots, _INT32_MAX),
            amount=protection.delta,
        )
