"""The whole of a backtest in machine code: flow, messages under way, news, timers and handlers.

It does what ``strategies.backtest.runner`` does with a ``Desk``, in the same order: the same messages reach
the engine at the same time. It stops only where Python has to make room, to give it rows, or to let a
deadline of the venue pass.
"""

from exchange.domain.enums import CommandKind, EventKind, Flag, OrderType, TimeInForce
from exchange.domain.flow import Stop
from exchange.domain.records import Rows
from exchange.domain.units import NEVER_NS
from exchange.jit import int64, kernel, number_of_3, pair_of_3, pair_of_5
from strategies.base import Wake
from strategies.fast import quoting
from strategies.fast.compiling import ON_BOOK, ON_FILL, ON_START, ON_TIMER, ON_TRADE
from strategies.fast.hearing import heard, publish
from strategies.fast.memory import AMEND, FILLED, MESSAGES_EACH, PLACE, Ints, Machine, Memory, Reference
from strategies.fast.waking import book_fill, look, settle, wake

# Why it stopped.
DONE, NEEDS_ROWS, NEEDS_ROOM, NEEDS_MESSAGES, NEEDS_FILLS, NEEDS_NEWS, DEADLINE, BAD_WANT, STUCK = range(9)
_START, _MESSAGE, _NEWS, _ALARM, _NOTHING = range(5)  # jobs
_COMMANDS_EACH = 2  # that a row of the flow may need
_CHARACTERS = 9  # of a text in one word
_BASE, _ZERO = 65, 53  # of an alphabet of 64, and where the digits begin in it

_TIME, _DEADLINE, _ROOM = int(Stop.TIME), int(Stop.DEADLINE), int(Stop.ROOM)
_TRADE, _DEPTH = int(Stop.TRADE), int(Stop.DEPTH)
_BEST_CHANGED = int(Stop.PRICE | Stop.BEST)
_BOOK_CHANGED = int(Stop.PRICE | Stop.BEST | Stop.DEPTH | Stop.ROW)
_SHOWN = _BOOK_CHANGED | _TRADE
_HEARS_FILL, _HEARS_TRADE = int(Wake.FILL), int(Wake.TRADE)
_HEARS_BOOK, _HEARS_DEPTH = int(Wake.BBO | Wake.DEPTH), int(Wake.DEPTH)
_NEW, _CANCEL, _REPLACE = int(CommandKind.NEW), int(CommandKind.CANCEL), int(CommandKind.REPLACE)
_LIMIT, _GTC, _POST_ONLY = int(OrderType.LIMIT), int(TimeInForce.GTC), int(Flag.POST_ONLY)
_EVENT_FILLED, _EVENT_REJECTED = int(EventKind.FILLED), int(EventKind.REJECTED)


def run(state: Reference, tape: Reference, world: Reference, memory: Memory, machine: Machine, levels: Ints) -> int:
    """Go on until there is a reason to stop; says which.

    state, tape, world: by reference, and ``memory`` too. levels: (2, 2) of int64, overwritten.
    """
    seat = memory.seat[0]
    if int64(seat["unheard"]) > 0:
        publish(memory, int64(seat["unheard"]), 0, 0)
        seat["unheard"] = 0
    while True:
        lacking = _lacking(memory)
        if lacking != DONE:
            return lacking
        due_ns, _, job = _next(memory)
        if int64(seat["first"]) < memory.flow.shape[0]:
            why = _play(state, tape, memory, machine, due_ns)
            if why & _ROOM != 0:
                return NEEDS_ROOM
            if why & _DEADLINE != 0:
                return DEADLINE
            if why & _TIME == 0:
                if why != 0 and not _happened(state, world, memory, machine, levels, why):
                    return BAD_WANT
                continue
            if due_ns > int64(seat["end_ns"]):
                return DONE
        elif int64(seat["is_last"]) == 0:
            return NEEDS_ROWS
        elif due_ns > int64(state.header[0]["time_ns"]):
            return DONE
        if _deadline_ns(state) <= due_ns:
            return DEADLINE
        seat["now_ns"] = due_ns
        stopped = _do(state, tape, world, memory, machine, levels, job)
        if stopped != DONE:
            return stopped


@kernel
def _deadline_ns(state: Reference) -> int:
    """When the engine's next gate or expiry is due; NEVER_NS if there is none."""
    return int64(state.deadlines[0]["time_ns"]) if int64(state.header[0]["deadlines"]) != 0 else NEVER_NS


