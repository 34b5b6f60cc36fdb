"""The two records everything speaks in: COMMAND (what is asked) and EVENT (what happened).

Both are fixed width, aligned and signed, so that the journal, the kernel and NumPy see the
same bytes. ``Command`` is a COMMAND row as a tuple, for building one at a time.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.void]

COMMAND = np.dtype(
    {
        "names": [
            "sequence",  # 1, 2, 3, ... in the order applied; stamped by the leader
            "time_ns",  # nanoseconds since 1970, never decreasing; stamped by the leader
            # MARGIN packs two values each into text_0 .. text_3, order_id, expiry_ns and amount, the lower half
            # first: those of scenarios 1 to 14. Scenario 0, the mark, is price_ticks, and 15 is lots.
            # CANCEL, REPLACE, MEMBER: 0 to find it by text; TRANSFER: the payee; NOMINATE, BUY_IN: the buyer; LEG;
            # MAKE_GOOD: the other contract
            "order_id",
            "expiry_ns",  # NEW with GTD: when it expires; LIST: the gate
            "amount",  # CASH, BOND: micro-dollars, negative to take back; TRANSFER; LIST: micro-dollars a tick a lot
            # NEW, WILDCARD, CASH, BOND, TRANSFER: client id; NOMINATE, ATTEST, COMPENSATE, MAKE_GOOD: the node;
            # LIST: symbol; OPEN_ACCOUNT: name (exchange.domain.text)
            "text_0",
            "text_1",
            "text_2",
            "text_3",
            # who asks; CANCEL_ALL: 0 means everybody; TRANSFER: who pays, 0 the venue; NOMINATE, MAKE_GOOD: who
            # sold; BUY_IN: who sold and does not deliver
            "account",
            "contract",  # CANCEL_ALL: -1 means every contract; LEG: the strip; WILDCARD: whose ticks it counts in
            "price_ticks",  # NEW, REPLACE; of a strip the sum over its legs; 0 protects a MARKET order; CORRECTION
            "lots",  # NEW, REPLACE: total quantity; CAPACITY: all that may be sold; LIST: GPU-hours a lot; FIXING_LOTS
            "maker_fee_bps",  # OPEN_ACCOUNT, FEES; MARGIN_TERMS: how much of a lot held counts
            "taker_fee_bps",  # OPEN_ACCOUNT, FEES
            "kind",
            "side",
            "order_type",
            "time_in_force",
            "self_trade",
            "flags",
            # NEW: a Cohesion; PHASE, LIST: a Phase; LIMITS: a Scope; KILL: a Kill; QUOTE: its slot;
            # WILDCARD: members to come; MARGIN_TERMS: 1 = on
            "option",
            "reserved",
            "trigger_ticks",  # NEW, REPLACE of a stop; QUOTE: the ask
            "display_lots",  # NEW: how much of an iceberg shows; QUOTE: lots of the ask
            "minimum_lots",  # NEW: trade at least so much at once, or nothing
            "offset_ticks",  # NEW: how far a peg stands behind its reference; MEMBER: what its price adds
            "sku",  # LIST, LIMITS, CANCEL_ALL: number of the SKU, 0 = none or any
            "region",  # the same
        ],
        "formats": ["<i8"] * 9 + ["<i4"] * 6 + ["i1"] * 8 + ["<i4"] * 6,
    },
    align=True,
)

EVENT = np.dtype(
    {
        "names": [
            "sequence",  # of the command that caused it
            "order_id",  # FILLED: the taker's, or 0; CONFIGURED by LEG: the leg; FIXING: time of both sides
            "maker_order_id",  # FILLED; MEMBER: the wildcard; SHARED: the member that stood
            # FILLED, STRIP: notional in micros; CASH, BOND: the change; TRANSFER; FIXING: lots of the hour;
            # MARGIN_CALL: what is missing
            "amount",
            # FILLED: the taker's, in micro-dollars; STRIP: of all legs; FIXING: the average price of the hour;
            # MARGIN_CALL: what the positions require
            "fee",
            "maker_fee",  # FILLED; FIXING: the middle of the hour; BOUGHT_IN: what the bond paid
            "price_ticks",  # of a strip: the sum over its legs
            "lots",  # traded (FIXING: in the closing call), removed, or the order's total (ACCEPTED, RESTED, AMENDED)
            "open_lots",  # what is open after this; FILLED: of the taker
            "contract",  # FILLED: where the maker stood, maybe a leg of the taker's strip, or a member of his wildcard
            "account",  # FILLED: the taker's; TRANSFER: who pays
            "maker_account",  # FILLED; TRANSFER: who is paid
            "maker_open_lots",  # FILLED
            "old_price_ticks",  # AMENDED; FIXING: of the closing call; CORRECTED: the fixing
            "old_open_lots",  # AMENDED; FILLED: a Cohesion; FIXING: how many lots a closing call must trade
            "shown_lots",  # what of the order shows in the visible book after this; FILLED: of the maker
            "kind",
            "side",  # FILLED: the taker's
            "reason",  # a Reject, Reason, Phase, FixingMethod, TransferFlag or (CONFIGURED) CommandKind
            "resting",  # 1 if it stands (ACCEPTED, RESTED, AMENDED) or stood (CANCELLED, EXPIRED, STRIP) in the book
        ],
        "formats": ["<i8"] * 6 + ["<i4"] * 10 + ["<i2"] * 4,  # no padding: whole rows are compared
    },
    align=True,
)

assert COMMAND.itemsize == 128
assert EVENT.itemsize == 96

COMMAND_STRUCT = struct.Struct("<9q6i7bx6i")
assert COMMAND_STRUCT.size == COMMAND.itemsize


class Command(NamedTuple):
    """One COMMAND row as a tuple, in column order. ``sequence`` and ``time_ns`` are the leader's to stamp."""

    sequence: int = 0
    time_ns: int = 0
    order_id: int = 0
    expiry_ns: int = 0
    amount: int = 0
    text_0: int = 0
    text_1: int = 0
    text_2: int = 0
    text_3: int = 0
    account: int = 0
    contract: int = 0
    price_ticks: int = 0
    lots: int = 0
    maker_fee_bps: int = 0
    taker_fee_bps: int = 0
    kind: int = 0
    side: int = 0
    order_type: int = 0
    time_in_force: int = 0
    self_trade: int = 0
    flags: int = 0
    option: int = 0
    trigger_ticks: int = 0
    display_lots: int = 0
    minimum_lots: int = 0
    offset_ticks: int = 0
    sku: int = 0
    region: int = 0


def command_rows(commands: list[Command]) -> Rows:
    """``commands`` as an (n,) array of COMMAND, as they are: not stamped, not checked."""
    packed = b"".join(COMMAND_STRUCT.pack(*command) for command in commands)
    return np.frombuffer(bytearray(packed), dtype=COMMAND)
