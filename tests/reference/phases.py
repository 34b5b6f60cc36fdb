"""From one phase to another: what is watched steps aside, and collecting ends at its time."""

from __future__ import annotations

from exchange.domain.enums import EventKind, Phase
from tests.reference.auction import uncross
from tests.reference.market import PHASE_END, Market
from tests.reference.orders import Order


def change_phase(market: Market, number: int, phase: int, end_ns: int) -> None:
    """Whatever the phase is now; continuous trading begins with an auction of what was collected."""
    contract = market.contracts[number]
    if phase == Phase.CONTINUOUS:
        uncross(market, number)
    elif contract.phase == Phase.CONTINUOUS:
        _park_watched(market, number)
    if contract.phase_end_ns:
        market.deadlines.remove((contract.phase_end_ns, PHASE_END, number, 0))
    if end_ns:
        market.deadlines.add((end_ns, PHASE_END, number, 0))
    contract.phase = phase
    if phase == Phase.CLOSING:
        contract.fixing.call.clear()
    contract.phase_end_ns = end_ns
    market.touch(number)
    market.say(EventKind.PHASE, contract=number, reason=phase, amount=end_ns)


def begin_volatility_auction(market: Market, number: int) -> None:
    """The next trade would be too far from the reference: collect orders first."""
    change_phase(market, number, Phase.VOLATILITY, market.time_ns + market.contracts[number].auction_ns)


def _park_watched(market: Market, number: int) -> None:
    for order in list(market.contracts[number].watch.values()):
        if order.stands:
            park(market, order)


def park(market: Market, order: Order) -> None:
    """A watched order leaves the visible book and waits to come back."""
    price_ticks = order.price_ticks
    market.leave(order)
    market.touch(order.contract)
    market.say(
        EventKind.PARKED,
        order_id=order.order_id,
        account=order.account,
        contract=order.contract,
        side=order.side,
        price_ticks=price_ticks,
        lots=order.lots,
        open_lots=order.open_lots,
    )
