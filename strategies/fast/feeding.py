"""What the feed shows of the books, and the handlers that watch it."""

from exchange.domain.enums import EventKind
from exchange.domain.flow import Stop
from exchange.jit import int64, kernel, number_of_3
from strategies.base import Wake
from strategies.fast.compiling import ON_BOOK, ON_TRADE
from strategies.fast.memory import Ints, Machine, Memory, Reference
from strategies.fast.schedule import set_alarm
from strategies.fast.waking import wake

_TRADE, _DEPTH = int(Stop.TRADE), int(Stop.DEPTH)
_BEST_CHANGED = int(Stop.PRICE | Stop.BEST)
_BOOK_CHANGED = int(Stop.PRICE | Stop.BEST | Stop.DEPTH | Stop.ROW)
SHOWN = _BOOK_CHANGED | _TRADE
_HEARS_TRADE, _HEARS_BOOK, _HEARS_DEPTH = int(Wake.TRADE), int(Wake.BBO | Wake.DEPTH), int(Wake.DEPTH)
_EVENT_FILLED, _EVENT_REJECTED = int(EventKind.FILLED), int(EventKind.REJECTED)


@kernel
def feed(
    state: Reference, world: Reference, memory: Memory, machine: Machine, levels: Ints, number: int, why: int
) -> bool:
    """The feed shows a contract that changed, then its trades among ``events``; False if a want is not possible."""
    seat = memory.seat[0]
    row = int64(memory.rows[number])
    hears = int64(seat["hears"])
    if row < 0:
        return True
    if why & _BOOK_CHANGED != 0 and hears & _HEARS_BOOK != 0:
        is_wanted = hears & _HEARS_DEPTH != 0 or why & _BEST_CHANGED != 0
        if is_wanted and not _is_closed(memory, row):
            if not wake(state, world, memory, machine, levels, ON_BOOK, row):
                return False
            set_alarm(memory)
    if why & _TRADE == 0 or hears & _HEARS_TRADE == 0:
        return True
    for place in range(int64(seat["shown"])):
        event = memory.events[place]
        if int64(event["kind"]) == _EVENT_FILLED and int64(event["contract"]) == number:
            trade = memory.trade[0]
            trade["contract"], trade["side"] = row, event["side"]
            trade["price_ticks"], trade["lots"], trade["time_ns"] = event["price_ticks"], event["lots"], seat["now_ns"]
            if not wake(state, world, memory, machine, levels, ON_TRADE, row):
                return False
    return True


@kernel
def _is_closed(memory: Memory, row: int) -> bool:
    seat = memory.seat[0]
    return int64(memory.gates[row]) <= int64(seat["now_ns"]) + int64(seat["lag_ns"])


@kernel
def feed_own(
    state: Reference, tape: Reference, world: Reference, memory: Memory, machine: Machine, levels: Ints, batch: int
) -> bool:
    """What the feed says of what one's own messages did, contract by contract."""
    number = -1
    while True:
        number = _next_number(memory, batch, number)
        if number < 0:
            return True
        changed = number_of_3(machine.look_at, state, tape, number) | _seen(memory, number)
        changed &= int64(memory.seat[0]["stops"])
        if changed != 0 and not feed(state, world, memory, machine, levels, number, changed):
            return False


@kernel
def _next_number(memory: Memory, batch: int, after: int) -> int:
    """The lowest number of a contract above ``after`` in the last commands, -1 if there is none."""
    found = -1
    for place in range(batch):
        number = int64(memory.commands[place]["contract"])
        if number > after and (found < 0 or number < found):
            found = number
    return found


@kernel
def _seen(memory: Memory, number: int) -> int:
    """What of depth and trades the last events changed in a contract: bits of Stop."""
    seen = 0
    for place in range(int64(memory.seat[0]["shown"])):
        event = memory.events[place]
        if int64(event["contract"]) == number and int64(event["kind"]) != _EVENT_REJECTED:
            seen |= _DEPTH
            if int64(event["kind"]) == _EVENT_FILLED:
                seen |= _TRADE
    return seen
