"""FLOW: what others asked of the market, as recorded or drawn, in rows small enough to keep by the million.

The engine takes these rows in among one's own commands. An order is named by a number of the flow's own
(``order``), small and used again once the order is gone, so that a table is all it takes to find it.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

import numpy as np

FLOW = np.dtype(
    {
        "names": [
            "time_ns",  # nanoseconds since 1970, never decreasing
            "order",  # 0, 1, 2, ...: whose row this is, unique among the orders that are open; -1 where nobody's
            "price_ticks",  # ADD, MODIFY: its limit; EXECUTE: at which price; TAKE: its limit, 0 for none
            "lots",  # ADD, MODIFY: what shall be open; REDUCE, EXECUTE: how much less; TAKE
            "contract",  # which, counted from 0
            "kind",  # a FlowKind
            "side",  # of the order; TAKE: of who takes
            "flags",  # of exchange.domain.enums.Flag; ADD, TAKE only
            "reserved",
        ],
        "formats": ["<i8", "<i4", "<i4", "<i4", "<i4", "i1", "i1", "i1", "i1"],
    },
    align=True,
)

assert FLOW.itemsize == 32


class FlowKind(IntEnum):
    """What a row asks for; the first four are requests, EXECUTE is what a recording says came of one."""

    ADD = 1  # a limit order, good till it is cancelled; it may trade at once
    DELETE = 2  # of all that is open
    REDUCE = 3  # keeps the place in the queue
    MODIFY = 4  # to another price or more lots, at the end of the queue; to fewer lots at its price it keeps the place
    TAKE = 5  # trades at once or not at all, whatever is left is dropped
    EXECUTE = 6  # a recorded trade: somebody took ``lots`` of this order at its price
    CLEAR = 7  # all of this contract's flow orders are gone: a recording starts anew


class Stop(IntFlag):
    """What playing stops at, if it is asked to; and why it did."""

    OWN = 1  # something happened to an order that is not of the flow
    PRICE = 2  # a best price of a contract changed
    BEST = 4  # the same, or the lots at it
    TRADE = 8
    DEPTH = 16  # anything changed in a contract's book
    ROW = 32
    TIME = 64  # the next row is not due yet; all rows were played if this is not said
    DEADLINE = 128  # a gate or an expiry is due before the next row
    ROOM = 256  # memory is needed to go on
