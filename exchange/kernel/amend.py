"""Cancel and replace: what an open order can be asked to do."""

from exchange.domain.enums import EventKind, Flag, OrderType, Phase, Reason, Reject, Side
from exchange.domain.records import Rows
from exchange.domain.units import ICEBERG_SLICES_MAX, LOTS_MAX, PRICE_TICKS_MAX
from exchange.jit import FULL, int64, kernel, seldom
from exchange.kernel import (
    emit,
    fifo,
    guard,
    index,
    life,
    margin_means,
    match,
    means,
    orders,
    risk,
    stir,
    strip_means,
)
from exchange.kernel.facts import account_in, account_of, has_text, is_account, is_collecting, limit_of
from exchange.kernel.holdings import LIMITED, ON_MARGIN
from exchange.kernel.state import (
    ICEBERG,
    IS_PEG,
    IS_QUOTE,
    IS_WILDCARD,
    MEMBER,
    OF_STRIP,
    REDUCES,
    WAITS,
    WATCHED,
    WHOLE,
    State,
)

_BUY = int(Side.BUY)
_STOP = int(OrderType.STOP)
_POST_ONLY = int(Flag.POST_ONLY)
_SLIDE = int(Flag.SLIDE)
_LOTS_ARE_OPEN = int(Flag.LOTS_ARE_OPEN)
_CANCELLED = int(EventKind.CANCELLED)
_REASON_USER = int(Reason.USER)
_HALTED = int(Phase.HALTED)

_ACCEPTABLE = int(Reject.NONE)
_UNKNOWN_ACCOUNT = int(Reject.UNKNOWN_ACCOUNT)
_UNKNOWN_ORDER = int(Reject.UNKNOWN_ORDER)
_NOT_YOUR_ORDER = int(Reject.NOT_YOUR_ORDER)
_BAD_FLAGS = int(Reject.BAD_FLAGS)
_BAD_PRICE = int(Reject.BAD_PRICE)
_BAD_LOTS = int(Reject.BAD_LOTS)
_BAD_TRIGGER = int(Reject.BAD_TRIGGER)
_BAD_DISPLAY = int(Reject.BAD_DISPLAY)
_NOT_REPLACEABLE = int(Reject.NOT_REPLACEABLE)
_CONTRACT_HALTED = int(Reject.CONTRACT_HALTED)
_BELOW_FILLED = int(Reject.BELOW_FILLED)
_NOTIONAL_TOO_LARGE = int(Reject.NOTIONAL_TOO_LARGE)
_POST_ONLY_WOULD_CROSS = int(Reject.POST_ONLY_WOULD_CROSS)
_REDUCE_ONLY_WOULD_INCREASE = int(Reject.REDUCE_ONLY_WOULD_INCREASE)
_INSUFFICIENT_FUNDS = int(Reject.INSUFFICIENT_FUNDS)
_INSUFFICIENT_CAPACITY = int(Reject.INSUFFICIENT_CAPACITY)

_ORDER_ROW = 2**32 - 1


@kernel
def find_order(state: State, command: Rows) -> tuple[int, int, int]:
    """The open order that a command means, by id or else by client id: (reason, order id, row)."""
    account = account_in(command)
    order_id = int64(command["order_id"])
    if FULL:
        if not is_account(state, account):
            return _UNKNOWN_ACCOUNT, order_id, 0
        if order_id == 0 and has_text(command):
            used, _, _ = index.find_client_id(state, account, command)
            order_id = int64(state.client_ids[used]["order_id"])
    order = order_id & _ORDER_ROW
    if order_id <= 0 or order == 0 or order >= int64(state.header[0]["orders"]):
        return _UNKNOWN_ORDER, order_id, 0
    node = state.orders[order]
    if int64(node["open_lots"]) == 0 or int64(node["generation"]) != order_id >> 32:
        return _UNKNOWN_ORDER, order_id, 0
    if FULL and account_of(state, order) != account:
        return _NOT_YOUR_ORDER, order_id, 0
    return _ACCEPTABLE, order_id, order


@kernel
def cancel(state: State, command: Rows, events: Rows, written: int) -> int:
    reason, order_id, order = find_order(state, command)
    if reason == _ACCEPTABLE and int64(state.contracts[int64(state.orders[order]["contract"])]["phase"]) == _HALTED:
        reason = _CONTRACT_HALTED
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, order_id)
    return life.end(state, order, events, written, _CANCELLED, _REASON_USER)


