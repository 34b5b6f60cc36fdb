"""Why a command is refused: for each kind the questions in order of precedence, the first that fails counts."""

from __future__ import annotations

from exchange.domain.enums import Flag, OrderType, Reject, SelfTrade, Side, TimeInForce
from exchange.domain.records import Command
from exchange.domain.text import EMPTY, WORD_END, TextWords
from exchange.domain.units import (
    BPS,
    FEE_BPS_MAX,
    LOTS_MAX,
    MARKET_PROTECTION_BPS,
    PRICE_TICKS_MAX,
    TOTAL_MAX,
)
from tests.reference.market import Contract, Market, Order

TICK_VALUE_MICROS_MAX = 10**12


def text_of(command: Command) -> TextWords:
    return command.text_0, command.text_1, command.text_2, command.text_3


def refuse_open_account(market: Market, command: Command) -> Reject:
    if not _is_name(text_of(command)):
        return Reject.BAD_TEXT
    if not (0 <= command.maker_fee_bps <= FEE_BPS_MAX and 0 <= command.taker_fee_bps <= FEE_BPS_MAX):
        return Reject.BAD_FEE
    if any(account.name == text_of(command) for account in market.accounts):
        return Reject.ACCOUNT_EXISTS
    return Reject.NONE


def refuse_cash(market: Market, command: Command) -> Reject:
    account = market.asker(command.account)
    if account is None:
        return Reject.UNKNOWN_ACCOUNT
    if text_of(command) in account.used:
        return Reject.DUPLICATE_CLIENT_ID
    if not _is_text(text_of(command)):
        return Reject.BAD_TEXT
    all_cash_micros = sum(account.cash_micros for account in market.accounts)
    if command.amount == 0 or abs(command.amount) > TOTAL_MAX or all_cash_micros + command.amount > TOTAL_MAX:
        return Reject.BAD_AMOUNT
    if account.free_micros + command.amount < 0:
        return Reject.INSUFFICIENT_FUNDS
    return Reject.NONE


def refuse_list(market: Market, command: Command) -> Reject:
    if not _is_name(text_of(command)):
        return Reject.BAD_TEXT
    if command.expiry_ns <= command.time_ns:
        return Reject.BAD_EXPIRY
    if not 1 <= command.amount <= TICK_VALUE_MICROS_MAX:
        return Reject.BAD_AMOUNT
    if any(contract.symbol == text_of(command) for contract in market.contracts):
        return Reject.CONTRACT_EXISTS
    return Reject.NONE


def refuse_capacity(market: Market, command: Command) -> Reject:
    account = market.asker(command.account)
    if account is None:
        return Reject.UNKNOWN_ACCOUNT
    if not 0 <= command.contract < len(market.contracts):
        return Reject.UNKNOWN_CONTRACT
    if not 0 <= command.lots <= LOTS_MAX:
        return Reject.BAD_LOTS
    if market.contracts[command.contract].closed(command.time_ns):
        return Reject.CONTRACT_CLOSED
    position = account.position(command.contract)
    if position.lots + command.lots - position.open_sell_lots < 0:
        return Reject.INSUFFICIENT_CAPACITY
    return Reject.NONE


def refuse_new(market: Market, command: Command) -> Reject:
    account = market.asker(command.account)
    if account is None:
        return Reject.UNKNOWN_ACCOUNT
    if text_of(command) in account.used:
        return Reject.DUPLICATE_CLIENT_ID
    if not 0 <= command.contract < len(market.contracts):
        return Reject.UNKNOWN_CONTRACT
    bad_field = _bad_field_of_new(command)
    if bad_field:
        return bad_field
    contract = market.contracts[command.contract]
    if contract.closed(command.time_ns):
        return Reject.CONTRACT_CLOSED
    price_ticks = effective_ticks(contract, command)
    per_lot_micros = market.per_lot_micros(command.account, command.contract, price_ticks)
    if command.lots * per_lot_micros > TOTAL_MAX:
        return Reject.NOTIONAL_TOO_LARGE
    if command.flags & Flag.POST_ONLY and crosses(contract, command.side, price_ticks):
        return Reject.POST_ONLY_WOULD_CROSS
    if command.side == Side.BUY and account.free_micros < command.lots * per_lot_micros:
        return Reject.INSUFFICIENT_FUNDS
    if command.side == Side.SELL and account.position(command.contract).sellable_lots < command.lots:
        return Reject.INSUFFICIENT_CAPACITY
    return Reject.NONE


