"""From one phase to another, and what that does to the orders that a contract watches."""

from exchange.domain.enums import EventKind, Phase
from exchange.domain.records import Rows
from exchange.jit import int64, kernel, seldom
from exchange.kernel import deadlines, emit, fixing, life, stir
from exchange.kernel.facts import is_continuous
from exchange.kernel.state import COLLECTS, IS_PEG, State

_PHASE = int(EventKind.PHASE)
_CONTINUOUS = int(Phase.CONTINUOUS)
_PREOPEN = int(Phase.PREOPEN)
_CLOSING = int(Phase.CLOSING)
_VOLATILITY = int(Phase.VOLATILITY)


@kernel
def collects(phase: int) -> bool:
    return phase == _PREOPEN or phase == _CLOSING or phase == _VOLATILITY


@seldom
def enter(state: State, contract: int, phase: int, end_ns: int, events: Rows, written: int) -> int:
    """Go to ``phase``, until ``end_ns`` (0 = until told). Leaving continuous trading parks what is watched."""
    book = state.contracts[contract]
    listing = state.listings[contract]
    if is_continuous(state, contract) and phase != _CONTINUOUS:
        written = _park_all(state, contract, events, written)
    set_collecting(state, contract, collects(phase))
    deadlines.remove_phase_end(state, contract)
    if end_ns != 0:
        deadlines.add_phase_end(state, contract, end_ns)
    listing["phase_end_ns"] = end_ns
    book["phase"] = phase
    if phase == _CLOSING:
        fixing.begin_call(state, contract)
    stir.touch(state, contract)
    return emit.notice(state, events, written, _PHASE, 0, contract, end_ns, 0, 0, phase)


@seldom
def enter_volatility(state: State, contract: int, events: Rows, written: int) -> int:
    """The next trade would leave the contract's bounds: collect orders for a while instead."""
    end_ns = int64(state.header[0]["time_ns"]) + int64(state.listings[contract]["auction_ns"])
    return enter(state, contract, _VOLATILITY, end_ns, events, written)


@kernel
def set_collecting(state: State, contract: int, is_collecting: bool) -> None:
    book = state.contracts[contract]
    if (int64(book["alert"]) & COLLECTS != 0) != is_collecting:
        book["alert"] ^= COLLECTS
        state.header[0]["collecting"] += 1 if is_collecting else -1


@kernel
def _park_all(state: State, contract: int, events: Rows, written: int) -> int:
    order = int64(state.listings[contract]["watch_oldest"])
    while order != 0:
        if life.rests(state, order):
            written = park(state, order, events, written)
        order = int64(state.extras[order]["watch_newer"])
    return written


@seldom
def park(state: State, order: int, events: Rows, written: int) -> int:
    """Take a watched order out of the book that can be seen, to wait there until it can come back."""
    life.take_out(state, int64(state.orders[order]["contract"]), order)
    written = emit.parked(state, events, written, order)
    to_limit(state, order)
    return written


@kernel
def to_limit(state: State, order: int) -> None:
    """A peg that stands nowhere shows its limit as its price."""
    if int64(state.orders[order]["marks"]) & IS_PEG != 0:
        state.orders[order]["price_ticks"] = state.extras[order]["limit_ticks"]
