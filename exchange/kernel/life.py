"""How an order leaves: out of the book it stands in, out of what it holds, out of the state."""

from exchange.domain.enums import Side
from exchange.domain.records import Rows
from exchange.domain.units import QUOTE_SLOTS
from exchange.jit import FULL, int64, kernel, seldom
from exchange.kernel import deadlines, emit, fifo, fixing, ladder, legs, risk
from exchange.kernel.facts import account_of
from exchange.kernel.state import (
    COLLECTS,
    EXPIRES,
    FIXES,
    ICEBERG,
    IS_QUOTE,
    OF_STRIP,
    QUOTES_EACH,
    WAITS,
    WATCHED,
    State,
)

_BUY = int(Side.BUY)
_GENERATION_MAX = 2**31 - 1


@kernel
def touch(state: State, contract: int) -> None:
    """Something changed in ``contract``: see to it that housekeeping looks, if there is anything to see."""
    if int64(state.contracts[contract]["alert"]) != 0:
        _alert(state, contract)


@kernel
def count_trade(state: State, contract: int, price_ticks: int, lots: int) -> None:
    """A trade of ``contract``: its last price, its volume, and who must know of it."""
    book = state.contracts[contract]
    book["last_price"] = price_ticks
    book["last_lots"] = lots
    book["volume_lots"] += lots
    book["trades"] += 1
    if int64(state.contracts[contract]["alert"]) != 0:
        _alert_trade(state, contract, price_ticks, lots)


@seldom
def _alert_trade(state: State, contract: int, price_ticks: int, lots: int) -> None:
    if int64(state.contracts[contract]["alert"]) & FIXES != 0:
        fixing.count_trade(state, contract, price_ticks, lots)
    _alert(state, contract)


@seldom
def _alert(state: State, contract: int) -> None:
    if int64(state.contracts[contract]["alert"]) & COLLECTS != 0:
        state.listings[contract]["is_stirred"] = 1
    enqueue(state, contract)


@seldom
def enqueue(state: State, contract: int) -> None:
    """Let housekeeping look at ``contract``."""
    header = state.header[0]
    listing = state.listings[contract]
    if int64(listing["is_unsettled"]) != 0:
        return
    listing["is_unsettled"] = 1
    listing["next_unsettled"] = 0
    if int64(header["unsettled_first"]) == 0:
        header["unsettled_first"] = contract + 1
    else:
        state.listings[int64(header["unsettled_last"]) - 1]["next_unsettled"] = contract + 1
    header["unsettled_last"] = contract + 1


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
    contract = int64(state.orders[order]["contract"])
    resting = 1 if rests(state, order) else 0
    written = emit.gone(state, events, written, order, kind, reason, resting)
    if int64(state.orders[order]["level"]) != 0:
        take_out(state, contract, order)
    risk.hold(state, order, -int64(state.orders[order]["open_lots"]))
    touch(state, contract)
    close(state, order)
    return written


@kernel
def close(state: State, order: int) -> None:
    """Free the row of an order that is out of the book and holds nothing; its id is never seen again."""
    header = state.header[0]
    node = state.orders[order]
    if int64(node["marks"]) & ~1 != 0:
        _close_special(state, order)
    if FULL:
        fifo.leave_account(state, account_of(state, order), order)
        risk.count(state, order, -1)
    state.contracts[int64(node["contract"])]["orders"] -= 1
    node["open_lots"] = 0
    # A row whose generations are used up is never used again: its next id would repeat the first.
    if int64(node["generation"]) < _GENERATION_MAX:
        node["generation"] += 1
        node["older"] = header["free_order"]
        header["free_order"] = order


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
