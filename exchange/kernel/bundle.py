"""Making a strip: one contract after the other becomes a leg of it."""

from exchange.domain.enums import EventKind, Reject
from exchange.domain.records import Rows
from exchange.domain.units import LEGS_MAX, NEVER_NS
from exchange.jit import int64, kernel, seldom
from exchange.kernel import emit, legs
from exchange.kernel.facts import is_closed, is_strip
from exchange.kernel.holdings import IN_LEGS, POOLED
from exchange.kernel.state import IS_STRIP, State

_CONFIGURED = int(EventKind.CONFIGURED)
_ACCEPTABLE = int(Reject.NONE)
_UNKNOWN_CONTRACT = int(Reject.UNKNOWN_CONTRACT)
_UNKNOWN_LEG = int(Reject.UNKNOWN_LEG)
_BAD_LOTS = int(Reject.BAD_LOTS)
_STRIP_IN_USE = int(Reject.STRIP_IN_USE)
_STRIP_IS_FULL = int(Reject.STRIP_IS_FULL)
_LEG_IS_STRIP = int(Reject.LEG_IS_STRIP)
_LEG_OUT_OF_ORDER = int(Reject.LEG_OUT_OF_ORDER)
_LEG_DIFFERS = int(Reject.LEG_DIFFERS)
_CONTRACT_CLOSED = int(Reject.CONTRACT_CLOSED)


@seldom
def add_leg(state: State, command: Rows, events: Rows, written: int) -> int:
    """Refuse, or let the contract in ``order_id`` be the next leg of the strip."""
    reason = _refuse(state, command)
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, int64(command["order_id"]))
    contract = int64(command["contract"])
    hour = int64(command["order_id"])
    if not is_strip(state, contract):
        _make_strip(state, contract)
    strip = legs.strip_of(state, contract)
    _append(state, strip, hour)
    row = state.strips[strip]
    row["legs"] += 1
    row["weight"] += int64(state.listings[hour]["weight"])
    row["gate_ns"] = min(int64(row["gate_ns"]), int64(state.contracts[hour]["gate_ns"]))
    kind = int64(command["kind"])
    emit.notice(state, events, written, _CONFIGURED, int64(command["account"]), contract, 0, 0, 0, kind)
    events[written]["order_id"] = hour
    return written + 1


@kernel
def _refuse(state: State, command: Rows) -> int:
    contract = int64(command["contract"])
    hour = int64(command["order_id"])
    contracts = int64(state.header[0]["contracts"])
    if not 0 <= contract < contracts:
        return _UNKNOWN_CONTRACT
    if not 0 <= hour < contracts:
        return _UNKNOWN_LEG
    if int64(command["lots"]) != 0:
        return _BAD_LOTS
    book = state.contracts[contract]
    if int64(book["orders"]) != 0 or int64(book["trades"]) != 0:
        return _STRIP_IN_USE
    strip = state.strips[legs.strip_of(state, contract)]
    if int64(strip["legs"]) == LEGS_MAX:
        return _STRIP_IS_FULL
    if hour == contract or is_strip(state, hour) or int64(state.listings[contract]["membership"]) != 0:
        return _LEG_IS_STRIP
    if int64(strip["legs"]) != 0 and hour <= int64(state.legs[int64(strip["newest"])]["contract"]):
        return _LEG_OUT_OF_ORDER
    if _differs(state, contract, hour):
        return _LEG_DIFFERS
    return _CONTRACT_CLOSED if is_closed(state, contract) or is_closed(state, hour) else _ACCEPTABLE


@kernel
def _differs(state: State, contract: int, hour: int) -> bool:
    """Whether the two are not of one SKU, region and value of a tick."""
    one = state.listings[contract]
    other = state.listings[hour]
    same_value = state.contracts[contract]["tick_value"] == state.contracts[hour]["tick_value"]
    return bool(not same_value or one["sku"] != other["sku"] or one["region"] != other["region"])


@kernel
def _make_strip(state: State, contract: int) -> None:
    """A contract that nobody has traded becomes a strip without legs."""
    header = state.header[0]
    strip = int64(header["strips"])
    header["strips"] = strip + 1
    state.strips[strip]["contract"] = contract
    state.strips[strip]["gate_ns"] = NEVER_NS
    state.listings[contract]["strip"] = strip
    state.contracts[contract]["alert"] |= IS_STRIP
    for position in range(1, int64(header["positions"])):
        if int64(state.positions[position]["contract"]) == contract:
            held = state.positions[position]
            held["is_pooled"] = (int64(held["is_pooled"]) & POOLED) | IN_LEGS


@kernel
def _append(state: State, strip: int, hour: int) -> None:
    """A new row of LEG, last among those of its strip and of its contract."""
    header = state.header[0]
    leg = int64(header["legs"])
    header["legs"] = leg + 1
    state.legs[leg]["strip"] = strip
    state.legs[leg]["contract"] = hour
    row = state.strips[strip]
    if int64(row["newest"]) == 0:
        row["oldest"] = leg
    else:
        state.legs[int64(row["newest"])]["newer"] = leg
    row["newest"] = leg
    last = int64(state.listings[hour]["membership"])
    if last == 0:
        state.listings[hour]["membership"] = leg
        return
    while int64(state.legs[last]["elsewhere"]) != 0:
        last = int64(state.legs[last]["elsewhere"])
    state.legs[last]["elsewhere"] = leg
