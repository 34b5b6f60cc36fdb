"""Memory of playing FLOW: what is not the exchange's state, but that of whoever plays.

As in ``state``, links are unsigned, every other column is signed, and Python makes room between calls.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from exchange.domain.records import Rows

CONTROL = np.dtype(
    [
        ("until_ns", "<i8"),  # rows of this time or later are not played
        ("rows", "<i8"),  # played, ever
        ("own_lots", "<i8"),  # of orders that are not the flow's, filled while they rested
        ("trimmed_lots", "<i8"),  # taken off orders because something else was executed in their place
        ("outlived", "<i8"),  # orders still open when the flow used their number again
        ("logged", "<i8"),  # rows in ``commands``
        ("why", "<i4"),  # bits of Stop
        ("stage", "<i4"),  # commands of the row under way that are done
        ("buyer", "<i4"),  # accounts: who buys in the flow
        ("seller", "<i4"),
        ("own_first", "<i4"),  # the first account that is not the flow's
        ("keeps_all", "<i4"),  # events of the flow, too
        ("logs", "<i4"),  # whether commands are written down
        ("shadows", "<i4"),  # rows in ``shadows``
        ("seen", "<i8"),  # bits of Stop, of the row under way where it stopped for want of room
        ("joined", "<i8"),  # of the order that the row under way names, before it: as of NAMED
        ("time_ns", "<i8"),  # where it stopped: the engine's time, the last row's contract, its best prices
        ("contract", "<i4"),
        ("bid_ticks", "<i4"),
        ("ask_ticks", "<i4"),
        ("reserved", "<i4"),
    ],
    align=True,
)

# An order of the flow, by its number there.
NAMED = np.dtype(
    [
        ("order_id", "<i8"),  # 0 if it never was, or is known to be gone
        ("joined", "<i8"),  # sequence of the command since which it stands where it does in its queue
        ("left_lots", "<i8"),  # what the recording left of it
    ],
    align=True,
)

# A contract, as its watcher saw it last.
WATCH = np.dtype(
    [
        ("bid_lots", "<i8"),
        ("ask_lots", "<i8"),
        ("bid_ticks", "<i4"),
        ("ask_ticks", "<i4"),
        ("stops", "<i4"),  # bits of Stop
        ("reserved", "<i4"),
    ],
    align=True,
)

REASONS = 256  # refusals are counted by Reject
KINDS = 8  # orphans are counted by FlowKind

# An order that stands beside the book: what would become of it, had it no effect.
SHADOW = np.dtype(
    [
        ("order_id", "<i8"),  # below 0: the engine has no such order
        ("joined", "<i8"),  # sequence of the last command before it
        ("ahead_lots", "<i8"),  # in the book, at its price, and older
        ("contract", "<i4"),
        ("side", "<i4"),
        ("price_ticks", "<i4"),
        ("open_lots", "<i4"),
        ("fee_bps", "<i4"),
        ("account", "<i4"),
    ],
    align=True,
)

assert CONTROL.itemsize == 120
assert SHADOW.itemsize == 48
assert NAMED.itemsize == 24
assert WATCH.itemsize == 32


class Tape(NamedTuple):
    """All that playing remembers. ``command`` is the row being done, ``commands`` what was done, if logged."""

    control: Rows  # (1,)
    named: Rows
    watches: Rows  # by contract
    orphans: NDArray[np.int64]  # (KINDS,)
    refusals: NDArray[np.int64]  # (REASONS,)
    command: Rows  # (1,)
    commands: Rows
    shadows: Rows  # the better price first, then the older one
