"""FLOW on the books: each row becomes the commands that it means, and playing stops where somebody wants to act.

Everything goes through the same kernels as in ``apply``, and as commands with sequence and time: whoever
writes them down can replay them.
"""

import numpy as np
from numpy.typing import NDArray

from exchange.domain.enums import CommandKind, EventKind, Side
from exchange.domain.flow import FlowKind, Stop
from exchange.domain.records import Rows
from exchange.jit import entry, int64, kernel, prefetch
from exchange.kernel import amend, asked, fixing, ladder, match, orders, settle, shadows, sweeps
from exchange.kernel.state import BOOKS_EACH, RERUN, SETTLE, State
from exchange.kernel.tape import Tape
from exchange.kernel.work import work

_NEW = int(CommandKind.NEW)
_CANCEL = int(CommandKind.CANCEL)
_REPLACE = int(CommandKind.REPLACE)
_ADD = int(FlowKind.ADD)
_ACCEPTED = int(EventKind.ACCEPTED)
_FILLED = int(EventKind.FILLED)
_REJECTED = int(EventKind.REJECTED)
_BUY = int(Side.BUY)
_SELL = int(Side.SELL)
_OWN = int(Stop.OWN)
_PRICE = int(Stop.PRICE)
_BEST = int(Stop.BEST)
_TRADE = int(Stop.TRADE)
_DEPTH = int(Stop.DEPTH)
_EACH_ROW = int(Stop.ROW)
_TIME = int(Stop.TIME)
_DEADLINE = int(Stop.DEADLINE)
_NEEDS_ROOM = int(Stop.ROOM)

_ORDER_ROW = 2**32 - 1
_ROOM = 2 * (match.ROOM + 8)  # event rows that a command, and those who stand beside it, need before it can stop
_FAR = 24  # rows ahead of which memory is asked for
_NEAR = 12
_FEW = 16  # contracts whose rows stay near by themselves


@entry
def play(state: State, tape: Tape, flow: Rows, first: int, events: Rows) -> tuple[int, int]:
    """Play ``flow`` from row ``first`` until there is a reason to stop, which CONTROL ``why`` then says.

    flow: (n,) of FLOW. events: (m,) of EVENT, m > _ROOM, overwritten from row 0 with those that concern
    others than the flow, and with trades where they are watched.
    Returns (rows played to their end, events written). The arenas must have room for COMMANDS_EACH
    commands a row, as ``apply`` says. A row that is half done goes on in the next call, which must begin with it.
    """
    return run(state, tape, flow, first, events)


@kernel
def run(state: State, tape: Tape, flow: Rows, first: int, events: Rows) -> tuple[int, int]:
    """The same, for kernels."""
    control = tape.control[0]
    until_ns = int64(control["until_ns"])
    control["why"] = 0
    kept = 0
    place = first
    while place < flow.shape[0]:
        _look_ahead(state, tape, flow, place)
        row = flow[place]
        if int64(state.header[0]["pending"]) == 0 and int64(control["stage"]) == 0:
            why = _refuse_to_begin(state, tape, row, until_ns)
            if why != 0:
                control["why"] = why
                break
        kept, seen, is_done = _play_row(state, tape, row, events, kept)
        if not is_done:
            control["why"] = _NEEDS_ROOM
            control["seen"] = seen
            break
        place += 1
        stops = int64(tape.watches[int64(row["contract"])]["stops"])
        why = seen & (_OWN | stops)
        if stops & (_PRICE | _BEST | _EACH_ROW) != 0:
            why |= (look(state, tape, int64(row["contract"])) | _EACH_ROW) & stops
        if why != 0:
            control["why"] = why
            break
    control["rows"] += place - first
    if place > 0:
        _say_where(state, control, int64(flow[place - 1]["contract"]))
    return place - first, kept


