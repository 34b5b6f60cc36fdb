"""Writing event rows. Every column is written, because the buffer holds an older batch.

Each function writes row ``written`` and returns ``written + 1``; the caller has seen to room.
Without accounts (see exchange.jit) only fills and refusals are written.
"""

from exchange.domain.enums import EventKind
from exchange.domain.records import Rows
from exchange.jit import FULL, int64, kernel, seldom
from exchange.kernel.facts import account_of
from exchange.kernel.state import ICEBERG, State

_ACCEPTED = int(EventKind.ACCEPTED)
_RESTED = int(EventKind.RESTED)
_FILLED = int(EventKind.FILLED)
_AMENDED = int(EventKind.AMENDED)
_REJECTED = int(EventKind.REJECTED)
_REFRESHED = int(EventKind.REFRESHED)
_TRIGGERED = int(EventKind.TRIGGERED)
_PARKED = int(EventKind.PARKED)
_STRIP = int(EventKind.STRIP)
_MEMBER = int(EventKind.MEMBER)
_SHARED = int(EventKind.SHARED)


@kernel
def order_id_of(state: State, order: int) -> int:
    """The id by which the outside knows the order in this row."""
    return (int64(state.orders[order]["generation"]) << 32) | order


@kernel
def total_open(state: State, order: int) -> int:
    """All open lots of an order, what an iceberg hides included."""
    node = state.orders[order]
    if int64(node["marks"]) & ICEBERG == 0:
        return int64(node["open_lots"])
    return int64(node["open_lots"]) + int64(state.extras[order]["hidden_lots"])


@kernel
def _write(
    events: Rows,
    written: int,
    sequence: int,
    kind: int,
    order_id: int,
    account: int,
    contract: int,
    side: int,
    price_ticks: int,
    lots: int,
    open_lots: int,
    shown_lots: int,
    reason: int,
    resting: int,
) -> Rows:
    """Write a whole row; returns it, for the few columns that only some kinds have."""
    event: Rows = events[written]
    event["sequence"] = sequence
    event["order_id"] = order_id
    event["maker_order_id"] = 0
    event["amount"] = 0
    event["fee"] = 0
    event["maker_fee"] = 0
    event["price_ticks"] = price_ticks
    event["lots"] = lots
    event["open_lots"] = open_lots
    event["contract"] = contract
    event["account"] = account
    event["maker_account"] = 0
    event["maker_open_lots"] = 0
    event["old_price_ticks"] = 0
    event["old_open_lots"] = 0
    event["shown_lots"] = shown_lots
    event["kind"] = kind
    event["side"] = side
    event["reason"] = reason
    event["resting"] = resting
    return event


@kernel
def _order(
    state: State,
    events: Rows,
    written: int,
    kind: int,
    order: int,
    lots: int,
    open_lots: int,
    shown_lots: int,
    reason: int,
    resting: int,
) -> Rows:
    """Write a row about ``order``; returns it."""
    node = state.orders[order]
    return _write(
        events,
        written,
        int64(state.header[0]["sequence"]),
        kind,
        order_id_of(state, order),
        account_of(state, order),
        int64(node["contract"]),
        int64(node["marks"]) & 1,
        int64(node["price_ticks"]),
        lots,
        open_lots,
        shown_lots,
        reason,
        resting,
    )


@kernel
def accepted(state: State, events: Rows, written: int, order: int, resting: int) -> int:
    """A new order; ``resting`` if it went straight into the book that can be seen."""
    if not FULL:
        return written
    lots = int64(state.orders[order]["lots"])
    shown_lots = int64(state.orders[order]["open_lots"]) if resting != 0 else 0
    _order(state, events, written, _ACCEPTED, order, lots, lots, shown_lots, 0, resting)
    return written + 1


@seldom
def _standing(state: State, events: Rows, written: int, order: int, kind: int, resting: int) -> int:
    lots = int64(state.orders[order]["lots"])
    shown_lots = int64(state.orders[order]["open_lots"]) if resting != 0 else 0
    _order(state, events, written, kind, order, lots, total_open(state, order), shown_lots, 0, resting)
    return written + 1


@kernel
def rested(state: State, events: Rows, written: int, order: int) -> int:
    if not FULL:
        return written
    lots = int64(state.orders[order]["lots"])
    shown_lots = int64(state.orders[order]["open_lots"])
    _order(state, events, written, _RESTED, order, lots, total_open(state, order), shown_lots, 0, 1)
    return written + 1


@kernel
def refreshed(state: State, events: Rows, written: int, order: int) -> int:
    return _standing(state, events, written, order, _REFRESHED, 1)


@kernel
def triggered(state: State, events: Rows, written: int, order: int) -> int:
    return _standing(state, events, written, order, _TRIGGERED, 0)


@kernel
def parked(state: State, events: Rows, written: int, order: int) -> int:
    """``order`` left the book that can be seen; its price is still the one where it stood."""
    return _standing(state, events, written, order, _PARKED, 0)


