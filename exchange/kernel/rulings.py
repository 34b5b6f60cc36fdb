"""What the operator says about fixings: how many lots a closing call must trade, and that one fixing was wrong."""

from exchange.domain.enums import CommandKind, EventKind, Reject
from exchange.domain.records import Rows
from exchange.domain.units import LOTS_MAX, PRICE_TICKS_MAX
from exchange.jit import int64, kernel, seldom
from exchange.kernel import emit
from exchange.kernel.state import IS_FIXED, State

_FIXING_LOTS = int(CommandKind.FIXING_LOTS)
_CONFIGURED = int(EventKind.CONFIGURED)
_CORRECTED = int(EventKind.CORRECTED)
_ACCEPTABLE = int(Reject.NONE)
_UNKNOWN_CONTRACT = int(Reject.UNKNOWN_CONTRACT)
_BAD_PRICE = int(Reject.BAD_PRICE)
_BAD_LOTS = int(Reject.BAD_LOTS)
_NOT_FIXED = int(Reject.NOT_FIXED)


@seldom
def rule(state: State, command: Rows, events: Rows, written: int) -> int:
    """FIXING_LOTS holds from the next gate on. CORRECTION leaves the fixing as it was."""
    reason = _refuse(state, command)
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, 0)
    if int64(command["kind"]) == _FIXING_LOTS:
        lots = int64(command["lots"])
        state.header[0]["fixing_lots"] = lots
        return emit.notice(state, events, written, _CONFIGURED, 0, 0, 0, 0, lots, _FIXING_LOTS)
    contract = int64(command["contract"])
    row = state.fixings[contract]
    row["corrected_ticks"] = command["price_ticks"]
    row["corrections"] += 1
    number = int64(row["corrections"])
    emit.notice(state, events, written, _CORRECTED, 0, contract, number, int64(command["price_ticks"]), 0, 0)
    events[written]["old_price_ticks"] = row["price_ticks"]
    return written + 1


@kernel
def _refuse(state: State, command: Rows) -> int:
    if int64(command["kind"]) == _FIXING_LOTS:
        return _ACCEPTABLE if 1 <= int64(command["lots"]) <= LOTS_MAX else _BAD_LOTS
    contract = int64(command["contract"])
    if not 0 <= contract < int64(state.header[0]["contracts"]):
        return _UNKNOWN_CONTRACT
    if not 1 <= int64(command["price_ticks"]) <= PRICE_TICKS_MAX:
        return _BAD_PRICE
    return _ACCEPTABLE if int64(state.fixings[contract]["progress"]) == IS_FIXED else _NOT_FIXED
