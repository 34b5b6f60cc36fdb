"""Memory layout of everything the kernel stores.

An arena is an array whose row 0 is nothing (so that link 0 means none and fresh zeros are
valid), used up to a high-water mark in HEADER; freed rows of the arenas that recycle are
chained through their first link. Arenas grow between batches, in Python, never inside.
Links and numbers of rows are unsigned: compiled code then need not ask whether an index counts
from the end. Every other column is signed.
"""

from typing import NamedTuple

import numpy as np

from exchange.domain.records import Rows
from exchange.domain.units import FIXING_LOTS, LEGS_MAX, NEVER_NS, QUOTE_SLOTS
from exchange.kernel.holdings import ACCOUNT, CLIENT_ID, EXPOSURE, MARGIN, NOMINATION, POOL, POSITION

HEADER = np.dtype(
    [
        ("sequence", "<i8"),  # of the last command applied
        ("time_ns", "<i8"),  # of the last command applied
        ("events_total", "<i8"),
        ("cash_total", "<i8"),  # sum of all cash: deposits less withdrawals
        ("window_ns", "<i8"),  # when the next fixing begins to be made
        ("pending", "<i8"),  # order whose crossing awaits room for events, or RERUN or SETTLE, or 0
        ("accounts", "<u4"),  # rows in use; account 0 is the venue
        ("contracts", "<u4"),  # rows in use
        ("orders", "<u4"),  # high-water marks of the arenas, row 0 included
        ("pages", "<u4"),
        ("branches", "<u4"),
        ("positions", "<u4"),
        ("pools", "<u4"),
        ("quotes", "<u4"),
        ("client_ids", "<u4"),
        ("strips", "<u4"),
        ("legs", "<u4"),
        ("deadlines", "<u4"),  # entries in the heap, from row 0
        ("free_order", "<u4"),  # heads of the chains of freed rows
        ("free_page", "<u4"),
        ("free_branch", "<u4"),
        ("unsettled_first", "<u4"),  # contract + 1: the queue of contracts that housekeeping must look at
        ("unsettled_last", "<u4"),
        ("frozen_first", "<u4"),  # account: the queue of those whose quotes must go
        ("frozen_last", "<u4"),
        ("due_first", "<u4"),  # row of STRIP: the queue of strips whose legs changed
        ("due_last", "<u4"),
        ("kill", "<i4"),  # a bit for each Kill that is on
        ("collecting", "<i4"),  # contracts that collect orders for a call auction
        ("indicated", "<i4"),  # contracts of which a TICK that goes on has said how their auction stands
        ("wildcards", "<u4"),  # a high-water mark, as above
        ("free_wildcard", "<u4"),
        ("gathering_oldest", "<u4"),  # row of WILDCARD: those whose members are not all there yet
        ("gathering_newest", "<u4"),
        ("nominations", "<i4"),  # a high-water mark, as above
        ("fixing_lots", "<i4"),  # how many a closing call must trade to make the fixing
        ("margins", "<u4"),  # a high-water mark, as above
        ("touched_first", "<u4"),  # row of MARGIN: the queue of those whose calls must be judged
    ],
    align=True,
)
RERUN = -1  # HEADER pending: the command made progress and must be run again
SETTLE = -2  # HEADER pending: the command is done, but not its housekeeping

# What every order of the contract meets.
CONTRACT = np.dtype(
    [
        ("tick_value", "<i8"),  # micro-dollars a tick a lot
        ("gate_ns", "<i8"),
        ("volume_lots", "<i8"),
        ("trades", "<i8"),
        ("last_price", "<i4"),
        ("last_lots", "<i4"),
        ("phase", "<i4"),
        ("alert", "<i4"),  # stops and watched orders, and the bits below: whether a change must be noticed
        ("floor_ticks", "<i4"),  # trades stay within; beyond, a volatility auction begins
        ("ceiling_ticks", "<i4"),
        ("orders", "<i4"),
        ("band_bps", "<i4"),  # orders stay within, around the reference; 0 = no band
    ],
    align=True,
)
COLLECTS = 1 << 30  # CONTRACT alert: the phase collects orders
FIXES = 1 << 29  # its fixing is being made
IS_STRIP = 1 << 28  # it has legs
FOLLOWED = 1 << 27  # it is a leg of a strip with orders in its book
NOTICED = FOLLOWED - 1  # all bits that count orders

