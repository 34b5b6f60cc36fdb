"""The same for wildcards: which orders can be one, and what cannot be a member of it."""

from __future__ import annotations

from exchange.domain.enums import CommandKind, Flag, OrderType, Reject, Side, TimeInForce
from exchange.domain.records import Command
from exchange.domain.units import MEMBERS_MAX, PRICE_TICKS_MAX
from tests.kernel.refusal_market import (
    ALICE,
    BANDED,
    BOB,
    CAROL,
    ERIN,
    FRANK,
    GATED,
    GRACE,
    HALTED,
    LISTED,
    NOBODY,
    NOW_NS,
    OPEN,
    PREOPEN,
    STRIP,
    UNLISTED,
    WATCHED,
    WEIGHTY,
    order,
    text,
)

Faults = list[tuple[Reject, dict[str, int]]]
_WILDCARD = order(ALICE, Side.BUY, 30, 1, time_ns=NOW_NS, kind=CommandKind.WILDCARD, option=2)
_MEMBER = Command(kind=CommandKind.MEMBER, time_ns=NOW_NS, contract=WATCHED)
WILDCARD_FAULTS: dict[str, tuple[Command, Faults]] = {
    "wildcard": (
        _WILDCARD,
        [
            (Reject.UNKNOWN_ACCOUNT, {"account": NOBODY}),
            (Reject.DUPLICATE_CLIENT_ID, text("bid")),
            (Reject.DUPLICATE_CLIENT_ID, text("wild")),
            (Reject.UNKNOWN_CONTRACT, {"contract": UNLISTED}),
            (Reject.UNKNOWN_CONTRACT, {"contract": -1}),
            (Reject.BAD_TEXT, {"text_1": -1}),
            (Reject.BAD_SIDE, {"side": 2}),
            (Reject.BAD_TIME_IN_FORCE, {"time_in_force": 0}),
            (Reject.BAD_SELF_TRADE, {"self_trade": 4}),
            (Reject.BAD_PRICE, {"price_ticks": 0}),
            (Reject.BAD_LOTS, {"lots": 0}),
            (Reject.BAD_TRIGGER, {"trigger_ticks": 1}),
            (Reject.BAD_OFFSET, {"offset_ticks": 1}),
            (Reject.BAD_EXPIRY, {"expiry_ns": NOW_NS + 1}),
            (Reject.BAD_OPTION, {"option": 0}),
            (Reject.BAD_OPTION, {"option": MEMBERS_MAX + 1}),
            (Reject.NOT_FOR_STRIPS, {"contract": STRIP}),
            (Reject.NOT_FOR_WILDCARDS, {"flags": Flag.POST_ONLY}),
            (Reject.NOT_FOR_WILDCARDS, {"display_lots": 1}),
            (Reject.NOT_FOR_WILDCARDS, {"minimum_lots": 1}),
            (Reject.NOT_FOR_WILDCARDS, {"order_type": OrderType.MARKET_TO_LIMIT}),
            (Reject.NOT_FOR_WILDCARDS, {"time_in_force": TimeInForce.FOK}),
            (Reject.CONTRACT_CLOSED, {"contract": GATED}),
            (Reject.NOT_OPEN, {"contract": LISTED}),
            (Reject.CONTRACT_HALTED, {"contract": HALTED}),
            (Reject.ACCOUNT_DISABLED, {"account": CAROL}),
            (Reject.RATE_EXCEEDED, {"account": ERIN}),
            (Reject.ORDER_TOO_LARGE, {"account": FRANK, "lots": 6}),
        ],
    ),
    "member": (
        _MEMBER._replace(account=ALICE, **text("wild")),
        [
            (Reject.UNKNOWN_ACCOUNT, {"account": NOBODY}),
            (Reject.UNKNOWN_CONTRACT, {"contract": UNLISTED}),
            (Reject.UNKNOWN_CONTRACT, {"contract": -1}),
            (Reject.UNKNOWN_ORDER, text("nothing")),
            (Reject.BAD_FLAGS, {"flags": 1}),
            (Reject.BAD_LOTS, {"lots": 1}),
            (Reject.BAD_OFFSET, {"offset_ticks": -30}),
            (Reject.BAD_OFFSET, {"offset_ticks": PRICE_TICKS_MAX}),
            (Reject.NOT_FOR_STRIPS, {"contract": STRIP}),
            (Reject.NOT_A_WILDCARD, text("bid")),
            (Reject.MEMBERS_COMPLETE, text("complete")),
            (Reject.MEMBER_TWICE, {"contract": OPEN}),
            (Reject.MEMBER_DIFFERS, {"contract": WEIGHTY}),
            (Reject.CONTRACT_CLOSED, {"contract": GATED}),
            (Reject.NOT_OPEN, {"contract": LISTED}),
            (Reject.CONTRACT_HALTED, {"contract": HALTED}),
            (Reject.WRONG_PHASE, {"contract": PREOPEN, **text("now")}),
            (Reject.PRICE_TOO_FAR, {"account": FRANK, "contract": OPEN, "offset_ticks": 12, **text("frank-wild")}),
            (Reject.OUTSIDE_BAND, {"contract": BANDED, "offset_ticks": 50}),
            (Reject.NOTIONAL_TOO_LARGE, text("huge")),
            (Reject.POSITION_LIMIT, {"account": GRACE, **text("grace-large")}),
            (Reject.ORDERS_LIMIT, {"account": GRACE, "contract": OPEN, **text("grace-wild")}),
            (Reject.INSUFFICIENT_FUNDS, {"offset_ticks": 20_000}),
            (
                Reject.INSUFFICIENT_CAPACITY,
                {"account": BOB, "contract": BANDED, "offset_ticks": -50, **text("sells-wild")},
            ),
        ],
    ),
}
