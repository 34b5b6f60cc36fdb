"""Crossing: best price first, oldest first, at the maker's price, then what waits for all or nothing."""

from __future__ import annotations

from exchange.domain.enums import EventKind, OrderType, Phase, Reason, SelfTrade, Side
from tests.reference.cohesion import cross_cohesive, partners
from tests.reference.market import Market
from tests.reference.orders import Order, within
from tests.reference.phases import begin_volatility_auction
from tests.reference.protection import count_hit
from tests.reference.strip_trial import can_fill_strip
from tests.reference.strips import cross_strip
from tests.reference.trading import trade


def can_fill_now(market: Market, taker: Order, lots: int) -> bool:
    """Whether ``lots`` of ``taker`` would trade at once: asked before anything is touched."""
    contract = market.contracts[taker.contract]
    if taker.cohesion:
        return bool(partners(market, taker))
    if contract.legs:
        return can_fill_strip(market, taker)
    for maker in contract.book.orders(1 - taker.side):
        if not within(taker.side, maker.price_ticks, taker.price_ticks) or not contract.tradable(maker.price_ticks):
            return False
        if market.same_owner(taker.account, maker.account):
            if taker.self_trade != SelfTrade.CANCEL_OLDEST:
                return False
        elif not maker.reduces_only:
            lots -= maker.open_lots
        if lots <= 0:
            return True
    return False


def work(market: Market, order: Order, price_ticks: int) -> None:
    """``order``, which stands nowhere, trades as far as ``price_ticks``; what is left rests there or goes away."""
    order.price_ticks = price_ticks
    if market.is_continuous(order):
        if order.cohesion:
            cross_cohesive(market, order)
        elif market.contracts[order.contract].legs:
            cross_strip(market, order, price_ticks)
        else:
            _cross(market, order, price_ticks)
        if market.is_open(order) and market.is_continuous(order):
            _offer_to_all_or_none(market, order, price_ticks)
    if market.is_open(order):
        _rest(market, order)


def _rest(market: Market, order: Order) -> None:
    contract = market.contracts[order.contract]
    if not order.rests or order.order_type in (OrderType.MARKET, OrderType.STOP):
        market.take_away(order, EventKind.EXPIRED, Reason.IOC)
    elif market.is_continuous(order) or order.order_id not in contract.watch:
        contract.book.add(order)
        market.tell(EventKind.RESTED, order)
    else:
        # It is parked: it waits in the watch list, and nobody has seen it stand.
        order.price_ticks = order.limit_ticks


def _cross(market: Market, taker: Order, limit_ticks: int) -> None:
    contract = market.contracts[taker.contract]
    while taker.open_lots:
        maker = contract.book.oldest(1 - taker.side)
        if maker is None or not within(taker.side, maker.price_ticks, limit_ticks):
            return
        meet(market, taker)
        if not market.is_open(taker) or contract.phase != Phase.CONTINUOUS:
            return


def meet(market: Market, taker: Order) -> None:
    """One step of ``taker`` with the order that is next to trade, which is within its limit."""
    contract = market.contracts[taker.contract]
    maker = contract.book.oldest(1 - taker.side)
    assert maker is not None
    if not contract.tradable(maker.price_ticks):
        begin_volatility_auction(market, taker.contract)
        return
    if market.same_owner(taker.account, maker.account):
        _give_way(market, taker, maker)
        return
    lots = min(taker.open_lots, maker.shown_lots)
    if maker.reduces_only:
        lots = min(lots, market.reducible_lots(maker))
    if lots:
        trade(market, taker, maker, lots, maker.price_ticks)
        count_hit(market, maker, lots)
    else:
        market.take_away(maker, EventKind.CANCELLED, Reason.REDUCE_ONLY)


def _give_way(market: Market, taker: Order, maker: Order) -> None:
    """One owner does not trade with himself: the taker's choice says who loses what."""
    if taker.self_trade == SelfTrade.DECREMENT:
        lots = min(taker.open_lots, maker.open_lots)
        for order in (maker, taker):
            if order.open_lots == lots:
                market.take_away(order, EventKind.CANCELLED, Reason.SELF_TRADE)
            else:
                market.shrink(order, lots, Reason.SELF_TRADE)
        return
    market.give_way(taker, maker)


def _offer_to_all_or_none(market: Market, taker: Order, limit_ticks: int) -> None:
    """What the book did not take goes to those who wait for all of theirs, at their prices."""
    contract = market.contracts[taker.contract]
    if not contract.watch or taker.all_or_none:
        return
    while taker.open_lots:
        waiting = [
            order
            for order in contract.watch.values()
            if order.all_or_none
            and order.side != taker.side
            and order.open_lots <= taker.open_lots
            and within(taker.side, order.price_ticks, limit_ticks)
            and contract.tradable(order.price_ticks)
            and not market.same_owner(taker.account, order.account)
        ]
        if not waiting:
            return
        # The first of the best price: the sort keeps the order of the watch list.
        maker = min(waiting, key=lambda order: order.price_ticks if taker.side == Side.BUY else -order.price_ticks)
        trade(market, taker, maker, maker.open_lots, maker.price_ticks)
