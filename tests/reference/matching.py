"""Crossing: best price first, oldest first, at the maker's price, and who gives way to oneself."""

from __future__ import annotations

from exchange.domain.enums import EventKind, OrderType, Reason, SelfTrade, Side, TimeInForce
from exchange.domain.units import BPS, TOTAL_MAX
from tests.reference.events import Event
from tests.reference.market import Market, Order


def can_fill_now(market: Market, taker: Order) -> bool:
    """Whether all of ``taker`` would trade at once: what fill-or-kill asks before it touches anything."""
    missing_lots = taker.open_lots
    for maker in market.contracts[taker.contract].book.orders(1 - taker.side):
        if not _reaches(taker, maker):
            return False
        if maker.account != taker.account:
            missing_lots -= maker.open_lots
        elif taker.self_trade != SelfTrade.CANCEL_OLDEST:
            return False
        if missing_lots <= 0:
            return True
    return False


def cross_then_rest(market: Market, taker: Order) -> None:
    """Trade ``taker``, which stands in no book, as far as it goes; what is left rests or goes away."""
    _cross(market, taker)
    if taker.order_id not in market.orders:
        return
    if taker.open_lots == 0:
        market.forget(taker)
    elif taker.order_type == OrderType.MARKET or taker.time_in_force == TimeInForce.IOC:
        take_away(market, taker, EventKind.EXPIRED, Reason.IOC, resting=False)
    else:
        market.contracts[taker.contract].book.add(taker)
        market.events.append(
            Event(
                sequence=market.sequence,
                kind=EventKind.RESTED,
                order_id=taker.order_id,
                account=taker.account,
                contract=taker.contract,
                side=taker.side,
                price_ticks=taker.price_ticks,
                lots=taker.lots,
                open_lots=taker.open_lots,
                resting=1,
            )
        )


def take_away(market: Market, order: Order, kind: EventKind, reason: Reason, *, resting: bool) -> None:
    """End ``order`` with lots still open: CANCELLED or EXPIRED."""
    if resting:
        market.contracts[order.contract].book.remove(order)
    market.release(order, order.open_lots)
    market.forget(order)
    market.events.append(
        Event(
            sequence=market.sequence,
            kind=kind,
            reason=reason,
            order_id=order.order_id,
            account=order.account,
            contract=order.contract,
            side=order.side,
            price_ticks=order.price_ticks,
            lots=order.open_lots,
            resting=int(resting),
        )
    )


def _cross(market: Market, taker: Order) -> None:
    book = market.contracts[taker.contract].book
    while taker.open_lots:
        maker = book.oldest(1 - taker.side)
        if maker is None or not _reaches(taker, maker):
            return
        if maker.account != taker.account:
            _trade(market, taker, maker)
            continue
        if taker.self_trade != SelfTrade.CANCEL_NEWEST:
            take_away(market, maker, EventKind.CANCELLED, Reason.SELF_TRADE, resting=True)
        if taker.self_trade != SelfTrade.CANCEL_OLDEST:
            take_away(market, taker, EventKind.CANCELLED, Reason.SELF_TRADE, resting=False)
            return


def _reaches(taker: Order, maker: Order) -> bool:
    if taker.side == Side.BUY:
        return taker.price_ticks >= maker.price_ticks
    return taker.price_ticks <= maker.price_ticks


def _trade(market: Market, taker: Order, maker: Order) -> None:
    contract = market.contracts[taker.contract]
    lots = min(taker.open_lots, maker.open_lots)
    notional_micros = lots * maker.price_ticks * contract.tick_value_micros
    taker_fee_micros = notional_micros * market.accounts[taker.account].taker_fee_bps // BPS
    maker_fee_micros = notional_micros * market.accounts[maker.account].maker_fee_bps // BPS
    _settle(market, taker, lots, notional_micros, taker_fee_micros)
    _settle(market, maker, lots, notional_micros, maker_fee_micros)
    market.accounts[0].cash_micros += taker_fee_micros + maker_fee_micros
    contract.last_price_ticks = maker.price_ticks
    contract.last_lots = lots
    contract.volume_lots += lots
    contract.trades += 1
    if maker.open_lots == 0:
        contract.book.remove(maker)
        market.forget(maker)
    market.events.append(
        Event(
            sequence=market.sequence,
            kind=EventKind.FILLED,
            order_id=taker.order_id,
            maker_order_id=maker.order_id,
            amount=notional_micros,
            fee=taker_fee_micros,
            maker_fee=maker_fee_micros,
            price_ticks=maker.price_ticks,
            lots=lots,
            open_lots=taker.open_lots,
            contract=taker.contract,
            account=taker.account,
            maker_account=maker.account,
            maker_open_lots=maker.open_lots,
            side=taker.side,
        )
    )


def _settle(market: Market, order: Order, lots: int, notional_micros: int, fee_micros: int) -> None:
    """Move cash and lots of one side of a trade, and give back what its order had set aside for it."""
    account = market.accounts[order.account]
    position = account.position(order.contract)
    market.release(order, lots)
    order.open_lots -= lots
    sign = 1 if order.side == Side.BUY else -1
    account.cash_micros -= sign * notional_micros + fee_micros
    position.lots += sign * lots
    cost_micros = position.cost_micros + sign * notional_micros
    position.cost_micros = max(-TOTAL_MAX, min(TOTAL_MAX, cost_micros))
