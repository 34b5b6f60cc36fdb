"""Whether the columns of a command make sense, alone and together."""

from exchange.domain.enums import Flag, OrderType, Reject, SelfTrade, Side, TimeInForce
from exchange.domain.records import Rows
from exchange.domain.units import ICEBERG_SLICES_MAX, LOTS_MAX, PRICE_TICKS_MAX
from exchange.jit import int64, kernel, seldom
from exchange.kernel.facts import is_text

_BUY = int(Side.BUY)
_SELL = int(Side.SELL)
_LIMIT = int(OrderType.LIMIT)
_MARKET = int(OrderType.MARKET)
_MARKET_TO_LIMIT = int(OrderType.MARKET_TO_LIMIT)
_STOP = int(OrderType.STOP)
_STOP_LIMIT = int(OrderType.STOP_LIMIT)
_PEG_BEST = int(OrderType.PEG_BEST)
_PEG_MID = int(OrderType.PEG_MID)
_GTC = int(TimeInForce.GTC)
_GTD = int(TimeInForce.GTD)
_IOC = int(TimeInForce.IOC)
_FOK = int(TimeInForce.FOK)
_DAY = int(TimeInForce.DAY)
_SELF_TRADE_LAST = int(max(SelfTrade))
_POST_ONLY = int(Flag.POST_ONLY)
_SLIDE = int(Flag.SLIDE)
_REDUCE_ONLY = int(Flag.REDUCE_ONLY)
_ALL_OR_NONE = int(Flag.ALL_OR_NONE)
_ON_MARK = int(Flag.ON_MARK)
_KNOWN_FLAGS = int(Flag.POST_ONLY | Flag.SLIDE | Flag.REDUCE_ONLY | Flag.ALL_OR_NONE | Flag.ON_MARK)

_ACCEPTABLE = int(Reject.NONE)
_BAD_TEXT = int(Reject.BAD_TEXT)
_BAD_SIDE = int(Reject.BAD_SIDE)
_BAD_ORDER_TYPE = int(Reject.BAD_ORDER_TYPE)
_BAD_TIME_IN_FORCE = int(Reject.BAD_TIME_IN_FORCE)
_BAD_SELF_TRADE = int(Reject.BAD_SELF_TRADE)
_BAD_FLAGS = int(Reject.BAD_FLAGS)
_BAD_PRICE = int(Reject.BAD_PRICE)
_BAD_LOTS = int(Reject.BAD_LOTS)
_BAD_TRIGGER = int(Reject.BAD_TRIGGER)
_BAD_DISPLAY = int(Reject.BAD_DISPLAY)
_BAD_MINIMUM = int(Reject.BAD_MINIMUM)
_BAD_OFFSET = int(Reject.BAD_OFFSET)
_BAD_EXPIRY = int(Reject.BAD_EXPIRY)


@kernel
def may_rest(time_in_force: int) -> bool:
    return time_in_force == _GTC or time_in_force == _GTD or time_in_force == _DAY


@kernel
def is_stop(order_type: int) -> bool:
    return order_type == _STOP or order_type == _STOP_LIMIT


@kernel
def is_peg(order_type: int) -> bool:
    return order_type == _PEG_BEST or order_type == _PEG_MID


@kernel
def is_plain(command: Rows) -> bool:
    """Whether a new order is a limit order without anything that has rules of its own."""
    time_in_force = int64(command["time_in_force"])
    return bool(
        command["order_type"] == _LIMIT
        and (time_in_force == _GTC or time_in_force == _IOC)
        and command["flags"] == 0
        and command["expiry_ns"] == 0
        and (
            int64(command["trigger_ticks"])
            | int64(command["display_lots"])
            | int64(command["minimum_lots"])
            | int64(command["offset_ticks"])
        )
        == 0
    )


@kernel
def refuse_plain(command: Rows) -> int:
    """What can be wrong with a plain order."""
    if not is_text(command):
        return _BAD_TEXT
    if int64(command["side"]) != _BUY and int64(command["side"]) != _SELL:
        return _BAD_SIDE
    if not 0 <= int64(command["self_trade"]) <= _SELF_TRADE_LAST:
        return _BAD_SELF_TRADE
    if not 1 <= int64(command["price_ticks"]) <= PRICE_TICKS_MAX:
        return _BAD_PRICE
    if not 1 <= int64(command["lots"]) <= LOTS_MAX:
        return _BAD_LOTS
    return _ACCEPTABLE


