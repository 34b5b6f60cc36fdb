"""Orders: new, cancel, replace. Each first finds a reason to refuse, and only then changes anything."""

from exchange.domain.enums import EventKind, Flag, OrderType, Reason, Reject, SelfTrade, Side, TimeInForce
from exchange.domain.records import Rows
from exchange.domain.units import LOTS_MAX, MARKET_PROTECTION_BPS, PRICE_TICKS_MAX
from exchange.jit import int64, kernel
from exchange.kernel import deadlines, emit, fifo, index, ladder, match, risk
from exchange.kernel.facts import has_text, is_account, is_open, is_text
from exchange.kernel.state import State

_BUY = int(Side.BUY)
_SELL = int(Side.SELL)
_LIMIT = int(OrderType.LIMIT)
_MARKET = int(OrderType.MARKET)
_GTC = int(TimeInForce.GTC)
_GTD = int(TimeInForce.GTD)
_IOC = int(TimeInForce.IOC)
_FOK = int(TimeInForce.FOK)
_SELF_TRADE_LAST = int(SelfTrade.CANCEL_BOTH)
_POST_ONLY = int(Flag.POST_ONLY)
_LOTS_ARE_OPEN = int(Flag.LOTS_ARE_OPEN)
_CANCELLED = int(EventKind.CANCELLED)
_EXPIRED = int(EventKind.EXPIRED)
_REASON_USER = int(Reason.USER)
_REASON_IOC = int(Reason.IOC)
_REASON_FOK = int(Reason.FOK)

_ACCEPTABLE = int(Reject.NONE)
_UNKNOWN_ACCOUNT = int(Reject.UNKNOWN_ACCOUNT)
_DUPLICATE_CLIENT_ID = int(Reject.DUPLICATE_CLIENT_ID)
_UNKNOWN_CONTRACT = int(Reject.UNKNOWN_CONTRACT)
_UNKNOWN_ORDER = int(Reject.UNKNOWN_ORDER)
_NOT_YOUR_ORDER = int(Reject.NOT_YOUR_ORDER)
_BAD_TEXT = int(Reject.BAD_TEXT)
_BAD_SIDE = int(Reject.BAD_SIDE)
_BAD_ORDER_TYPE = int(Reject.BAD_ORDER_TYPE)
_BAD_TIME_IN_FORCE = int(Reject.BAD_TIME_IN_FORCE)
_BAD_SELF_TRADE = int(Reject.BAD_SELF_TRADE)
_BAD_FLAGS = int(Reject.BAD_FLAGS)
_BAD_PRICE = int(Reject.BAD_PRICE)
_BAD_LOTS = int(Reject.BAD_LOTS)
_BAD_EXPIRY = int(Reject.BAD_EXPIRY)
_CONTRACT_CLOSED = int(Reject.CONTRACT_CLOSED)
_BELOW_FILLED = int(Reject.BELOW_FILLED)
_NOTIONAL_TOO_LARGE = int(Reject.NOTIONAL_TOO_LARGE)
_POST_ONLY_WOULD_CROSS = int(Reject.POST_ONLY_WOULD_CROSS)
_INSUFFICIENT_FUNDS = int(Reject.INSUFFICIENT_FUNDS)
_INSUFFICIENT_CAPACITY = int(Reject.INSUFFICIENT_CAPACITY)

_ORDER_ROW = 2**32 - 1


@kernel
def new(state: State, command: Rows, events: Rows, written: int) -> int:
    """Refuse, or accept and then trade, rest or expire."""
    account = int64(command["account"])
    contract = int64(command["contract"])
    reason, order_id = _refuse_new_identity(state, command)
    if reason == _ACCEPTABLE:
        reason = _refuse_new_form(state, command)
    price_ticks = int64(command["price_ticks"])
    if reason == _ACCEPTABLE:
        if int64(command["order_type"]) == _MARKET and price_ticks == 0:
            price_ticks = risk.protected_price(state, contract, int64(command["side"]), MARKET_PROTECTION_BPS)
        reason = _refuse_new_means(state, command, price_ticks)
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, order_id)
    order = _open(state, command, price_ticks)
    if has_text(command):
        index.add_client_id(state, account, contract, command, emit.order_id_of(state, order))
    written = emit.accepted(state, events, written, order)
    if int64(command["time_in_force"]) == _FOK and not match.is_fillable(state, order):
        return match.cancel(state, order, events, written, _EXPIRED, _REASON_FOK)
    return work(state, order, events, written)


@kernel
def _refuse_new_identity(state: State, command: Rows) -> tuple[int, int]:
    """Who asks for what: (reason, the order that used this client id before)."""
    account = int64(command["account"])
    if not is_account(state, account):
        return _UNKNOWN_ACCOUNT, 0
    if has_text(command):
        used = index.find_client_id(state, account, command)
        if used != 0:
            return _DUPLICATE_CLIENT_ID, int64(state.client_ids[used]["order_id"])
    if not 0 <= int64(command["contract"]) < int64(state.header[0]["contracts"]):
        return _UNKNOWN_CONTRACT, 0
    return _ACCEPTABLE, 0


