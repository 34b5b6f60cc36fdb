"""Ending many orders at once: mass cancel, expiry, and the gate of a contract.

Each makes what progress the room for events allows. If not all of it, HEADER pending is
RERUN and the same command is run again with an empty buffer: what is left is still there.
"""

from exchange.domain.enums import CommandKind, EventKind, Phase, Reason, Reject, Side, Sweep
from exchange.domain.records import Rows
from exchange.jit import int64, kernel, seldom
from exchange.kernel import auction, deadlines, emit, fixing, ladder, life, match, members, phase
from exchange.kernel.facts import is_collecting
from exchange.kernel.state import BOOKS_EACH, IS_QUOTE, IS_WILDCARD, LAST_STOPS, RERUN, State

_BUY = int(Side.BUY)
_SELL = int(Side.SELL)
_CANCEL_ALL = int(CommandKind.CANCEL_ALL)
_ONLY_BUYS = int(Sweep.ONLY_BUYS)
_ONLY_SELLS = int(Sweep.ONLY_SELLS)
_ONLY_QUOTES = int(Sweep.ONLY_QUOTES)
_ALL_FLAGS = int(Sweep.ONLY_BUYS | Sweep.ONLY_SELLS | Sweep.ONLY_QUOTES)
_CANCELLED = int(EventKind.CANCELLED)
_EXPIRED = int(EventKind.EXPIRED)
_MASS = int(Reason.MASS)
_GTD = int(Reason.GTD)
_GATE = int(Reason.GATE)
_CONTINUOUS = int(Phase.CONTINUOUS)
_GATED = int(Phase.GATED)
_HALTED = int(Phase.HALTED)
_ACCEPTABLE = int(Reject.NONE)
_UNKNOWN_ACCOUNT = int(Reject.UNKNOWN_ACCOUNT)
_UNKNOWN_CONTRACT = int(Reject.UNKNOWN_CONTRACT)
_BAD_FLAGS = int(Reject.BAD_FLAGS)
_BAD_OPTION = int(Reject.BAD_OPTION)

ANY = -1


@seldom
def cancel_all(state: State, command: Rows, events: Rows, written: int) -> int:
    """Cancel the orders of one account or of all, as far as they fit the command."""
    header = state.header[0]
    account = int64(command["account"])
    contract = int64(command["contract"])
    header["pending"] = 0
    reason = _refuse_cancel_all(state, command)
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, 0)
    if account != 0:
        return cancel_account(state, command, account, contract, False, _MASS, events, written)
    return cancel_market(state, command, contract, _MASS, events, written)


@kernel
def _refuse_cancel_all(state: State, command: Rows) -> int:
    flags = int64(command["flags"])
    if not 0 <= int64(command["account"]) < int64(state.header[0]["accounts"]):
        return _UNKNOWN_ACCOUNT
    if not -1 <= int64(command["contract"]) < int64(state.header[0]["contracts"]):
        return _UNKNOWN_CONTRACT
    if flags & ~_ALL_FLAGS != 0 or flags & (_ONLY_BUYS | _ONLY_SELLS) == _ONLY_BUYS | _ONLY_SELLS:
        return _BAD_FLAGS
    return _BAD_OPTION if int64(command["sku"]) < 0 or int64(command["region"]) < 0 else _ACCEPTABLE


@seldom
def cancel_account(
    state: State,
    command: Rows,
    account: int,
    contract: int,
    is_forced: bool,
    reason: int,
    events: Rows,
    written: int,
) -> int:
    """``is_forced``: also where the contract is halted. The filters are those of ``command``."""
    order = int64(state.accounts[account]["oldest"])
    while order != 0:
        newer = int64(state.orders[order]["account_newer"])
        if _is_meant(state, command, order, contract, is_forced):
            if events.shape[0] - written < match.ROOM:
                state.header[0]["pending"] = RERUN
                return written
            written = life.end_aside(state, order, events, written, _CANCELLED, reason)
        order = newer
    return written


