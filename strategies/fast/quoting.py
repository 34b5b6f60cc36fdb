"""The quote reconciler of ``strategies.base``, compiled, for one bid and one ask in each contract.

It decides exactly as that one does when all it is told are Quotes: with at most one want a side there
is at most one order a side, so that pairing orders with wants is no search.
"""

from exchange.domain.records import Rows
from exchange.domain.units import LOTS_MAX, PRICE_TICKS_MAX
from exchange.jit import int64, kernel
from strategies.fast.memory import AMEND, NONE, PLACE, PULL, Memory

_BUY = 0
_REFILL = 2  # an order is topped up when less than one part in so many of what is wanted is left


@kernel
def is_possible(want: Rows) -> bool:
    """Whether prices and lots are in bounds and the bid is below the ask."""
    bid_lots, ask_lots = int64(want["bid_lots"]), int64(want["ask_lots"])
    bid_ticks, ask_ticks = int64(want["bid_ticks"]), int64(want["ask_ticks"])
    if bid_lots > 0 and not (0 < bid_ticks <= PRICE_TICKS_MAX and bid_lots <= LOTS_MAX):
        return False
    if ask_lots > 0 and not (0 < ask_ticks <= PRICE_TICKS_MAX and ask_lots <= LOTS_MAX):
        return False
    return not (bid_lots > 0 and ask_lots > 0 and bid_ticks >= ask_ticks)


@kernel
def state(memory: Memory, contract: int) -> None:
    """Take in what ``wants`` says of both sides of a contract."""
    want = memory.wants[contract]
    _want(memory.slots[2 * contract], int64(want["bid_ticks"]), int64(want["bid_lots"]))
    _want(memory.slots[2 * contract + 1], int64(want["ask_ticks"]), int64(want["ask_lots"]))


@kernel
def _want(slot: Rows, price_ticks: int, lots: int) -> None:
    slot["want_ticks"] = price_ticks
    slot["want_lots"] = max(lots, 0)
    slot["is_refused"] = 0


@kernel
def reconcile(memory: Memory, contract: int) -> None:
    """Send what brings this contract nearer to what is wanted, given what is in flight: the bid first.

    ``messages`` must have two rows to spare.
    """
    _reconcile_side(memory, contract, 0)
    _reconcile_side(memory, contract, 1)


@kernel
def _reconcile_side(memory: Memory, contract: int, side: int) -> None:
    slot = memory.slots[2 * contract + side]
    want_lots = int64(slot["want_lots"])
    if int64(slot["number"]) == 0:
        if want_lots > 0 and not _must_wait(memory, contract, side):
            _place(memory, contract, side)
    elif int64(slot["flight"]) == NONE:
        if want_lots == 0:
            slot["flight"] = PULL
            _send(memory, contract, side, PULL, 0, 0)
        elif not _fits(slot) and not _must_wait(memory, contract, side):
            _amend(memory, contract, side)


@kernel
def _fits(slot: Rows) -> bool:
    open_lots = max(int64(slot["lots"]) - int64(slot["filled_lots"]), 0)
    want_lots = int64(slot["want_lots"])
    if int64(slot["price_ticks"]) != int64(slot["want_ticks"]):
        return False
    return want_lots <= _REFILL * open_lots and open_lots <= want_lots


@kernel
def _must_wait(memory: Memory, contract: int, side: int) -> bool:
    """Whether the want was refused, or could meet the order of the other side, where it stands or is going."""
    slot, other = memory.slots[2 * contract + side], memory.slots[2 * contract + 1 - side]
    if int64(slot["is_refused"]) != 0:
        return True
    if int64(other["number"]) == 0:
        return False
    want_ticks = int64(slot["want_ticks"])
    price_ticks, next_ticks = int64(other["price_ticks"]), _next_price(other)
    if side == _BUY:
        return want_ticks >= min(price_ticks, next_ticks)
    return want_ticks <= max(price_ticks, next_ticks)


@kernel
def _next_price(slot: Rows) -> int:
    """The price once everything in flight has been answered with yes."""
    return int64(slot["flight_price_ticks"]) if int64(slot["flight"]) == AMEND else int64(slot["price_ticks"])


@kernel
def _place(memory: Memory, contract: int, side: int) -> None:
    slot = memory.slots[2 * contract + side]
    memory.seat[0]["placed"] += 1
    slot["number"] = memory.seat[0]["placed"]
    slot["flight"] = PLACE
    slot["price_ticks"] = slot["want_ticks"]
    slot["lots"] = slot["want_lots"]
    slot["filled_lots"] = 0
    _send(memory, contract, side, PLACE, int64(slot["price_ticks"]), int64(slot["lots"]))


@kernel
def _amend(memory: Memory, contract: int, side: int) -> None:
    slot = memory.slots[2 * contract + side]
    slot["flight"] = AMEND
    slot["flight_price_ticks"] = slot["want_ticks"]
    slot["flight_lots"] = int64(slot["filled_lots"]) + int64(slot["want_lots"])
    _send(memory, contract, side, AMEND, int64(slot["flight_price_ticks"]), int64(slot["flight_lots"]))


@kernel
def _send(memory: Memory, contract: int, side: int, kind: int, price_ticks: int, lots: int) -> None:
    seat = memory.seat[0]
    message = memory.messages[int64(seat["messages"])]
    seat["messages"] += 1
    seat["turn"] += 1
    message["time_ns"] = int64(seat["now_ns"]) + int64(seat["lag_ns"])
    message["turn"] = seat["turn"]
    message["number"] = memory.slots[2 * contract + side]["number"]
    message["contract"] = contract
    message["side"] = side
    message["kind"] = kind
    message["price_ticks"] = price_ticks
    message["lots"] = lots


@kernel
def answered(slot: Rows, number: int, price_ticks: int, lots: int, filled_lots: int) -> bool:
    """The venue did what the message in flight asked; False if the order is not there any more."""
    if int64(slot["number"]) != number:
        return False
    slot["flight"] = NONE
    slot["price_ticks"] = price_ticks
    slot["lots"] = lots
    filled(slot, number, filled_lots)
    return True


@kernel
def refused(slot: Rows, number: int, is_gone: bool) -> bool:
    """The venue refused the message in flight; the same answer."""
    if int64(slot["number"]) != number:
        return False
    flight = int64(slot["flight"])
    if flight != NONE and flight != PULL and _next_price(slot) == int64(slot["want_ticks"]):
        slot["is_refused"] = 1
    slot["flight"] = NONE
    if is_gone or flight == PLACE or int64(slot["lots"]) <= int64(slot["filled_lots"]):
        slot["number"] = 0
    return True


@kernel
def filled(slot: Rows, number: int, filled_lots: int) -> None:
    """``filled_lots`` counts from the order's beginning. What was filled is no longer wanted."""
    if int64(slot["number"]) != number:
        return
    more = filled_lots - int64(slot["filled_lots"])
    if more > 0:
        slot["want_lots"] = max(int64(slot["want_lots"]) - more, 0)
        slot["filled_lots"] = filled_lots
    if int64(slot["lots"]) <= int64(slot["filled_lots"]) and int64(slot["flight"]) != AMEND:
        slot["number"] = 0


@kernel
def gone(slot: Rows, number: int) -> bool:
    """The order left the book without being asked; the same answer as from ``answered``."""
    if int64(slot["number"]) != number:
        return False
    slot["number"] = 0
    return True
