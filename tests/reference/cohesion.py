"""Orders for all hours of a strip from one hand: with whom they trade, found in the book once and for all."""

from __future__ import annotations

from exchange.domain.enums import Side, TimeInForce
from tests.reference.market import Market
from tests.reference.orders import Order, within
from tests.reference.strip_trading import trade_whole


def partners(market: Market, taker: Order) -> list[Order]:
    """The orders to trade with, in the order of the book; none if they are too few."""
    strip = market.contracts[taker.contract]
    others = [
        order
        for order in strip.book.orders(1 - taker.side)
        if within(taker.side, order.price_ticks, taker.limit_ticks)
        and not market.same_owner(taker.account, order.account)
    ]
    wanted = taker.open_lots if taker.time_in_force == TimeInForce.FOK else 1
    if taker.side == Side.SELL:
        return others if _lots(others) >= wanted else []
    for order in others:
        seller = market.accounts[order.account]
        if any(seller.position(leg).lots > 0 for leg in strip.legs):
            continue
        of_seller = [other for other in others if other.account == order.account]
        if _lots(of_seller) >= wanted:
            return of_seller
    return []


def _lots(orders: list[Order]) -> int:
    return sum(order.open_lots for order in orders)


def cross_cohesive(market: Market, taker: Order) -> None:
    for maker in partners(market, taker):
        if market.is_open(taker):
            trade_whole(market, taker, maker)
