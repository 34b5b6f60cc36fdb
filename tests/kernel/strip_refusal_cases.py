"""The same for strips: what cannot be a leg, and which orders they do not take."""

from __future__ import annotations

from exchange.domain.enums import Cohesion, CommandKind, Flag, OrderType, Reject, SelfTrade, Side, TimeInForce
from exchange.domain.records import Command
from tests.kernel.refusal_market import (
    ALICE,
    BANDED,
    BARE,
    BOB,
    CALLED,
    CAROL,
    ENDED,
    ERIN,
    FRANK,
    GATED,
    GRACE,
    HALTED,
    NOW_NS,
    OPEN,
    OTHER,
    STRIP,
    UNLISTED,
    order,
    text,
)

# Alice has bought some of the hours.
_RESOLD = {"option": Cohesion.SITE, "side": Side.SELL, "time_in_force": TimeInForce.IOC, "price_ticks": 100}
Faults = list[tuple[Reject, dict[str, int]]]
STRIP_FAULTS: dict[str, tuple[Command, Faults]] = {
    "leg": (
        Command(kind=CommandKind.LEG, time_ns=NOW_NS, contract=BARE, order_id=BANDED),
        [
            (Reject.UNKNOWN_CONTRACT, {"contract": UNLISTED}),
            (Reject.UNKNOWN_CONTRACT, {"contract": -1}),
            (Reject.UNKNOWN_LEG, {"order_id": UNLISTED}),
            (Reject.UNKNOWN_LEG, {"order_id": 2**40}),
            (Reject.UNKNOWN_LEG, {"order_id": -1}),
            (Reject.BAD_LOTS, {"lots": 1}),
            (Reject.STRIP_IN_USE, {"contract": STRIP}),
            (Reject.STRIP_IN_USE, {"contract": HALTED}),
            (Reject.LEG_IS_STRIP, {"order_id": BARE}),
            (Reject.LEG_IS_STRIP, {"order_id": STRIP}),
            (Reject.LEG_OUT_OF_ORDER, {"order_id": OPEN}),
            (Reject.LEG_DIFFERS, {"order_id": OTHER}),
            (Reject.CONTRACT_CLOSED, {"order_id": GATED}),
        ],
    ),
    "strip": (
        order(ALICE, Side.BUY, 70, 1, time_ns=NOW_NS, contract=STRIP),
        [
            (Reject.DUPLICATE_CLIENT_ID, text("bid")),
            (Reject.BAD_SIDE, {"side": 2}),
            (Reject.BAD_PRICE, {"price_ticks": 0}),
            (Reject.BAD_LOTS, {"lots": 0}),
            (Reject.BAD_OPTION, {"option": -1}),
            (Reject.BAD_OPTION, {"option": max(Cohesion) + 1}),
            (Reject.NOT_FOR_STRIPS, {"flags": Flag.POST_ONLY}),
            (Reject.NOT_FOR_STRIPS, {"display_lots": 1}),
            (Reject.NOT_FOR_STRIPS, {"minimum_lots": 1}),
            (Reject.NOT_FOR_STRIPS, {"order_type": OrderType.MARKET_TO_LIMIT}),
            (Reject.NOT_FOR_STRIPS, {"self_trade": SelfTrade.DECREMENT}),
            (Reject.STRIP_INCOMPLETE, {"contract": BARE}),
            (Reject.COHESION_CANNOT_REST, {"option": Cohesion.NODE}),
            (Reject.CONTRACT_CLOSED, {"contract": ENDED}),
            (Reject.CONTRACT_HALTED, {"contract": HALTED}),
            (Reject.ACCOUNT_DISABLED, {"account": CAROL}),
            (Reject.WRONG_PHASE, {"contract": CALLED}),
            (Reject.RATE_EXCEEDED, {"account": ERIN}),
            (Reject.ORDER_TOO_LARGE, {"account": FRANK, "lots": 6}),
            (Reject.PRICE_TOO_FAR, {"account": FRANK, "price_ticks": 61}),
            (Reject.OUTSIDE_BAND, {"price_ticks": 115}),
            (Reject.POSITION_LIMIT, {"account": GRACE, "lots": 2}),
            (Reject.ORDERS_LIMIT, {"account": GRACE}),
            (Reject.SELLER_RESELLS, _RESOLD),
            (Reject.INSUFFICIENT_FUNDS, {"lots": 400}),
            (Reject.INSUFFICIENT_CAPACITY, {"side": Side.SELL, "lots": 6, "price_ticks": 100}),
        ],
    ),
    "replace_strip": (
        Command(kind=CommandKind.REPLACE, time_ns=NOW_NS, account=ALICE, price_ticks=61, lots=12, **text("strip")),
        [
            (Reject.BAD_FLAGS, {"flags": Flag.POST_ONLY}),
            (Reject.BAD_PRICE, {"price_ticks": -1}),
            (Reject.BAD_LOTS, {"lots": 0}),
            (Reject.BAD_TRIGGER, {"trigger_ticks": 1}),
            (Reject.CONTRACT_CLOSED, text("ended")),
            (Reject.WRONG_PHASE, text("called")),
            (Reject.RATE_EXCEEDED, {"account": ERIN, **text("erin-strip")}),
            (Reject.ORDER_TOO_LARGE, {"account": FRANK, **text("frank-strip")}),
            (Reject.PRICE_TOO_FAR, {"account": FRANK, **text("frank-strip"), "lots": 1}),
            (Reject.OUTSIDE_BAND, {"price_ticks": 115}),
            (Reject.BELOW_FILLED, {"lots": 5}),
            (Reject.POSITION_LIMIT, {"account": GRACE, **text("grace-strip"), "lots": 3}),
            (Reject.INSUFFICIENT_FUNDS, {"lots": 500}),
            (Reject.INSUFFICIENT_CAPACITY, {"account": BOB, **text("sells"), "lots": 200, "price_ticks": 100}),
        ],
    ),
}
