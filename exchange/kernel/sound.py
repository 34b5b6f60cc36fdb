"""Whether rows of FLOW can be played, looked at before any of them is."""

from exchange.domain.enums import Side
from exchange.domain.flow import FlowKind
from exchange.domain.records import Rows
from exchange.jit import entry, int64

_BUY = int(Side.BUY)
_SELL = int(Side.SELL)
_DELETE = int(FlowKind.DELETE)
_MODIFY = int(FlowKind.MODIFY)
_FIRST_KIND = int(min(FlowKind))
_LAST_KIND = int(max(FlowKind))

SOUND, NO_CONTRACT, NO_KIND, OUT_OF_TIME, NO_SIDE, NO_ORDER = range(6)


@entry
def first_fault(flow: Rows, contracts: int, after_ns: int) -> tuple[int, int]:
    """The first row that cannot be played after ``after_ns``, and why; (rows, SOUND) if all can.

    flow: (n,) of FLOW.
    """
    last_ns = int64(after_ns)
    for place in range(flow.shape[0]):
        row = flow[place]
        contract = int64(row["contract"])
        kind = int64(row["kind"])
        side = int64(row["side"])
        if contract < 0 or contract >= contracts:
            return place, NO_CONTRACT
        if kind < _FIRST_KIND or kind > _LAST_KIND:
            return place, NO_KIND
        if int64(row["time_ns"]) < last_ns:
            return place, OUT_OF_TIME
        if side != _BUY and side != _SELL:
            return place, NO_SIDE
        # DELETE, REDUCE and MODIFY are about an order.
        if int64(row["order"]) < 0 and kind >= _DELETE and kind <= _MODIFY:
            return place, NO_ORDER
        last_ns = int64(row["time_ns"])
    return flow.shape[0], SOUND