@kernel
def _say_where(state: State, control: Rows, contract: int) -> None:
    """What whoever acts now needs to know, in one place."""
    control["time_ns"] = state.header[0]["time_ns"]
    control["contract"] = contract
    control["bid_ticks"] = state.books[contract * BOOKS_EACH + _BUY]["best_ticks"]
    control["ask_ticks"] = state.books[contract * BOOKS_EACH + _SELL]["best_ticks"]


@entry
def look_at(state: State, tape: Tape, contract: int) -> int:
    """What of the best prices of ``contract`` changed since it was looked at last: bits of Stop."""
    return look(state, tape, contract)


@kernel
def look(state: State, tape: Tape, contract: int) -> int:
    """The same, for kernels."""
    watch = tape.watches[contract]
    bid = state.books[contract * BOOKS_EACH + _BUY]
    ask = state.books[contract * BOOKS_EACH + _SELL]
    bid_ticks = int64(bid["best_ticks"])
    ask_ticks = int64(ask["best_ticks"])
    bid_lots = int64(state.levels[int64(bid["best_level"])]["lots"])
    ask_lots = int64(state.levels[int64(ask["best_level"])]["lots"])
    if bid_ticks != int64(watch["bid_ticks"]) or ask_ticks != int64(watch["ask_ticks"]):
        changed = _PRICE | _BEST
    elif bid_lots != int64(watch["bid_lots"]) or ask_lots != int64(watch["ask_lots"]):
        changed = _BEST
    else:
        return 0
    watch["bid_ticks"] = bid_ticks
    watch["ask_ticks"] = ask_ticks
    watch["bid_lots"] = bid_lots
    watch["ask_lots"] = ask_lots
    return changed


@entry
def top(state: State, contract: int, depth: int, levels: NDArray[np.int64]) -> tuple[int, int]:
    """The best ``depth`` prices of both sides.

    levels: (2 * depth, 2) of int64, overwritten: (price in ticks, lots), bids from row 0, asks from row ``depth``.
    Returns how many bids and asks there are.
    """
    counts = (0, 0)
    for side in range(2):
        level = int64(state.books[ladder.visible(contract, side)]["best_level"])
        found = 0
        while level != 0 and found < depth:
            levels[side * depth + found, 0] = ladder.price_of(state, level)
            levels[side * depth + found, 1] = int64(state.levels[level]["lots"])
            found += 1
            level = ladder.next_worse(state, level, side == _BUY)
        counts = (found, 0) if side == _BUY else (counts[0], found)
    return counts


@kernel
def _look_ahead(state: State, tape: Tape, flow: Rows, place: int) -> None:
    """Ask for the rows that coming rows of the flow will touch; it changes nothing."""
    if place + _FAR >= flow.shape[0]:
        return
    far = flow[place + _FAR]
    prefetch(state.orders, asked.id_of(tape, int64(far["order"])) & _ORDER_ROW)
    near = asked.id_of(tape, int64(flow[place + _NEAR]["order"])) & _ORDER_ROW
    node = state.orders[near if near < state.orders.shape[0] else 0]
    prefetch(state.orders, int64(node["older"]))
    prefetch(state.orders, int64(node["newer"]))
    prefetch(state.orders, int64(node["account_older"]))
    prefetch(state.orders, int64(node["account_newer"]))
    prefetch(state.levels, int64(node["level"]))
    if int64(state.header[0]["contracts"]) > _FEW:
        prefetch(state.contracts, int64(far["contract"]))
        prefetch(state.books, int64(far["contract"]) * BOOKS_EACH)


@kernel
def _refuse_to_begin(state: State, tape: Tape, row: Rows, until_ns: int) -> int:
    """Why ``row`` cannot be played now: bits of Stop, 0 if it can."""
    time_ns = int64(row["time_ns"])
    if time_ns >= until_ns:
        return _TIME
    if int64(state.header[0]["deadlines"]) != 0 and int64(state.deadlines[0]["time_ns"]) <= time_ns:
        return _DEADLINE
    control = tape.control[0]
    if int64(control["logs"]) != 0 and int64(control["logged"]) + asked.COMMANDS_EACH > tape.commands.shape[0]:
        return _NEEDS_ROOM
    return 0


