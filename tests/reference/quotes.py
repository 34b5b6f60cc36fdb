"""QUOTE: a bid and an ask replaced in one command, keeping its place where only the size shrinks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from exchange.domain.enums import EventKind, OrderType, QuoteFlag, Reason, Reject, SelfTrade, Side, TimeInForce
from exchange.domain.records import Command
from exchange.domain.text import EMPTY
from exchange.domain.units import LOTS_MAX, PRICE_TICKS_MAX, QUOTE_SLOTS, TOTAL_MAX
from tests.reference.accounts import Account
from tests.reference.contracts import Contract
from tests.reference.forms import text_of
from tests.reference.limits import (
    count_in_rate,
    order_too_large,
    outside_band,
    position_exceeded,
    price_too_far,
    rate_exceeded,
    too_many_orders,
)
from tests.reference.margin import Asked, refuse_asked
from tests.reference.market import Market
from tests.reference.orders import Order, within
from tests.reference.refusals import shut_for_entry


class Wanted(NamedTuple):
    """One side of a quote as it was sent; no lots, no quote."""

    side: int
    price_ticks: int
    lots: int


@dataclass(slots=True)
class _Asked:
    """A QUOTE in its surroundings: who, where, what, and the quotes it takes the place of."""

    account: Account
    contract: Contract
    number: int
    sides: list[Wanted]  # with lots, bid first
    replaced: list[Order]

    def gone_lots(self, side: int) -> int:
        return sum(order.open_lots for order in self.replaced if order.side == side)


def _bid_and_ask(command: Command) -> tuple[Wanted, Wanted]:
    return (
        Wanted(Side.BUY, command.price_ticks, command.lots),
        Wanted(Side.SELL, command.trigger_ticks, command.display_lots),
    )


def _replaced(account: Account, command: Command) -> list[Order]:
    everything = command.flags & QuoteFlag.FIRST
    return [order for order in account.quotes(command.contract) if everything or order.slot == command.option]


def refuse_quote(market: Market, command: Command) -> Reject:
    account = market.asker(command.account)
    if account is None:
        return Reject.UNKNOWN_ACCOUNT
    if not 0 <= command.contract < len(market.contracts):
        return Reject.UNKNOWN_CONTRACT
    bad_field = _bad_field(command)
    if bad_field:
        return bad_field
    contract = market.contracts[command.contract]
    if contract.legs:
        return Reject.NOT_FOR_STRIPS
    shut = shut_for_entry(market, account, contract)
    if shut:
        return shut
    if account.protection.frozen:
        return Reject.FROZEN
    if rate_exceeded(account, market.time_ns):
        return Reject.RATE_EXCEEDED
    sides = [side for side in _bid_and_ask(command) if side.lots]
    return _refuse_sides(
        market, _Asked(account, contract, command.contract, sides, _replaced(account, command)), command
    )


def _bad_field(command: Command) -> Reject:
    bid, ask = _bid_and_ask(command)
    if text_of(command) != EMPTY:
        return Reject.BAD_TEXT
    if command.flags not in (0, QuoteFlag.FIRST):
        return Reject.BAD_FLAGS
    for side in (bid, ask):
        if not (1 <= side.price_ticks <= PRICE_TICKS_MAX if side.lots else side.price_ticks == 0):
            return Reject.BAD_PRICE
    if bid.lots and ask.lots and bid.price_ticks >= ask.price_ticks:
        return Reject.BAD_PRICE
    if not (0 <= bid.lots <= LOTS_MAX and 0 <= ask.lots <= LOTS_MAX):
        return Reject.BAD_LOTS
    if not 0 <= command.option < QUOTE_SLOTS:
        return Reject.BAD_OPTION
    return Reject.NONE


def _refuse_sides(market: Market, asked: _Asked, command: Command) -> Reject:
    account, contract, number = asked.account, asked.contract, asked.number
    needed_micros = [
        side.lots * market.per_lot_micros(command.account, number, side.price_ticks) for side in asked.sides
    ]
    if any(order_too_large(account, side.lots) for side in asked.sides):
        return Reject.ORDER_TOO_LARGE
    if any(price_too_far(account, contract, side.side, side.price_ticks) for side in asked.sides):
        return Reject.PRICE_TOO_FAR
    if any(outside_band(contract, side.price_ticks) for side in asked.sides):
        return Reject.OUTSIDE_BAND
    if any(micros > TOTAL_MAX for micros in needed_micros):
        return Reject.NOTIONAL_TOO_LARGE
    if not contract.collecting and any(_crosses_others(asked, side) for side in asked.sides):
        return Reject.POST_ONLY_WOULD_CROSS
    for side in asked.sides:
        if position_exceeded(market, account, number, side.side, side.lots, asked.gone_lots(side.side)):
            return Reject.POSITION_LIMIT
    if too_many_orders(market, account, number, len(asked.sides), len(asked.replaced)):
        return Reject.ORDERS_LIMIT
    if account.credit_bps is not None:
        return refuse_asked(market, account, number, [Asked(*side) for side in asked.sides], asked.replaced)
    held_micros = sum(order.open_lots * order.per_lot_micros for order in asked.replaced if order.side == Side.BUY)
    sellable_lots = account.position(number).sellable_lots + asked.gone_lots(Side.SELL)
    for side, micros in zip(asked.sides, needed_micros, strict=True):
        if side.side == Side.BUY and account.free_micros + held_micros < micros:
            return Reject.INSUFFICIENT_FUNDS
        if side.side == Side.SELL and sellable_lots < side.lots:
            return Reject.INSUFFICIENT_CAPACITY
    return Reject.NONE


def _crosses_others(asked: _Asked, side: Wanted) -> bool:
    """Whether this side would trade with anybody who is still there when it comes."""
    replaced = {order.order_id for order in asked.replaced}
    for maker in asked.contract.book.orders(1 - side.side):
        if maker.order_id not in replaced:
            return within(side.side, maker.price_ticks, side.price_ticks)
    return False


def quote(market: Market, command: Command) -> None:
    account = market.accounts[command.account]
    count_in_rate(account, market.time_ns)
    replaced = _replaced(account, command)
    for order in replaced:
        if order.slot != command.option:
            market.take_away(order, EventKind.CANCELLED, Reason.QUOTE)
    older = {order.side: order for order in replaced if order.slot == command.option}
    new = [side for side in _bid_and_ask(command) if not _keep(market, older.get(side.side), side) and side.lots]
    for side in new:
        _accept(market, command, side)


def _keep(market: Market, older: Order | None, wanted: Wanted) -> bool:
    """Let the quote that stands there shrink to what is wanted, or go; whether it is what is wanted now."""
    if older is None:
        return False
    if older.price_ticks != wanted.price_ticks or not 0 < wanted.lots <= older.open_lots:
        market.take_away(older, EventKind.CANCELLED, Reason.QUOTE)
        return False
    if wanted.lots < older.open_lots:
        market.shrink(older, older.open_lots - wanted.lots)
    return True


def _accept(market: Market, command: Command, side: Wanted) -> None:
    market.arrivals += 1
    order = Order(
        order_id=next(market.new_ids, -market.arrivals),
        text=EMPTY,
        account=command.account,
        contract=command.contract,
        side=side.side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        flags=0,
        self_trade=SelfTrade.CANCEL_OLDEST,
        price_ticks=side.price_ticks,
        limit_ticks=side.price_ticks,
        lots=side.lots,
        open_lots=side.lots,
        expiry_ns=0,
        created_ns=command.time_ns,
        per_lot_micros=market.per_lot_micros(command.account, command.contract, side.price_ticks),
        arrival=market.arrivals,
        slot=command.option,
    )
    market.remember(order)
    market.contracts[command.contract].book.add(order)
    market.tell(EventKind.ACCEPTED, order)
