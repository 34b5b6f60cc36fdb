"""Housekeeping at the end of every command: what it set in motion is brought to rest."""

from exchange.domain.enums import EventKind, Reason, Side
from exchange.domain.records import Rows
from exchange.jit import int64, kernel, seldom
from exchange.kernel import emit, fixing, legs, life, margin_desk, match, strips, watch
from exchange.kernel.facts import is_continuous
from exchange.kernel.state import (
    BOOKS_EACH,
    FIXES,
    FOLLOWED,
    IS_QUOTE,
    IS_STRIP,
    IS_WILDCARD,
    LAST_STOPS,
    MARK_STOPS,
    NOTICED,
    ON_MARK,
    REDUCES,
    SETTLE,
    WAITS,
    State,
)
from exchange.kernel.work import work_aside

_BUY = int(Side.BUY)
_SELL = int(Side.SELL)
_CANCELLED = int(EventKind.CANCELLED)
_REASON_PROTECTION = int(Reason.PROTECTION)

# An order that moves from one book to another may need new nodes before the old ones are free.
_ORDERS = 2


@seldom
def settle(state: State, events: Rows, written: int) -> int:
    """Act on every contract that changed until nothing is left to do.

    If room runs out, for events or in an arena, HEADER pending tells the next call to go on.
    """
    header = state.header[0]
    header["pending"] = 0
    while True:
        if not match.has_room(state, events, written, _ORDERS):
            header["pending"] = SETTLE
            return written
        if int64(header["frozen_first"]) != 0:
            written = _withdraw_quotes(state, int64(header["frozen_first"]), events, written)
            if int64(header["pending"]) != 0:
                return written
            continue
        if int64(header["unsettled_first"]) == 0:
            if int64(header["due_first"]) == 0:
                if int64(header["touched_first"]) == 0:
                    return written
                written = margin_desk.judge_first(state, events, written)
                continue
            written = strips.look_after(state, events, written)
            if int64(header["pending"]) != 0:
                return written
            continue
        contract = int64(header["unsettled_first"]) - 1
        written, outcome, order = _act(state, contract, events, written)
        if outcome == watch.NOTHING:
            _dismiss(state, contract)
        elif outcome == watch.WORK:
            written = work_aside(state, order, events, written)
            if int64(header["pending"]) != 0:
                return written


@kernel
def _dismiss(state: State, contract: int) -> None:
    header = state.header[0]
    listing = state.listings[contract]
    if int64(state.contracts[contract]["alert"]) & FIXES != 0:
        fixing.note_middle(state, contract)
    if int64(state.contracts[contract]["alert"]) & (IS_STRIP | FOLLOWED) != 0:
        legs.tell_strips(state, contract)
    listing["is_unsettled"] = 0
    header["unsettled_first"] = listing["next_unsettled"]
    listing["next_unsettled"] = 0


@kernel
def _withdraw_quotes(state: State, account: int, events: Rows, written: int) -> int:
    """Cancel the quotes and wildcards of an account that froze."""
    header = state.header[0]
    order = int64(state.accounts[account]["oldest"])
    while order != 0:
        newer = int64(state.orders[order]["account_newer"])
        if int64(state.orders[order]["marks"]) & (IS_QUOTE | IS_WILDCARD) != 0:
            if events.shape[0] - written < match.ROOM:
                header["pending"] = SETTLE
                return written
            written = life.end_aside(state, order, events, written, _CANCELLED, _REASON_PROTECTION)
        order = newer
    header["frozen_first"] = state.accounts[account]["next_frozen"]
    state.accounts[account]["next_frozen"] = 0
    return written


@kernel
def _act(state: State, contract: int, events: Rows, written: int) -> tuple[int, int, int]:
    """The next thing to do in one contract: (rows written, outcome, the order that is to work)."""
    if not is_continuous(state, contract) or int64(state.contracts[contract]["alert"]) & NOTICED == 0:
        return written, watch.NOTHING, 0
    order = _triggered(state, contract, LAST_STOPS, int64(state.contracts[contract]["last_price"]))
    if order == 0:
        order = _triggered(state, contract, MARK_STOPS, int64(state.listings[contract]["mark_ticks"]))
    if order == 0:
        return watch.act(state, contract, events, written)
    life.take_out(state, contract, order)
    state.orders[order]["marks"] &= ~(WAITS | ON_MARK)
    written = emit.triggered(state, events, written, order)
    if int64(state.orders[order]["marks"]) & REDUCES != 0:
        generation = int64(state.orders[order]["generation"])
        written, _ = watch.fit_to_position(state, order, events, written)
        if int64(state.orders[order]["generation"]) != generation or int64(state.orders[order]["open_lots"]) == 0:
            return written, watch.DID, 0
    return written, watch.WORK, order


@kernel
def _triggered(state: State, contract: int, stops: int, price_ticks: int) -> int:
    """The stop that this price triggers first, 0 if it triggers none: buys from the lowest, then sells."""
    buys = state.books[contract * BOOKS_EACH + stops + _BUY]
    sells = state.books[contract * BOOKS_EACH + stops + _SELL]
    if price_ticks == 0:
        return 0
    if int64(buys["best_ticks"]) != 0 and int64(buys["best_ticks"]) <= price_ticks:
        return int64(state.levels[int64(buys["best_level"])]["oldest"])
    if int64(sells["best_ticks"]) >= price_ticks:
        return int64(state.levels[int64(sells["best_level"])]["oldest"])
    return 0
