"""Writing event rows. Every column is written, because the buffer holds an older batch.

Each function writes row ``written`` and returns ``written + 1``; the caller has seen to room.
"""

from exchange.domain.enums import EventKind
from exchange.domain.records import Rows
from exchange.jit import int64, kernel
from exchange.kernel.state import State

_ACCEPTED = int(EventKind.ACCEPTED)
_RESTED = int(EventKind.RESTED)
_FILLED = int(EventKind.FILLED)
_AMENDED = int(EventKind.AMENDED)
_REJECTED = int(EventKind.REJECTED)


@kernel
def order_id_of(state: State, order: int) -> int:
    """The id by which the outside knows the order in this row."""
    return (int64(state.orders[order]["generation"]) << 32) | order


@kernel
def _blank(state: State, events: Rows, written: int, kind: int) -> None:
    event = events[written]
    event["sequence"] = int64(state.header[0]["sequence"])
    event["kind"] = kind
    event["order_id"] = 0
    event["maker_order_id"] = 0
    event["amount"] = 0
    event["fee"] = 0
    event["maker_fee"] = 0
    event["price_ticks"] = 0
    event["lots"] = 0
    event["open_lots"] = 0
    event["contract"] = 0
    event["account"] = 0
    event["maker_account"] = 0
    event["maker_open_lots"] = 0
    event["old_price_ticks"] = 0
    event["old_open_lots"] = 0
    event["side"] = 0
    event["reason"] = 0
    event["resting"] = 0


@kernel
def _order(state: State, events: Rows, written: int, kind: int, order: int) -> None:
    """Start a row about ``order``: who, where, at which price, and its total."""
    _blank(state, events, written, kind)
    event = events[written]
    detail = state.details[order]
    event["order_id"] = order_id_of(state, order)
    event["contract"] = detail["contract"]
    event["account"] = state.orders[order]["account"]
    event["side"] = state.orders[order]["side"]
    event["price_ticks"] = detail["price_ticks"]
    event["lots"] = detail["lots"]
    event["open_lots"] = state.orders[order]["open_lots"]


@kernel
def accepted(state: State, events: Rows, written: int, order: int) -> int:
    _order(state, events, written, _ACCEPTED, order)
    return written + 1


@kernel
def rested(state: State, events: Rows, written: int, order: int) -> int:
    _order(state, events, written, _RESTED, order)
    events[written]["resting"] = 1
    return written + 1


@kernel
def gone(state: State, events: Rows, written: int, order: int, kind: int, reason: int, resting: int) -> int:
    """The open lots of ``order`` go away unfilled: CANCELLED or EXPIRED."""
    _order(state, events, written, kind, order)
    event = events[written]
    event["lots"] = event["open_lots"]
    event["open_lots"] = 0
    event["reason"] = reason
    event["resting"] = resting
    return written + 1


@kernel
def amended(
    state: State, events: Rows, written: int, order: int, old_price_ticks: int, old_open_lots: int, resting: int
) -> int:
    _order(state, events, written, _AMENDED, order)
    event = events[written]
    event["old_price_ticks"] = old_price_ticks
    event["old_open_lots"] = old_open_lots
    event["resting"] = resting
    return written + 1


@kernel
def filled(
    state: State,
    events: Rows,
    written: int,
    taker: int,
    maker: int,
    lots: int,
    notional: int,
    fee: int,
    maker_fee: int,
) -> int:
    """``taker`` and ``maker`` traded ``lots``; their open lots are already reduced."""
    _order(state, events, written, _FILLED, taker)
    event = events[written]
    event["maker_order_id"] = order_id_of(state, maker)
    event["price_ticks"] = state.details[maker]["price_ticks"]
    event["lots"] = lots
    event["amount"] = notional
    event["fee"] = fee
    event["maker_fee"] = maker_fee
    event["maker_account"] = state.orders[maker]["account"]
    event["maker_open_lots"] = state.orders[maker]["open_lots"]
    return written + 1


@kernel
def rejected(state: State, events: Rows, written: int, command: Rows, reason: int, order_id: int) -> int:
    """``command`` was refused and changed nothing."""
    _blank(state, events, written, _REJECTED)
    event = events[written]
    event["order_id"] = order_id
    event["account"] = command["account"]
    event["contract"] = command["contract"]
    event["side"] = command["side"]
    event["price_ticks"] = command["price_ticks"]
    event["lots"] = command["lots"]
    event["reason"] = reason
    return written + 1


@kernel
def notice(
    state: State,
    events: Rows,
    written: int,
    kind: int,
    account: int,
    contract: int,
    amount: int,
    lots: int,
    reason: int,
) -> int:
    """Something that concerns no order: a listing, a phase, an account, cash or capacity."""
    _blank(state, events, written, kind)
    event = events[written]
    event["account"] = account
    event["contract"] = contract
    event["amount"] = amount
    event["lots"] = lots
    event["reason"] = reason
    return written + 1
