"""New orders. Each first finds a reason to refuse, and only then changes anything."""

from exchange.domain.enums import EventKind, Flag, OrderType, Reason, Reject, TimeInForce
from exchange.domain.records import Rows
from exchange.jit import FULL, int64, kernel, seldom
from exchange.kernel import (
    cohesion,
    deadlines,
    emit,
    fifo,
    form,
    guard,
    index,
    ladder,
    life,
    match,
    means,
    risk,
    rows,
    stir,
    strip_fill,
    strip_means,
    strips,
)
from exchange.kernel.facts import account_in, contract_in, has_text, is_account, is_collecting, is_strip
from exchange.kernel.holdings import LIMITED
from exchange.kernel.state import (
    COHESIVE,
    EXPIRES,
    ICEBERG,
    IS_PEG,
    OF_STRIP,
    ON_MARK,
    REDUCES,
    RERUN,
    WAITS,
    WHOLE,
    State,
)

_LIMIT = int(OrderType.LIMIT)
_MARKET_TO_LIMIT = int(OrderType.MARKET_TO_LIMIT)
_GTC = int(TimeInForce.GTC)
_FOK = int(TimeInForce.FOK)
_REDUCE_ONLY = int(Flag.REDUCE_ONLY)
_ALL_OR_NONE = int(Flag.ALL_OR_NONE)
_ON_MARK = int(Flag.ON_MARK)
_EXPIRED = int(EventKind.EXPIRED)
_REASON_IOC = int(Reason.IOC)
_REASON_FOK = int(Reason.FOK)
_REASON_MINIMUM = int(Reason.MINIMUM)

_ACCEPTABLE = int(Reject.NONE)
_UNKNOWN_ACCOUNT = int(Reject.UNKNOWN_ACCOUNT)
_DUPLICATE_CLIENT_ID = int(Reject.DUPLICATE_CLIENT_ID)
_UNKNOWN_CONTRACT = int(Reject.UNKNOWN_CONTRACT)


@kernel
def new(state: State, command: Rows, events: Rows, written: int) -> tuple[int, int]:
    """Refuse, or accept and let rest or wait. Returns (rows written, the order if it is to work now)."""
    contract = contract_in(command)
    is_plain = form.is_plain(command)
    price_ticks = 0
    position = 0
    reason, order_id, place, tag = _refuse_identity(state, command)
    if reason == _ACCEPTABLE and is_strip(state, contract):
        is_plain = False
        if not _has_room_in_legs(state, command):
            return written, 0
    if reason == _ACCEPTABLE:
        reason = form.refuse_plain(command) if is_plain else form.refuse_new(command)
    if reason == _ACCEPTABLE:
        reason, price_ticks, position = means.refuse(state, command, is_plain)
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, order_id), 0
    order = _open(state, command, price_ticks, position)
    if FULL and has_text(command):
        order_id = emit.order_id_of(state, order)
        used = index.add_client_id(state, account_in(command), contract, command, order_id, place, tag)
        state.orders[order]["client_id"] = used
    if not is_plain:
        return _place_special(state, command, order, events, written)
    side = int64(command["side"])
    stir.touch(state, contract)
    if int64(command["time_in_force"]) == _GTC and (
        not match.would_cross(state, contract, side, price_ticks) or is_collecting(state, contract)
    ):
        life.rest(state, contract, order)
        return emit.accepted(state, events, written, order, 1), 0
    return emit.accepted(state, events, written, order, 0), order


@kernel
def _refuse_identity(state: State, command: Rows) -> tuple[int, int, int, int]:
    """Who asks for what: (reason, the order that used this client id before, and its place and tag as index says)."""
    account = account_in(command)
    place = 0
    tag = 0
    if FULL:
        if not is_account(state, account):
            return _UNKNOWN_ACCOUNT, 0, 0, 0
        if has_text(command):
            used, place, tag = index.find_client_id(state, account, command)
            if used != 0:
                return _DUPLICATE_CLIENT_ID, int64(state.client_ids[used]["order_id"]), 0, 0
    if contract_in(command) >= int64(state.header[0]["contracts"]):
        return _UNKNOWN_CONTRACT, 0, 0, 0
    return _ACCEPTABLE, 0, place, tag


@kernel
def _open(state: State, command: Rows, price_ticks: int, position: int) -> int:
    """Give the order a row, and hold what it may need."""
    account = account_in(command)
    contract = contract_in(command)
    if FULL and position == 0:
        position = index.reach_position(state, account, contract)
    order = open_row(state, account, contract, position, int64(command["side"]), price_ticks, int64(command["lots"]))
    node = state.orders[order]
    node["order_type"] = command["order_type"]
    node["time_in_force"] = command["time_in_force"]
    node["self_trade"] = command["self_trade"]
    node["flags"] = command["flags"]
    if FULL:
        if int64(state.accounts[account]["rules"]) & LIMITED != 0:
            guard.spend_rate(state, account)
    return order


@kernel
def open_row(state: State, account: int, contract: int, position: int, side: int, price_ticks: int, lots: int) -> int:
    """A row for a limit order that is open, stands nowhere yet, and holds what it may need."""
    order = rows.take(state)
    node = state.orders[order]
    node["level"] = 0
    node["open_lots"] = lots
    node["marks"] = side
    node["created_ns"] = state.header[0]["time_ns"]
    node["price_ticks"] = price_ticks
    node["lots"] = lots
    node["contract"] = contract
    node["client_id"] = 0
    state.contracts[contract]["orders"] += 1
    if FULL:
        node["position"] = position
        fifo.join_account(state, account, order)
        risk.count(state, order, 1)
        risk.hold(state, order, lots)
    return order


