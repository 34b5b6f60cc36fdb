"""A wildcard at work: it takes the best of all its contracts, one order after the other, then rests in every book.

What is best counts less what each contract is worth more than the base: price less offset.
"""

from exchange.domain.enums import EventKind, Reason, Side, TimeInForce
from exchange.domain.records import Rows
from exchange.jit import int64, kernel, seldom
from exchange.kernel import emit, ladder, life, match, members, phase, stir
from exchange.kernel.facts import is_closed, is_continuous
from exchange.kernel.state import RERUN, State

_BUY = int(Side.BUY)
_IOC = int(TimeInForce.IOC)
_EXPIRED = int(EventKind.EXPIRED)
_REASON_IOC = int(Reason.IOC)
_REASON_GATE = int(Reason.GATE)


@seldom
def work(state: State, whole: int, events: Rows, written: int) -> int:
    """Trade, then rest or expire what is left. If room runs out, HEADER pending is RERUN and the next call goes on."""
    header = state.header[0]
    header["pending"] = 0
    written = _drop_closed(state, whole, events, written)
    while int64(state.orders[whole]["open_lots"]) > 0:
        if not match.has_room(state, events, written, 1):
            header["pending"] = RERUN
            return written
        member = _best_member(state, whole)
        if member == 0:
            return _finish(state, whole, events, written)
        written = _step(state, whole, member, events, written)
    return written


@kernel
def _drop_closed(state: State, whole: int, events: Rows, written: int) -> int:
    """End the members whose gate passed before the last one came, which is open still."""
    member = int64(state.wildcards[members.wildcard_of(state, whole)]["oldest"])
    while member != 0:
        newer = int64(state.extras[member]["watch_newer"])
        if is_closed(state, int64(state.orders[member]["contract"])):
            written = members.end_member(state, member, events, written, _EXPIRED, _REASON_GATE)
        member = newer
    return written


@kernel
def _best_member(state: State, whole: int) -> int:
    """The member that has the best to trade with, of equal ones the first; 0 if none has anything within its limit."""
    side = int64(state.orders[whole]["marks"]) & 1
    best = 0
    best_net = 0
    member = int64(state.wildcards[members.wildcard_of(state, whole)]["oldest"])
    while member != 0:
        node = state.orders[member]
        contract = int64(node["contract"])
        ticks = int64(state.books[ladder.visible(contract, 1 - side)]["best_ticks"])
        reaches = ticks != 0 and match.within(side, int64(node["price_ticks"]), ticks)
        if reaches and int64(node["level"]) == 0 and is_continuous(state, contract):
            net = ticks - int64(state.extras[member]["offset_ticks"])
            if best == 0 or (net < best_net if side == _BUY else net > best_net):
                best = member
                best_net = net
        member = int64(state.extras[member]["watch_newer"])
    return best


@kernel
def _step(state: State, whole: int, member: int, events: Rows, written: int) -> int:
    """Meet the oldest order at the best price where ``member`` would stand."""
    node = state.orders[member]
    contract = int64(node["contract"])
    book = state.contracts[contract]
    opposite = state.books[ladder.visible(contract, 1 - (int64(node["marks"]) & 1))]
    price_ticks = int64(opposite["best_ticks"])
    if not int64(book["floor_ticks"]) <= price_ticks <= int64(book["ceiling_ticks"]):
        return phase.enter_volatility(state, contract, events, written)
    level = int64(opposite["best_level"])
    maker = int64(state.levels[level]["oldest"])
    if match.same_owner(state, member, maker):
        return match.give_way(state, member, maker, events, written)
    open_lots = int64(node["open_lots"])
    first = written
    written = match.meet_special(state, member, maker, contract, level, price_ticks, events, written)
    lots = open_lots - int64(node["open_lots"])
    if lots == 0:
        return written
    # The order that trades is the wildcard; that it has one here is nobody's business.
    events[first]["order_id"] = emit.order_id_of(state, whole)
    return members.share(state, member, lots, events, written)


@kernel
def _finish(state: State, whole: int, events: Rows, written: int) -> int:
    """Nothing is left to trade with: rest in every book, or expire."""
    if int64(state.orders[whole]["time_in_force"]) == _IOC:
        return life.end_aside(state, whole, events, written, _EXPIRED, _REASON_IOC)
    member = int64(state.wildcards[members.wildcard_of(state, whole)]["oldest"])
    while member != 0:
        if int64(state.orders[member]["level"]) == 0:
            if not match.has_room(state, events, written, 1):
                state.header[0]["pending"] = RERUN
                return written
            contract = int64(state.orders[member]["contract"])
            state.orders[member]["lots"] = state.orders[member]["open_lots"]
            life.rest(state, contract, member)
            stir.touch(state, contract)
            written = emit.rested(state, events, written, member)
        member = int64(state.extras[member]["watch_newer"])
    return written
