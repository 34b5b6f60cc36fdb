"""The whole of a backtest in machine code: flow, messages under way, news, timers and handlers.

It does what ``strategies.backtest.runner`` does with a ``Desk``, in the same order: the same messages reach
the engine at the same time. It stops only where Python has to make room, to give it rows, or to let a
deadline of the venue pass.
"""

from exchange.domain.flow import Stop
from exchange.domain.units import NEVER_NS
from exchange.jit import int64, kernel, number_of_3, pair_of_5
from strategies.base import Wake
from strategies.fast import quoting
from strategies.fast.arriving import arrive
from strategies.fast.compiling import ON_FILL, ON_START, ON_TIMER
from strategies.fast.feeding import SHOWN, feed
from strategies.fast.hearing import heard, publish
from strategies.fast.memory import FILLED, MESSAGES_EACH, Ints, Machine, Memory, Reference
from strategies.fast.schedule import MESSAGE_JOB, NEWS_JOB, START_JOB, deadline_ns, next_due, set_alarm
from strategies.fast.stopping import (
    BAD_WANT,
    DEADLINE,
    DONE,
    NEEDS_FILLS,
    NEEDS_MESSAGES,
    NEEDS_NEWS,
    NEEDS_ROOM,
    NEEDS_ROWS,
)
from strategies.fast.waking import book_fill, look, settle, wake

_COMMANDS_EACH = 2  # that a row of the flow may need
_TIME, _DEADLINE, _ROOM = int(Stop.TIME), int(Stop.DEADLINE), int(Stop.ROOM)
_HEARS_FILL = int(Wake.FILL)


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
        due_ns, _, job = next_due(memory)
        if int64(seat["first"]) < memory.flow.shape[0]:
            why = _play(state, tape, memory, machine, due_ns)
            if why & _ROOM != 0:
                _tell(state, memory)
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
        if deadline_ns(state) <= due_ns:
            return DEADLINE
        seat["now_ns"] = due_ns
        stopped = _do(state, tape, world, memory, machine, levels, job)
        if stopped != DONE:
            return stopped


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
def _play(state: Reference, tape: Reference, memory: Memory, machine: Machine, due_ns: int) -> int:
    """Let the engine play up to what is due: bits of Stop, 0 if it did not stop."""
    seat, control = memory.seat[0], tape.control[0]
    first = int64(seat["first"])
    rows = min(memory.flow.shape[0], first + int64(seat["room"]) // _COMMANDS_EACH)
    seat["shown"] = 0
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
    if why & SHOWN != 0:
        is_possible = feed(state, world, memory, machine, levels, _last_contract(memory), why)
    _tell(state, memory)
    return is_possible


@kernel
def _tell(state: Reference, memory: Memory) -> None:
    """The news of what playing did to us go out."""
    seat = memory.seat[0]
    if int64(seat["shown"]) > 0:
        seat["now_ns"] = max(int64(seat["now_ns"]), int64(state.header[0]["time_ns"]))
        publish(memory, int64(seat["shown"]), 0, 0)


@kernel
def _last_contract(memory: Memory) -> int:
    return int64(memory.flow[int64(memory.seat[0]["first"]) - 1]["contract"])


@kernel
def _do(
    state: Reference, tape: Reference, world: Reference, memory: Memory, machine: Machine, levels: Ints, job: int
) -> int:
    """One job at its time; DONE, or why it cannot be done."""
    seat = memory.seat[0]
    now_ns = int64(seat["now_ns"]) + int64(seat["lag_ns"])
    is_possible = True
    if job == MESSAGE_JOB:
        return arrive(state, tape, world, memory, machine, levels)
    if job == START_JOB:
        seat["start_ns"] = NEVER_NS
        _watch(state, tape, memory, machine)
        if int64(seat["timer_ns"]) > 0:
            seat["next_timer_ns"] = now_ns + int64(seat["timer_ns"])
        is_possible = wake(state, world, memory, machine, levels, ON_START, 0)
    elif job == NEWS_JOB:
        is_possible = _hear(state, world, memory, machine, levels)
    else:
        seat["alarm_ns"] = NEVER_NS
        next_ns, timer_ns = int64(seat["next_timer_ns"]), int64(seat["timer_ns"])
        # Beats that were missed are skipped, not made up for.
        seat["next_timer_ns"] = next_ns + timer_ns * (1 + (now_ns - next_ns) // timer_ns)
        is_possible = wake(state, world, memory, machine, levels, ON_TIMER, 0)
    set_alarm(memory)
    return DONE if is_possible else BAD_WANT


@kernel
def _watch(state: Reference, tape: Reference, memory: Memory, machine: Machine) -> None:
    """From here on the feed shows what happens."""
    for row in range(memory.numbers.shape[0]):
        number = int64(memory.numbers[row])
        tape.watches[number]["stops"] = memory.seat[0]["stops"]
        number_of_3(machine.look_at, state, tape, number)


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