@seldom
def _place_special(state: State, command: Rows, order: int, events: Rows, written: int) -> tuple[int, int]:
    """A new order that has rules of its own finds its place."""
    contract = contract_in(command)
    marks = _mark(state, command, order)
    stir.touch(state, contract)
    if marks & OF_STRIP != 0:
        return _place_strip(state, command, order, events, written)
    if marks & WAITS != 0:
        written = emit.accepted(state, events, written, order, 0)
        wait_for_trigger(state, contract, order)
        return written, 0
    if means.is_watched(int64(command["flags"]), int64(command["order_type"]), int64(command["time_in_force"])):
        fifo.join_watch(state, order)
        stir.touch(state, contract)
        if marks & (WHOLE | IS_PEG) != 0 or is_collecting(state, contract):
            return emit.accepted(state, events, written, order, 0), 0
    side = int64(command["side"])
    price_ticks = int64(state.orders[order]["price_ticks"])
    is_to_limit = int64(command["order_type"]) == _MARKET_TO_LIMIT
    is_alone = is_to_limit and int64(state.books[ladder.visible(contract, 1 - side)]["best_ticks"]) == 0
    stands = not is_alone and form.may_rest(int64(command["time_in_force"]))
    minimum_lots = int64(command["minimum_lots"])
    if stands and (not match.would_cross(state, contract, side, price_ticks) or is_collecting(state, contract)):
        if minimum_lots == 0:
            life.rest(state, contract, order)
            return emit.accepted(state, events, written, order, 1), 0
    written = emit.accepted(state, events, written, order, 0)
    if int64(command["time_in_force"]) == _FOK:
        if not match.is_fillable(state, order, int64(command["lots"])):
            return life.end_aside(state, order, events, written, _EXPIRED, _REASON_FOK), 0
    elif minimum_lots != 0 and not match.is_fillable(state, order, minimum_lots):
        return life.end_aside(state, order, events, written, _EXPIRED, _REASON_MINIMUM), 0
    if is_alone:
        return life.end_aside(state, order, events, written, _EXPIRED, _REASON_IOC), 0
    return written, order


@seldom
def _has_room_in_legs(state: State, command: Rows) -> bool:
    """Whether the account can get a position in each leg. If not, HEADER pending asks for more rows."""
    missing = strip_means.missing_positions(state, int64(command["account"]), int64(command["contract"]))
    has_room = missing <= int64(state.allowance[0])
    state.header[0]["pending"] = 0 if has_room else RERUN
    return has_room


@kernel
def _place_strip(state: State, command: Rows, order: int, events: Rows, written: int) -> tuple[int, int]:
    """The same for an order for a strip."""
    if form.may_rest(int64(command["time_in_force"])) and not strips.would_trade(state, order):
        life.rest(state, int64(command["contract"]), order)
        return emit.accepted(state, events, written, order, 1), 0
    written = emit.accepted(state, events, written, order, 0)
    if int64(state.orders[order]["marks"]) & COHESIVE != 0:
        if cohesion.finds_partner(state, order):
            return written, order
        reason = _REASON_FOK if int64(command["time_in_force"]) == _FOK else _REASON_IOC
        return life.end_aside(state, order, events, written, _EXPIRED, reason), 0
    if int64(command["time_in_force"]) == _FOK and not strip_fill.is_fillable(state, order):
        return life.end_aside(state, order, events, written, _EXPIRED, _REASON_FOK), 0
    return written, order


@kernel
def _mark(state: State, command: Rows, order: int) -> int:
    """Mark what is special about ``order``. Returns the marks."""
    flags = int64(command["flags"])
    order_type = int64(command["order_type"])
    extra = state.extras[order]
    extra["trigger_ticks"] = command["trigger_ticks"]
    extra["display_lots"] = command["display_lots"]
    extra["hidden_lots"] = 0
    extra["offset_ticks"] = command["offset_ticks"]
    extra["expiry_ns"] = command["expiry_ns"]
    marks = int64(command["side"])
    if form.is_stop(order_type):
        marks |= WAITS | (ON_MARK if flags & _ON_MARK != 0 else 0)
    if form.is_peg(order_type):
        marks |= IS_PEG
        extra["limit_ticks"] = state.orders[order]["price_ticks"]
    if int64(command["display_lots"]) != 0:
        marks |= ICEBERG
    if flags & _REDUCE_ONLY != 0:
        marks |= REDUCES
    if flags & _ALL_OR_NONE != 0:
        marks |= WHOLE
    if is_strip(state, int64(command["contract"])):
        marks |= OF_STRIP
        if int64(command["option"]) != 0:
            marks |= COHESIVE
            extra["slot"] = command["option"]
    if int64(command["expiry_ns"]) != 0:
        marks |= EXPIRES
        deadlines.add_order(state, order, int64(command["expiry_ns"]))
    state.orders[order]["marks"] = marks
    return marks


@kernel
def wait_for_trigger(state: State, contract: int, order: int) -> None:
    """Put a stop where the market will find it."""
    book, rises = ladder.book_of(state, contract, order)
    ladder.rest(state, book, rises, order, int64(state.extras[order]["trigger_ticks"]))
    state.contracts[contract]["alert"] += 1
    stir.touch(state, contract)
