"""One batch of commands through the state: the only entry of the compiled kernel."""

from exchange.domain.enums import CommandKind, Reject
from exchange.domain.records import Rows
from exchange.jit import entry, int64, kernel
from exchange.kernel import desk, emit, orders, sweeps
from exchange.kernel.state import State

_NEW = int(CommandKind.NEW)
_CANCEL = int(CommandKind.CANCEL)
_REPLACE = int(CommandKind.REPLACE)
_CANCEL_ALL = int(CommandKind.CANCEL_ALL)
_TICK = int(CommandKind.TICK)
_LIST = int(CommandKind.LIST)
_OPEN_ACCOUNT = int(CommandKind.OPEN_ACCOUNT)
_CASH = int(CommandKind.CASH)
_CAPACITY = int(CommandKind.CAPACITY)
_UNKNOWN_COMMAND = int(Reject.UNKNOWN_COMMAND)

EVENTS_MIN = 4  # rows that any command may need before it can stop and go on later


@entry
def apply(state: State, commands: Rows, events: Rows) -> tuple[int, int]:
    """Run ``commands`` in order and write what happened into ``events``.

    commands: (n,) of COMMAND, already sequenced and stamped.
    events: (m,) of EVENT, m >= EVENTS_MIN, overwritten from row 0.
    Returns (commands consumed, events written), stopping early rather than overflowing
    ``events``: then call again with the commands that are left, of which the first may be
    half done. A refusal is a REJECTED row, never an exception. At a command whose sequence
    or time does not follow on the one before it, (-1 - its row, events written) comes back.
    The arenas must have a row of each kind, and a page and seven branches, to spare for each
    command.
    """
    header = state.header[0]
    written = 0
    for consumed in range(commands.shape[0]):
        if events.shape[0] - written < EVENTS_MIN:
            return consumed, written
        command = commands[consumed]
        if int64(header["pending"]) == 0 and not _follows(state, command):
            return -1 - consumed, written
        header["sequence"] = command["sequence"]
        header["time_ns"] = command["time_ns"]
        before = written
        if int64(header["pending"]) > 0:
            written = orders.work(state, int64(header["pending"]), events, written)
        else:
            written = _run(state, command, events, written)
        header["events_total"] += written - before
        if int64(header["pending"]) != 0:
            return consumed, written
    return commands.shape[0], written


@kernel
def _follows(state: State, command: Rows) -> bool:
    header = state.header[0]
    return bool(command["sequence"] == header["sequence"] + 1 and command["time_ns"] >= header["time_ns"])


@kernel
def _run(state: State, command: Rows, events: Rows, written: int) -> int:
    kind = int64(command["kind"])
    if kind == _NEW:
        return orders.new(state, command, events, written)
    if kind == _CANCEL:
        return orders.cancel(state, command, events, written)
    if kind == _REPLACE:
        return orders.replace(state, command, events, written)
    if kind == _CANCEL_ALL:
        return sweeps.cancel_all(state, command, events, written)
    if kind == _TICK:
        return sweeps.tick(state, command, events, written)
    if kind == _LIST:
        return desk.list_contract(state, command, events, written)
    if kind == _OPEN_ACCOUNT:
        return desk.open_account(state, command, events, written)
    if kind == _CASH:
        return desk.cash(state, command, events, written)
    if kind == _CAPACITY:
        return desk.capacity(state, command, events, written)
    return emit.rejected(state, events, written, command, _UNKNOWN_COMMAND, 0)