# The same row, but what few commands need.
LISTING = np.dtype(
    [
        ("text_0", "<i8"),
        ("text_1", "<i8"),
        ("text_2", "<i8"),
        ("text_3", "<i8"),
        ("auction_ns", "<i8"),  # how long a volatility auction lasts
        ("phase_end_ns", "<i8"),  # when collecting ends by itself, 0 = never
        ("weight", "<i4"),  # GPU-hours a lot
        ("sku", "<i4"),
        ("region", "<i4"),
        ("mark_ticks", "<i4"),
        ("reference_ticks", "<i4"),
        ("auction_bps", "<i4"),
        ("watched", "<i4"),  # orders in the watch list
        ("watch_oldest", "<u4"),
        ("watch_newest", "<u4"),
        ("next_unsettled", "<u4"),
        ("is_unsettled", "<i4"),
        ("is_stirred", "<i4"),  # changed since the last INDICATIVE
        ("uncross_ticks", "<i4"),  # price of an uncrossing under way
        ("deadline", "<i4"),  # place of phase_end_ns in the heap plus 1, or 0
        ("nominated", "<u4"),  # the chain of its nominations, newest first
        ("strip", "<u4"),  # its row of STRIP, 0 if it has no legs
        ("membership", "<u4"),  # the first row of LEG in which it is the leg
        ("followers", "<i4"),  # strips with orders in their books of which it is a leg
        ("margined", "<u4"),  # the chain of the positions in it that ever counted in a margin
        ("highest_ticks", "<i4"),  # of its scenarios, 0 without
    ],
    align=True,
)

# What the settlement price of a contract is made from, touched only in the last hour before its gate.
FIXING = np.dtype(
    [
        ("value_high", "<i8"),  # sum of price times lots, as exchange.kernel.wide says
        ("value_low", "<i8"),
        ("lots", "<i8"),
        ("middle_high", "<i8"),  # sum of bid plus ask times nanoseconds
        ("middle_low", "<i8"),
        ("both_ns", "<i8"),
        ("since_ns", "<i8"),  # up to when that is counted
        ("call_lots", "<i8"),
        ("call_ticks", "<i4"),
        ("both_ticks", "<i4"),  # bid plus ask now, 0 where that does not count
        ("progress", "<i4"),
        ("price_ticks", "<i4"),
        ("method", "<i4"),
        ("corrected_ticks", "<i4"),
        ("corrections", "<i4"),
        ("reserved", "<i4"),
    ],
    align=True,
)
BEFORE_WINDOW = 0  # FIXING progress
IN_WINDOW = 1
IS_FIXED = 2

# One side of a contract's visible book, or of its orders that wait for a trigger.
BOOK = np.dtype(
    [
        ("best_ticks", "<i4"),  # 0 where it is empty
        ("best_level", "<u4"),
        ("root", "<u4"),  # page (height 1) or branch (height > 1), 0 where it is empty
        ("height", "<i4"),  # the ladder covers prices below 64**height
    ],
    align=True,
)
BOOKS_EACH = 6  # visible bids and asks, then buys and sells that wait for the last trade, then for the mark
# An order far from all others needs up to four branches to raise a ladder of one page to the five
# steps that the highest price takes, and three more down to its own page.
BRANCHES_EACH = 7
LAST_STOPS = 2
MARK_STOPS = 4