@kernel
def replace(state: State, command: Rows, events: Rows, written: int) -> tuple[int, int]:
    """Change price and size in one step. Only a smaller size at the same price keeps its place.

    Returns (rows written, the order if it is to work now).
    """
    price_ticks = int64(command["price_ticks"])
    reason, order_id, order = find_order(state, command)
    if reason == _ACCEPTABLE:
        reason, price_ticks = _refuse_replace(state, command, order)
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, order_id), 0
    if int64(state.accounts[account_of(state, order)]["rules"]) & LIMITED != 0:
        guard.spend_rate(state, account_of(state, order))
    open_lots = _open_lots_after(state, command, order)
    if _keeps_place(state, command, order):
        less = emit.total_open(state, order) - open_lots
        return match.shrink(state, order, less, 0, events, written), 0
    return _move(state, command, order, price_ticks, open_lots, events, written)


@kernel
def _move(
    state: State, command: Rows, order: int, price_ticks: int, open_lots: int, events: Rows, written: int
) -> tuple[int, int]:
    """Take the order out of where it is, and let it begin anew with another price or size."""
    node = state.orders[order]
    contract = int64(node["contract"])
    old_price_ticks = int64(node["price_ticks"])
    old_open_lots = emit.total_open(state, order)
    if int64(node["level"]) != 0:
        life.take_out(state, contract, order)
    risk.hold(state, order, -old_open_lots)
    node["price_ticks"] = price_ticks
    if int64(node["marks"]) & IS_PEG != 0:
        state.extras[order]["limit_ticks"] = price_ticks
    node["lots"] += open_lots - old_open_lots
    node["open_lots"] = open_lots
    risk.hold(state, order, open_lots)
    stir.touch(state, contract)
    written = emit.amended(state, events, written, order, old_price_ticks, old_open_lots, 0, 0)
    if int64(node["marks"]) & (WAITS | WATCHED) == 0:
        return written, order
    return _wait_again(state, command, contract, order, events, written)


@seldom
def _wait_again(state: State, command: Rows, contract: int, order: int, events: Rows, written: int) -> tuple[int, int]:
    marks = int64(state.orders[order]["marks"])
    if marks & WAITS != 0:
        if int64(command["trigger_ticks"]) != 0:
            state.extras[order]["trigger_ticks"] = command["trigger_ticks"]
        orders.wait_for_trigger(state, contract, order)
        return written, 0
    fifo.leave_watch(state, order)
    fifo.join_watch(state, order)
    stir.touch(state, contract)
    return written, 0 if marks & (IS_PEG | WHOLE) != 0 else order


@kernel
def _open_lots_after(state: State, command: Rows, order: int) -> int:
    """The open lots that a replace asks for; not above 0 if they are filled already."""
    if int64(command["flags"]) & _LOTS_ARE_OPEN != 0:
        return int64(command["lots"])
    filled_lots = int64(state.orders[order]["lots"]) - emit.total_open(state, order)
    return int64(command["lots"]) - filled_lots


@kernel
def _keeps_place(state: State, command: Rows, order: int) -> bool:
    trigger_ticks = int64(command["trigger_ticks"])
    return bool(
        command["price_ticks"] == limit_of(state, order)
        and _open_lots_after(state, command, order) <= emit.total_open(state, order)
        and (trigger_ticks == 0 or trigger_ticks == int64(state.extras[order]["trigger_ticks"]))
    )