@seldom
def refuse_new(command: Rows) -> int:
    """What can be wrong with any new order."""
    order_type = int64(command["order_type"])
    if not is_text(command):
        return _BAD_TEXT
    if int64(command["side"]) != _BUY and int64(command["side"]) != _SELL:
        return _BAD_SIDE
    if not _LIMIT <= order_type <= _PEG_MID:
        return _BAD_ORDER_TYPE
    if not _GTC <= int64(command["time_in_force"]) <= _DAY or not _fits(command):
        return _BAD_TIME_IN_FORCE
    if not 0 <= int64(command["self_trade"]) <= _SELF_TRADE_LAST:
        return _BAD_SELF_TRADE
    if not _flags_fit(command):
        return _BAD_FLAGS
    lowest_ticks = 0 if order_type == _MARKET or order_type == _MARKET_TO_LIMIT or order_type == _STOP else 1
    if not lowest_ticks <= int64(command["price_ticks"]) <= PRICE_TICKS_MAX:
        return _BAD_PRICE
    if not 1 <= int64(command["lots"]) <= LOTS_MAX:
        return _BAD_LOTS
    return _refuse_extras(command)


@kernel
def _fits(command: Rows) -> bool:
    """Whether the time in force goes with the type."""
    order_type = int64(command["order_type"])
    if order_type == _LIMIT:
        return True
    return may_rest(int64(command["time_in_force"])) == (order_type != _MARKET)


@kernel
def _flags_fit(command: Rows) -> bool:
    flags = int64(command["flags"])
    order_type = int64(command["order_type"])
    resting_limit = order_type == _LIMIT and may_rest(int64(command["time_in_force"]))
    post_only = flags & (_POST_ONLY | _SLIDE)
    if flags & ~_KNOWN_FLAGS != 0 or post_only == _POST_ONLY | _SLIDE:
        return False
    if post_only != 0 and (not resting_limit or flags & _ALL_OR_NONE != 0):
        return False
    if flags & _REDUCE_ONLY != 0:
        reduces = order_type == _LIMIT or order_type == _MARKET or order_type == _STOP
        if not reduces or flags & _ALL_OR_NONE != 0:
            return False
    if flags & _ALL_OR_NONE != 0 and not resting_limit:
        return False
    return flags & _ON_MARK == 0 or is_stop(order_type)


@kernel
def _refuse_extras(command: Rows) -> int:
    order_type = int64(command["order_type"])
    time_in_force = int64(command["time_in_force"])
    flags = int64(command["flags"])
    lots = int64(command["lots"])
    trigger_ticks = int64(command["trigger_ticks"])
    if not 1 <= trigger_ticks <= PRICE_TICKS_MAX if is_stop(order_type) else trigger_ticks != 0:
        return _BAD_TRIGGER
    display_lots = int64(command["display_lots"])
    if display_lots != 0:
        hides = order_type == _LIMIT and may_rest(time_in_force) and flags & (_ALL_OR_NONE | _REDUCE_ONLY) == 0
        if not hides or not 1 <= display_lots <= lots or display_lots * ICEBERG_SLICES_MAX < lots:
            return _BAD_DISPLAY
    minimum_lots = int64(command["minimum_lots"])
    if minimum_lots != 0:
        kind = (order_type == _LIMIT or order_type == _MARKET) and time_in_force != _FOK
        plain = flags & (_POST_ONLY | _SLIDE | _ALL_OR_NONE | _REDUCE_ONLY) == 0
        if not kind or not plain or not 1 <= minimum_lots <= lots:
            return _BAD_MINIMUM
    offset_ticks = int64(command["offset_ticks"])
    if not 0 <= offset_ticks <= PRICE_TICKS_MAX if is_peg(order_type) else offset_ticks != 0:
        return _BAD_OFFSET
    expiry_ns = int64(command["expiry_ns"])
    if expiry_ns <= int64(command["time_ns"]) if time_in_force == _GTD else expiry_ns != 0:
        return _BAD_EXPIRY
    return _ACCEPTABLE