# One order that is open or being crossed: one cache line.
ORDER = np.dtype(
    [
        ("older", "<u4"),  # neighbours in the queue of its level; chain of freed rows
        ("newer", "<u4"),
        ("level", "<u4"),  # 64 * page + offset; 0 while it stands in no book
        ("open_lots", "<i4"),  # what shows, of an iceberg that stands; 0 in a freed row
        ("generation", "<i4"),  # order id = generation << 32 | row; grows when the order closes
        ("marks", "<i4"),  # its Side, and what is special about it
        ("contract", "<u4"),
        ("position", "<u4"),  # and so the account
        ("created_ns", "<i8"),
        ("price_ticks", "<i4"),  # where it stands or may trade
        ("lots", "<i4"),  # total, fills included
        ("account_older", "<u4"),  # neighbours among the open orders of the account
        ("account_newer", "<u4"),
        ("client_id", "<u4"),
        ("order_type", "i1"),
        ("time_in_force", "i1"),
        ("self_trade", "i1"),
        ("flags", "i1"),
    ],
    align=True,
)
ICEBERG = 2  # ORDER marks
REDUCES = 4  # reduce-only
IS_QUOTE = 8
WATCHED = 16  # stands in the contract's watch list
WAITS = 32  # for its trigger
ON_MARK = 64
IS_PEG = 128
WHOLE = 256  # all-or-none
EXPIRES = 512  # has a deadline
OF_STRIP = 1024
IS_WILDCARD = 2048  # stands in no book itself, but its members do
MEMBER = 4096  # of a wildcard, with which it shares its open lots
COHESIVE = 8192  # wants all hours of its strip from one hand

# The same row: what only special orders have, each part with its mark.
EXTRA = np.dtype(
    [
        ("expiry_ns", "<i8"),
        ("deadline", "<i4"),  # place in the heap plus 1, or 0
        ("trigger_ticks", "<i4"),
        ("display_lots", "<i4"),
        ("hidden_lots", "<i4"),  # open, but not showing
        ("offset_ticks", "<i4"),
        ("slot", "<i4"),  # of a quote; of a cohesive order its Cohesion
        ("watch_older", "<u4"),  # neighbours in the watch list, or among the members of a wildcard
        ("watch_newer", "<u4"),
        ("limit_ticks", "<i4"),  # for which a peg or a wildcard holds; a member holds for nothing
        ("wildcard", "<u4"),  # row of WILDCARD; of a cohesive buy the account that it buys from
    ],
    align=True,
)

# 64 neighbouring prices of one book. Its levels are rows 64*page .. 64*page+63 of LEVEL.
PAGE = np.dtype(
    [
        ("occupied", "<i8"),  # which prices have orders
        ("parent", "<u4"),  # branch, or 0 at the root; chain of freed rows
        ("base", "<i4"),  # price // 64
    ],
    align=True,
)
LEVEL = np.dtype([("oldest", "<u4"), ("newest", "<u4"), ("lots", "<i8")], align=True)

# 64 neighbouring children, which are pages or again branches. Rows 64*branch .. of child.
BRANCH = np.dtype(
    [
        ("occupied", "<i8"),
        ("parent", "<u4"),  # branch, or 0 at the root; chain of freed rows
        ("base", "<i4"),  # its number among the nodes of its height: price // 64**height
    ],
    align=True,
)

DEADLINE = np.dtype(
    [
        ("time_ns", "<i8"),
        ("rank", "<i8"),  # sequence that accepted the order, or below zero: see deadlines
        ("order", "<i4"),  # 0 for a gate, -1 - contract for the end of a phase
        ("reserved", "<i4"),
    ],
    align=True,
)

# A contract that delivers several hours, each of which is a contract of its own.
STRIP = np.dtype(
    [
        ("weight", "<i8"),  # GPU-hours a lot in all legs
        ("gate_ns", "<i8"),  # the earliest of the legs
        ("bid_sum", "<i8"),  # of the best bids of those legs that have one, while it is followed
        ("ask_sum", "<i8"),
        ("bids", "<i4"),  # how many have one
        ("asks", "<i4"),
        ("contract", "<u4"),
        ("legs", "<i4"),
        ("oldest", "<u4"),  # rows of LEG
        ("newest", "<u4"),
        ("is_followed", "<i4"),  # orders stand in its book, so its legs tell of their best prices
        ("is_due", "<i4"),
        ("next_due", "<u4"),
        ("padding", "<i4", (15,)),  # to a size that is found without multiplying
    ],
    align=True,
)

