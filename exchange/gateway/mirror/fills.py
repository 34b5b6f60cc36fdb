"""Trades in the words of the wire: for everybody, for the two who made them, and of a strip hour by hour."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from exchange.domain.units import MICROS_PER_DOLLAR
from exchange.gateway.mirror.markets import NS_PER_MS, Market
from exchange.gateway.mirror.orders import OrderRecord
from exchange.wire.contracts import Leg
from exchange.wire.events import Event
from exchange.wire.messages import Trade, UserTrade


def public_trade(market: Market, taker: OrderRecord, event: Event, time_ns: int, number: int) -> Trade:
    """Take a trade into the market's day, and tell it to everybody; ``number`` is the event's."""
    mark, index = market.mark_price(), market.index_price()
    market.traded(event.price_ticks, event.lots, time_ns)
    trade = Trade(
        trade_id=str(number),
        trade_seq=market.trade_seq,
        instrument_name=market.symbol,
        timestamp=time_ns // NS_PER_MS,
        direction=taker.direction,
        price=market.price(event.price_ticks),
        amount=market.amount(event.lots),
        contracts=float(event.lots),
        tick_direction=market.tick_direction,
        index_price=index,
        mark_price=mark,
        # The strip whose order trades in one of its hours.
        combo_id=taker.market.symbol if taker.market.legs and market is not taker.market else UNSET,
        sum_price=market.sum_price(event.price_ticks),
    )
    market.trades.append(trade)
    return trade


def own_trade(
    order: OrderRecord, trade: Trade, fee_micros: int, legs: list[Leg] | UnsetType, is_taker: bool
) -> UserTrade:
    """The same for one of the two, after the order has lost what it traded."""
    return UserTrade(
        trade_id=trade.trade_id,
        trade_seq=trade.trade_seq,
        instrument_name=trade.instrument_name,
        timestamp=trade.timestamp,
        order_id=str(order.order_id),
        order_type=order.type_name,
        direction=order.direction,
        price=trade.price,
        amount=trade.amount,
        contracts=trade.contracts,
        fee=fee_micros / MICROS_PER_DOLLAR,
        fee_currency="USD",
        liquidity="T" if is_taker else "M",
        tick_direction=trade.tick_direction,
        index_price=trade.index_price,
        mark_price=trade.mark_price,
        state=order.state,
        label=order.label,
        client_order_id=order.client_id,
        post_only=order.post_only,
        reduce_only=order.reduce_only,
        sum_price=trade.sum_price,
        legs=legs,
    )


def shares(price_ticks: int, hours: int) -> list[int]:
    """What the price of a whole strip is in each of its hours: what is over falls to the first ones."""
    each, over = divmod(price_ticks, hours)
    return [each + (place < over) for place in range(hours)]


def spread(market: Market, event: Event) -> list[Leg] | UnsetType:
    """A trade of two strips, hour by hour."""
    if not market.legs:
        return UNSET
    prices = shares(event.price_ticks, len(market.legs))
    return [
        Leg(leg.symbol, leg.price(ticks), leg.amount(event.lots))
        for leg, ticks in zip(market.legs, prices, strict=True)
    ]
