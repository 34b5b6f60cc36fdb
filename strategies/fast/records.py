"""The plain records a compiled handler sees: every column is a signed 64-bit integer or a 64-bit float.

So a column means the same to NumPy and to machine code, and sums neither wrap early nor round twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

# One record, or (n,) of them, indexed as in ``me["now_ns"]`` and ``books[0]["mid_ticks"]``. To a type
# checker they are anything: what the columns are is checked when the strategy is loaded.
Record = Any
Records = Any

_BOOK_COLUMNS = (
    # The book as last heard of; 0 where there is none.
    ("best_bid_ticks", "<i8"),
    ("best_bid_lots", "<i8"),
    ("best_ask_ticks", "<i8"),
    ("best_ask_lots", "<i8"),
    ("last_ticks", "<i8"),  # of the last trade
    ("mid_ticks", "<f8"),  # between the best prices; the last price if a side is empty
    # One's own orders as far as the venue has confirmed them; 0 lots where there is none.
    ("bid_ticks", "<i8"),
    ("bid_lots", "<i8"),
    ("ask_ticks", "<i8"),
    ("ask_lots", "<i8"),
    # What came of them. Money is in micro-dollars.
    ("position_lots", "<i8"),  # negative when short
    ("volume_lots", "<i8"),
    ("trades", "<i8"),
    ("cash_micros", "<i8"),  # received minus paid, before fees
    ("fees_micros", "<i8"),  # positive when paid
    # The contract.
    ("tick_micros", "<i8"),  # what one tick is worth on one lot
    ("gate_ns", "<i8"),  # when trading ends
    ("is_open", "<i8"),  # 1 until then; what is wanted afterwards is ignored
)

BOOK_NAMES = tuple(name for name, _ in _BOOK_COLUMNS)
WANT = np.dtype(
    [
        ("bid_ticks", "<i8"),
        ("bid_lots", "<i8"),  # 0 or less: no bid
        ("ask_ticks", "<i8"),
        ("ask_lots", "<i8"),
        ("is_set", "<i8"),  # set it to 1 to state the want; it is 0 again at the next call
    ]
)
FILL = np.dtype(
    [
        ("contract", "<i8"),  # its row in ``books`` and ``wants``
        ("side", "<i8"),  # one's own: 0 bought, 1 sold
        ("price_ticks", "<i8"),
        ("lots", "<i8"),
        ("fee_micros", "<i8"),
        ("is_maker", "<i8"),
        ("time_ns", "<i8"),  # when it happened at the venue
    ]
)
TRADE = np.dtype(
    [
        ("contract", "<i8"),
        ("side", "<i8"),  # the taker's: 0 bought, 1 sold
        ("price_ticks", "<i8"),
        ("lots", "<i8"),
        ("time_ns", "<i8"),
    ]
)
OWN_COLUMNS = frozenset({"bid_ticks", "bid_lots", "ask_ticks", "ask_lots"})


@dataclass(frozen=True, slots=True)
class Column:
    """One the author adds: a parameter, or what the strategy remembers."""

    name: str
    start: int | float

    @property
    def is_float(self) -> bool:
        return isinstance(self.start, float)


def me_dtype(columns: Iterable[Column]) -> np.dtype[np.void]:
    """``me``: the time, then the author's own columns."""
    return np.dtype([("now_ns", "<i8"), *_own(columns)])


def book_dtype(columns: Iterable[Column]) -> np.dtype[np.void]:
    """A row of ``books``: what every strategy sees of a contract, then the author's own columns."""
    return np.dtype([*_BOOK_COLUMNS, *_own(columns)])


def _own(columns: Iterable[Column]) -> list[tuple[str, str]]:
    return [(column.name, "<f8" if column.is_float else "<i8") for column in columns]