@kernel
def _refuse_replace(state: State, command: Rows, order: int) -> tuple[int, int]:
    """(why not, the price that the order will have)."""
    node = state.orders[order]
    account = account_of(state, order)
    contract = int64(node["contract"])
    marks = int64(node["marks"])
    side = marks & 1
    price_ticks = int64(command["price_ticks"])
    old_open_lots = emit.total_open(state, order)
    open_lots = _open_lots_after(state, command, order)
    if int64(command["flags"]) != 0 and int64(command["flags"]) != _LOTS_ARE_OPEN:
        return _BAD_FLAGS, 0
    if not 1 <= price_ticks <= PRICE_TICKS_MAX:
        return _BAD_PRICE, 0
    if int64(command["lots"]) < 1 or int64(node["lots"]) - old_open_lots + open_lots > LOTS_MAX:
        return _BAD_LOTS, 0
    if marks & ~1 != 0 or int64(command["trigger_ticks"]) != 0:
        reason = _refuse_form(state, command, order, open_lots)
        if reason != _ACCEPTABLE:
            return reason, 0
        if marks & OF_STRIP != 0:
            return strip_means.refuse_replace(state, order, price_ticks, open_lots), price_ticks
    if means.is_guarded(state, account, contract):
        reason = _refuse_guarded(state, command, order, open_lots)
        if reason != _ACCEPTABLE:
            return reason, 0
    if open_lots < 1:
        return _BELOW_FILLED, 0
    keeps_place = _keeps_place(state, command, order)
    flags = int64(node["flags"])
    if flags & _SLIDE != 0 and not keeps_place and not is_collecting(state, contract):
        price_ticks = means.slid(state, contract, side, price_ticks)
    if not FULL:
        return _ACCEPTABLE, price_ticks
    reserve = risk.reserve_per_lot(state, account, contract, price_ticks)
    if risk.is_too_large(reserve, open_lots):
        return _NOTIONAL_TOO_LARGE, 0
    # An order that slides always finds a price: it stood on this side of the best opposite one, so that is not 1.
    if flags & _POST_ONLY != 0 and not keeps_place and not is_collecting(state, contract):
        if match.would_cross(state, contract, side, price_ticks):
            return _POST_ONLY_WOULD_CROSS, 0
    if marks & REDUCES != 0 and int64(node["order_type"]) != _STOP:
        if open_lots > risk.reducible(state, int64(node["position"]), side):
            return _REDUCE_ONLY_WOULD_INCREASE, 0
    rules = int64(state.accounts[account]["rules"])
    if rules & (LIMITED | ON_MARGIN) != 0:
        reason = _refuse_ruled(state, order, price_ticks, open_lots, keeps_place)
        if reason != _ACCEPTABLE or rules & ON_MARGIN != 0:
            return reason, price_ticks
    if side == _BUY:
        held = risk.held_for(state, order, old_open_lots)
        short = risk.free_cash(state, account) + held < open_lots * reserve
        return _INSUFFICIENT_FUNDS if short else _ACCEPTABLE, price_ticks
    short = risk.free_lots(state, int64(node["position"])) + old_open_lots < open_lots
    return _INSUFFICIENT_CAPACITY if short else _ACCEPTABLE, price_ticks


@seldom
def _refuse_ruled(state: State, order: int, price_ticks: int, open_lots: int, keeps_place: bool) -> int:
    """What limits and margin say."""
    node = state.orders[order]
    account = account_of(state, order)
    contract = int64(node["contract"])
    side = int64(node["marks"]) & 1
    rules = int64(state.accounts[account]["rules"])
    old_open_lots = emit.total_open(state, order)
    reason = _ACCEPTABLE
    if rules & LIMITED != 0 and open_lots > old_open_lots:
        more = open_lots - old_open_lots
        reason = guard.refuse_position(state, account, contract, int64(node["position"]), side, more, 0, 0)
    if reason == _ACCEPTABLE and rules & ON_MARGIN != 0 and not keeps_place:
        held = risk.held_for(state, order, old_open_lots) if side == _BUY else 0
        reason = margin_means.refuse_order(state, account, contract, side, price_ticks, open_lots, old_open_lots, held)
    return reason


@seldom
def _refuse_form(state: State, command: Rows, order: int, open_lots: int) -> int:
    marks = int64(state.orders[order]["marks"])
    trigger_ticks = int64(command["trigger_ticks"])
    if trigger_ticks != 0 and (marks & WAITS == 0 or not 1 <= trigger_ticks <= PRICE_TICKS_MAX):
        return _BAD_TRIGGER
    if marks & ICEBERG != 0 and int64(state.extras[order]["display_lots"]) * ICEBERG_SLICES_MAX < open_lots:
        return _BAD_DISPLAY
    return _NOT_REPLACEABLE if marks & (IS_QUOTE | IS_WILDCARD | MEMBER) != 0 else _ACCEPTABLE


@seldom
def _refuse_guarded(state: State, command: Rows, order: int, open_lots: int) -> int:
    account = account_of(state, order)
    contract = int64(state.orders[order]["contract"])
    reason = means.refuse_market(state, account, contract)
    if reason == _ACCEPTABLE:
        reason = guard.refuse_order(
            state,
            account,
            contract,
            int64(state.orders[order]["marks"]) & 1,
            int64(state.orders[order]["order_type"]),
            int64(command["price_ticks"]),
            open_lots,
        )
    return reason
