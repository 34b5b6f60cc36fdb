"""What the members of a wildcard share: its open lots, its reserve, and its end.

A wildcard has an order of its own (the whole), which stands in no book, and one for each of its
contracts (the members), which all have as many open lots as the whole. The account lists the whole
alone. A buy holds once, for the dearest member; a member holds lots of its position, and no cash.
"""

from exchange.domain.enums import EventKind, Reason, Side
from exchange.domain.records import Rows
from exchange.jit import int64, kernel, seldom
from exchange.kernel import deadlines, emit, fifo, ladder, risk, rows, stir
from exchange.kernel.facts import account_of
from exchange.kernel.state import EXPIRES, State

_BUY = int(Side.BUY)
_CANCELLED = int(EventKind.CANCELLED)
_EXPIRED = int(EventKind.EXPIRED)
_REASON_GATE = int(Reason.GATE)
_REASON_SHARED = int(Reason.SHARED)


@kernel
def wildcard_of(state: State, order: int) -> int:
    """The row of WILDCARD of a whole or a member."""
    return int64(state.extras[order]["wildcard"])


@kernel
def whole_of(state: State, order: int) -> int:
    """The whole to which an order belongs, which may be itself."""
    return int64(state.wildcards[wildcard_of(state, order)]["order"])


@kernel
def hold_cash(state: State, whole: int, lots: int) -> None:
    """Reserve for ``lots`` more of a wildcard that buys; negative ``lots`` release."""
    if int64(state.orders[whole]["marks"]) & 1 == _BUY:
        state.accounts[account_of(state, whole)]["reserved"] += risk.held_for(state, whole, lots)


@seldom
def append(state: State, wildcard: int, order: int) -> None:
    """``order`` joins, behind the other members."""
    row = state.wildcards[wildcard]
    newest_before = int64(row["newest"])
    link = state.extras[order]
    link["wildcard"] = wildcard
    link["watch_older"] = newest_before
    link["watch_newer"] = 0
    row["newest"] = order
    row["members"] += 1
    if newest_before != 0:
        state.extras[newest_before]["watch_newer"] = order
    else:
        row["oldest"] = order


@kernel
def _unlink(state: State, wildcard: int, order: int) -> None:
    row = state.wildcards[wildcard]
    older = int64(state.extras[order]["watch_older"])
    newer = int64(state.extras[order]["watch_newer"])
    row["members"] -= 1
    if older != 0:
        state.extras[older]["watch_newer"] = newer
    else:
        row["oldest"] = newer
    if newer != 0:
        state.extras[newer]["watch_older"] = older
    else:
        row["newest"] = older


@kernel
def _leave(state: State, order: int) -> None:
    """A member goes: out of its book if it stands there, out of the wildcard, out of the state."""
    node = state.orders[order]
    contract = int64(node["contract"])
    side = int64(node["marks"]) & 1
    if int64(node["level"]) != 0:
        ladder.take_out(state, ladder.visible(contract, side), side == _BUY, order)
        stir.touch(state, contract)
    risk.hold(state, order, -int64(node["open_lots"]))
    risk.count(state, order, -1)
    state.contracts[contract]["orders"] -= 1
    _unlink(state, wildcard_of(state, order), order)
    rows.free(state, order)


@seldom
def gather(state: State, wildcard: int) -> None:
    """Put a wildcard behind all others that wait for members."""
    header = state.header[0]
    newest_before = int64(header["gathering_newest"])
    row = state.wildcards[wildcard]
    row["gathering_older"] = newest_before
    row["gathering_newer"] = 0
    header["gathering_newest"] = wildcard
    if newest_before != 0:
        state.wildcards[newest_before]["gathering_newer"] = wildcard
    else:
        header["gathering_oldest"] = wildcard


@seldom
def stop_gathering(state: State, wildcard: int) -> None:
    """All members are there, or no more will come."""
    header = state.header[0]
    row = state.wildcards[wildcard]
    older = int64(row["gathering_older"])
    newer = int64(row["gathering_newer"])
    row["awaited"] = 0
    if older != 0:
        state.wildcards[older]["gathering_newer"] = newer
    else:
        header["gathering_oldest"] = newer
    if newer != 0:
        state.wildcards[newer]["gathering_older"] = older
    else:
        header["gathering_newest"] = older


@kernel
def _close(state: State, whole: int) -> None:
    """Free a wildcard that has no members and holds nothing any more."""
    header = state.header[0]
    wildcard = wildcard_of(state, whole)
    row = state.wildcards[wildcard]
    if int64(row["awaited"]) != 0:
        stop_gathering(state, wildcard)
    if int64(state.orders[whole]["marks"]) & EXPIRES != 0:
        deadlines.remove(state, int64(state.extras[whole]["deadline"]) - 1)
    fifo.leave_account(state, account_of(state, whole), whole)
    rows.free(state, whole)
    row["order"] = header["free_wildcard"]
    header["free_wildcard"] = wildcard


