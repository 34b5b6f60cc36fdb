"""What a command leaves behind: stops whose price was reached, orders that follow others, quotes of the frozen.

Runs at the end of every command, until nothing more is to be done.
"""

from __future__ import annotations

from exchange.domain.enums import EventKind, OrderType, Phase, Reason
from tests.reference.contracts import Contract
from tests.reference.market import Market
from tests.reference.matching import work
from tests.reference.orders import Order
from tests.reference.strips import meet_legs
from tests.reference.watch import look_after_watched


def keep_house(market: Market) -> None:
    """One action at a time: the contracts in the order they were touched, then the strips that this may concern."""
    while market.touched or market.freezing or market.due:
        if market.freezing:
            _withdraw_quotes(market)
        elif market.touched:
            number = next(iter(market.touched))
            contract = market.contracts[number]
            if contract.phase != Phase.CONTINUOUS or not _act(market, contract):
                del market.touched[number]
                market.due.update(dict.fromkeys([number, *contract.strips]))
        else:
            number = next(iter(market.due))
            if not meet_legs(market, number):
                del market.due[number]


def _act(market: Market, contract: Contract) -> bool:
    """Do the first thing that is to be done in ``contract``; False if there is none."""
    stop = contract.by_last.reached(contract.last_price_ticks) or contract.by_mark.reached(contract.mark_ticks)
    if stop is not None:
        _trigger(market, contract, stop)
        return True
    return bool(contract.watch) and look_after_watched(market, contract)


def _trigger(market: Market, contract: Contract, stop: Order) -> None:
    contract.ladder(stop).remove(stop)
    market.tell(EventKind.TRIGGERED, stop)
    if stop.reduces_only:
        reducible_lots = market.reducible_lots(stop)
        if not reducible_lots:
            market.take_away(stop, EventKind.CANCELLED, Reason.REDUCE_ONLY)
            return
        if reducible_lots < stop.open_lots:
            market.shrink(stop, stop.open_lots - reducible_lots, Reason.REDUCE_ONLY)
    assert stop.order_type in (OrderType.STOP, OrderType.STOP_LIMIT)
    work(market, stop, stop.limit_ticks)


def _withdraw_quotes(market: Market) -> None:
    for account in market.freezing:
        for order in list(market.accounts[account].open.values()):
            if order.is_quote or order.is_whole:
                market.take_away(order, EventKind.CANCELLED, Reason.PROTECTION)
    market.freezing.clear()
