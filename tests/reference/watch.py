"""The watch list: orders that wait for all of their lots, follow the best prices, or may only reduce a position."""

from __future__ import annotations

from exchange.domain.enums import EventKind, OrderType, Reason, Side
from exchange.domain.units import PRICE_TICKS_MAX
from tests.reference.contracts import Contract
from tests.reference.market import Market
from tests.reference.matching import can_fill_now, work
from tests.reference.orders import Order
from tests.reference.phases import park


def look_after_watched(market: Market, contract: Contract) -> bool:
    """Act for the first order in the list that something can be done for; False if there is none."""
    # Nothing changes before the first action, after which the search begins anew.
    references = _reference_ticks(contract, Side.BUY), _reference_ticks(contract, Side.SELL)
    for order in contract.watch.values():
        if order.pegged:
            acted = _follow(market, order, references)
        elif order.all_or_none:
            acted = _fill_all(market, order)
        else:
            acted = _only_reduce(market, order)
        if acted:
            return True
    return False


def _fill_all(market: Market, order: Order) -> bool:
    if not can_fill_now(market, order, order.open_lots):
        return False
    work(market, order, order.limit_ticks)
    assert not market.is_open(order)
    return True


def _only_reduce(market: Market, order: Order) -> bool:
    reducible_lots = market.reducible_lots(order)
    if not reducible_lots:
        market.take_away(order, EventKind.CANCELLED, Reason.REDUCE_ONLY)
    elif reducible_lots < order.open_lots:
        market.shrink(order, order.open_lots - reducible_lots, Reason.REDUCE_ONLY)
    elif not order.stands:
        work(market, order, order.limit_ticks)
    else:
        return False
    return True


def _follow(market: Market, order: Order, references: tuple[int, int]) -> bool:
    wanted_ticks = _wanted_ticks(order, *references)
    if order.stands and not wanted_ticks:
        park(market, order)
        return True
    if not wanted_ticks or (order.stands and order.price_ticks == wanted_ticks):
        return False
    if order.stands:
        _say_moved(market, order, wanted_ticks)
        market.leave(order)
    work(market, order, wanted_ticks)
    return True


def _say_moved(market: Market, order: Order, wanted_ticks: int) -> None:
    market.touch(order.contract)
    market.say(
        EventKind.AMENDED,
        reason=Reason.PEG,
        order_id=order.order_id,
        account=order.account,
        contract=order.contract,
        side=order.side,
        price_ticks=wanted_ticks,
        lots=order.lots,
        open_lots=order.open_lots,
        old_price_ticks=order.price_ticks,
        old_open_lots=order.open_lots,
    )


def _wanted_ticks(order: Order, bid_ticks: int, ask_ticks: int) -> int:
    """Where ``order`` should stand, never beyond its limit; 0 if it cannot stand."""
    buys = order.side == Side.BUY
    if order.order_type == OrderType.PEG_BEST:
        reference_ticks = bid_ticks if buys else ask_ticks
    elif bid_ticks and ask_ticks:
        both_ticks = bid_ticks + ask_ticks
        reference_ticks = both_ticks // 2 if buys else -(-both_ticks // 2)
    else:
        reference_ticks = 0
    if not reference_ticks:
        return 0
    if buys:
        wanted_ticks = min(reference_ticks - order.offset_ticks, order.limit_ticks)
    else:
        wanted_ticks = max(reference_ticks + order.offset_ticks, order.limit_ticks)
    return wanted_ticks if 1 <= wanted_ticks <= PRICE_TICKS_MAX else 0


def _reference_ticks(contract: Contract, side: int) -> int:
    """The best price at which somebody stands who does not follow others."""
    return next((order.price_ticks for order in contract.book.orders(side) if not order.pegged), 0)