@kernel
def _lacking(memory: Memory) -> int:
    """What there must be more of before anything is done; DONE if nothing."""
    seat = memory.seat[0]
    if memory.messages.shape[0] - int64(seat["messages"]) < MESSAGES_EACH * memory.wants.shape[0]:
        return NEEDS_MESSAGES
    if memory.news.shape[0] - int64(seat["news"]) < 2 * memory.events.shape[0]:
        return NEEDS_NEWS
    if memory.fills.shape[0] - int64(seat["fills"]) < 1:
        return NEEDS_FILLS
    return DONE


@kernel
def _next(memory: Memory) -> tuple[int, int, int]:
    """(when, turn, job) of what is due first."""
    seat = memory.seat[0]
    due_ns, turn, job = int64(seat["start_ns"]), 0, _START
    if due_ns == NEVER_NS:
        job = _NOTHING
    arrived = int64(seat["arrived"])
    if arrived < int64(seat["messages"]):
        message = memory.messages[arrived]
        time_ns = int64(message["time_ns"]) + int64(seat["entry_ns"])
        if time_ns < due_ns or (time_ns == due_ns and int64(message["turn"]) < turn):
            due_ns, turn, job = time_ns, int64(message["turn"]), _MESSAGE
    if int64(seat["heard"]) < int64(seat["news"]):
        news = memory.news[int64(seat["heard"])]
        time_ns = int64(news["time_ns"])
        if time_ns < due_ns or (time_ns == due_ns and int64(news["turn"]) < turn):
            due_ns, turn, job = time_ns, int64(news["turn"]), _NEWS
    time_ns = int64(seat["alarm_ns"])
    if time_ns < due_ns or (time_ns == due_ns and int64(seat["alarm_turn"]) < turn):
        due_ns, turn, job = time_ns, int64(seat["alarm_turn"]), _ALARM
    return due_ns, turn, job


