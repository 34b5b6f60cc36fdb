"""What can be wrong with a NEW by itself, whatever the market is: the columns in order of precedence."""

from __future__ import annotations

from exchange.domain.enums import OrderType, Reject, SelfTrade, Side, TimeInForce
from exchange.domain.records import Command
from exchange.domain.text import EMPTY, WORD_END, TextWords
from exchange.domain.units import ICEBERG_SLICES_MAX, LOTS_MAX, PRICE_TICKS_MAX
from tests.reference.orders import ALL_OR_NONE, ON_MARK, PEGS, POST_ONLY, REDUCE_ONLY, RESTING_TIMES, SLIDE, STOPS

_NOW_OR_NEVER = (TimeInForce.IOC, TimeInForce.FOK)
_KNOWN_TYPES, _KNOWN_TIMES, _KNOWN_SELF_TRADES = tuple(OrderType), tuple(TimeInForce), tuple(SelfTrade)
_PRICED = (OrderType.LIMIT, OrderType.STOP_LIMIT, *PEGS)
_PASSIVE = POST_ONLY | SLIDE
_FLAGS = _PASSIVE | ALL_OR_NONE | REDUCE_ONLY | ON_MARK


def text_of(command: Command) -> TextWords:
    return command.text_0, command.text_1, command.text_2, command.text_3


def is_name(text: TextWords) -> bool:
    return text != EMPTY and is_text(text)


def is_text(text: TextWords) -> bool:
    return all(0 <= word < WORD_END for word in text)


def bad_field_of_new(command: Command) -> Reject:
    if not is_text(text_of(command)):
        return Reject.BAD_TEXT
    if command.side not in (Side.BUY, Side.SELL):
        return Reject.BAD_SIDE
    if command.order_type not in _KNOWN_TYPES:
        return Reject.BAD_ORDER_TYPE
    if not _good_time_in_force(command):
        return Reject.BAD_TIME_IN_FORCE
    if command.self_trade not in _KNOWN_SELF_TRADES:
        return Reject.BAD_SELF_TRADE
    if not _good_flags(command):
        return Reject.BAD_FLAGS
    if not (1 if command.order_type in _PRICED else 0) <= command.price_ticks <= PRICE_TICKS_MAX:
        return Reject.BAD_PRICE
    if not 1 <= command.lots <= LOTS_MAX:
        return Reject.BAD_LOTS
    if not _given_only_if(command.order_type in STOPS, 1, command.trigger_ticks):
        return Reject.BAD_TRIGGER
    if not _good_display(command):
        return Reject.BAD_DISPLAY
    if not _good_minimum(command):
        return Reject.BAD_MINIMUM
    if not _given_only_if(command.order_type in PEGS, 0, command.offset_ticks):
        return Reject.BAD_OFFSET
    good_till_date = command.time_in_force == TimeInForce.GTD
    if command.expiry_ns <= command.time_ns if good_till_date else command.expiry_ns != 0:
        return Reject.BAD_EXPIRY
    return Reject.NONE


def _given_only_if(belongs: bool, least_ticks: int, ticks: int) -> bool:
    return least_ticks <= ticks <= PRICE_TICKS_MAX if belongs else ticks == 0


def _good_time_in_force(command: Command) -> bool:
    if command.order_type == OrderType.LIMIT:
        return command.time_in_force in _KNOWN_TIMES
    if command.order_type == OrderType.MARKET:
        return command.time_in_force in _NOW_OR_NEVER
    return command.time_in_force in RESTING_TIMES


def _resting_limit(command: Command) -> bool:
    return command.order_type == OrderType.LIMIT and command.time_in_force in RESTING_TIMES


def _good_flags(command: Command) -> bool:
    flags = command.flags
    passive = flags & _PASSIVE
    whole = flags & ALL_OR_NONE
    if flags & ~_FLAGS or passive == _PASSIVE:
        return False
    if (passive or whole) and not _resting_limit(command):
        return False
    if whole and (passive or flags & REDUCE_ONLY):
        return False
    if flags & REDUCE_ONLY and command.order_type not in (OrderType.LIMIT, OrderType.MARKET, OrderType.STOP):
        return False
    return not flags & ON_MARK or command.order_type in STOPS


def _good_display(command: Command) -> bool:
    if command.display_lots == 0:
        return True
    if not _resting_limit(command) or command.flags & (ALL_OR_NONE | REDUCE_ONLY):
        return False
    return 1 <= command.display_lots <= command.lots <= command.display_lots * ICEBERG_SLICES_MAX


def _good_minimum(command: Command) -> bool:
    if command.minimum_lots == 0:
        return True
    if command.order_type not in (OrderType.LIMIT, OrderType.MARKET) or command.time_in_force == TimeInForce.FOK:
        return False
    if command.flags & (_PASSIVE | ALL_OR_NONE | REDUCE_ONLY):
        return False
    return 1 <= command.minimum_lots <= command.lots
