"""Between the desk's words and the exchange's: ticks and dollars, lots and GPU-hours, enums and strings. Pure."""

from typing import Any

from exchange.domain.enums import OrderType, Side, TimeInForce
from exchange.domain.instruments import Contract, parse_symbol
from exchange.wire.messages import Order, UserTrade
from strategies.base import Amend, Fill, Place

NS_PER_MS = 10**6

_TIME_IN_FORCE = {
    TimeInForce.GTC: "good_til_cancelled",
    TimeInForce.GTD: "good_til_date",
    TimeInForce.IOC: "immediate_or_cancel",
    TimeInForce.FOK: "fill_or_kill",
    TimeInForce.DAY: "good_til_day",
}


def place_options(place: Place) -> dict[str, Any]:
    """Arguments of the client's ``buy`` and ``sell``."""
    contract = place.contract
    return {
        "symbol": contract.symbol,
        "amount": place.lots * contract.gpu_hours_per_lot,
        "price": contract.price(place.price_ticks) if place.price_ticks else None,
        "order_type": "limit" if place.order_type is OrderType.LIMIT else "market",
        "time_in_force": _TIME_IN_FORCE[place.time_in_force],
        # The venue has no post-only strips: whoever quotes one keeps its distance.
        "post_only": place.post_only and not contract.is_strip,
        "client_order_id": place.client_id,
        "expiration_timestamp": place.expiry_ns // NS_PER_MS if place.expiry_ns else None,
    }


def edit_options(amend: Amend) -> dict[str, Any]:
    """Arguments of the client's ``edit``, but for the order's id."""
    contract = amend.contract
    return {
        "amount": amend.lots * contract.gpu_hours_per_lot,
        "price": contract.price(amend.price_ticks),
    }


def lots_of(contract: Contract, gpu_hours: float) -> int:
    # The venue's amounts are whole lots, so rounding only removes the noise of the float.
    return round(gpu_hours) // contract.gpu_hours_per_lot


def order_state(order: Order) -> tuple[int, int, int]:
    """(price_ticks, total lots, filled lots)."""
    contract = parse_symbol(order.instrument_name)
    price_ticks = contract.price_ticks(order.price) if order.price else 0
    return price_ticks, lots_of(contract, order.amount), lots_of(contract, order.filled_amount)


def fills_of(trade: UserTrade) -> list[Fill]:
    """One fill; of a strip one in each of its hours, because they are what is held then."""
    whole = parse_symbol(trade.instrument_name)
    legs = [(trade.instrument_name, trade.price, trade.amount)]
    if trade.legs:
        legs = [(leg.instrument_name, leg.price, leg.amount) for leg in trade.legs]
    return [
        Fill(
            contract,
            trade.client_order_id,
            Side.BUY if trade.direction == "buy" else Side.SELL,
            contract.price_ticks(price),
            lots_of(contract, amount),
            trade.fee * contract.hours / whole.hours,
            trade.liquidity == "M",
            trade.timestamp * NS_PER_MS,
        )
        for contract, price, amount in ((parse_symbol(name), price, amount) for name, price, amount in legs)
    ]
