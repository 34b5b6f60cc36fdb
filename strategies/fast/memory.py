"""What a compiled desk remembers: its orders, its messages under way, the news on its way back.

Books are seen here as cells, (n * width,) of 64 bits, because the author's own columns make their
records wider, and a loop that is compiled once must not know them.
"""

from typing import NamedTuple

import numpy as np

from exchange.domain.records import Rows
from strategies.base import Flight
from strategies.fast.records import BOOK_NAMES

# Of one side of one contract: what is wanted there, and the one order that stands for it. As in the
# reconciler, a side never has a second order, because a want waits while an order is being pulled.
SLOT = np.dtype(
    [
        ("number", "<i8"),  # the order's: 1, 2, 3, ... as they were placed; 0 if there is none
        ("order_id", "<i8"),  # the engine's; 0 until it is known
        ("flight", "<i8"),  # a Flight
        ("price_ticks", "<i8"),
        ("lots", "<i8"),  # total, fills included
        ("filled_lots", "<i8"),
        ("flight_price_ticks", "<i8"),  # what an AMEND in flight asks for
        ("flight_lots", "<i8"),
        ("want_ticks", "<i8"),
        ("want_lots", "<i8"),  # 0: nothing
        ("is_refused", "<i8"),  # the venue refused this want: it waits until it is stated again
    ]
)
MESSAGE = np.dtype(
    [
        ("time_ns", "<i8"),  # when it was sent
        ("turn", "<i8"),  # the place among everything that was scheduled
        ("number", "<i8"),  # of the order
        ("contract", "<i4"),
        ("price_ticks", "<i4"),
        ("lots", "<i4"),  # total, fills included
        ("side", "<i2"),
        ("kind", "<i2"),  # the Flight that it puts the order in
    ],
    align=True,
)
NEWS = np.dtype(
    [
        ("time_ns", "<i8"),  # when it is heard
        ("turn", "<i8"),
        ("number", "<i8"),
        ("order_id", "<i8"),
        ("fee_micros", "<i8"),
        ("happened_ns", "<i8"),
        ("contract", "<i4"),
        ("price_ticks", "<i4"),
        ("lots", "<i4"),  # of a fill; else the order's total
        ("filled_lots", "<i4"),  # of the order, by now
        ("side", "<i2"),
        ("kind", "<i2"),  # a News
        ("is_maker", "<i2"),
        ("is_gone", "<i2"),
    ],
    align=True,
)
SEAT = np.dtype(
    [
        ("placed", "<i8"),
        ("messages", "<i8"),  # rows in use
        ("arrived", "<i8"),  # of those, how many have reached the venue
        ("refusals", "<i8"),
        ("turn", "<i8"),
        ("now_ns", "<i8"),
    ]
)
assert MESSAGE.itemsize == 40

PLACE, AMEND, PULL = int(Flight.PLACE.value), int(Flight.AMEND.value), int(Flight.PULL.value)
NONE = int(Flight.NONE.value)
WIDTH_MIN = len(BOOK_NAMES)


class Memory(NamedTuple):
    seat: Rows  # (1,) of SEAT
    slots: Rows  # (2n,) of SLOT: contract * 2 + side
    messages: Rows  # (m,) of MESSAGE, in the order sent
    wants: Rows  # (n,) of WANT


def new_memory(contracts: int, wants: Rows, messages: int) -> Memory:
    """With nothing placed yet, and room for so many messages."""
    return Memory(np.zeros(1, SEAT), np.zeros(2 * contracts, SLOT), np.zeros(messages, MESSAGE), wants)
