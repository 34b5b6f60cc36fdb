"""Why a command about an order is refused: the questions in order of precedence, the first that fails counts."""

from __future__ import annotations

from exchange.domain.enums import Flag, OrderType, Phase, Reject, Side, Sweep, TimeInForce
from exchange.domain.records import Command
from exchange.domain.units import ICEBERG_SLICES_MAX, LOTS_MAX, PRICE_TICKS_MAX, TOTAL_MAX, WATCHED_MAX
from tests.reference.accounts import Account
from tests.reference.contracts import Contract
from tests.reference.forms import bad_field_of_new, text_of
from tests.reference.limits import (
    order_too_large,
    outside_band,
    position_exceeded,
    price_too_far,
    rate_exceeded,
    too_many_orders,
)
from tests.reference.margin import Asked, refuse_asked
from tests.reference.market import Market
from tests.reference.orders import POST_ONLY, REDUCE_ONLY, SLIDE, Order, is_watched
from tests.reference.prices import effective_ticks, slid_ticks
from tests.reference.strip_rules import refuse_for_strip

_PRICE_LIMITED = (OrderType.LIMIT, OrderType.MARKET, OrderType.MARKET_TO_LIMIT, OrderType.STOP_LIMIT)
_LOTS_ARE_OPEN = int(Flag.LOTS_ARE_OPEN)
_BANDED = (OrderType.LIMIT, OrderType.MARKET_TO_LIMIT, OrderType.STOP_LIMIT)


def refuse_new(market: Market, command: Command) -> Reject:
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
    contract = market.contracts[command.contract]
    unfit = refuse_for_strip(contract, command) if contract.legs else Reject.NONE
    if unfit:
        return unfit
    shut = shut_for_entry(market, account, contract)
    if shut:
        return shut
    if contract.collecting and (contract.legs or not _may_be_collected(command)):
        return Reject.WRONG_PHASE
    if rate_exceeded(account, market.time_ns):
        return Reject.RATE_EXCEEDED
    if order_too_large(account, command.lots):
        return Reject.ORDER_TOO_LARGE
    if command.order_type in _PRICE_LIMITED and price_too_far(account, contract, command.side, command.price_ticks):
        return Reject.PRICE_TOO_FAR
    if command.order_type in _BANDED and outside_band(contract, command.price_ticks):
        return Reject.OUTSIDE_BAND
    price_ticks = effective_ticks(contract, command)
    needed_micros = command.lots * market.per_lot_micros(command.account, command.contract, price_ticks)
    if needed_micros > TOTAL_MAX:
        return Reject.NOTIONAL_TOO_LARGE
    if not _stays_passive(contract, command.flags, command.side, price_ticks):
        return Reject.POST_ONLY_WOULD_CROSS
    position = account.position(command.contract)
    reduces = command.flags & REDUCE_ONLY and command.order_type != OrderType.STOP
    if reduces and command.lots > position.reducible_lots(command.side):
        return Reject.REDUCE_ONLY_WOULD_INCREASE
    watched = is_watched(command.order_type, command.time_in_force, command.flags)
    if watched and len(contract.watch) >= WATCHED_MAX:
        return Reject.WATCH_LIST_FULL
    if position_exceeded(market, account, command.contract, command.side, command.lots):
        return Reject.POSITION_LIMIT
    if too_many_orders(market, account, command.contract):
        return Reject.ORDERS_LIMIT
    resold = any(account.position(leg).lots > 0 for leg in contract.legs)
    if contract.legs and command.option and command.side == Side.SELL and resold:
        return Reject.SELLER_RESELLS
    if account.credit_bps is not None:
        asked = Asked(command.side, price_ticks, command.lots)
        return refuse_asked(market, account, command.contract, [asked], [])
    if command.side == Side.BUY and account.free_micros < needed_micros:
        return Reject.INSUFFICIENT_FUNDS
    if command.side == Side.SELL and _sellable_lots(account, command.contract, contract) < command.lots:
        return Reject.INSUFFICIENT_CAPACITY
    return Reject.NONE


def shut_for_entry(market: Market, account: Account, contract: Contract) -> Reject:
    """Whether nothing new may come in, neither an order nor a change of one nor a quote."""
    if any(each.closed(market.time_ns) for each in (contract, *(market.contracts[leg] for leg in contract.legs))):
        return Reject.CONTRACT_CLOSED
    if contract.phase == Phase.LISTED:
        return Reject.NOT_OPEN
    if contract.halted:
        return Reject.CONTRACT_HALTED
    if market.entry_closed or market.market_closed:
        return Reject.ENTRY_CLOSED
    return Reject.ACCOUNT_DISABLED if account.disabled else Reject.NONE


def _sellable_lots(account: Account, number: int, contract: Contract) -> int:
    """Of a strip, what can be delivered in every leg."""
    return min(account.position(each).sellable_lots for each in contract.legs or [number])


def _may_be_collected(command: Command) -> bool:
    return not (
        command.order_type in (OrderType.MARKET, OrderType.MARKET_TO_LIMIT)
        or command.time_in_force in (TimeInForce.IOC, TimeInForce.FOK)
        or command.flags & (POST_ONLY | SLIDE)
        or command.minimum_lots
    )


def _stays_passive(contract: Contract, flags: int, side: int, price_ticks: int) -> bool:
    """Whether a post-only order would rest at this price, and a sliding one has a price at all."""
    if flags & POST_ONLY:
        return not contract.crosses(side, price_ticks)
    return not flags & SLIDE or 1 <= price_ticks <= PRICE_TICKS_MAX