# One hour of one strip.
LEG = np.dtype(
    [
        ("strip", "<u4"),
        ("contract", "<u4"),
        ("newer", "<u4"),  # the next leg of the strip
        ("elsewhere", "<u4"),  # the next strip of which the contract is a leg
        ("bid_ticks", "<i4"),  # best price when last seen, while it is followed; 0 if none can be traded with
        ("ask_ticks", "<i4"),
        ("reserved", "<i8"),
    ],
    align=True,
)

# What an order for any of several contracts shares among them; freed rows are chained through ``order``.
WILDCARD = np.dtype(
    [
        ("order", "<u4"),  # its own, which is open as long as it is
        ("oldest", "<u4"),  # members
        ("newest", "<u4"),
        ("members", "<i4"),
        ("awaited", "<i4"),  # members still to come; until then none stands in its book
        ("gathering_older", "<u4"),  # neighbours among those that wait for members
        ("gathering_newer", "<u4"),
        ("reserved", "<i4"),
    ],
    align=True,
)

# How far a look into the book of each leg has come; forgotten after the command.
CURSOR = np.dtype(
    [
        ("level", "<i8"),  # 0 behind the last one
        ("price_ticks", "<i8"),  # 0 if it cannot be traded at
        ("lots", "<i8"),  # left at the level
        ("is_blocked", "<i4"),  # behind these lots stands an order of the same owner that does not give way
        ("is_held", "<i4"),  # behind them stand orders that give way when they are met, and not before
    ],
    align=True,
)

_INDEX_SLOTS = 16
QUOTES_EACH = 2 * QUOTE_SLOTS  # orders: bids of all slots, then asks

assert all(
    dtype.itemsize == sum(dtype[name].itemsize for name in dtype.names or ()) for dtype in (HEADER, LISTING, FIXING)
)
assert ORDER.itemsize == 64
assert EXTRA.itemsize == 48
assert LEVEL.itemsize == PAGE.itemsize == BRANCH.itemsize == BOOK.itemsize == 16
assert CONTRACT.itemsize == 64
assert STRIP.itemsize == 128
assert LEG.itemsize == 32
assert WILDCARD.itemsize == 32


class State(NamedTuple):
    """All that the kernel knows. ``*_index`` arrays are derived from the others; they and the last two are no state."""

    header: Rows
    contracts: Rows
    listings: Rows
    fixings: Rows
    books: Rows
    accounts: Rows
    orders: Rows
    extras: Rows
    pages: Rows
    levels: Rows
    branches: Rows
    children: Rows
    positions: Rows
    pools: Rows
    quotes: Rows
    client_ids: Rows
    deadlines: Rows
    nominations: Rows
    strips: Rows
    legs: Rows
    wildcards: Rows
    scenarios: Rows
    exposures: Rows
    margins: Rows
    requirements: Rows
    position_index: Rows
    client_id_index: Rows
    contract_index: Rows
    account_index: Rows
    nomination_index: Rows
    cursors: Rows
    allowance: Rows  # (1,): positions that strips may still make before the next batch, beyond one a command


def empty_state() -> State:
    """The state before the first command: the venue's account and nothing else."""
    header = np.zeros(1, HEADER)
    for arena in (
        "accounts",
        "orders",
        "pages",
        "branches",
        "positions",
        "pools",
        "quotes",
        "client_ids",
        "nominations",
        "wildcards",
        "margins",
    ):
        header[arena] = 1
    header["window_ns"] = NEVER_NS
    header["fixing_lots"] = FIXING_LOTS
    header["strips"] = header["legs"] = 1
    dtypes = (
        *(CONTRACT, LISTING, FIXING, BOOK, ACCOUNT, ORDER, EXTRA, PAGE, LEVEL, BRANCH, np.uint32),
        *(POSITION, POOL, np.uint32, CLIENT_ID, DEADLINE, NOMINATION, STRIP, LEG, WILDCARD),
        *(np.int32, EXPOSURE, MARGIN, np.int64),
    )
    indexes = (np.zeros(_INDEX_SLOTS, np.int64) for _ in range(5))
    scratch: list[Rows] = [np.zeros(LEGS_MAX, CURSOR), np.zeros(1, np.int64)]
    return State(header, *(np.zeros(1, dtype) for dtype in dtypes), *indexes, *scratch)
