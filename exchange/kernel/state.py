"""Memory layout of everything the kernel stores. Every column is signed.

An arena is an array whose row 0 is nothing (so that link 0 means none and fresh zeros are
valid), used up to a high-water mark in HEADER; freed rows of the arenas that recycle are
chained through their first link. Arenas grow between batches, in Python, never inside.
"""

from typing import NamedTuple

import numpy as np

from exchange.domain.records import Rows

HEADER = np.dtype(
    [
        ("sequence", "<i8"),  # of the last command applied
        ("time_ns", "<i8"),  # of the last command applied
        ("events_total", "<i8"),
        ("cash_total", "<i8"),  # sum of all cash: deposits less withdrawals
        ("pending", "<i8"),  # order whose crossing awaits room for events, or RERUN, or 0
        ("accounts", "<i4"),  # rows in use; account 0 is the venue
        ("contracts", "<i4"),  # rows in use
        ("orders", "<i4"),  # high-water marks of the arenas, row 0 included
        ("pages", "<i4"),
        ("branches", "<i4"),
        ("positions", "<i4"),
        ("client_ids", "<i4"),
        ("deadlines", "<i4"),  # entries in the heap, from row 0
        ("free_order", "<i4"),  # heads of the chains of freed rows
        ("free_page", "<i4"),
        ("free_branch", "<i4"),
        ("reserved", "<i4"),
    ],
    align=True,
)
RERUN = -1  # HEADER pending: the command made progress and must be run again

CONTRACT = np.dtype(
    [
        ("text_0", "<i8"),
        ("text_1", "<i8"),
        ("text_2", "<i8"),
        ("text_3", "<i8"),
        ("tick_value", "<i8"),  # micro-dollars a tick a lot
        ("gate_ns", "<i8"),
        ("volume_lots", "<i8"),
        ("trades", "<i8"),
        ("best_bid", "<i4"),  # ticks, 0 where the side is empty
        ("best_ask", "<i4"),
        ("root", "<i4"),  # page (height 1) or branch (height > 1), 0 where the book is empty
        ("height", "<i4"),  # the ladder covers prices below 64**height
        ("last_price", "<i4"),
        ("last_lots", "<i4"),
        ("orders", "<i4"),
        ("phase", "<i4"),
    ],
    align=True,
)

# One order that is open or being crossed: what matching touches.
ORDER = np.dtype(
    [
        ("older", "<i4"),  # neighbours in the queue of its level; chain of freed rows
        ("newer", "<i4"),
        ("level", "<i4"),  # 64 * page + offset; 0 while it does not rest
        ("open_lots", "<i4"),  # 0 in a freed row
        ("generation", "<i4"),  # order id = generation << 32 | row; grows when the order closes
        ("account", "<i4"),
        ("position", "<i4"),
        ("side", "<i4"),
    ],
    align=True,
)

# The same row, but what matching does not touch.
DETAIL = np.dtype(
    [
        ("expiry_ns", "<i8"),
        ("created_ns", "<i8"),
        ("reserve_per_lot", "<i8"),  # micro-dollars held a lot; 0 for a sell
        ("contract", "<i4"),
        ("price_ticks", "<i4"),
        ("lots", "<i4"),  # total, fills included
        ("deadline", "<i4"),  # place in the heap plus 1, or 0
        ("order_type", "i1"),
        ("time_in_force", "i1"),
        ("self_trade", "i1"),
        ("flags", "i1"),
        ("has_text", "<i4"),  # whether its row of TEXT means anything
    ],
    align=True,
)

# The same row: its neighbours among the open orders of the account. Leaving touches all three
# rows, so they are kept where few cache lines hold many of them.
LINK = np.dtype([("older", "<i4"), ("newer", "<i4")], align=True)

# The same row: the client id. Not in the order of the other records, of which Numba would take
# it for the beginning, and warn.
TEXT = np.dtype([("text_3", "<i8"), ("text_2", "<i8"), ("text_1", "<i8"), ("text_0", "<i8")], align=True)