@kernel
def _play(state: Reference, tape: Reference, memory: Memory, machine: Machine, due_ns: int) -> int:
    """Let the engine play up to what is due: bits of Stop, 0 if it did not stop."""
    seat, control = memory.seat[0], tape.control[0]
    first = int64(seat["first"])
    rows = min(memory.flow.shape[0], first + int64(seat["room"]) // _COMMANDS_EACH)
    if rows == first:
        return _ROOM
    control["until_ns"] = min(due_ns, int64(seat["end_ns"]) - 1) + 1
    before = int64(state.header[0]["sequence"])
    played, written = pair_of_5(machine.play, state, tape, memory.flow[:rows], first, memory.events)
    seat["room"] -= int64(state.header[0]["sequence"]) - before
    seat["first"] = first + played
    seat["shown"] = written
    return int64(control["why"])


@kernel
def _happened(state: Reference, world: Reference, memory: Memory, machine: Machine, levels: Ints, why: int) -> bool:
    """The feed shows what playing stopped for, and the news of it go out; False if a want is not possible."""
    seat = memory.seat[0]
    seat["now_ns"] = max(int64(seat["now_ns"]), int64(state.header[0]["time_ns"]))
    is_possible = True
    if why & _SHOWN != 0:
        is_possible = _feed(state, world, memory, machine, levels, _last_contract(memory), why)
    publish(memory, int64(seat["shown"]), 0, 0)
    return is_possible


@kernel
def _last_contract(memory: Memory) -> int:
    return int64(memory.flow[int64(memory.seat[0]["first"]) - 1]["contract"])


@kernel
def _feed(
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
            _set_alarm(memory)
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
def _do(
    state: Reference, tape: Reference, world: Reference, memory: Memory, machine: Machine, levels: Ints, job: int
) -> int:
    """One job at its time; DONE, or why it cannot be done."""
    seat = memory.seat[0]
    now_ns = int64(seat["now_ns"]) + int64(seat["lag_ns"])
    is_possible = True
    if job == _MESSAGE:
        return _arrive(state, tape, world, memory, machine, levels)
    if job == _START:
        seat["start_ns"] = NEVER_NS
        _watch(state, tape, memory, machine)
        if int64(seat["timer_ns"]) > 0:
            seat["next_timer_ns"] = now_ns + int64(seat["timer_ns"])
        is_possible = wake(state, world, memory, machine, levels, ON_START, 0)
    elif job == _NEWS:
        is_possible = _hear(state, world, memory, machine, levels)
    else:
        seat["alarm_ns"] = NEVER_NS
        next_ns, timer_ns = int64(seat["next_timer_ns"]), int64(seat["timer_ns"])
        # Beats that were missed are skipped, not made up for.
        seat["next_timer_ns"] = next_ns + timer_ns * (1 + (now_ns - next_ns) // timer_ns)
        is_possible = wake(state, world, memory, machine, levels, ON_TIMER, 0)
    _set_alarm(memory)
    return DONE if is_possible else BAD_WANT


@kernel
def _watch(state: Reference, tape: Reference, memory: Memory, machine: Machine) -> None:
    """From here on the feed shows what happens."""
    for row in range(memory.numbers.shape[0]):
        number = int64(memory.numbers[row])
        tape.watches[number]["stops"] = memory.seat[0]["stops"]
        number_of_3(machine.look_at, state, tape, number)


@kernel
def _set_alarm(memory: Memory) -> None:
    """Note when the timer wants to be called next."""
    seat = memory.seat[0]
    if int64(seat["alarm_ns"]) == NEVER_NS and int64(seat["next_timer_ns"]) != NEVER_NS:
        seat["turn"] += 1
        seat["alarm_turn"] = seat["turn"]
        seat["alarm_ns"] = max(int64(seat["next_timer_ns"]) - int64(seat["lag_ns"]), int64(seat["now_ns"]))


@kernel
def _hear(state: Reference, world: Reference, memory: Memory, machine: Machine, levels: Ints) -> bool:
    """The next news; False for a want that is not possible."""
    seat = memory.seat[0]
    news = memory.news[int64(seat["heard"])]
    row = int64(news["contract"])
    is_possible = True
    if int64(news["kind"]) == FILLED:
        look(state, memory, machine, levels, row)
        book_fill(memory, news)
        quoting.filled(memory.slots[2 * row + int64(news["side"])], int64(news["number"]), int64(news["filled_lots"]))
        if int64(seat["hears"]) & _HEARS_FILL != 0:
            is_possible = wake(state, world, memory, machine, levels, ON_FILL, row)
        settle(memory, row)
    elif heard(memory, news):
        settle(memory, row)
    seat["heard"] += 1
    if int64(seat["heard"]) == int64(seat["news"]):
        seat["heard"] = 0
        seat["news"] = 0
    return is_possible


@kernel
def _arrive(state: Reference, tape: Reference, world: Reference, memory: Memory, machine: Machine, levels: Ints) -> int:
    """Messages that are due together reach the venue; the news of what they did goes out."""
    seat, header = memory.seat[0], state.header[0]
    now_ns = int64(seat["now_ns"])
    if int64(seat["room"]) < memory.commands.shape[0]:
        return NEEDS_ROOM
    sequence = int64(header["sequence"]) + 1
    batch = 0
    while batch < memory.commands.shape[0]:
        due_ns, _, job = _next(memory)
        if due_ns != now_ns or job != _MESSAGE:
            break
        _command(memory, batch, sequence + batch)
        seat["arrived"] += 1
        batch += 1
    seat["room"] -= batch
    done, written = pair_of_3(machine.apply, state, memory.commands[:batch], memory.events)
    if done != batch:
        return STUCK
    seat["shown"] = written
    is_possible = True
    if int64(seat["stops"]) != 0:
        is_possible = _feed_own(state, tape, world, memory, machine, levels, batch)
    publish(memory, written, sequence, batch)
    return DONE if is_possible else BAD_WANT


@kernel
def _command(memory: Memory, place: int, sequence: int) -> None:
    """The next message as the engine takes it."""
    seat = memory.seat[0]
    message, command = memory.messages[int64(seat["arrived"])], memory.commands[place]
    kind = int64(message["kind"])
    is_new = kind == PLACE
    command["sequence"] = sequence
    command["time_ns"] = seat["now_ns"]
    command["account"] = seat["account"]
    command["contract"] = memory.numbers[int64(message["contract"])]
    command["kind"] = _NEW if is_new else _REPLACE if kind == AMEND else _CANCEL
    command["side"] = message["side"] if is_new else 0
    command["order_type"] = _LIMIT if is_new else 0
    command["time_in_force"] = _GTC if is_new else 0
    command["flags"] = _POST_ONLY if is_new else 0
    command["price_ticks"] = message["price_ticks"]
    command["lots"] = message["lots"]
    _name(command, int64(message["number"]))


@kernel
def _name(command: Rows, number: int) -> None:
    """The digits of ``number`` as a client id: the first is the lowest digit of the first word."""
    first, second = int64(0), int64(0)
    digits = 1
    power = int64(1)
    while power * 10 <= number:
        power *= 10
        digits += 1
    weight = int64(1)
    for place in range(digits):
        if place == _CHARACTERS:
            weight = int64(1)
        digit = (number // power) % 10 + _ZERO
        if place < _CHARACTERS:
            first += digit * weight
        else:
            second += digit * weight
        weight *= _BASE
        power //= 10
    command["text_0"] = first
    command["text_1"] = second


@kernel
def _feed_own(
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
        if changed != 0 and not _feed(state, world, memory, machine, levels, number, changed):
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
