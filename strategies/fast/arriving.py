"""Messages reach the venue: those that are due together are one batch of commands."""

from exchange.domain.enums import CommandKind, Flag, OrderType, TimeInForce
from exchange.domain.records import Rows
from exchange.jit import int64, kernel, pair_of_3
from strategies.fast.feeding import feed_own
from strategies.fast.hearing import publish
from strategies.fast.memory import AMEND, PLACE, Ints, Machine, Memory, Reference
from strategies.fast.schedule import MESSAGE_JOB, next_due
from strategies.fast.stopping import BAD_WANT, DONE, NEEDS_ROOM, STUCK

_CHARACTERS = 9  # of a text in one word
_BASE, _ZERO = 65, 53  # of an alphabet of 64, and where the digits begin in it
_NEW, _CANCEL, _REPLACE = int(CommandKind.NEW), int(CommandKind.CANCEL), int(CommandKind.REPLACE)
_LIMIT, _GTC, _POST_ONLY = int(OrderType.LIMIT), int(TimeInForce.GTC), int(Flag.POST_ONLY)


@kernel
def arrive(state: Reference, tape: Reference, world: Reference, memory: Memory, machine: Machine, levels: Ints) -> int:
    """Messages that are due together reach the venue; the news of what they did goes out."""
    seat, header = memory.seat[0], state.header[0]
    now_ns = int64(seat["now_ns"])
    if int64(seat["room"]) < memory.commands.shape[0]:
        return NEEDS_ROOM
    sequence = int64(header["sequence"]) + 1
    batch = 0
    while batch < memory.commands.shape[0]:
        due_ns, _, job = next_due(memory)
        if due_ns != now_ns or job != MESSAGE_JOB:
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
        is_possible = feed_own(state, tape, world, memory, machine, levels, batch)
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
