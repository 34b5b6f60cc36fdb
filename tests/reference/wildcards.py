"""Wildcards come in, member by member, and go to work: the best of all contracts first, then a place in every book."""

from __future__ import annotations

from exchange.domain.enums import EventKind, OrderType, Phase, Reason, Reject, Side, TimeInForce
from exchange.domain.records import Command
from exchange.domain.units import MEMBERS_MAX, PRICE_TICKS_MAX, TOTAL_MAX
from tests.reference.forms import bad_field_of_new, text_of
from tests.reference.limits import (
    count_in_rate,
    order_too_large,
    outside_band,
    position_exceeded,
    price_too_far,
    rate_exceeded,
    too_many_orders,
)
from tests.reference.market import Market
from tests.reference.matching import meet
from tests.reference.orders import Order, Wildcard, within
from tests.reference.refusals import not_ones_own, shut_for_entry
from tests.reference.sharing import fit_reserve, take_member_away


def refuse_wildcard(market: Market, command: Command) -> Reject:
    account = market.asker(command.account)
    if account is None:
        return Reject.UNKNOWN_ACCOUNT
    if text_of(command) in account.used:
        return Reject.DUPLICATE_CLIENT_ID
    if not 0 <= command.contract < len(market.contracts):
        return Reject.UNKNOWN_CONTRACT
    bad_field = bad_field_of_new(command)
    if bad_field:
        return bad_field
    if not 1 <= command.option <= MEMBERS_MAX:
        return Reject.BAD_OPTION
    if market.contracts[command.contract].legs:
        return Reject.NOT_FOR_STRIPS
    bent = command.flags or command.display_lots or command.minimum_lots
    if bent or command.order_type != OrderType.LIMIT or command.time_in_force == TimeInForce.FOK:
        return Reject.NOT_FOR_WILDCARDS
    shut = shut_for_entry(market, account, market.contracts[command.contract])
    if shut:
        return shut
    if rate_exceeded(account, market.time_ns):
        return Reject.RATE_EXCEEDED
    return Reject.ORDER_TOO_LARGE if order_too_large(account, command.lots) else Reject.NONE


def accept_wildcard(market: Market, command: Command) -> None:
    count_in_rate(market.accounts[command.account], market.time_ns)
    whole = _order(market, command, command.contract, command.price_ticks, command.lots)
    whole.text = text_of(command)
    whole.side = command.side
    whole.time_in_force = command.time_in_force
    whole.rests = whole.time_in_force != TimeInForce.IOC
    whole.self_trade = command.self_trade
    whole.expiry_ns = command.expiry_ns
    whole.wildcard = Wildcard(whole, command.option)
    market.gathering.append(whole.wildcard)
    market.remember(whole)
    market.say(
        EventKind.ACCEPTED,
        order_id=whole.order_id,
        account=whole.account,
        contract=whole.contract,
        side=whole.side,
        price_ticks=whole.price_ticks,
        lots=whole.lots,
        open_lots=whole.lots,
    )


def _order(market: Market, command: Command, contract: int, price_ticks: int, lots: int) -> Order:
    market.arrivals += 1
    return Order(
        order_id=next(market.new_ids, -market.arrivals),
        text=(0, 0, 0, 0),
        account=command.account,
        contract=contract,
        side=0,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        flags=0,
        self_trade=0,
        price_ticks=price_ticks,
        limit_ticks=0,
        lots=lots,
        open_lots=lots,
        expiry_ns=0,
        created_ns=command.time_ns,
        per_lot_micros=0,
        arrival=market.arrivals,
    )


def refuse_member(market: Market, command: Command) -> Reject:
    if market.asker(command.account) is None:
        return Reject.UNKNOWN_ACCOUNT
    if not 0 <= command.contract < len(market.contracts):
        return Reject.UNKNOWN_CONTRACT
    whose = not_ones_own(market, command)
    order = market.find_order(command.account, command.order_id, text_of(command)) if not whose else None
    if order is None:
        return whose
    if command.flags:
        return Reject.BAD_FLAGS
    if command.lots:
        return Reject.BAD_LOTS
    if not 1 <= order.price_ticks + command.offset_ticks <= PRICE_TICKS_MAX:
        return Reject.BAD_OFFSET
    contract = market.contracts[command.contract]
    if contract.legs:
        return Reject.NOT_FOR_STRIPS
    if order.wildcard is None or not order.is_whole:
        return Reject.NOT_A_WILDCARD
    if not order.wildcard.awaited:
        return Reject.MEMBERS_COMPLETE
    if any(member.contract == command.contract for member in order.wildcard.members):
        return Reject.MEMBER_TWICE
    base = market.contracts[order.contract]
    if (contract.tick_value_micros, contract.weight) != (base.tick_value_micros, base.weight):
        return Reject.MEMBER_DIFFERS
    return _refuse_means(market, command, order)


