"""Wildcards that are open: what one member trades all of them lose, and most of what ends one ends them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.domain.enums import EventKind, Reason
from tests.reference.orders import Order, Wildcard

if TYPE_CHECKING:
    from tests.reference.market import Market


def share(market: Market, member: Order, lots: int) -> None:
    """``lots`` of a member traded."""
    wildcard = member.wildcard
    assert wildcard is not None
    whole = wildcard.whole
    market.release(whole, lots)
    whole.open_lots -= lots
    if member.stands:
        _say(market, EventKind.SHARED, whole, lots, open_lots=whole.open_lots, maker_order_id=member.order_id)
    for other in [other for other in wildcard.members if other is not member]:
        _lose(market, other, lots, Reason.SHARED)
    if not whole.open_lots:
        _drop(market, member)
        _close(market, wildcard)


def take_away(market: Market, order: Order, kind: EventKind, reason: Reason) -> None:
    """At a gate the member there goes; whatever else ends one of its orders ends the wildcard."""
    assert order.wildcard is not None
    if (kind, reason) == (EventKind.EXPIRED, Reason.GATE):
        take_member_away(market, order, kind, reason)
        return
    _end(market, order.wildcard, kind, reason)


def _end(market: Market, wildcard: Wildcard, kind: EventKind, reason: Reason) -> None:
    _say(market, kind, wildcard.whole, wildcard.whole.open_lots, reason=reason)
    market.release(wildcard.whole, wildcard.whole.open_lots)
    for member in list(wildcard.members):
        if member.stands:
            _say(market, kind, member, member.open_lots, reason=reason, resting=1)
        _drop(market, member)
    _close(market, wildcard)


def take_member_away(market: Market, member: Order, kind: EventKind, reason: Reason) -> None:
    """The others go on without it, if there are others."""
    wildcard = member.wildcard
    assert wildcard is not None
    lots = member.open_lots if member.stands else 0  # nobody heard yet that any were open
    _say(market, kind, member, lots, reason=reason, resting=int(member.stands))
    _drop(market, member)
    if not wildcard.members and not wildcard.awaited:
        _end(market, wildcard, kind, reason)
        return
    fit_reserve(market, wildcard)


def shrink(market: Market, order: Order, lots: int, reason: int) -> None:
    """All of it becomes smaller, without a trade."""
    assert order.wildcard is not None
    whole = order.wildcard.whole
    market.release(whole, lots)
    whole.lots -= lots
    whole.open_lots -= lots
    old = {"old_price_ticks": whole.price_ticks, "old_open_lots": whole.open_lots + lots}
    _say(market, EventKind.AMENDED, whole, whole.lots, open_lots=whole.open_lots, reason=reason, **old)
    for member in list(order.wildcard.members):
        _lose(market, member, lots, reason)


def fit_reserve(market: Market, wildcard: Wildcard) -> None:
    """A buyer sets aside what the dearest member may cost, once."""
    whole = wildcard.whole
    market.release(whole, whole.open_lots)
    whole.limit_ticks = max((member.price_ticks for member in wildcard.members), default=0)
    whole.per_lot_micros = market.per_lot_micros(whole.account, whole.contract, whole.limit_ticks)
    market.reserve(whole)


def _lose(market: Market, member: Order, lots: int, reason: int) -> None:
    if member.open_lots == lots:
        if member.stands:
            _say(market, EventKind.CANCELLED, member, lots, reason=reason, resting=1)
        _drop(market, member)
        return
    market.release(member, lots)
    member.lots -= lots
    member.open_lots -= lots
    if member.stands:
        old = (member.price_ticks, member.open_lots + lots)
        member.shown_lots = member.open_lots
        market.tell(EventKind.AMENDED, member, reason=reason, old=old)


def _drop(market: Market, member: Order) -> None:
    assert member.wildcard is not None
    contract = market.contracts[member.contract]
    market.release(member, member.open_lots)
    if member.stands:
        contract.book.remove(member)
        market.touch(member.contract)
    contract.waiting.pop(member.order_id, None)
    member.wildcard.members.remove(member)
    del market.orders[member.order_id]


def _close(market: Market, wildcard: Wildcard) -> None:
    whole = wildcard.whole
    wildcard.awaited = 0
    if wildcard in market.gathering:
        market.gathering.remove(wildcard)
    market.forget(whole)


def _say(market: Market, kind: EventKind, order: Order, lots: int, **columns: int) -> None:
    """About an order, whose contract need not be looked at for it."""
    market.say(
        kind,
        order_id=order.order_id,
        account=order.account,
        contract=order.contract,
        side=order.side,
        price_ticks=order.price_ticks,
        lots=lots,
        **columns,
    )
