"""How an order leaves: out of the book it stands in, out of what it holds, out of the state."""

from exchange.domain.enums import Side
from exchange.domain.records import Rows
from exchange.domain.units import QUOTE_SLOTS
from exchange.jit import FULL, int64, kernel, seldom
from exchange.kernel import deadlines, emit, fifo, ladder, legs, members, risk, rows, stir
from exchange.kernel.facts import account_of
from exchange.kernel.state import (
    EXPIRES,
    ICEBERG,
    IS_QUOTE,
    IS_WILDCARD,
    MEMBER,
    OF_STRIP,
    QUOTES_EACH,
    WAITS,
    WATCHED,
    State,
)

_BUY = int(Side.BUY)


@kernel
def rests(state: State, order: int) -> bool:
    """Whether ``order`` stands in the book that can be seen."""
    node = state.orders[order]
    return bool(int64(node["level"]) != 0 and int64(node["marks"]) & WAITS == 0)


@kernel
def rest(state: State, contract: int, order: int) -> None:
    """Put ``order`` into the book that can be seen; of an iceberg only a part shows."""
    node = state.orders[order]
    marks = int64(node["marks"])
    if marks & (ICEBERG | OF_STRIP) != 0:
        _rest_special(state, contract, order)
    side = marks & 1
    ladder.rest(state, ladder.visible(contract, side), side == _BUY, order, int64(node["price_ticks"]))


@seldom
def _rest_special(state: State, contract: int, order: int) -> None:
    node = state.orders[order]
    if int64(node["marks"]) & OF_STRIP != 0:
        legs.follow(state, contract)
        return
    extra = state.extras[order]
    shown_lots = min(int64(node["open_lots"]), int64(extra["display_lots"]))
    extra["hidden_lots"] = int64(node["open_lots"]) - shown_lots
    node["open_lots"] = shown_lots


@kernel
def take_out(state: State, contract: int, order: int) -> None:
    """Take ``order`` out of the book where it stands or waits; all of an iceberg shows then."""
    node = state.orders[order]
    marks = int64(node["marks"])
    if marks & ~1 == 0:
        ladder.take_out(state, ladder.visible(contract, marks), marks == _BUY, order)
    else:
        _take_out_special(state, contract, order)


@seldom
def _take_out_special(state: State, contract: int, order: int) -> None:
    book, rises = ladder.book_of(state, contract, order)
    ladder.take_out(state, book, rises, order)
    node = state.orders[order]
    if int64(node["marks"]) & OF_STRIP != 0:
        legs.unfollow(state, contract)
    if int64(node["marks"]) & WAITS != 0:
        state.contracts[contract]["alert"] -= 1
    if int64(node["marks"]) & ICEBERG != 0:
        node["open_lots"] += int64(state.extras[order]["hidden_lots"])
        state.extras[order]["hidden_lots"] = 0


@seldom
def end_aside(state: State, order: int, events: Rows, written: int, kind: int, reason: int) -> int:
    """The same as ``end``, away from the main path."""
    return end(state, order, events, written, kind, reason)


@kernel
def end(state: State, order: int, events: Rows, written: int, kind: int, reason: int) -> int:
    """End an open order, wherever it is, with what is left of it unfilled."""
    node = state.orders[order]
    marks = int64(node["marks"])
    if marks & ~1 != 0:
        return _end_special(state, order, events, written, kind, reason)
    contract = int64(node["contract"])
    stands = int64(node["level"]) != 0
    written = emit.gone(state, events, written, order, kind, reason, 1 if stands else 0)
    if stands:
        ladder.take_out(state, ladder.visible(contract, marks), marks == _BUY, order)
    risk.hold(state, order, -int64(node["open_lots"]))
    stir.touch(state, contract)
    _close(state, order)
    return written


@seldom
def _end_special(state: State, order: int, events: Rows, written: int, kind: int, reason: int) -> int:
    if int64(state.orders[order]["marks"]) & (IS_WILDCARD | MEMBER) != 0:
        return members.end(state, order, events, written, kind, reason)
    contract = int64(state.orders[order]["contract"])
    written = emit.gone(state, events, written, order, kind, reason, 1 if rests(state, order) else 0)
    if int64(state.orders[order]["level"]) != 0:
        _take_out_special(state, contract, order)
    risk.hold(state, order, -int64(state.orders[order]["open_lots"]))
    stir.touch(state, contract)
    _close_special(state, order)
    _close(state, order)
    return written


@kernel
def close(state: State, order: int) -> None:
    """Free the row of an order that is out of the book and holds nothing; its id is never seen again."""
    if int64(state.orders[order]["marks"]) & ~1 != 0:
        _close_special(state, order)
    _close(state, order)


@kernel
def _close(state: State, order: int) -> None:
    if FULL:
        fifo.leave_account(state, account_of(state, order), order)
        risk.count(state, order, -1)
    state.contracts[int64(state.orders[order]["contract"])]["orders"] -= 1
    rows.free(state, order)


@seldom
def _close_special(state: State, order: int) -> None:
    node = state.orders[order]
    extra = state.extras[order]
    marks = int64(node["marks"])
    if marks & EXPIRES != 0:
        deadlines.remove(state, int64(extra["deadline"]) - 1)
    if marks & WATCHED != 0:
        fifo.leave_watch(state, order)
    if marks & IS_QUOTE != 0:
        row = int64(state.positions[int64(node["position"])]["quotes"])
        state.quotes[row * QUOTES_EACH + (marks & 1) * QUOTE_SLOTS + int64(extra["slot"])] = 0
