"""Ending many orders at once: mass cancel, expiry, and the gate of a contract.

Each makes what progress the room for events allows. If not all of it, HEADER pending is
RERUN and the same command is run again with an empty buffer: what is left is still there.
"""

from exchange.domain.enums import EventKind, Phase, Reason, Reject
from exchange.domain.records import Rows
from exchange.jit import int64, kernel
from exchange.kernel import deadlines, emit, ladder, match
from exchange.kernel.state import RERUN, State

_CANCELLED = int(EventKind.CANCELLED)
_EXPIRED = int(EventKind.EXPIRED)
_PHASE = int(EventKind.PHASE)
_MASS = int(Reason.MASS)
_GTD = int(Reason.GTD)
_GATE = int(Reason.GATE)
_GATED = int(Phase.GATED)
_UNKNOWN_ACCOUNT = int(Reject.UNKNOWN_ACCOUNT)
_UNKNOWN_CONTRACT = int(Reject.UNKNOWN_CONTRACT)


@kernel
def cancel_all(state: State, command: Rows, events: Rows, written: int) -> int:
    """Cancel the orders of one account or of all, in one contract or in all."""
    header = state.header[0]
    account = int64(command["account"])
    contract = int64(command["contract"])
    header["pending"] = 0
    if not 0 <= account < int64(header["accounts"]):
        return emit.rejected(state, events, written, command, _UNKNOWN_ACCOUNT, 0)
    if not -1 <= contract < int64(header["contracts"]):
        return emit.rejected(state, events, written, command, _UNKNOWN_CONTRACT, 0)
    if account != 0:
        return _cancel_account(state, account, contract, events, written)
    first = max(contract, 0)
    last = contract if contract >= 0 else int64(header["contracts"]) - 1
    for book in range(first, last + 1):
        written = _clear_book(state, book, _CANCELLED, _MASS, events, written)
        if int64(header["pending"]) == RERUN:
            break
    return written


@kernel
def _cancel_account(state: State, account: int, contract: int, events: Rows, written: int) -> int:
    order = int64(state.accounts[account]["oldest"])
    while order != 0:
        newer = int64(state.links[order]["newer"])
        if contract < 0 or int64(state.details[order]["contract"]) == contract:
            if written == events.shape[0]:
                state.header[0]["pending"] = RERUN
                return written
            written = match.cancel(state, order, events, written, _CANCELLED, _MASS)
        order = newer
    return written


@kernel
def _clear_book(state: State, contract: int, kind: int, reason: int, events: Rows, written: int) -> int:
    """End all orders of a contract: bids from the best, then asks from the best, oldest first."""
    book = state.contracts[contract]
    while int64(book["orders"]) > 0:
        if written == events.shape[0]:
            state.header[0]["pending"] = RERUN
            return written
        best = int64(book["best_bid"]) if int64(book["best_bid"]) != 0 else int64(book["best_ask"])
        order = int64(state.levels[ladder.find(state, contract, best)]["oldest"])
        written = match.cancel(state, order, events, written, kind, reason)
    return written


@kernel
def tick(state: State, command: Rows, events: Rows, written: int) -> int:
    """Do everything that is due by the time of ``command``."""
    header = state.header[0]
    header["pending"] = 0
    while int64(header["deadlines"]) > 0 and int64(state.deadlines[0]["time_ns"]) <= int64(command["time_ns"]):
        if written == events.shape[0]:
            header["pending"] = RERUN
            return written
        if not deadlines.is_gate(state):
            written = match.cancel(state, int64(state.deadlines[0]["order"]), events, written, _EXPIRED, _GTD)
            continue
        contract = deadlines.first_contract(state)
        written = _clear_book(state, contract, _EXPIRED, _GATE, events, written)
        if int64(header["pending"]) == RERUN or written == events.shape[0]:
            header["pending"] = RERUN
            return written
        state.contracts[contract]["phase"] = _GATED
        # Closing a book takes out deadlines of its orders, but never an earlier one than this gate.
        deadlines.remove(state, 0)
        written = emit.notice(state, events, written, _PHASE, 0, contract, 0, 0, _GATED)
    return written