@kernel
def _play_row(state: State, tape: Tape, row: Rows, events: Rows, kept: int) -> tuple[int, int, bool]:
    """Returns (events kept, what was seen: bits of Stop, whether the row is done)."""
    header = state.header[0]
    control = tape.control[0]
    seen = int64(control["seen"])
    control["seen"] = 0
    while True:
        if int64(header["pending"]) == 0 and not asked.prepare(state, tape, row):
            control["stage"] = 0
            return kept, seen, True
        if events.shape[0] - kept < _ROOM:
            return kept, seen, False
        written = _do(state, tape.command[0], events, kept)
        if int64(control["shadows"]) != 0:
            written = shadows.follow(state, tape, events, kept, written)
        kept, seen = _sift(tape, row, events, kept, written, seen)
        if int64(header["pending"]) != 0:
            return kept, seen, False
        if int64(control["logs"]) != 0:
            tape.commands[int64(control["logged"])] = tape.command[0]
            control["logged"] += 1
        control["stage"] += 1


@kernel
def _do(state: State, command: Rows, events: Rows, written: int) -> int:
    """One command, or the rest of it, as ``apply`` does it."""
    header = state.header[0]
    before = written
    pending = int64(header["pending"])
    if pending == 0:
        header["sequence"] += 1
        header["time_ns"] = max(int64(command["time_ns"]), int64(header["time_ns"]))
        command["sequence"] = header["sequence"]
        command["time_ns"] = header["time_ns"]
        if int64(header["time_ns"]) >= int64(header["window_ns"]):
            fixing.open_windows(state)
    kind = int64(command["kind"])
    order = pending
    if pending == 0 or pending == RERUN:
        if kind == _NEW:
            written, order = orders.new(state, command, events, written)
        elif kind == _CANCEL:
            written, order = amend.cancel(state, command, events, written), 0
        elif kind == _REPLACE:
            written, order = amend.replace(state, command, events, written)
        else:
            written, order = sweeps.cancel_all(state, command, events, written), 0
    if order > 0:
        written = work(state, order, events, written)
    unsettled = int64(header["unsettled_first"]) | int64(header["frozen_first"]) | int64(header["touched_first"])
    if int64(header["pending"]) == SETTLE or (unsettled != 0 and int64(header["pending"]) == 0):
        written = settle.settle(state, events, written)
    header["events_total"] += written - before
    return written


@kernel
def _sift(tape: Tape, row: Rows, events: Rows, kept: int, written: int, seen: int) -> tuple[int, int]:
    """Learn from the events from row ``kept`` on, and drop those that nobody asked for."""
    control = tape.control[0]
    own_first = int64(control["own_first"])
    keeps = int64(control["keeps_all"])
    for place in range(kept, written):
        event = events[place]
        kind = int64(event["kind"])
        is_own = int64(event["account"]) >= own_first or int64(event["maker_account"]) >= own_first
        is_kept = is_own or keeps != 0
        if kind == _REJECTED:
            tape.refusals[int64(event["reason"])] += 1
        else:
            seen |= _DEPTH
        if kind == _ACCEPTED and int64(row["kind"]) == _ADD:
            _learn(tape, row, event)
        elif kind == _FILLED:
            seen |= _TRADE
            is_kept = is_kept or int64(tape.watches[int64(event["contract"])]["stops"]) & _TRADE != 0
            if int64(event["maker_account"]) >= own_first:
                control["own_lots"] += int64(event["lots"])
        if is_own:
            seen |= _OWN
        if is_kept:
            if kept != place:
                events[kept] = events[place]
            kept += 1
    return kept, seen


@kernel
def _learn(tape: Tape, row: Rows, event: Rows) -> None:
    """The order that ``row`` adds is open."""
    number = int64(row["order"])
    if number < 0:
        return
    named = tape.named[number]
    named["order_id"] = event["order_id"]
    named["joined"] = event["sequence"]
    named["left_lots"] = row["lots"]
