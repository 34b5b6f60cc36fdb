"""One batch of commands through the state: the only entry of the compiled kernel."""

from exchange.domain.enums import CommandKind, Reject
from exchange.domain.records import Rows
from exchange.domain.units import LEGS_MAX
from exchange.jit import FULL, entry, int64, kernel, seldom
from exchange.kernel import (
    ahead,
    amend,
    bundle,
    delivery,
    desk,
    emit,
    fixing,
    ledger,
    margin_desk,
    match,
    orders,
    quotes,
    remedies,
    rulings,
    settings,
    settle,
    strips,
    sweeps,
    wildcard,
)
from exchange.kernel.state import RERUN, SETTLE, State
from exchange.kernel.work import work

_NEW = int(CommandKind.NEW)
_CANCEL = int(CommandKind.CANCEL)
_REPLACE = int(CommandKind.REPLACE)
_CANCEL_ALL = int(CommandKind.CANCEL_ALL)
_TICK = int(CommandKind.TICK)
_LIST = int(CommandKind.LIST)
_OPEN_ACCOUNT = int(CommandKind.OPEN_ACCOUNT)
_CASH = int(CommandKind.CASH)
_CAPACITY = int(CommandKind.CAPACITY)
_QUOTE = int(CommandKind.QUOTE)
_TRANSFER = int(CommandKind.TRANSFER)
_BOND = int(CommandKind.BOND)
_FEES = int(CommandKind.FEES)
_NOMINATE = int(CommandKind.NOMINATE)
_ATTEST = int(CommandKind.ATTEST)
_COMPENSATE = int(CommandKind.COMPENSATE)
_BUY_IN = int(CommandKind.BUY_IN)
_MAKE_GOOD = int(CommandKind.MAKE_GOOD)
_FIXING_LOTS = int(CommandKind.FIXING_LOTS)
_CORRECTION = int(CommandKind.CORRECTION)
_FIRST_SETTING = int(CommandKind.PHASE)
_LAST_SETTING = int(CommandKind.GROUP)
_LEG = int(CommandKind.LEG)
_WILDCARD = int(CommandKind.WILDCARD)
_MEMBER = int(CommandKind.MEMBER)
_MARGIN = int(CommandKind.MARGIN)
_MARGIN_TERMS = int(CommandKind.MARGIN_TERMS)
_UNKNOWN_COMMAND = int(Reject.UNKNOWN_COMMAND)

# Rows that a command may need before it can stop and go on later: any but a strip order, and any at all.
_ROOM = match.ROOM + 8
EVENTS_MIN = _ROOM
# What one step of the longest strip may need. Where there is less, its order makes no progress.
EVENTS_MAX = strips.ROOM_EACH * LEGS_MAX + strips.ROOM_BESIDE


@entry
def apply(state: State, commands: Rows, events: Rows) -> tuple[int, int]:
    """Run ``commands`` in order and write what happened into ``events``.

    commands: (n,) of COMMAND, already sequenced and stamped.
    events: (m,) of EVENT, m >= EVENTS_MIN, overwritten from row 0.
    Returns (commands consumed, events written), stopping early rather than overflowing
    ``events`` or an arena: then make room and call again with the commands that are left, of
    which the first may be half done. A refusal is a REJECTED row, never an exception. At a
    command whose sequence or time does not follow on the one before it, (-1 - its row, events
    written) comes back. The arenas must have the rows to spare for each command that
    ``inspect.with_room`` makes.
    """
    header = state.header[0]
    written = 0
    for consumed in range(commands.shape[0]):
        if events.shape[0] - written < _ROOM:
            return consumed, written
        ahead.look(state, commands, consumed)
        command = commands[consumed]
        before = written
        pending = int64(header["pending"])
        if pending == 0:
            if not _follows(state, command):
                return -1 - consumed, written
            header["sequence"] = command["sequence"]
            header["time_ns"] = command["time_ns"]
            if int64(header["time_ns"]) >= int64(header["window_ns"]):
                fixing.open_windows(state)
        kind = int64(command["kind"])
        order = pending
        if pending == 0 or pending == RERUN:
            if kind == _NEW:
                written, order = orders.new(state, command, events, written)
            elif kind == _CANCEL:
                written, order = amend.cancel(state, command, events, written), 0
            elif kind == _REPLACE:
                written, order = amend.replace(state, command, events, written)
            else:
                written, order = _run(state, command, kind, events, written), 0
        if order > 0:
            written = work(state, order, events, written)
        unsettled = int64(header["unsettled_first"]) | int64(header["frozen_first"]) | int64(header["touched_first"])
        if int64(header["pending"]) == SETTLE or (unsettled != 0 and int64(header["pending"]) == 0):
            written = settle.settle(state, events, written)
        header["events_total"] += written - before
        if int64(header["pending"]) != 0:
            return consumed, written
    return commands.shape[0], written


@kernel
def _follows(state: State, command: Rows) -> bool:
    header = state.header[0]
    return bool(command["sequence"] == header["sequence"] + 1 and command["time_ns"] >= header["time_ns"])


@seldom
def _run(state: State, command: Rows, kind: int, events: Rows, written: int) -> int:
    """What is not about a single order."""
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
    if kind == _QUOTE:
        return quotes.quote(state, command, events, written)
    if kind == _TRANSFER:
        return ledger.transfer(state, command, events, written)
    if kind == _BOND:
        return ledger.bond(state, command, events, written)
    if kind == _FEES:
        return ledger.fees(state, command, events, written)
    if kind == _NOMINATE:
        return delivery.nominate(state, command, events, written)
    if kind == _ATTEST:
        return delivery.attest(state, command, events, written)
    if kind == _COMPENSATE:
        return delivery.compensate(state, command, events, written)
    if kind == _BUY_IN:
        return remedies.buy_in(state, command, events, written)
    if kind == _MAKE_GOOD:
        return remedies.make_good(state, command, events, written)
    if kind == _LEG:
        return bundle.add_leg(state, command, events, written)
    if kind == _MARGIN:
        return margin_desk.set_scenarios(state, command, events, written)
    if kind == _MARGIN_TERMS:
        return margin_desk.set_terms(state, command, events, written)
    if _FIRST_SETTING <= kind <= _LAST_SETTING:
        return settings.configure(state, command, events, written)
    if kind == _FIXING_LOTS or kind == _CORRECTION:
        return rulings.rule(state, command, events, written)
    if FULL and _WILDCARD <= kind <= _MEMBER:
        return wildcard.run(state, command, events, written)
    return emit.rejected(state, events, written, command, _UNKNOWN_COMMAND, 0)
