"""Looking ahead in a batch: what the next commands will touch is asked for before it is needed.

An order that rests was touched long ago, and is far away by the time it is cancelled. Waiting
for it would take longer than the cancel. So its rows are asked for sixteen commands before, and
its neighbours, whose numbers stand in them, eight commands before.
"""

from exchange.domain.enums import CommandKind
from exchange.domain.records import Rows
from exchange.jit import FULL, int64, kernel, prefetch
from exchange.kernel.state import State

_CANCEL = int(CommandKind.CANCEL)
_REPLACE = int(CommandKind.REPLACE)
_ORDER_ROW = 2**32 - 1

FAR = 16
NEAR = 8


@kernel
def look(state: State, commands: Rows, consumed: int) -> None:
    """Ask for the rows of the commands after ``commands[consumed]``; it changes nothing."""
    if consumed + FAR < commands.shape[0]:
        order = _order_of(state, commands[consumed + FAR])
        if order != 0:
            prefetch(state.orders, order)
            prefetch(state.details, order)
    if consumed + NEAR < commands.shape[0]:
        order = _order_of(state, commands[consumed + NEAR])
        if order != 0:
            node = state.orders[order]
            prefetch(state.orders, int64(node["older"]))
            prefetch(state.orders, int64(node["newer"]))
            prefetch(state.levels, int64(node["level"]))
            if FULL:
                detail = state.details[order]
                prefetch(state.details, int64(detail["older"]))
                prefetch(state.details, int64(detail["newer"]))


@kernel
def _order_of(state: State, command: Rows) -> int:
    """The row of the order that a cancel or replace means by its id, as far as that can be seen; else 0."""
    kind = int64(command["kind"])
    order = int64(command["order_id"]) & _ORDER_ROW
    if (kind == _CANCEL or kind == _REPLACE) and order < int64(state.orders.shape[0]):
        return order
    return 0
