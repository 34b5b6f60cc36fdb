"""What a row of FLOW asks, as commands: one after the other, each made when the one before it is done."""

from exchange.domain.enums import CommandKind, Flag, OrderType, Side, TimeInForce
from exchange.domain.flow import FlowKind
from exchange.domain.records import Rows
from exchange.domain.units import PRICE_TICKS_MAX
from exchange.jit import int64, kernel, seldom
from exchange.kernel import emit
from exchange.kernel.state import State
from exchange.kernel.tape import Tape

_NEW = int(CommandKind.NEW)
_CANCEL = int(CommandKind.CANCEL)
_REPLACE = int(CommandKind.REPLACE)
_CANCEL_ALL = int(CommandKind.CANCEL_ALL)
_ADD = int(FlowKind.ADD)
_DELETE = int(FlowKind.DELETE)
_MODIFY = int(FlowKind.MODIFY)
_TAKE = int(FlowKind.TAKE)
_EXECUTE = int(FlowKind.EXECUTE)
_CLEAR = int(FlowKind.CLEAR)
_BUY = int(Side.BUY)
_LIMIT = int(OrderType.LIMIT)
_GTC = int(TimeInForce.GTC)
_IOC = int(TimeInForce.IOC)
_LOTS_ARE_OPEN = int(Flag.LOTS_ARE_OPEN)

_ORDER_ROW = 2**32 - 1
COMMANDS_EACH = 2  # of one row, at the most


@kernel
def id_of(tape: Tape, number: int) -> int:
    """The engine's id of an order of the flow, 0 if it never was or is known to be gone."""
    return int64(tape.named[number]["order_id"]) if 0 <= number < tape.named.shape[0] else 0


@kernel
def prepare(state: State, tape: Tape, row: Rows) -> bool:
    """Make the next command of ``row``; False if there is none."""
    control = tape.control[0]
    stage = int64(control["stage"])
    kind = int64(row["kind"])
    if kind == _ADD:
        if stage == 0:
            if _find(state, tape, row) != 0:
                control["outlived"] += 1
            _place(tape, row, int64(row["side"]), int64(row["price_ticks"]), _GTC, int64(row["flags"]))
        return stage == 0
    if kind == _DELETE:
        return stage == 0 and _delete(state, tape, row)
    if kind == _EXECUTE:
        return _execute(state, tape, row, stage)
    return _prepare_seldom(state, tape, row, kind, stage)


@seldom
def _prepare_seldom(state: State, tape: Tape, row: Rows, kind: int, stage: int) -> bool:
    """The same for rows of other kinds."""
    control = tape.control[0]
    if kind == _CLEAR:
        return _clear(tape, row, stage)
    if stage != 0:
        return False
    if kind == _TAKE:
        side = int64(row["side"])
        price_ticks = int64(row["price_ticks"])
        if price_ticks == 0:
            price_ticks = PRICE_TICKS_MAX if side == _BUY else 1
        _place(tape, row, side, price_ticks, _IOC, int64(row["flags"]))
        return True
    order = _find_or_count(state, tape, row)
    if order == 0:
        return False
    named = tape.named[int64(row["order"])]
    control["joined"] = named["joined"]
    if kind == _MODIFY:
        named["left_lots"] = row["lots"]
        node = state.orders[order]
        if row["price_ticks"] != node["price_ticks"] or int64(row["lots"]) > emit.total_open(state, order):
            named["joined"] = int64(state.header[0]["sequence"]) + 1
        _replace(state, tape, row, order, int64(row["price_ticks"]), int64(row["lots"]))
        return True
    named["left_lots"] -= int64(row["lots"])
    _shrink(state, tape, row, order, emit.total_open(state, order) - int64(row["lots"]))
    return True


@kernel
def _delete(state: State, tape: Tape, row: Rows) -> bool:
    order = _find_or_count(state, tape, row)
    if order == 0:
        return False
    _shrink(state, tape, row, order, 0)
    named = tape.named[int64(row["order"])]
    named["order_id"] = 0
    tape.control[0]["joined"] = named["joined"]
    return True