def _bad_field_of_new(command: Command) -> Reject:
    market_order = command.order_type == OrderType.MARKET
    now_or_never = command.time_in_force in (TimeInForce.IOC, TimeInForce.FOK)
    if not _is_text(text_of(command)):
        return Reject.BAD_TEXT
    if command.side not in tuple(Side):
        return Reject.BAD_SIDE
    if command.order_type not in tuple(OrderType):
        return Reject.BAD_ORDER_TYPE
    if command.time_in_force not in tuple(TimeInForce) or (market_order and not now_or_never):
        return Reject.BAD_TIME_IN_FORCE
    if command.self_trade not in tuple(SelfTrade):
        return Reject.BAD_SELF_TRADE
    if command.flags not in (0, Flag.POST_ONLY) or (command.flags and (market_order or now_or_never)):
        return Reject.BAD_FLAGS
    if not (0 if market_order else 1) <= command.price_ticks <= PRICE_TICKS_MAX:
        return Reject.BAD_PRICE
    if not 1 <= command.lots <= LOTS_MAX:
        return Reject.BAD_LOTS
    good_till_date = command.time_in_force == TimeInForce.GTD
    if command.expiry_ns <= command.time_ns if good_till_date else command.expiry_ns != 0:
        return Reject.BAD_EXPIRY
    return Reject.NONE


def refuse_cancel(market: Market, command: Command) -> Reject:
    if market.asker(command.account) is None:
        return Reject.UNKNOWN_ACCOUNT
    order = market.find_order(command.account, command.order_id, text_of(command))
    if order is None:
        return Reject.UNKNOWN_ORDER
    if order.account != command.account:
        return Reject.NOT_YOUR_ORDER
    return Reject.NONE


def refuse_replace(market: Market, command: Command) -> Reject:
    whose = refuse_cancel(market, command)
    order = market.find_order(command.account, command.order_id, text_of(command)) if not whose else None
    if order is None:
        return whose
    if command.flags not in (0, Flag.LOTS_ARE_OPEN):
        return Reject.BAD_FLAGS
    if not 1 <= command.price_ticks <= PRICE_TICKS_MAX:
        return Reject.BAD_PRICE
    lots, open_lots = replaced_lots(order, command)
    if not (1 <= command.lots <= LOTS_MAX and lots <= LOTS_MAX):
        return Reject.BAD_LOTS
    contract = market.contracts[order.contract]
    if contract.closed(command.time_ns):
        return Reject.CONTRACT_CLOSED
    if open_lots <= 0:
        return Reject.BELOW_FILLED
    needed_micros = open_lots * market.per_lot_micros(order.account, order.contract, command.price_ticks)
    if needed_micros > TOTAL_MAX:
        return Reject.NOTIONAL_TOO_LARGE
    moved = command.price_ticks != order.price_ticks or open_lots > order.open_lots
    if order.flags & Flag.POST_ONLY and moved and crosses(contract, order.side, command.price_ticks):
        return Reject.POST_ONLY_WOULD_CROSS
    account = market.accounts[order.account]
    held_micros = order.open_lots * order.per_lot_micros
    if order.side == Side.BUY and account.free_micros + held_micros < needed_micros:
        return Reject.INSUFFICIENT_FUNDS
    sellable_lots = account.position(order.contract).sellable_lots + order.open_lots
    if order.side == Side.SELL and sellable_lots < open_lots:
        return Reject.INSUFFICIENT_CAPACITY
    return Reject.NONE


def refuse_cancel_all(market: Market, command: Command) -> Reject:
    if not 0 <= command.account < len(market.accounts):
        return Reject.UNKNOWN_ACCOUNT
    if not -1 <= command.contract < len(market.contracts):
        return Reject.UNKNOWN_CONTRACT
    return Reject.NONE


def replaced_lots(order: Order, command: Command) -> tuple[int, int]:
    """The new total and the new open lots of ``order``."""
    filled_lots = order.lots - order.open_lots
    if command.flags & Flag.LOTS_ARE_OPEN:
        return filled_lots + command.lots, command.lots
    return command.lots, command.lots - filled_lots


def effective_ticks(contract: Contract, command: Command) -> int:
    """The price of the order: as given, or for a market order without one, a little beyond the best opposite."""
    if command.order_type != OrderType.MARKET or command.price_ticks:
        return command.price_ticks
    best_ticks = contract.book.best_ticks(1 - command.side)
    away_ticks = best_ticks * MARKET_PROTECTION_BPS // BPS
    if command.side == Side.BUY:
        return min(best_ticks + away_ticks, PRICE_TICKS_MAX)
    return best_ticks - away_ticks


def crosses(contract: Contract, side: int, price_ticks: int) -> bool:
    """Whether an order at this price would trade at once."""
    best_ticks = contract.book.best_ticks(1 - side)
    if not best_ticks:
        return False
    return price_ticks >= best_ticks if side == Side.BUY else price_ticks <= best_ticks


def _is_name(text: TextWords) -> bool:
    return text != EMPTY and _is_text(text)


def _is_text(text: TextWords) -> bool:
    return all(0 <= word < WORD_END for word in text)