# 64 neighbouring prices of one contract. Its levels are rows 64*page .. 64*page+63 of LEVEL.
PAGE = np.dtype(
    [
        ("occupied", "<i8"),  # which prices have orders
        ("parent", "<i4"),  # branch, or 0 at the root; chain of freed rows
        ("base", "<i4"),  # price // 64
    ],
    align=True,
)
LEVEL = np.dtype([("oldest", "<i4"), ("newest", "<i4"), ("lots", "<i8")], align=True)

# 64 neighbouring children, which are pages or again branches. Rows 64*branch .. of child.
BRANCH = np.dtype(
    [
        ("occupied", "<i8"),
        ("parent", "<i4"),  # branch, or 0 at the root; chain of freed rows
        ("base", "<i4"),  # its number among the nodes of its height: price // 64**height
    ],
    align=True,
)

ACCOUNT = np.dtype(
    [
        ("text_0", "<i8"),
        ("text_1", "<i8"),
        ("text_2", "<i8"),
        ("text_3", "<i8"),
        ("cash", "<i8"),  # micro-dollars
        ("reserved", "<i8"),  # of the cash, for open buys
        ("maker_fee_bps", "<i4"),
        ("taker_fee_bps", "<i4"),
        ("oldest", "<i4"),  # its open orders, in the order they were accepted
        ("newest", "<i4"),
        ("orders", "<i4"),
        ("reserve_bps", "<i4"),  # the larger fee
    ],
    align=True,
)

POSITION = np.dtype(
    [
        ("account", "<i4"),
        ("contract", "<i4"),
        ("lots", "<i8"),  # bought less sold
        ("capacity_lots", "<i8"),  # how far lots may go below zero
        ("open_buy_lots", "<i8"),
        ("open_sell_lots", "<i8"),
        ("cost_micros", "<i8"),  # paid for buys less received for sells, fees apart; stops at +-TOTAL_MAX
    ],
    align=True,
)

# A client id that was used, for ever: a command is applied at most once.
CLIENT_ID = np.dtype(
    [
        ("text_0", "<i8"),
        ("text_1", "<i8"),
        ("text_2", "<i8"),
        ("text_3", "<i8"),
        ("order_id", "<i8"),
        ("account", "<i4"),
        ("contract", "<i4"),
    ],
    align=True,
)

DEADLINE = np.dtype(
    [
        ("time_ns", "<i8"),
        ("rank", "<i8"),  # sequence that accepted the order, or contract - 2**31 for a gate
        ("order", "<i4"),  # 0 for a gate
        ("reserved", "<i4"),
    ],
    align=True,
)

assert ORDER.itemsize == 32
assert DETAIL.itemsize == 48
assert LEVEL.itemsize == PAGE.itemsize == BRANCH.itemsize == 16
assert CONTRACT.itemsize == 96


class State(NamedTuple):
    """All that the kernel knows. ``*_index`` arrays are derived from the others and not hashed."""

    header: Rows
    contracts: Rows
    accounts: Rows
    orders: Rows
    details: Rows
    links: Rows
    texts: Rows
    pages: Rows
    levels: Rows
    branches: Rows
    children: Rows
    positions: Rows
    client_ids: Rows
    deadlines: Rows
    position_index: Rows
    client_id_index: Rows
    contract_index: Rows
    account_index: Rows


def empty_state() -> State:
    """The state before the first command: the venue's account and nothing else."""
    header = np.zeros(1, HEADER)
    for arena in ("accounts", "orders", "pages", "branches", "positions", "client_ids"):
        header[arena] = 1
    return State(
        header,
        *(
            np.zeros(1, dtype)
            for dtype in (
                CONTRACT,
                ACCOUNT,
                ORDER,
                DETAIL,
                LINK,
                TEXT,
                PAGE,
                LEVEL,
                BRANCH,
                np.int32,
                POSITION,
                CLIENT_ID,
                DEADLINE,
            )
        ),
        *(np.zeros(16, np.int32) for _ in range(4)),
    )
