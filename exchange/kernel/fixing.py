"""The settlement price of a contract, made at its gate from the last hour before it. See docs/fixing.md.

Until that hour nothing here is asked. Then FIXES in the contract's alert lets every trade be counted,
and housekeeping look, at the end of each command, at where the middle of the book stands.
"""

from exchange.domain.enums import EventKind, FixingMethod, Phase, Side
from exchange.domain.records import Rows
from exchange.domain.units import LOTS_MAX, NEVER_NS, NS_PER_HOUR, TOTAL_MAX
from exchange.jit import int64, kernel, seldom
from exchange.kernel import emit, ladder, wide
from exchange.kernel.facts import is_continuous
from exchange.kernel.state import BEFORE_WINDOW, FIXES, IN_WINDOW, IS_FIXED, State

_BUY = int(Side.BUY)
_SELL = int(Side.SELL)
_CLOSING = int(Phase.CLOSING)
_FIXING = int(EventKind.FIXING)
_NONE = int(FixingMethod.NONE)
_CALL = int(FixingMethod.CALL)
_VOLUME = int(FixingMethod.VOLUME)
_MIDDLE = int(FixingMethod.MIDDLE)
_LOTS_SHOWN_MAX = 2**31 - 1
# A trade has at most LOTS_MAX lots, so that their sum stays within TOTAL_MAX.
_LOTS_COUNTED_MAX = TOTAL_MAX - LOTS_MAX


@seldom
def expect(state: State, contract: int) -> None:
    """A contract is new: its hour begins at its time, or has begun."""
    opens_ns = int64(state.contracts[contract]["gate_ns"]) - NS_PER_HOUR
    if opens_ns <= int64(state.header[0]["time_ns"]):
        _open_window(state, contract, opens_ns)
    elif opens_ns < int64(state.header[0]["window_ns"]):
        state.header[0]["window_ns"] = opens_ns


@seldom
def open_windows(state: State) -> None:
    """Before the first command at or after HEADER window_ns: begin the hours that are due."""
    header = state.header[0]
    next_ns = int64(NEVER_NS)
    for contract in range(int64(header["contracts"])):
        if int64(state.fixings[contract]["progress"]) == BEFORE_WINDOW:
            opens_ns = int64(state.contracts[contract]["gate_ns"]) - NS_PER_HOUR
            if opens_ns <= int64(header["time_ns"]):
                _open_window(state, contract, opens_ns)
            else:
                next_ns = min(next_ns, opens_ns)
    header["window_ns"] = next_ns


@kernel
def _open_window(state: State, contract: int, opens_ns: int) -> None:
    """The book has not changed since the hour began."""
    row = state.fixings[contract]
    row["progress"] = IN_WINDOW
    row["since_ns"] = opens_ns
    row["both_ticks"] = _both_ticks(state, contract)
    state.contracts[contract]["alert"] |= FIXES


@kernel
def _both_ticks(state: State, contract: int) -> int:
    """Bid plus ask, where both stand and can be traded with; else 0."""
    bid_ticks = int64(state.books[ladder.visible(contract, _BUY)]["best_ticks"])
    ask_ticks = int64(state.books[ladder.visible(contract, _SELL)]["best_ticks"])
    counts = is_continuous(state, contract) and bid_ticks != 0 and ask_ticks != 0
    return bid_ticks + ask_ticks if counts else 0


@seldom
def note_middle(state: State, contract: int) -> None:
    """At the end of a command: if the middle is another one now, count the one that stood until now."""
    both_ticks = _both_ticks(state, contract)
    if both_ticks != int64(state.fixings[contract]["both_ticks"]):
        _count_middle(state, contract)
        state.fixings[contract]["both_ticks"] = both_ticks


@kernel
def _count_middle(state: State, contract: int) -> None:
    """Up to now, but no time after the gate."""
    row = state.fixings[contract]
    until_ns = min(int64(state.header[0]["time_ns"]), int64(state.contracts[contract]["gate_ns"]))
    both_ticks = int64(row["both_ticks"])
    if both_ticks != 0:
        passed_ns = until_ns - int64(row["since_ns"])
        high, low = wide.plus_product(int64(row["middle_high"]), int64(row["middle_low"]), both_ticks, passed_ns)
        row["middle_high"] = high
        row["middle_low"] = low
        row["both_ns"] += passed_ns
    row["since_ns"] = until_ns


@seldom
def count_trade(state: State, contract: int, price_ticks: int, lots: int) -> None:
    """A trade of the hour; while the contract is in its closing call, one of those that end it."""
    row = state.fixings[contract]
    if int64(row["lots"]) > _LOTS_COUNTED_MAX:
        return
    high, low = wide.plus_product(int64(row["value_high"]), int64(row["value_low"]), price_ticks, lots)
    row["value_high"] = high
    row["value_low"] = low
    row["lots"] += lots
    if int64(state.contracts[contract]["phase"]) == _CLOSING:
        row["call_lots"] += lots
        row["call_ticks"] = price_ticks


@seldom
def begin_call(state: State, contract: int) -> None:
    """The last closing call is the one that counts."""
    state.fixings[contract]["call_lots"] = 0
    state.fixings[contract]["call_ticks"] = 0


@seldom
def fix(state: State, contract: int, events: Rows, written: int) -> int:
    """At the gate: make the price, say it, and never touch it again."""
    _count_middle(state, contract)
    row = state.fixings[contract]
    row["both_ticks"] = 0
    enough_lots = int64(state.header[0]["fixing_lots"])
    volume_ticks = 0
    if int64(row["lots"]) != 0:
        volume_ticks = wide.rounded(int64(row["value_high"]), int64(row["value_low"]), int64(row["lots"]))
    middle_ticks = 0
    if int64(row["both_ns"]) != 0:
        middle_ticks = wide.rounded(int64(row["middle_high"]), int64(row["middle_low"]), 2 * int64(row["both_ns"]))
    if int64(row["call_lots"]) >= enough_lots:
        method, price_ticks = _CALL, int64(row["call_ticks"])
    elif volume_ticks != 0:
        method, price_ticks = _VOLUME, volume_ticks
    elif middle_ticks != 0:
        method, price_ticks = _MIDDLE, middle_ticks
    else:
        method, price_ticks = _NONE, 0
    row["progress"] = IS_FIXED
    row["method"] = method
    row["price_ticks"] = price_ticks
    state.contracts[contract]["alert"] &= ~FIXES
    call_lots = min(int64(row["call_lots"]), _LOTS_SHOWN_MAX)
    emit.notice(state, events, written, _FIXING, 0, contract, int64(row["lots"]), price_ticks, call_lots, method)
    event = events[written]
    event["order_id"] = row["both_ns"]
    event["fee"] = volume_ticks
    event["maker_fee"] = middle_ticks
    event["old_price_ticks"] = row["call_ticks"]
    event["old_open_lots"] = enough_lots
    return written + 1