@kernel
def _is_meant(state: State, command: Rows, order: int, contract: int, is_forced: bool) -> bool:
    """Whether an open order is to go; a wildcard if any of its members is, or, while some are to come, itself."""
    if int64(state.orders[order]["marks"]) & IS_WILDCARD == 0:
        return _is_meant_here(state, command, order, contract, is_forced)
    row = state.wildcards[members.wildcard_of(state, order)]
    if int64(row["awaited"]) != 0 and _is_meant_here(state, command, order, contract, is_forced):
        return True
    member = int64(row["oldest"])
    while member != 0:
        if _is_meant_here(state, command, member, contract, is_forced):
            return True
        member = int64(state.extras[member]["watch_newer"])
    return False


@kernel
def _is_meant_here(state: State, command: Rows, order: int, contract: int, is_forced: bool) -> bool:
    where = int64(state.orders[order]["contract"])
    halted = int64(state.contracts[where]["phase"]) == _HALTED
    fits = contract == ANY or where == contract
    return fits and (is_forced or not halted) and _fits(state, command, order)


@seldom
def cancel_market(state: State, command: Rows, contract: int, reason: int, events: Rows, written: int) -> int:
    """The orders of everybody in one contract or in all."""
    header = state.header[0]
    first = max(contract, 0)
    last = contract if contract >= 0 else int64(header["contracts"]) - 1
    for each in range(first, last + 1):
        if _fits_contract(state, command, each):
            written = _clear(state, command, each, _CANCELLED, reason, events, written)
            if int64(header["pending"]) == RERUN:
                break
    return written


@kernel
def _fits(state: State, command: Rows, order: int) -> bool:
    """Whether ``order`` is one of those that the filters of a CANCEL_ALL mean; other commands have none."""
    if int64(command["kind"]) != _CANCEL_ALL:
        return True
    flags = int64(command["flags"])
    marks = int64(state.orders[order]["marks"])
    if flags & _ONLY_BUYS != 0 and marks & 1 != _BUY:
        return False
    if flags & _ONLY_SELLS != 0 and marks & 1 != _SELL:
        return False
    if flags & _ONLY_QUOTES != 0 and marks & IS_QUOTE == 0:
        return False
    return _fits_contract(state, command, int64(state.orders[order]["contract"]))


@kernel
def _fits_contract(state: State, command: Rows, contract: int) -> bool:
    if int64(command["kind"]) != _CANCEL_ALL:
        return True
    listing = state.listings[contract]
    sku = int64(command["sku"])
    region = int64(command["region"])
    return bool((sku == 0 or listing["sku"] == sku) and (region == 0 or listing["region"] == region))


@seldom
def _clear(state: State, command: Rows, contract: int, kind: int, reason: int, events: Rows, written: int) -> int:
    """End the orders of a contract: bids and asks from the best, then stops from the nearest, then what is watched."""
    for book in range(BOOKS_EACH):
        side = book & 1
        rises = (side == _BUY) == (book < LAST_STOPS)
        level = int64(state.books[contract * BOOKS_EACH + book]["best_level"])
        while level != 0:
            order = int64(state.levels[level]["oldest"])
            # Ending the last order of a level may free its page, so the next level is found before.
            worse = ladder.next_worse(state, level, rises)
            while order != 0:
                newer = int64(state.orders[order]["newer"])
                if _fits(state, command, order):
                    if events.shape[0] - written < match.ROOM:
                        state.header[0]["pending"] = RERUN
                        return written
                    written = life.end_aside(state, order, events, written, kind, reason)
                order = newer
            level = worse
    written = _clear_watched(state, command, contract, kind, reason, events, written)
    if int64(state.header[0]["gathering_oldest"]) != 0:
        return _clear_gathering(state, command, contract, kind, reason, events, written)
    return written


