"""When the next thing is due: a binary heap of order expiries, gates and ends of phases.

Ordered by time, then ends of phases before gates before orders, then by who came first. Orders
and phases know their place in the heap, so that they take their deadline out at once and no
dead entries stay.
"""

from exchange.domain.records import Rows
from exchange.jit import int64, kernel, seldom
from exchange.kernel.state import State

_GATES = 2**31  # the rank of a gate is contract - 2**31, below that of every order
_PHASES = 2**32  # that of the end of a phase contract - 2**32, below that of every gate


@seldom
def add_gate(state: State, contract: int, time_ns: int) -> None:
    _add(state, time_ns, contract - _GATES, 0)


@seldom
def add_order(state: State, order: int, time_ns: int) -> None:
    _add(state, time_ns, int64(state.header[0]["sequence"]), order)


@seldom
def add_phase_end(state: State, contract: int, time_ns: int) -> None:
    _add(state, time_ns, contract - _PHASES, -1 - contract)


@seldom
def remove_phase_end(state: State, contract: int) -> None:
    """Take it out, if there is one."""
    place = int64(state.listings[contract]["deadline"])
    if place != 0:
        remove(state, place - 1)


@kernel
def is_phase_end(state: State) -> bool:
    """Whether the earliest deadline is the end of a phase."""
    return int64(state.deadlines[0]["order"]) < 0


@kernel
def first_contract(state: State) -> int:
    """The contract of the earliest deadline, which is a gate or the end of a phase."""
    return int64(state.deadlines[0]["rank"]) + (_PHASES if is_phase_end(state) else _GATES)


@seldom
def remove(state: State, place: int) -> None:
    """Take the entry at ``place`` out of the heap."""
    header = state.header[0]
    last = int64(header["deadlines"]) - 1
    header["deadlines"] = last
    _tell(state, int64(state.deadlines[place]["order"]), 0)
    entry = state.deadlines[last]
    time_ns = int64(entry["time_ns"])
    rank = int64(entry["rank"])
    order = int64(entry["order"])
    _set(state, last, 0, 0, 0)
    if place != last:
        place = _rise(state, place, time_ns, rank)
        place = _sink(state, place, time_ns, rank)
        _set(state, place, time_ns, rank, order)


@seldom
def _add(state: State, time_ns: int, rank: int, order: int) -> None:
    header = state.header[0]
    place = int64(header["deadlines"])
    header["deadlines"] = place + 1
    _set(state, _rise(state, place, time_ns, rank), time_ns, rank, order)


@kernel
def _set(state: State, place: int, time_ns: int, rank: int, order: int) -> None:
    entry = state.deadlines[place]
    entry["time_ns"] = time_ns
    entry["rank"] = rank
    entry["order"] = order
    _tell(state, order, place + 1)


@kernel
def _tell(state: State, order: int, deadline: int) -> None:
    """Let the order or the contract know its place in the heap."""
    if order > 0:
        state.extras[order]["deadline"] = deadline
    elif order < 0:
        state.listings[-1 - order]["deadline"] = deadline


@kernel
def _move(state: State, source: int, target: int) -> None:
    entry = state.deadlines[source]
    _set(state, target, int64(entry["time_ns"]), int64(entry["rank"]), int64(entry["order"]))


@kernel
def _is_before(entry: Rows, time_ns: int, rank: int) -> bool:
    return bool(entry["time_ns"] < time_ns or (entry["time_ns"] == time_ns and entry["rank"] < rank))


@kernel
def _rise(state: State, place: int, time_ns: int, rank: int) -> int:
    """Move later parents down into the hole at ``place``. Returns where the hole ends."""
    while place > 0:
        parent = (place - 1) >> 1
        if _is_before(state.deadlines[parent], time_ns, rank):
            break
        _move(state, parent, place)
        place = parent
    return place


@kernel
def _sink(state: State, place: int, time_ns: int, rank: int) -> int:
    """Move earlier children up into the hole at ``place``. Returns where the hole ends."""
    count = int64(state.header[0]["deadlines"])
    while 2 * place + 1 < count:
        child = 2 * place + 1
        if child + 1 < count:
            left = state.deadlines[child]
            if _is_before(state.deadlines[child + 1], int64(left["time_ns"]), int64(left["rank"])):
                child += 1
        if not _is_before(state.deadlines[child], time_ns, rank):
            break
        _move(state, child, place)
        place = child
    return place
