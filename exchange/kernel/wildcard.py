"""Wildcards come in: first the order itself, then one command for each contract in which it may trade."""

from exchange.domain.enums import CommandKind, Reject
from exchange.domain.records import Rows
from exchange.jit import int64, kernel, seldom
from exchange.kernel import amend, deadlines, emit, fifo, guard, index, members, risk, roam, rows, wildcard_means
from exchange.kernel.facts import has_text
from exchange.kernel.state import EXPIRES, IS_WILDCARD, MEMBER, RERUN, State

_WILDCARD = int(CommandKind.WILDCARD)
_ACCEPTABLE = int(Reject.NONE)


@seldom
def run(state: State, command: Rows, events: Rows, written: int) -> int:
    """One WILDCARD or MEMBER."""
    if int64(command["kind"]) == _WILDCARD:
        return _new(state, command, events, written)
    if int64(state.header[0]["pending"]) == RERUN:
        _, _, whole = amend.find_order(state, command)
        return roam.work(state, whole, events, written)
    return _join(state, command, events, written)


@kernel
def _new(state: State, command: Rows, events: Rows, written: int) -> int:
    """Refuse, or accept a wildcard that waits for its members."""
    reason, order_id = wildcard_means.refuse_new(state, command)
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, order_id)
    account = int64(command["account"])
    contract = int64(command["contract"])
    guard.spend_rate(state, account)
    whole = _open_row(state, contract, index.reach_position(state, account, contract))
    node = state.orders[whole]
    node["open_lots"] = command["lots"]
    node["lots"] = command["lots"]
    node["price_ticks"] = command["price_ticks"]
    node["marks"] = int64(command["side"]) | IS_WILDCARD
    node["order_type"] = command["order_type"]
    node["time_in_force"] = command["time_in_force"]
    node["self_trade"] = command["self_trade"]
    fifo.join_account(state, account, whole)
    state.extras[whole]["expiry_ns"] = command["expiry_ns"]
    if int64(command["expiry_ns"]) != 0:
        node["marks"] |= EXPIRES
        deadlines.add_order(state, whole, int64(command["expiry_ns"]))
    if has_text(command):
        _, place, tag = index.find_client_id(state, account, command)
        order_id = emit.order_id_of(state, whole)
        node["client_id"] = index.add_client_id(state, account, contract, command, order_id, place, tag)
    wildcard = _wildcard_row(state)
    row = state.wildcards[wildcard]
    row["order"] = whole
    row["awaited"] = command["option"]
    state.extras[whole]["wildcard"] = wildcard
    members.gather(state, wildcard)
    return emit.accepted(state, events, written, whole, 0)


@kernel
def _join(state: State, command: Rows, events: Rows, written: int) -> int:
    """Refuse, or let a contract be the next member. With the last one the wildcard goes to work."""
    reason, order_id, whole = wildcard_means.refuse_member(state, command)
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, order_id)
    account = int64(command["account"])
    contract = int64(command["contract"])
    order = _open_row(state, contract, index.reach_position(state, account, contract))
    node = state.orders[order]
    shared = state.orders[whole]
    node["open_lots"] = shared["open_lots"]
    node["lots"] = shared["open_lots"]
    node["price_ticks"] = int64(shared["price_ticks"]) + int64(command["offset_ticks"])
    node["marks"] = (int64(shared["marks"]) & 1) | MEMBER
    node["order_type"] = shared["order_type"]
    node["time_in_force"] = shared["time_in_force"]
    node["self_trade"] = shared["self_trade"]
    state.extras[order]["offset_ticks"] = command["offset_ticks"]
    state.contracts[contract]["orders"] += 1
    risk.count(state, order, 1)
    risk.hold(state, order, int64(node["open_lots"]))
    wildcard = members.wildcard_of(state, whole)
    members.append(state, wildcard, order)
    members.fit_reserve(state, wildcard)
    written = emit.member(state, events, written, order, whole)
    row = state.wildcards[wildcard]
    if int64(row["awaited"]) > 1:
        row["awaited"] -= 1
        return written
    members.stop_gathering(state, wildcard)
    return roam.work(state, whole, events, written)


@kernel
def _open_row(state: State, contract: int, position: int) -> int:
    """A row of ORDER without what is special about it."""
    order = rows.take(state)
    node = state.orders[order]
    node["level"] = 0
    node["created_ns"] = state.header[0]["time_ns"]
    node["contract"] = contract
    node["position"] = position
    node["client_id"] = 0
    node["flags"] = 0
    state.extras[order]["limit_ticks"] = 0
    state.extras[order]["expiry_ns"] = 0
    return order


@kernel
def _wildcard_row(state: State) -> int:
    header = state.header[0]
    wildcard = int64(header["free_wildcard"])
    if wildcard == 0:
        wildcard = int64(header["wildcards"])
        header["wildcards"] = wildcard + 1
    else:
        header["free_wildcard"] = state.wildcards[wildcard]["order"]
    return wildcard