@kernel
def _clear_watched(
    state: State, command: Rows, contract: int, kind: int, reason: int, events: Rows, written: int
) -> int:
    order = int64(state.listings[contract]["watch_oldest"])
    while order != 0:
        newer = int64(state.extras[order]["watch_newer"])
        if _fits(state, command, order):
            if events.shape[0] - written < match.ROOM:
                state.header[0]["pending"] = RERUN
                return written
            written = life.end_aside(state, order, events, written, kind, reason)
        order = newer
    return written


@seldom
def _clear_gathering(
    state: State, command: Rows, contract: int, kind: int, reason: int, events: Rows, written: int
) -> int:
    """Wildcards that wait for members: at a gate the member here ends, else the wildcard, also if it counts in it."""
    wildcard = int64(state.header[0]["gathering_oldest"])
    while wildcard != 0:
        row = state.wildcards[wildcard]
        newer = int64(row["gathering_newer"])
        order = members.gathering_in(state, wildcard, contract)
        if order == 0 and kind == _CANCELLED and int64(state.orders[int64(row["order"])]["contract"]) == contract:
            order = int64(row["order"])
        if order != 0 and _fits(state, command, order):
            if events.shape[0] - written < match.ROOM:
                state.header[0]["pending"] = RERUN
                return written
            written = life.end_aside(state, order, events, written, kind, reason)
        wildcard = newer
    return written


@seldom
def tick(state: State, command: Rows, events: Rows, written: int) -> int:
    """Say how auctions stand, and do everything that is due by the time of ``command``."""
    header = state.header[0]
    header["pending"] = 0
    if int64(header["collecting"]) != 0:
        written = _indicate_all(state, events, written)
        if int64(header["pending"]) == RERUN:
            return written
    while int64(header["deadlines"]) > 0 and int64(state.deadlines[0]["time_ns"]) <= int64(command["time_ns"]):
        if events.shape[0] - written < match.ROOM:
            header["pending"] = RERUN
            return written
        if int64(state.deadlines[0]["order"]) > 0:
            written = life.end_aside(state, int64(state.deadlines[0]["order"]), events, written, _EXPIRED, _GTD)
        elif deadlines.is_phase_end(state):
            written = resume(state, deadlines.first_contract(state), 0, events, written)
        else:
            written = _gate(state, command, deadlines.first_contract(state), events, written)
        if int64(header["pending"]) == RERUN:
            return written
    header["indicated"] = 0
    return written


@kernel
def _indicate_all(state: State, events: Rows, written: int) -> int:
    """Say how each auction stands that changed, once in a TICK, however often it has to go on."""
    header = state.header[0]
    for contract in range(int64(header["indicated"]), int64(header["contracts"])):
        if is_collecting(state, contract) and int64(state.listings[contract]["is_stirred"]) != 0:
            if events.shape[0] - written < match.ROOM:
                header["pending"] = RERUN
                return written
            written = auction.indicate(state, contract, events, written)
        header["indicated"] = contract + 1
    return written


@seldom
def resume(state: State, contract: int, end_ns: int, events: Rows, written: int) -> int:
    """Uncross what was collected and go on to continuous trading."""
    written, is_done = auction.uncross(state, contract, events, written)
    if not is_done or events.shape[0] - written < match.ROOM:
        state.header[0]["pending"] = RERUN
        return written
    return phase.enter(state, contract, _CONTINUOUS, end_ns, events, written)


@kernel
def _gate(state: State, command: Rows, contract: int, events: Rows, written: int) -> int:
    """Trading of ``contract`` is over. Its deadline stays the earliest until all is done."""
    header = state.header[0]
    if is_collecting(state, contract):
        written, is_done = auction.uncross(state, contract, events, written)
        if not is_done:
            header["pending"] = RERUN
            return written
    written = _clear(state, command, contract, _EXPIRED, _GATE, events, written)
    if int64(header["pending"]) == RERUN or events.shape[0] - written < match.ROOM:
        header["pending"] = RERUN
        return written
    # Closing a book takes out deadlines of its orders, but never an earlier one than this gate.
    deadlines.remove(state, 0)
    written = phase.enter(state, contract, _GATED, 0, events, written)
    return fixing.fix(state, contract, events, written)
