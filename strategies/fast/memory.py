"""What a compiled desk remembers: its orders, its messages under way, the news on its way back.

Books are seen here as cells, (n * width,) of 64 bits, because the author's own columns make their
records wider, and a loop that is compiled once for all strategies must not know them.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from exchange.domain.records import Rows
from exchange.domain.units import NEVER_NS
from strategies.base import Flight
from strategies.fast.records import BOOK_NAMES

Ints = NDArray[np.int64]
Reference = Any  # a tuple of arrays by reference, to a type checker

# Of one side of one contract: what is wanted there, and the one order that stands for it. As in the
# reconciler, a side never has a second order, because a want waits while an order is being pulled.
SLOT = np.dtype(
    [
        ("number", "<i8"),  # the order's: 1, 2, 3, ... as they were placed; 0 if there is none
        ("flight", "<i8"),  # a Flight
        ("price_ticks", "<i8"),
        ("lots", "<i8"),  # total, fills included
        ("filled_lots", "<i8"),
        ("flight_price_ticks", "<i8"),  # what an AMEND in flight asks for
        ("flight_lots", "<i8"),
        ("want_ticks", "<i8"),
        ("want_lots", "<i8"),  # 0: nothing
        ("is_refused", "<i8"),  # the venue refused this want: it waits until it is stated again
        # The same order as the venue knows it now, before the news of it are heard.
        ("order_id", "<i8"),  # the engine's; 0 if it is not open
        ("order_number", "<i8"),
        ("order_lots", "<i8"),
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
        ("time_ns", "<i8"),  # the venue's clock, when it is heard
        ("turn", "<i8"),
        ("number", "<i8"),  # of the order
        ("fee_micros", "<i8"),
        ("happened_ns", "<i8"),
        ("contract", "<i4"),
        ("price_ticks", "<i4"),
        ("lots", "<i4"),  # of a fill; else the order's total
        ("filled_lots", "<i4"),  # of the order, by now
        ("side", "<i2"),
        ("kind", "<i2"),
        ("is_maker", "<i2"),
        ("is_gone", "<i2"),
    ],
    align=True,
)
# One's own fill, with what a ledger needs besides.
HEARD_FILL = np.dtype(
    [
        ("time_ns", "<i8"),  # when it happened
        ("heard_ns", "<i8"),
        ("number", "<i8"),
        ("fee_micros", "<i8"),
        ("mid_ticks", "<f8"),  # when it was heard
        ("contract", "<i4"),
        ("price_ticks", "<i4"),
        ("lots", "<i4"),
        ("side", "<i2"),
        ("is_maker", "<i2"),
    ],
    align=True,
)
UPTIME = np.dtype([("two_sided_ns", "<i8"), ("since_ns", "<i8")])  # since -1: it is not two-sided now
_SEAT_NAMES = (
    # What a driver says.
    "account",
    "lag_ns",  # the participant's clock is so far ahead of the venue's: what he sees is as old as that
    "entry_ns",
    "response_ns",
    "timer_ns",  # 0: no rhythm
    "hears",  # bits of Wake
    "stops",  # bits of Stop
    "end_ns",
    "is_last",  # no more rows will come
    "width",  # cells of a book
    "first",  # the next row of ``flow``
    "room",  # commands that the engine has room for
    "shown",  # events of what was done last
    "unheard",  # events that the driver itself brought about
    # What the loop goes on from.
    "now_ns",  # the venue's clock
    "turn",  # everything that is scheduled is numbered, and of two things at one time the lower comes first
    "start_ns",  # when the strategy is to be started, NEVER_NS once it is
    "next_timer_ns",  # the participant's clock
    "alarm_ns",
    "alarm_turn",
    "messages",  # rows in use
    "arrived",  # of those, how many have reached the venue
    "news",
    "heard",
    "fills",
    "placed",
    "refusals",
    "culprit",  # the contract of a want that is not possible
)
SEAT = np.dtype([(name, "<i8") for name in _SEAT_NAMES])

assert MESSAGE.itemsize == 40
assert HEARD_FILL.itemsize == 56

NONE, PLACE, AMEND, PULL = (int(flight.value) for flight in Flight)
ANSWERED, REFUSED, FILLED, GONE = range(4)  # kinds of NEWS
WIDTH_MIN = len(BOOK_NAMES)
# Rows to spare for whatever one job may send, for each contract: both sides, twice over.
MESSAGES_EACH = 4
NEWS_ROWS = 1 << 12


class Memory(NamedTuple):
    """``flow``, ``events`` and ``commands`` are the engine's: what it plays, tells and is told."""

    seat: Rows  # (1,) of SEAT
    slots: Rows  # (2n,) of SLOT: contract * 2 + side
    messages: Rows  # (m,) of MESSAGE, in the order sent
    news: Rows  # (k,) of NEWS, in the order they will be heard
    fills: Rows  # (f,) of HEARD_FILL
    uptimes: Rows  # (n,) of UPTIME
    numbers: Ints  # (n,) the engine's number of each contract
    gates: Ints  # (n,) when trading ends
    rows: Ints  # by the engine's number, which of our contracts it is; -1 if none
    me: Ints  # cells: the time first
    books: Ints  # cells
    prices: NDArray[np.float64]  # the same cells as floats
    wants: Rows  # (n,) of WANT
    fill: Rows  # (1,) of FILL
    trade: Rows  # (1,) of TRADE
    flow: Rows
    events: Rows
    commands: Rows


class Machine(NamedTuple):
    """Where the machine code of each begins; uncompiled, the functions."""

    play: int
    look_at: int
    top: int
    apply: int
    handle: int


def new_seat() -> Rows:
    seat = np.zeros(1, SEAT)
    for name in ("start_ns", "next_timer_ns", "alarm_ns", "end_ns"):
        seat[name] = NEVER_NS
    return seat
