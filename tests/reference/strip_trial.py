"""Whether a fill-or-kill order for a strip would be filled: played through on slips of paper, order by order."""

from __future__ import annotations

from dataclasses import dataclass

from exchange.domain.enums import Phase, SelfTrade
from exchange.domain.units import PRICE_TICKS_MAX
from tests.reference.contracts import Contract
from tests.reference.market import Market
from tests.reference.orders import Order, within


@dataclass(slots=True)
class _Slip:
    """One order as it would be met."""

    price_ticks: int
    shown_lots: int
    hidden_lots: int
    display_lots: int
    own: bool
    skipped: bool  # what it may do depends on others, so nobody counts on it


def can_fill_strip(market: Market, taker: Order) -> bool:
    strip = market.contracts[taker.contract]
    whole = _slips(market, taker, strip)
    legs = [_slips(market, taker, market.contracts[number]) for number in strip.legs]
    lots = taker.open_lots
    while lots:
        ticks = _price(market, strip, legs)
        if whole and (not ticks or within(taker.side, whole[0].price_ticks, ticks)):
            ticks, met = whole[0].price_ticks, [whole]
        else:
            met = legs
        if not ticks or not within(taker.side, ticks, taker.limit_ticks):
            return False
        passed = next((slips for slips in met if slips[0].own or slips[0].skipped), None)
        if passed is None:
            lots -= _trade(met, lots)
        elif passed[0].own and taker.self_trade != SelfTrade.CANCEL_OLDEST:
            return False
        else:
            passed.pop(0)
    return True


def _slips(market: Market, taker: Order, contract: Contract) -> list[_Slip]:
    return [
        _Slip(
            order.price_ticks,
            order.shown_lots,
            order.open_lots - order.shown_lots,
            order.display_lots,
            market.same_owner(taker.account, order.account),
            order.reduces_only or order.wildcard is not None,
        )
        for order in contract.book.orders(1 - taker.side)
    ]


def _price(market: Market, strip: Contract, legs: list[list[_Slip]]) -> int:
    ticks = 0
    for number, slips in zip(strip.legs, legs, strict=True):
        leg = market.contracts[number]
        open_now = leg.phase == Phase.CONTINUOUS and not leg.closed(market.time_ns)
        if not (slips and open_now and leg.tradable(slips[0].price_ticks)):
            return 0
        ticks += slips[0].price_ticks
    return ticks if ticks <= PRICE_TICKS_MAX else 0


def _trade(met: list[list[_Slip]], lots: int) -> int:
    """The same lots off the first slip of each; one that hides more goes behind those of its price."""
    lots = min(lots, *(slips[0].shown_lots for slips in met))
    for slips in met:
        first = slips[0]
        first.shown_lots -= lots
        if first.shown_lots:
            continue
        slips.pop(0)
        if first.hidden_lots:
            first.shown_lots = min(first.display_lots, first.hidden_lots)
            first.hidden_lots -= first.shown_lots
            behind = sum(slip.price_ticks == first.price_ticks for slip in slips)
            slips.insert(behind, first)
    return lots