@kernel
def _execute(state: State, tape: Tape, row: Rows, stage: int) -> bool:
    """Somebody takes what the recording says; then what was executed in place of the named order is taken off it."""
    number = int64(row["order"])
    if stage == 0:
        if number >= 0 and _find_or_count(state, tape, row) != 0:
            tape.named[number]["left_lots"] -= int64(row["lots"])
        _place(tape, row, 1 - int64(row["side"]), int64(row["price_ticks"]), _IOC, 0)
        return True
    order = _find(state, tape, row)
    if stage != 1 or order == 0:
        return False
    left_lots = max(int64(tape.named[number]["left_lots"]), 0)
    open_lots = emit.total_open(state, order)
    if open_lots <= left_lots:
        return False
    tape.control[0]["trimmed_lots"] += open_lots - left_lots
    tape.control[0]["joined"] = tape.named[number]["joined"]
    _shrink(state, tape, row, order, left_lots)
    return True


@kernel
def _clear(tape: Tape, row: Rows, stage: int) -> bool:
    if stage > 1:
        return False
    control = tape.control[0]
    command = _begin(tape, row, _CANCEL_ALL)
    command["account"] = control["buyer"] if stage == 0 else control["seller"]
    command["order_id"] = 0
    command["flags"] = 0
    control["joined"] = 0
    return True


@kernel
def _find(state: State, tape: Tape, row: Rows) -> int:
    """The row of the open order that ``row`` names, 0 if it is gone."""
    order_id = id_of(tape, int64(row["order"]))
    order = order_id & _ORDER_ROW
    node = state.orders[order]
    if order == 0 or int64(node["open_lots"]) == 0 or int64(node["generation"]) != order_id >> 32:
        return 0
    return order


@kernel
def _find_or_count(state: State, tape: Tape, row: Rows) -> int:
    """The same, and one that is gone is an orphan's."""
    order = _find(state, tape, row)
    if order == 0:
        tape.orphans[int64(row["kind"])] += 1
    return order


@kernel
def _begin(tape: Tape, row: Rows, kind: int) -> Rows:
    command: Rows = tape.command[0]
    command["time_ns"] = row["time_ns"]
    command["contract"] = row["contract"]
    command["kind"] = kind
    command["side"] = 0  # only a new order has one
    return command


@kernel
def _place(tape: Tape, row: Rows, side: int, price_ticks: int, time_in_force: int, flags: int) -> None:
    """A new limit order of ``row``."""
    control = tape.control[0]
    command = _begin(tape, row, _NEW)
    command["account"] = control["buyer"] if side == _BUY else control["seller"]
    command["order_id"] = 0
    command["side"] = side
    command["price_ticks"] = price_ticks
    command["lots"] = row["lots"]
    command["order_type"] = _LIMIT
    command["time_in_force"] = time_in_force
    command["flags"] = flags


@kernel
def _shrink(state: State, tape: Tape, row: Rows, order: int, open_lots: int) -> None:
    """Leave so much of an order where it stands, or nothing."""
    if open_lots <= 0:
        command = _begin(tape, row, _CANCEL)
        _name(state, tape, command, order)
    else:
        _replace(state, tape, row, order, int64(state.orders[order]["price_ticks"]), open_lots)


@kernel
def _replace(state: State, tape: Tape, row: Rows, order: int, price_ticks: int, open_lots: int) -> None:
    command = _begin(tape, row, _REPLACE)
    _name(state, tape, command, order)
    command["price_ticks"] = price_ticks
    command["lots"] = open_lots
    command["flags"] = _LOTS_ARE_OPEN


@kernel
def _name(state: State, tape: Tape, command: Rows, order: int) -> None:
    """Let ``command`` be about ``order``."""
    control = tape.control[0]
    side = int64(state.orders[order]["marks"]) & 1
    command["account"] = control["buyer"] if side == _BUY else control["seller"]
    command["order_id"] = emit.order_id_of(state, order)
