"""One order at work: it crosses, is offered to those who wait for it, and rests or expires."""

from exchange.domain.enums import EventKind, OrderType, Reason, TimeInForce
from exchange.domain.records import Rows
from exchange.jit import int64, kernel, seldom
from exchange.kernel import cohesion, emit, life, match, phase, stir, strips
from exchange.kernel.facts import is_collecting
from exchange.kernel.state import COHESIVE, COLLECTS, IS_STRIP, NOTICED, WATCHED, State

_IOC = int(TimeInForce.IOC)
_FOK = int(TimeInForce.FOK)
_MARKET = int(OrderType.MARKET)
_STOP = int(OrderType.STOP)
_EXPIRED = int(EventKind.EXPIRED)
_REASON_IOC = int(Reason.IOC)


@kernel
def work(state: State, order: int, events: Rows, written: int) -> int:
    """Cross an order that stands in no book, then rest or expire what is left.

    If room for events runs out, HEADER pending names the order and the next call goes on.
    """
    header = state.header[0]
    contract = int64(state.orders[order]["contract"])
    ending = match.DONE
    alert = int64(state.contracts[contract]["alert"])
    if alert & (COLLECTS | IS_STRIP) == 0:
        written, ending = match.cross(state, order, events, written)
        if ending == match.DONE and int64(state.contracts[contract]["alert"]) & NOTICED != 0:
            written, ending = match.offer(state, order, events, written)
    elif alert & IS_STRIP != 0:
        if int64(state.orders[order]["marks"]) & COHESIVE != 0:
            written, ending = cohesion.cross(state, order, events, written)
        else:
            written, ending = strips.cross(state, order, events, written)
    header["pending"] = order if ending == match.NO_ROOM else 0
    if ending == match.NO_ROOM or ending == match.GAVE_WAY:
        return written
    if ending == match.VOLATILE:
        written = phase.enter_volatility(state, contract, events, written)
    if int64(state.orders[order]["open_lots"]) == 0:
        life.close(state, order)
        return written
    return _finish(state, order, contract, events, written)


@seldom
def work_aside(state: State, order: int, events: Rows, written: int) -> int:
    """The same, away from the main path."""
    return work(state, order, events, written)


@kernel
def is_immediate(state: State, order: int) -> bool:
    """Whether what of ``order`` does not trade at once goes away."""
    node = state.orders[order]
    time_in_force = int64(node["time_in_force"])
    order_type = int64(node["order_type"])
    return time_in_force == _IOC or time_in_force == _FOK or order_type == _MARKET or order_type == _STOP


@kernel
def _finish(state: State, order: int, contract: int, events: Rows, written: int) -> int:
    if is_immediate(state, order):
        return life.end_aside(state, order, events, written, _EXPIRED, _REASON_IOC)
    if int64(state.orders[order]["marks"]) & WATCHED != 0 and is_collecting(state, contract):
        phase.to_limit(state, order)
        return written
    life.rest(state, contract, order)
    stir.touch(state, contract)
    return emit.rested(state, events, written, order)
