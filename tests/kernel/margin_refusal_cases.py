"""The same for margin: what nobody can be told an hour is worth, who gets no terms, and what these do not allow."""

from __future__ import annotations

from exchange.domain.enums import CommandKind, Reject, Side
from exchange.domain.records import Command
from exchange.domain.units import PRICE_TICKS_MAX
from tests.kernel.margin_commands import scenario_columns
from tests.kernel.refusal_market import (
    BANDED,
    DEAR,
    GRACE,
    HANNA,
    IVAN,
    JUDY,
    NOBODY,
    NOW_NS,
    SETTLED,
    SHORTABLE,
    STRIP,
    UNLISTED,
    WATCHED,
    order,
    text,
)
from tests.kernel.strip_refusal_cases import Faults

_MANY = 500_000_000
MARGIN_FAULTS: dict[str, tuple[Command, Faults]] = {
    "margin": (
        Command(kind=CommandKind.MARGIN, time_ns=NOW_NS, contract=SHORTABLE, **scenario_columns([50] * 15 + [62])),
        [
            (Reject.UNKNOWN_CONTRACT, {"contract": UNLISTED}),
            (Reject.UNKNOWN_CONTRACT, {"contract": -1}),
            (Reject.BAD_PRICE, {"price_ticks": 0}),
            (Reject.BAD_PRICE, {"lots": PRICE_TICKS_MAX + 1}),
            (Reject.BAD_PRICE, {"text_0": 0}),
            (Reject.BAD_PRICE, {"text_1": 50}),
            (Reject.BAD_PRICE, {"text_2": 50 << 32}),
            (Reject.BAD_PRICE, {"text_3": -1}),
            (Reject.BAD_PRICE, {"order_id": PRICE_TICKS_MAX + 1 + (50 << 32)}),
            (Reject.BAD_PRICE, {"expiry_ns": 50 + (PRICE_TICKS_MAX + 1 << 32)}),
            (Reject.BAD_PRICE, {"amount": -(50 << 32) + 50}),
            (Reject.NOT_FOR_STRIPS, {"contract": STRIP}),
            (Reject.CONTRACT_CLOSED, {"contract": SETTLED}),
            (Reject.MARGIN_TOO_LARGE, {"lots": PRICE_TICKS_MAX}),
        ],
    ),
    "terms": (
        Command(kind=CommandKind.MARGIN_TERMS, time_ns=NOW_NS, account=GRACE, maker_fee_bps=5_000, option=1),
        [
            (Reject.UNKNOWN_ACCOUNT, {"account": 0}),
            (Reject.UNKNOWN_ACCOUNT, {"account": NOBODY}),
            (Reject.BAD_FEE, {"maker_fee_bps": -1}),
            (Reject.BAD_FEE, {"maker_fee_bps": 10_001}),
            (Reject.BAD_FEE, {"option": 0}),
            (Reject.BAD_OPTION, {"option": 2, "maker_fee_bps": 0}),
            (Reject.BAD_OPTION, {"option": -1, "maker_fee_bps": 0}),
            (Reject.MARGIN_IN_USE, {"account": HANNA, "option": 0, "maker_fee_bps": 0}),
            (Reject.MARGIN_TOO_LARGE, {"account": IVAN}),
        ],
    ),
    "order on margin": (
        order(HANNA, Side.SELL, 45, 1, contract=SHORTABLE, time_ns=NOW_NS),
        [
            (Reject.UNDER_CALL, {"account": JUDY}),
            (Reject.UNDER_CALL, {"account": JUDY, "side": Side.BUY, "lots": 11}),
            (Reject.UNDER_CALL, {"account": JUDY, "side": Side.BUY, "price_ticks": 62}),
            (Reject.MARGIN_TOO_LARGE, {"contract": DEAR, "lots": _MANY}),
            (Reject.BELOW_MARGIN_FLOOR, {"price_ticks": 38}),
            (Reject.INSUFFICIENT_FUNDS, {"lots": 1_000}),
            (Reject.INSUFFICIENT_FUNDS, {"side": Side.BUY, "lots": 1_000}),
            (Reject.INSUFFICIENT_CAPACITY, {"contract": WATCHED}),
        ],
    ),
    "replace on margin": (
        Command(kind=CommandKind.REPLACE, time_ns=NOW_NS, account=HANNA, price_ticks=71, lots=6, **text("hanna-ask")),
        [
            (Reject.BELOW_MARGIN_FLOOR, {"price_ticks": 38}),
            (Reject.INSUFFICIENT_FUNDS, {"lots": 1_000}),
        ],
    ),
    "quote on margin": (
        Command(
            kind=CommandKind.QUOTE,
            time_ns=NOW_NS,
            account=HANNA,
            contract=SHORTABLE,
            price_ticks=44,
            lots=1,
            trigger_ticks=72,
            display_lots=1,
        ),
        [
            (Reject.UNDER_CALL, {"account": JUDY}),
            (Reject.BELOW_MARGIN_FLOOR, {"price_ticks": 30, "trigger_ticks": 38}),
            (Reject.INSUFFICIENT_FUNDS, {"lots": 1_000}),
            (Reject.INSUFFICIENT_FUNDS, {"display_lots": 1_000}),
            (Reject.INSUFFICIENT_CAPACITY, {"contract": WATCHED}),
        ],
    ),
    "strip on margin": (
        order(HANNA, Side.BUY, 30, 1, contract=STRIP, time_ns=NOW_NS),
        [
            (Reject.UNDER_CALL, {"account": JUDY}),
            (Reject.INSUFFICIENT_FUNDS, {"lots": 1_000}),
            (Reject.INSUFFICIENT_CAPACITY, {"side": Side.SELL, "price_ticks": 112}),
        ],
    ),
    "capacity on margin": (
        Command(kind=CommandKind.CAPACITY, time_ns=NOW_NS, account=HANNA, contract=SHORTABLE, lots=1),
        [
            (Reject.INSUFFICIENT_FUNDS, {"account": JUDY, "lots": 2}),
            (Reject.INSUFFICIENT_CAPACITY, {"contract": BANDED, "lots": 4}),
        ],
    ),
    "cash on margin": (
        Command(kind=CommandKind.CASH, time_ns=NOW_NS, account=HANNA, amount=-1),
        [(Reject.INSUFFICIENT_FUNDS, {"amount": -1_000_000})],
    ),
}
