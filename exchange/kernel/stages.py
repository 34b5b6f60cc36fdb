"""What comes after the gate: nomination, delivery and settlement, one after the other."""

from exchange.domain.enums import CLOSED, STAGES, Phase, Reject
from exchange.domain.records import Rows
from exchange.jit import int64, kernel, seldom
from exchange.kernel.state import State

_GATED = int(Phase.GATED)
_NOMINATED = int(Phase.NOMINATED)
_SETTLED = int(Phase.SETTLED)
_ACCEPTABLE = int(Reject.NONE)
_BAD_EXPIRY = int(Reject.BAD_EXPIRY)
_STAGE_ORDER = int(Reject.STAGE_ORDER)


@kernel
def is_late(phase: int) -> bool:
    """Whether a contract comes to ``phase`` only after its gate, by a command."""
    return _NOMINATED <= phase <= _SETTLED


@seldom
def refuse(state: State, command: Rows) -> int:
    """Whether the stage that the command wants is not the next one of its contract."""
    wanted = int64(command["option"])
    before = _GATED if wanted == _NOMINATED else wanted - 1
    if int64(command["expiry_ns"]) != 0:
        return _BAD_EXPIRY
    is_next = int64(state.contracts[int64(command["contract"])]["phase"]) == before
    return _ACCEPTABLE if is_next else _STAGE_ORDER


assert STAGES[-3:] == tuple(Phase(_NOMINATED + step) for step in range(3)), "is_late goes by the number"
assert {*STAGES[-3:], Phase.GATED} == CLOSED