@kernel
def _refuse_new_form(state: State, command: Rows) -> int:
    """Whether the columns make sense, alone and together."""
    order_type = int64(command["order_type"])
    time_in_force = int64(command["time_in_force"])
    post_only = int64(command["flags"]) == _POST_ONLY
    rests = _GTC <= time_in_force <= _GTD
    if not is_text(command):
        return _BAD_TEXT
    if int64(command["side"]) != _BUY and int64(command["side"]) != _SELL:
        return _BAD_SIDE
    if order_type != _LIMIT and order_type != _MARKET:
        return _BAD_ORDER_TYPE
    if not _GTC <= time_in_force <= _FOK or (order_type == _MARKET and rests):
        return _BAD_TIME_IN_FORCE
    if not 0 <= int64(command["self_trade"]) <= _SELF_TRADE_LAST:
        return _BAD_SELF_TRADE
    if (int64(command["flags"]) != 0 and not post_only) or (post_only and not (order_type == _LIMIT and rests)):
        return _BAD_FLAGS
    lowest_ticks = 1 if order_type == _LIMIT else 0
    if not lowest_ticks <= int64(command["price_ticks"]) <= PRICE_TICKS_MAX:
        return _BAD_PRICE
    if not 1 <= int64(command["lots"]) <= LOTS_MAX:
        return _BAD_LOTS
    expiry_ns = int64(command["expiry_ns"])
    if (expiry_ns <= int64(command["time_ns"])) if time_in_force == _GTD else (expiry_ns != 0):
        return _BAD_EXPIRY
    return _ACCEPTABLE


@kernel
def _refuse_new_means(state: State, command: Rows, price_ticks: int) -> int:
    """Whether the market is open and the account can pay or deliver."""
    account = int64(command["account"])
    contract = int64(command["contract"])
    side = int64(command["side"])
    lots = int64(command["lots"])
    if not is_open(state, contract):
        return _CONTRACT_CLOSED
    reserve = risk.reserve_per_lot(state, account, contract, price_ticks)
    if risk.is_too_large(reserve, lots):
        return _NOTIONAL_TOO_LARGE
    if int64(command["flags"]) == _POST_ONLY and match.would_cross(state, contract, side, price_ticks):
        return _POST_ONLY_WOULD_CROSS
    if side == _BUY:
        return _INSUFFICIENT_FUNDS if risk.free_cash(state, account) < lots * reserve else _ACCEPTABLE
    position = index.find_position(state, account, contract)
    return _INSUFFICIENT_CAPACITY if risk.free_lots(state, position) < lots else _ACCEPTABLE


@kernel
def _open(state: State, command: Rows, price_ticks: int) -> int:
    """Give the order a row, and hold what it may need."""
    header = state.header[0]
    account = int64(command["account"])
    contract = int64(command["contract"])
    order = int64(header["free_order"])
    if order == 0:
        order = int64(header["orders"])
        header["orders"] = order + 1
    else:
        header["free_order"] = state.orders[order]["older"]
    node = state.orders[order]
    node["older"] = 0
    node["newer"] = 0
    node["level"] = 0
    node["open_lots"] = command["lots"]
    node["account"] = account
    node["position"] = index.reach_position(state, account, contract)
    node["side"] = command["side"]
    detail = state.details[order]
    detail["has_text"] = int64(has_text(command))
    if has_text(command):
        index.copy_text(state.texts[order], command)
    detail["expiry_ns"] = command["expiry_ns"]
    detail["created_ns"] = command["time_ns"]
    detail["contract"] = contract
    detail["lots"] = command["lots"]
    detail["deadline"] = 0
    detail["order_type"] = command["order_type"]
    detail["time_in_force"] = command["time_in_force"]
    detail["self_trade"] = command["self_trade"]
    detail["flags"] = command["flags"]
    _price(state, order, price_ticks)
    risk.hold(state, order, int64(command["lots"]))
    fifo.join_account(state, account, order)
    state.contracts[contract]["orders"] += 1
    if int64(command["expiry_ns"]) != 0:
        deadlines.add_order(state, order, int64(command["expiry_ns"]))
    return order


@kernel
def _price(state: State, order: int, price_ticks: int) -> None:
    """Set the price of an order that holds nothing yet, and what it will hold a lot."""
    node = state.orders[order]
    detail = state.details[order]
    detail["price_ticks"] = price_ticks
    detail["reserve_per_lot"] = 0
    if int64(node["side"]) == _BUY:
        detail["reserve_per_lot"] = risk.reserve_per_lot(
            state, int64(node["account"]), int64(detail["contract"]), price_ticks
        )


@kernel
def work(state: State, order: int, events: Rows, written: int) -> int:
    """Cross an order that does not rest, then rest or expire what is left.

    If room for events runs out, HEADER pending names the order and the next call goes on.
    """
    header = state.header[0]
    written, ending = match.cross(state, order, events, written)
    header["pending"] = order if ending == match.NO_ROOM else 0
    if ending != match.DONE:
        return written
    detail = state.details[order]
    if int64(state.orders[order]["open_lots"]) == 0:
        match.close(state, order)
        return written
    if int64(detail["time_in_force"]) >= _IOC:
        return match.cancel(state, order, events, written, _EXPIRED, _REASON_IOC)
    ladder.rest(state, int64(detail["contract"]), order, int64(detail["price_ticks"]))
    return emit.rested(state, events, written, order)


