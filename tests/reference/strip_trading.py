"""Trades of strips: the same lots of all legs change hands at once."""

from __future__ import annotations

from exchange.domain.enums import EventKind, Side
from exchange.domain.units import BPS, TOTAL_MAX
from tests.reference.market import Market
from tests.reference.orders import Order
from tests.reference.protection import count_hit
from tests.reference.trading import settle, show_next


def trade_legs(market: Market, taker: Order, makers: list[Order], lots: int, price_ticks: int) -> None:
    """``lots`` of each leg, each with its own maker at his price."""
    strip = market.contracts[taker.contract]
    account = market.accounts[taker.account]
    rested = taker.stands
    _lose(market, taker, lots)
    all_notional_micros = all_fee_micros = 0
    for number, maker in zip(strip.legs, makers, strict=True):
        notional_micros = lots * maker.price_ticks * market.contracts[number].tick_value_micros
        fee_micros = notional_micros * account.taker_fee_bps // BPS
        maker_fee_micros = notional_micros * market.accounts[maker.account].maker_fee_bps // BPS
        all_notional_micros += notional_micros
        all_fee_micros += fee_micros
        _receive(market, taker, number, lots, notional_micros)
        account.cash_micros -= fee_micros
        settle(market, maker, lots, notional_micros, maker_fee_micros)
        market.accounts[0].cash_micros += fee_micros + maker_fee_micros
        market.count_trade(number, maker.price_ticks, lots)
        market.say(
            EventKind.FILLED,
            order_id=taker.order_id,
            maker_order_id=maker.order_id,
            amount=notional_micros,
            fee=fee_micros,
            maker_fee=maker_fee_micros,
            price_ticks=maker.price_ticks,
            lots=lots,
            open_lots=taker.open_lots,
            contract=number,
            account=taker.account,
            maker_account=maker.account,
            maker_open_lots=maker.open_lots,
            side=taker.side,
            shown_lots=maker.shown_lots,
        )
        show_next(market, maker, lots)
        count_hit(market, maker, lots)
    market.count_trade(taker.contract, price_ticks, lots)
    market.say(
        EventKind.STRIP,
        order_id=taker.order_id,
        account=taker.account,
        contract=taker.contract,
        side=taker.side,
        price_ticks=price_ticks,
        lots=lots,
        open_lots=taker.open_lots,
        amount=all_notional_micros,
        fee=all_fee_micros,
        resting=int(rested),
        shown_lots=taker.shown_lots,
    )
    if not taker.open_lots:
        market.forget(taker)


def trade_whole(market: Market, taker: Order, maker: Order) -> None:
    """Two orders for the strip, at the maker's price, which is split over the legs."""
    contract = market.contracts[taker.contract]
    lots, price_ticks = min(taker.open_lots, maker.open_lots), maker.price_ticks
    notional_micros = lots * price_ticks * contract.tick_value_micros
    taker_fee_micros = notional_micros * market.accounts[taker.account].taker_fee_bps // BPS
    maker_fee_micros = notional_micros * market.accounts[maker.account].maker_fee_bps // BPS
    for order, fee_micros in ((taker, taker_fee_micros), (maker, maker_fee_micros)):
        _lose(market, order, lots)
        for place, number in enumerate(contract.legs):
            ticks = price_ticks // len(contract.legs) + (place < price_ticks % len(contract.legs))
            _receive(market, order, number, lots, lots * ticks * contract.tick_value_micros)
        market.accounts[order.account].cash_micros -= fee_micros
    market.accounts[0].cash_micros += taker_fee_micros + maker_fee_micros
    market.count_trade(taker.contract, price_ticks, lots)
    for number in contract.legs:
        market.touch(number)
    market.say(
        EventKind.FILLED,
        order_id=taker.order_id,
        maker_order_id=maker.order_id,
        amount=notional_micros,
        fee=taker_fee_micros,
        maker_fee=maker_fee_micros,
        price_ticks=price_ticks,
        lots=lots,
        open_lots=taker.open_lots,
        contract=taker.contract,
        account=taker.account,
        maker_account=maker.account,
        maker_open_lots=maker.open_lots,
        old_open_lots=taker.cohesion,
        side=taker.side,
        shown_lots=maker.shown_lots,
    )
    for order in (taker, maker):
        if not order.open_lots:
            market.forget(order)


def _lose(market: Market, order: Order, lots: int) -> None:
    market.release(order, lots)
    order.open_lots -= lots
    if order.stands:
        order.shown_lots -= lots


def _receive(market: Market, order: Order, number: int, lots: int, notional_micros: int) -> None:
    """Money and lots of one leg, fees apart."""
    account = market.accounts[order.account]
    position = account.position(number)
    sign = 1 if order.side == Side.BUY else -1
    account.cash_micros -= sign * notional_micros
    position.lots += sign * lots
    cost_micros = position.cost_micros + sign * notional_micros
    position.cost_micros = max(-TOTAL_MAX, min(TOTAL_MAX, cost_micros))
