"""The same for what is asked after the gate."""

from __future__ import annotations

from exchange.domain.enums import CommandKind, Reject
from exchange.domain.records import Command
from exchange.domain.units import LOTS_MAX, PRICE_TICKS_MAX
from tests.kernel.refusal_market import (
    ALICE,
    CAROL,
    DAVE,
    ERIN,
    GATED,
    HALTED,
    NOBODY,
    NOW_NS,
    OPEN,
    OTHER,
    PREOPEN,
    STRIP,
    UNLISTED,
    text,
)
from tests.kernel.strip_refusal_cases import Faults

_PARTIES = Command(time_ns=NOW_NS, account=CAROL, order_id=DAVE, contract=GATED)
DELIVERY_FAULTS: dict[str, tuple[Command, Faults]] = {
    "nominate": (
        _PARTIES._replace(kind=CommandKind.NOMINATE, **text("new")),
        [
            (Reject.UNKNOWN_ACCOUNT, {"account": 0}),
            (Reject.UNKNOWN_ACCOUNT, {"order_id": NOBODY}),
            (Reject.UNKNOWN_CONTRACT, {"contract": UNLISTED}),
            (Reject.BAD_TEXT, {"text_0": 0}),
            (Reject.BAD_TEXT, {"text_3": -1}),
            (Reject.CONTRACT_OPEN, {"contract": OPEN}),
            (Reject.NODE_TAKEN, text("failed")),
            (Reject.INSUFFICIENT_CAPACITY, {"account": ALICE}),
            (Reject.INSUFFICIENT_POSITION, {"order_id": ALICE}),
        ],
    ),
    "attest": (
        Command(kind=CommandKind.ATTEST, time_ns=NOW_NS, contract=GATED, lots=60, **text("unknown")),
        [
            (Reject.UNKNOWN_CONTRACT, {"contract": -1}),
            (Reject.UNKNOWN_NODE, text("nobodys")),
            (Reject.BAD_LOTS, {"lots": 61}),
            (Reject.BAD_LOTS, {"lots": -1}),
            (Reject.ATTESTED_BEFORE, text("failed")),
        ],
    ),
    "compensate": (
        Command(kind=CommandKind.COMPENSATE, time_ns=NOW_NS, contract=GATED, lots=60, price_ticks=40, **text("failed")),
        [
            (Reject.UNKNOWN_CONTRACT, {"contract": UNLISTED}),
            (Reject.UNKNOWN_NODE, text("nobodys")),
            (Reject.BAD_PRICE, {"price_ticks": 0}),
            (Reject.BAD_PRICE, {"price_ticks": PRICE_TICKS_MAX + 1}),
            (Reject.BAD_LOTS, {"lots": 0}),
            (Reject.BAD_LOTS, {"lots": 61}),
            (Reject.BAD_LOTS, text("whole")),
            (Reject.BAD_LOTS, text("unknown")),
        ],
    ),
    "buy_in": (
        _PARTIES._replace(kind=CommandKind.BUY_IN, lots=2, price_ticks=40),
        [
            (Reject.UNKNOWN_ACCOUNT, {"account": -1}),
            (Reject.UNKNOWN_ACCOUNT, {"order_id": 0}),
            (Reject.UNKNOWN_ACCOUNT, {"order_id": 2**40}),
            (Reject.UNKNOWN_CONTRACT, {"contract": UNLISTED}),
            (Reject.UNKNOWN_CONTRACT, {"contract": -1}),
            (Reject.BAD_PRICE, {"price_ticks": 0}),
            (Reject.BAD_PRICE, {"price_ticks": PRICE_TICKS_MAX + 1}),
            (Reject.BAD_LOTS, {"lots": 0}),
            (Reject.BAD_LOTS, {"lots": LOTS_MAX + 1}),
            (Reject.CONTRACT_OPEN, {"contract": OPEN}),
            (Reject.NOTIONAL_TOO_LARGE, {"lots": LOTS_MAX, "price_ticks": PRICE_TICKS_MAX}),
            (Reject.NOT_SHORT, {"lots": 3}),
            (Reject.NOT_SHORT, {"account": ALICE}),
            (Reject.NOT_SHORT, {"account": ERIN}),
            (Reject.INSUFFICIENT_POSITION, {"order_id": ALICE}),
            (Reject.INSUFFICIENT_POSITION, {"order_id": CAROL}),
        ],
    ),
    "make_good": (
        _PARTIES._replace(kind=CommandKind.MAKE_GOOD, order_id=OPEN, price_ticks=50, **text("failed")),
        [
            (Reject.UNKNOWN_CONTRACT, {"contract": -1}),
            (Reject.UNKNOWN_CONTRACT, {"order_id": UNLISTED}),
            (Reject.UNKNOWN_CONTRACT, {"order_id": -1}),
            (Reject.UNKNOWN_NODE, text("nobodys")),
            (Reject.UNKNOWN_NODE, {"account": ERIN}),
            (Reject.BAD_PRICE, {"price_ticks": 0}),
            (Reject.BAD_PRICE, {"price_ticks": PRICE_TICKS_MAX + 1}),
            (Reject.NOTHING_MISSING, text("whole")),
            (Reject.NOTHING_MISSING, text("unknown")),
            (Reject.NO_SUBSTITUTE, {"order_id": GATED}),
            (Reject.NO_SUBSTITUTE, {"order_id": OTHER}),
            (Reject.NO_SUBSTITUTE, {"order_id": STRIP}),
            (Reject.NOT_OFFERED, {"price_ticks": 49}),
            (Reject.NOT_OFFERED, {"order_id": HALTED}),
            (Reject.NOT_OFFERED, {"order_id": PREOPEN}),
            (Reject.INSUFFICIENT_FUNDS, {"account": ERIN, **text("erins")}),
        ],
    ),
}