def _refuse_means(market: Market, command: Command, whole: Order) -> Reject:
    account, contract = market.accounts[whole.account], market.contracts[command.contract]
    price_ticks = whole.price_ticks + command.offset_ticks
    shut = shut_for_entry(market, account, contract)
    if shut:
        return shut
    if contract.collecting and not whole.rests:
        return Reject.WRONG_PHASE
    if price_too_far(account, contract, whole.side, price_ticks):
        return Reject.PRICE_TOO_FAR
    if outside_band(contract, price_ticks):
        return Reject.OUTSIDE_BAND
    if whole.open_lots * market.per_lot_micros(whole.account, command.contract, price_ticks) > TOTAL_MAX:
        return Reject.NOTIONAL_TOO_LARGE
    if position_exceeded(market, account, command.contract, whole.side, whole.open_lots):
        return Reject.POSITION_LIMIT
    if too_many_orders(market, account, command.contract):
        return Reject.ORDERS_LIMIT
    if whole.side == Side.SELL:
        lacks = account.position(command.contract).sellable_lots < whole.open_lots
        return Reject.INSUFFICIENT_CAPACITY if lacks else Reject.NONE
    dearest_ticks = max(price_ticks, *[member.price_ticks for member in _members(whole)], 0)
    needed_micros = whole.open_lots * market.per_lot_micros(whole.account, command.contract, dearest_ticks)
    held_micros = whole.open_lots * whole.per_lot_micros
    lacks = account.free_micros + held_micros < needed_micros
    return Reject.INSUFFICIENT_FUNDS if lacks else Reject.NONE


def _members(whole: Order) -> list[Order]:
    assert whole.wildcard is not None
    return whole.wildcard.members


def join(market: Market, command: Command) -> None:
    whole = market.find_order(command.account, command.order_id, text_of(command))
    assert whole is not None
    assert whole.wildcard is not None
    member = _order(market, command, command.contract, whole.price_ticks + command.offset_ticks, whole.open_lots)
    member.side = whole.side
    member.time_in_force = whole.time_in_force
    member.rests = whole.rests
    member.self_trade = whole.self_trade
    member.offset_ticks = command.offset_ticks
    member.wildcard = whole.wildcard
    market.orders[member.order_id] = member
    market.reserve(member)
    market.contracts[command.contract].waiting[member.order_id] = member
    whole.wildcard.members.append(member)
    fit_reserve(market, whole.wildcard)
    market.say(
        EventKind.MEMBER,
        order_id=member.order_id,
        maker_order_id=whole.order_id,
        account=member.account,
        contract=member.contract,
        side=member.side,
        price_ticks=member.price_ticks,
    )
    whole.wildcard.awaited -= 1
    if not whole.wildcard.awaited:
        market.gathering.remove(whole.wildcard)
        _work(market, whole)


def _work(market: Market, whole: Order) -> None:
    for member in list(_members(whole)):
        if market.contracts[member.contract].closed(market.time_ns):
            take_member_away(market, member, EventKind.EXPIRED, Reason.GATE)
    while market.is_open(whole):
        within_reach = [member for member in _members(whole) if _reaches(market, member)]
        if not within_reach:
            break
        sign = 1 if whole.side == Side.BUY else -1
        meet(market, min(within_reach, key=lambda member: sign * (_best(market, member) - member.offset_ticks)))
    if not market.is_open(whole):
        return
    if not whole.rests:
        market.take_away(whole, EventKind.EXPIRED, Reason.IOC)
        return
    for member in _members(whole):
        contract = market.contracts[member.contract]
        del contract.waiting[member.order_id]
        member.lots = member.open_lots
        contract.book.add(member)
        market.tell(EventKind.RESTED, member)


def _best(market: Market, member: Order) -> int:
    return market.contracts[member.contract].book.best_ticks(1 - member.side)


def _reaches(market: Market, member: Order) -> bool:
    best_ticks = _best(market, member)
    trades = market.contracts[member.contract].phase == Phase.CONTINUOUS
    return trades and bool(best_ticks) and within(member.side, best_ticks, member.price_ticks)
