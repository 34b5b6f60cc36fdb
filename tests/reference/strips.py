"""Orders for strips: against each other, and in steps against the oldest orders at the best prices of all legs."""

from __future__ import annotations

from exchange.domain.enums import EventKind, Phase, Reason, Side
from exchange.domain.units import PRICE_TICKS_MAX
from tests.reference.contracts import Contract
from tests.reference.market import Market
from tests.reference.orders import Order, Wildcard, within
from tests.reference.sharing import take_member_away
from tests.reference.strip_trading import trade_legs, trade_whole


def implied_ticks(market: Market, strip: Contract, side: int) -> int:
    """What an order of ``side`` would pay or get for one lot of every leg now; 0 if that is not to be had."""
    total_ticks = 0
    for number in strip.legs:
        leg = market.contracts[number]
        best_ticks = leg.book.best_ticks(1 - side)
        if leg.phase != Phase.CONTINUOUS or leg.closed(market.time_ns) or not best_ticks:
            return 0
        if not leg.tradable(best_ticks):
            return 0
        total_ticks += best_ticks
    return total_ticks if total_ticks <= PRICE_TICKS_MAX else 0


def would_trade(market: Market, order: Order) -> bool:
    return _next(market, order, order.limit_ticks) != (None, 0)


def _next(market: Market, taker: Order, limit_ticks: int) -> tuple[Order | None, int]:
    """The resting strip order to trade with, or the price of the legs; neither if nothing is within the limit."""
    strip = market.contracts[taker.contract]
    resting = strip.book.oldest(1 - taker.side)
    legs_ticks = implied_ticks(market, strip, taker.side)
    if resting is not None and legs_ticks and not within(taker.side, resting.price_ticks, legs_ticks):
        resting = None
    if resting is not None:
        return (resting, 0) if within(taker.side, resting.price_ticks, limit_ticks) else (None, 0)
    return None, legs_ticks if legs_ticks and within(taker.side, legs_ticks, limit_ticks) else 0


def cross_strip(market: Market, taker: Order, limit_ticks: int) -> None:
    while market.is_open(taker):
        resting, legs_ticks = _next(market, taker, limit_ticks)
        if resting is not None:
            if market.same_owner(taker.account, resting.account):
                market.give_way(taker, resting)
            else:
                trade_whole(market, taker, resting)
        elif legs_ticks:
            _step(market, taker, legs_ticks)
        else:
            return


def _step(market: Market, taker: Order, price_ticks: int) -> None:
    """Trade with the first order of each leg, unless one of these has to go before."""
    makers: list[Order] = []
    lots = taker.open_lots
    for number in market.contracts[taker.contract].legs:
        maker = market.contracts[number].book.oldest(1 - taker.side)
        assert maker is not None
        if market.same_owner(taker.account, maker.account):
            market.give_way(taker, maker)
            return
        if maker.reduces_only and not market.reducible_lots(maker):
            market.take_away(maker, EventKind.CANCELLED, Reason.REDUCE_ONLY)
            return
        lots = min(lots, maker.shown_lots, market.reducible_lots(maker) if maker.reduces_only else lots)
        if maker.wildcard is not None:
            lots_each = maker.open_lots // _times_met(market, taker, maker.wildcard)
            if not lots_each:
                take_member_away(market, maker, EventKind.CANCELLED, Reason.SHARED)
                return
            lots = min(lots, lots_each)
        makers.append(maker)
    trade_legs(market, taker, makers, lots, price_ticks)


def _times_met(market: Market, taker: Order, wildcard: Wildcard) -> int:
    """How many legs have a member of it to trade with next."""
    legs = [market.contracts[number] for number in market.contracts[taker.contract].legs]
    return sum(leg.book.oldest(1 - taker.side) in wildcard.members for leg in legs)


def meet_legs(market: Market, number: int) -> bool:
    """Let a resting order of the strip trade a step, if the legs have come to its price; False if none can."""
    strip = market.contracts[number]
    if not strip.legs or strip.phase != Phase.CONTINUOUS:
        return False
    for side in Side:
        order = strip.book.oldest(side)
        legs_ticks = implied_ticks(market, strip, side)
        if order is not None and legs_ticks and within(side, legs_ticks, order.price_ticks):
            _step(market, order, legs_ticks)
            return True
    return False