@kernel
def _find_order(state: State, command: Rows) -> tuple[int, int, int]:
    """The open order that a cancel or replace means: (reason, order id, row)."""
    account = int64(command["account"])
    order_id = int64(command["order_id"])
    if not is_account(state, account):
        return _UNKNOWN_ACCOUNT, order_id, 0
    if order_id == 0 and has_text(command):
        order_id = int64(state.client_ids[index.find_client_id(state, account, command)]["order_id"])
    order = order_id & _ORDER_ROW
    if order_id <= 0 or order == 0 or order >= int64(state.header[0]["orders"]):
        return _UNKNOWN_ORDER, order_id, 0
    node = state.orders[order]
    if int64(node["open_lots"]) == 0 or int64(node["generation"]) != order_id >> 32:
        return _UNKNOWN_ORDER, order_id, 0
    if int64(node["account"]) != account:
        return _NOT_YOUR_ORDER, order_id, 0
    return _ACCEPTABLE, order_id, order


@kernel
def cancel(state: State, command: Rows, events: Rows, written: int) -> int:
    reason, order_id, order = _find_order(state, command)
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, order_id)
    return match.cancel(state, order, events, written, _CANCELLED, _REASON_USER)


@kernel
def replace(state: State, command: Rows, events: Rows, written: int) -> int:
    """Change price and size in one step. Only a smaller size at the same price keeps its place."""
    reason, order_id, order = _find_order(state, command)
    if reason == _ACCEPTABLE:
        reason = _refuse_replace(state, command, order)
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, order_id)
    node = state.orders[order]
    detail = state.details[order]
    price_ticks = int64(command["price_ticks"])
    old_price_ticks = int64(detail["price_ticks"])
    old_open_lots = int64(node["open_lots"])
    open_lots = _open_lots_after(state, command, order)
    keeps_place = price_ticks == old_price_ticks and open_lots <= old_open_lots
    if keeps_place:
        state.levels[int64(node["level"])]["lots"] -= old_open_lots - open_lots
    else:
        ladder.take_out(state, int64(detail["contract"]), order)
    risk.hold(state, order, -old_open_lots)
    detail["lots"] += open_lots - old_open_lots
    node["open_lots"] = open_lots
    _price(state, order, price_ticks)
    risk.hold(state, order, open_lots)
    written = emit.amended(state, events, written, order, old_price_ticks, old_open_lots, int64(keeps_place))
    return written if keeps_place else work(state, order, events, written)


@kernel
def _open_lots_after(state: State, command: Rows, order: int) -> int:
    """The open lots that a replace asks for; not above 0 if they are filled already."""
    if int64(command["flags"]) & _LOTS_ARE_OPEN != 0:
        return int64(command["lots"])
    filled_lots = int64(state.details[order]["lots"]) - int64(state.orders[order]["open_lots"])
    return int64(command["lots"]) - filled_lots


@kernel
def _refuse_replace(state: State, command: Rows, order: int) -> int:
    node = state.orders[order]
    detail = state.details[order]
    contract = int64(detail["contract"])
    side = int64(node["side"])
    price_ticks = int64(command["price_ticks"])
    old_open_lots = int64(node["open_lots"])
    open_lots = _open_lots_after(state, command, order)
    if int64(command["flags"]) != 0 and int64(command["flags"]) != _LOTS_ARE_OPEN:
        return _BAD_FLAGS
    if not 1 <= price_ticks <= PRICE_TICKS_MAX:
        return _BAD_PRICE
    if int64(command["lots"]) < 1 or int64(detail["lots"]) - old_open_lots + open_lots > LOTS_MAX:
        return _BAD_LOTS
    if not is_open(state, contract):
        return _CONTRACT_CLOSED
    if open_lots < 1:
        return _BELOW_FILLED
    reserve = risk.reserve_per_lot(state, int64(node["account"]), contract, price_ticks)
    if risk.is_too_large(reserve, open_lots):
        return _NOTIONAL_TOO_LARGE
    keeps_place = price_ticks == int64(detail["price_ticks"]) and open_lots <= old_open_lots
    post_only = int64(detail["flags"]) & _POST_ONLY != 0
    if post_only and not keeps_place and match.would_cross(state, contract, side, price_ticks):
        return _POST_ONLY_WOULD_CROSS
    if side == _BUY:
        held = old_open_lots * int64(detail["reserve_per_lot"])
        short = risk.free_cash(state, int64(node["account"])) + held < open_lots * reserve
        return _INSUFFICIENT_FUNDS if short else _ACCEPTABLE
    short = risk.free_lots(state, int64(node["position"])) + old_open_lots < open_lots
    return _INSUFFICIENT_CAPACITY if short else _ACCEPTABLE