@kernel
def gone(state: State, events: Rows, written: int, order: int, kind: int, reason: int, resting: int) -> int:
    """The open lots of ``order`` go away unfilled: CANCELLED or EXPIRED."""
    if not FULL:
        return written
    _order(state, events, written, kind, order, total_open(state, order), 0, 0, reason, resting)
    return written + 1


@kernel
def amended(
    state: State,
    events: Rows,
    written: int,
    order: int,
    old_price_ticks: int,
    old_open_lots: int,
    reason: int,
    resting: int,
) -> int:
    """``resting`` if it keeps its place in the book that can be seen."""
    if not FULL:
        return written
    lots = int64(state.orders[order]["lots"])
    shown_lots = int64(state.orders[order]["open_lots"]) if resting != 0 else 0
    open_lots = total_open(state, order)
    event = _order(state, events, written, _AMENDED, order, lots, open_lots, shown_lots, reason, resting)
    event["old_price_ticks"] = old_price_ticks
    event["old_open_lots"] = old_open_lots
    return written + 1


@kernel
def filled(
    state: State,
    events: Rows,
    written: int,
    taker: int,
    maker: int,
    price_ticks: int,
    lots: int,
    notional: int,
    fee: int,
    maker_fee: int,
    reason: int,
) -> int:
    """``taker`` and ``maker`` traded ``lots``; their open lots are already reduced."""
    event = _order(state, events, written, _FILLED, taker, lots, total_open(state, taker), 0, reason, 0)
    event["maker_order_id"] = order_id_of(state, maker)
    event["price_ticks"] = price_ticks
    event["amount"] = notional
    event["fee"] = fee
    event["maker_fee"] = maker_fee
    event["maker_account"] = account_of(state, maker)
    event["maker_open_lots"] = total_open(state, maker)
    event["shown_lots"] = state.orders[maker]["open_lots"] if int64(state.orders[maker]["level"]) != 0 else 0
    return written + 1


@seldom
def taken(
    state: State, events: Rows, written: int, account: int, maker: int, notional: int, fee: int, maker_fee: int
) -> int:
    """``account`` bought a lot of ``maker``, a sell, without an order of its own; its open lots are already reduced."""
    node = state.orders[maker]
    sequence = int64(state.header[0]["sequence"])
    contract = int64(node["contract"])
    event = _write(
        events, written, sequence, _FILLED, 0, account, contract, 0, int64(node["price_ticks"]), 1, 0, 0, 0, 0
    )
    event["maker_order_id"] = order_id_of(state, maker)
    event["amount"] = notional
    event["fee"] = fee
    event["maker_fee"] = maker_fee
    event["maker_account"] = account_of(state, maker)
    event["maker_open_lots"] = total_open(state, maker)
    event["shown_lots"] = node["open_lots"]
    return written + 1


@seldom
def strip(
    state: State, events: Rows, written: int, order: int, price_ticks: int, lots: int, amount: int, fee: int
) -> int:
    """A strip order traded ``lots`` in each of its legs; its open lots are already reduced."""
    node = state.orders[order]
    open_lots = int64(node["open_lots"])
    resting = 1 if int64(node["level"]) != 0 else 0
    event = _order(state, events, written, _STRIP, order, lots, open_lots, open_lots * resting, 0, resting)
    event["price_ticks"] = price_ticks
    event["amount"] = amount
    event["fee"] = fee
    return written + 1


@seldom
def member(state: State, events: Rows, written: int, order: int, whole: int) -> int:
    """``order`` is a member of the wildcard ``whole``, and nothing of it can trade yet."""
    event = _order(state, events, written, _MEMBER, order, 0, 0, 0, 0, 0)
    event["maker_order_id"] = order_id_of(state, whole)
    return written + 1


@seldom
def shared(state: State, events: Rows, written: int, whole: int, order: int, lots: int) -> int:
    """The wildcard ``whole`` traded ``lots`` where its member ``order`` stood; its open lots are already reduced."""
    open_lots = int64(state.orders[whole]["open_lots"])
    event = _order(state, events, written, _SHARED, whole, lots, open_lots, 0, 0, 0)
    event["maker_order_id"] = order_id_of(state, order)
    return written + 1


@seldom
def rejected(state: State, events: Rows, written: int, command: Rows, reason: int, order_id: int) -> int:
    """``command`` was refused and changed nothing."""
    _write(
        events,
        written,
        int64(state.header[0]["sequence"]),
        _REJECTED,
        order_id,
        int64(command["account"]),
        int64(command["contract"]),
        int64(command["side"]),
        int64(command["price_ticks"]),
        int64(command["lots"]),
        0,
        0,
        reason,
        0,
    )
    return written + 1


@seldom
def notice(
    state: State,
    events: Rows,
    written: int,
    kind: int,
    account: int,
    contract: int,
    amount: int,
    price_ticks: int,
    lots: int,
    reason: int,
) -> int:
    """Something that concerns no order: a listing, a phase, an account, cash or a setting."""
    sequence = int64(state.header[0]["sequence"])
    event = _write(events, written, sequence, kind, 0, account, contract, 0, price_ticks, lots, 0, 0, reason, 0)
    event["amount"] = amount
    return written + 1
