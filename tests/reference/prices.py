"""At what price an order works, which is what is shown and reserved for: not always the one it was sent with."""

from __future__ import annotations

from exchange.domain.enums import OrderType, Side
from exchange.domain.records import Command
from exchange.domain.units import BPS, MARKET_PROTECTION_BPS, PRICE_TICKS_MAX
from tests.reference.contracts import Contract
from tests.reference.orders import SLIDE


def effective_ticks(contract: Contract, command: Command) -> int:
    """The worst price of the order; beyond 1 to PRICE_TICKS_MAX if a sliding one has nowhere to rest."""
    best_ticks = contract.book.best_ticks(1 - command.side)
    if command.order_type == OrderType.MARKET and not command.price_ticks:
        return _protected_ticks(command.side, best_ticks)
    if command.order_type == OrderType.STOP and not command.price_ticks:
        return _protected_ticks(command.side, command.trigger_ticks)
    if command.order_type == OrderType.MARKET_TO_LIMIT and best_ticks:
        if not command.price_ticks:
            return best_ticks
        pick = min if command.side == Side.BUY else max
        return pick(best_ticks, command.price_ticks)
    if command.flags & SLIDE:
        return slid_ticks(contract, command.side, command.price_ticks)
    return command.price_ticks


def slid_ticks(contract: Contract, side: int, price_ticks: int) -> int:
    """The nearest price at which it would not trade at once."""
    if contract.collecting or not contract.crosses(side, price_ticks):
        return price_ticks
    best_ticks = contract.book.best_ticks(1 - side)
    return best_ticks - 1 if side == Side.BUY else best_ticks + 1


def _protected_ticks(side: int, around_ticks: int) -> int:
    away_ticks = around_ticks * MARKET_PROTECTION_BPS // BPS
    return min(around_ticks + away_ticks, PRICE_TICKS_MAX) if side == Side.BUY else around_ticks - away_ticks