def refuse_cancel(market: Market, command: Command) -> Reject:
    whose = not_ones_own(market, command)
    order = market.find_order(command.account, command.order_id, text_of(command)) if not whose else None
    if order is not None and market.contracts[order.contract].phase == Phase.HALTED:
        return Reject.CONTRACT_HALTED
    return whose


def not_ones_own(market: Market, command: Command) -> Reject:
    if market.asker(command.account) is None:
        return Reject.UNKNOWN_ACCOUNT
    order = market.find_order(command.account, command.order_id, text_of(command))
    if order is None:
        return Reject.UNKNOWN_ORDER
    if order.account != command.account:
        return Reject.NOT_YOUR_ORDER
    return Reject.NONE


def refuse_replace(market: Market, command: Command) -> Reject:
    whose = not_ones_own(market, command)
    order = market.find_order(command.account, command.order_id, text_of(command)) if not whose else None
    if order is None:
        return whose
    bad_field = _bad_field_of_replace(order, command)
    if bad_field:
        return bad_field
    if order.is_quote or order.wildcard is not None:
        return Reject.NOT_REPLACEABLE
    account, contract = market.accounts[order.account], market.contracts[order.contract]
    shut = shut_for_entry(market, account, contract)
    if shut:
        return shut
    if contract.legs and contract.collecting:
        return Reject.WRONG_PHASE
    _, open_lots = replaced_lots(order, command)
    if rate_exceeded(account, market.time_ns):
        return Reject.RATE_EXCEEDED
    if order_too_large(account, open_lots):
        return Reject.ORDER_TOO_LARGE
    if order.order_type in _BANDED and price_too_far(account, contract, order.side, command.price_ticks):
        return Reject.PRICE_TOO_FAR
    if order.order_type in _BANDED and outside_band(contract, command.price_ticks):
        return Reject.OUTSIDE_BAND
    if open_lots <= 0:
        return Reject.BELOW_FILLED
    price_ticks = replaced_ticks(contract, order, command)
    needed_micros = open_lots * market.per_lot_micros(order.account, order.contract, price_ticks)
    if needed_micros > TOTAL_MAX:
        return Reject.NOTIONAL_TOO_LARGE
    may_trade = not keeps_place(order, command) and not contract.collecting
    if may_trade and not _stays_passive(contract, order.flags, order.side, price_ticks):
        return Reject.POST_ONLY_WOULD_CROSS
    if order.reduces_only and order.order_type != OrderType.STOP and open_lots > market.reducible_lots(order):
        return Reject.REDUCE_ONLY_WOULD_INCREASE
    grows = open_lots > order.open_lots
    if grows and position_exceeded(market, account, order.contract, order.side, open_lots, order.open_lots):
        return Reject.POSITION_LIMIT
    if account.credit_bps is not None:
        if keeps_place(order, command):
            return Reject.NONE
        asked = Asked(order.side, price_ticks, open_lots)
        return refuse_asked(market, account, order.contract, [asked], [order])
    held_micros = order.open_lots * order.per_lot_micros
    if order.side == Side.BUY and account.free_micros + held_micros < needed_micros:
        return Reject.INSUFFICIENT_FUNDS
    sellable_lots = _sellable_lots(account, order.contract, contract) + order.open_lots
    if order.side == Side.SELL and sellable_lots < open_lots:
        return Reject.INSUFFICIENT_CAPACITY
    return Reject.NONE


def _bad_field_of_replace(order: Order, command: Command) -> Reject:
    if command.flags not in (0, Flag.LOTS_ARE_OPEN):
        return Reject.BAD_FLAGS
    if not 1 <= command.price_ticks <= PRICE_TICKS_MAX:
        return Reject.BAD_PRICE
    lots, open_lots = replaced_lots(order, command)
    if not (1 <= command.lots <= LOTS_MAX and lots <= LOTS_MAX):
        return Reject.BAD_LOTS
    if command.trigger_ticks and not (order.waits_for_trigger and 1 <= command.trigger_ticks <= PRICE_TICKS_MAX):
        return Reject.BAD_TRIGGER
    if order.display_lots and order.display_lots * ICEBERG_SLICES_MAX < open_lots:
        return Reject.BAD_DISPLAY
    return Reject.NONE


def replaced_lots(order: Order, command: Command) -> tuple[int, int]:
    """The new total and the new open lots of ``order``."""
    filled_lots = order.lots - order.open_lots
    if command.flags & _LOTS_ARE_OPEN:
        return filled_lots + command.lots, command.lots
    return command.lots, command.lots - filled_lots


def replaced_ticks(contract: Contract, order: Order, command: Command) -> int:
    """The new limit of ``order``."""
    if order.flags & SLIDE and not keeps_place(order, command):
        return slid_ticks(contract, order.side, command.price_ticks)
    return command.price_ticks


def keeps_place(order: Order, command: Command) -> bool:
    """Whether nothing changes but that ``order`` becomes smaller."""
    same_trigger = command.trigger_ticks in (0, order.trigger_ticks)
    _, open_lots = replaced_lots(order, command)
    return command.price_ticks == order.limit_ticks and open_lots <= order.open_lots and same_trigger


def refuse_cancel_all(market: Market, command: Command) -> Reject:
    if not 0 <= command.account < len(market.accounts):
        return Reject.UNKNOWN_ACCOUNT
    if not -1 <= command.contract < len(market.contracts):
        return Reject.UNKNOWN_CONTRACT
    both = int(Sweep.ONLY_BUYS | Sweep.ONLY_SELLS)
    if command.flags & ~(both | int(Sweep.ONLY_QUOTES)) or command.flags & both == both:
        return Reject.BAD_FLAGS
    if command.sku < 0 or command.region < 0:
        return Reject.BAD_OPTION
    return Reject.NONE