@seldom
def end(state: State, order: int, events: Rows, written: int, kind: int, reason: int) -> int:
    """End the wildcard to which ``order`` belongs with all its members; at a gate only the member that stands there."""
    if kind == _EXPIRED and reason == _REASON_GATE:
        return end_member(state, order, events, written, kind, reason)
    return _end_whole(state, whole_of(state, order), events, written, kind, reason)


@seldom
def _end_whole(state: State, whole: int, events: Rows, written: int, kind: int, reason: int) -> int:
    written = emit.gone(state, events, written, whole, kind, reason, 0)
    hold_cash(state, whole, -int64(state.orders[whole]["open_lots"]))
    member = int64(state.wildcards[wildcard_of(state, whole)]["oldest"])
    while member != 0:
        newer = int64(state.extras[member]["watch_newer"])
        if int64(state.orders[member]["level"]) != 0:
            written = emit.gone(state, events, written, member, kind, reason, 1)
        _leave(state, member)
        member = newer
    _close(state, whole)
    return written


@seldom
def end_member(state: State, order: int, events: Rows, written: int, kind: int, reason: int) -> int:
    """End one member. The wildcard goes on with the others, and ends with the last of them."""
    wildcard = wildcard_of(state, order)
    whole = whole_of(state, order)
    if int64(state.orders[order]["level"]) != 0:
        written = emit.gone(state, events, written, order, kind, reason, 1)
    else:
        # Nothing of it was ever said to be open.
        risk.hold(state, order, -int64(state.orders[order]["open_lots"]))
        state.orders[order]["open_lots"] = 0
        written = emit.gone(state, events, written, order, kind, reason, 0)
    _leave(state, order)
    row = state.wildcards[wildcard]
    if int64(row["members"]) == 0 and int64(row["awaited"]) == 0:
        return _end_whole(state, whole, events, written, kind, reason)
    fit_reserve(state, wildcard)
    return written


@seldom
def fit_reserve(state: State, wildcard: int) -> None:
    """Hold for the dearest member there is now."""
    whole = int64(state.wildcards[wildcard]["order"])
    open_lots = int64(state.orders[whole]["open_lots"])
    hold_cash(state, whole, -open_lots)
    dearest_ticks = 0
    member = int64(state.wildcards[wildcard]["oldest"])
    while member != 0:
        dearest_ticks = max(dearest_ticks, int64(state.orders[member]["price_ticks"]))
        member = int64(state.extras[member]["watch_newer"])
    state.extras[whole]["limit_ticks"] = dearest_ticks
    hold_cash(state, whole, open_lots)


@seldom
def share(state: State, order: int, lots: int, events: Rows, written: int) -> int:
    """``lots`` of a member traded, and are off it already: the whole and all other members lose them, too."""
    whole = whole_of(state, order)
    hold_cash(state, whole, -lots)
    state.orders[whole]["open_lots"] -= lots
    if int64(state.orders[order]["level"]) != 0:
        written = emit.shared(state, events, written, whole, order, lots)
    other = int64(state.wildcards[wildcard_of(state, whole)]["oldest"])
    while other != 0:
        newer = int64(state.extras[other]["watch_newer"])
        if other != order:
            written = _lose(state, other, lots, _REASON_SHARED, events, written)
        other = newer
    if int64(state.orders[whole]["open_lots"]) == 0:
        _leave(state, order)
        _close(state, whole)
    return written


@kernel
def _lose(state: State, order: int, lots: int, reason: int, events: Rows, written: int) -> int:
    """A member has ``lots`` less, and goes if none are left. Nobody hears of one that stands in no book yet."""
    node = state.orders[order]
    open_lots = int64(node["open_lots"])
    stands = int64(node["level"]) != 0
    if open_lots == lots:
        if stands:
            written = emit.gone(state, events, written, order, _CANCELLED, reason, 1)
        _leave(state, order)
        return written
    risk.hold(state, order, -lots)
    node["lots"] -= lots
    node["open_lots"] -= lots
    if not stands:
        return written
    state.levels[int64(node["level"])]["lots"] -= lots
    stir.touch(state, int64(node["contract"]))
    return emit.amended(state, events, written, order, int64(node["price_ticks"]), open_lots, reason, 1)


@seldom
def shrink(state: State, order: int, lots: int, reason: int, events: Rows, written: int) -> int:
    """Take ``lots`` off a wildcard, which has more, without a trade."""
    whole = whole_of(state, order)
    node = state.orders[whole]
    open_lots = int64(node["open_lots"])
    hold_cash(state, whole, -lots)
    node["lots"] -= lots
    node["open_lots"] -= lots
    written = emit.amended(state, events, written, whole, int64(node["price_ticks"]), open_lots, reason, 0)
    member = int64(state.wildcards[wildcard_of(state, whole)]["oldest"])
    while member != 0:
        written = _lose(state, member, lots, reason, events, written)
        member = int64(state.extras[member]["watch_newer"])
    return written


@seldom
def gathering_in(state: State, wildcard: int, contract: int) -> int:
    """The member that a wildcard which waits for others has in ``contract``; 0 if it has none there."""
    member = int64(state.wildcards[wildcard]["oldest"])
    while member != 0 and int64(state.orders[member]["contract"]) != contract:
        member = int64(state.extras[member]["watch_newer"])
    return member
