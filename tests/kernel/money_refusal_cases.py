"""One transfer, one bond and one change of fees that are accepted, and what may be wrong with each."""

from __future__ import annotations

from exchange.domain.enums import CommandKind, Reject, TransferFlag
from exchange.domain.records import Command
from exchange.domain.units import TOTAL_MAX
from tests.kernel.refusal_market import ALICE, BOB, NOBODY, NOW_NS, text

_REFERENCES: list[tuple[Reject, dict[str, int]]] = [
    (Reject.DUPLICATE_CLIENT_ID, text("deposit")),
    (Reject.BAD_TEXT, {"text_2": -1}),
]

MONEY_FAULTS: dict[str, tuple[Command, list[tuple[Reject, dict[str, int]]]]] = {
    "transfer": (
        Command(kind=CommandKind.TRANSFER, time_ns=NOW_NS, account=ALICE, order_id=BOB, amount=1),
        [
            (Reject.UNKNOWN_ACCOUNT, {"account": NOBODY}),
            (Reject.UNKNOWN_ACCOUNT, {"order_id": NOBODY}),
            (Reject.UNKNOWN_ACCOUNT, {"order_id": -1}),
            *_REFERENCES,
            (Reject.BAD_FLAGS, {"flags": 2}),
            (Reject.BAD_FLAGS, {"flags": -1}),
            (Reject.BAD_AMOUNT, {"amount": 0}),
            (Reject.BAD_AMOUNT, {"amount": -1}),
            (Reject.BAD_AMOUNT, {"amount": TOTAL_MAX + 1}),
            (Reject.BAD_OPTION, {"order_id": ALICE}),
            (Reject.INSUFFICIENT_FUNDS, {"amount": TOTAL_MAX}),
            (Reject.INSUFFICIENT_FUNDS, {"flags": TransferFlag.FROM_BOND}),
        ],
    ),
    "bond": (
        Command(kind=CommandKind.BOND, time_ns=NOW_NS, account=ALICE, amount=1),
        [
            (Reject.UNKNOWN_ACCOUNT, {"account": NOBODY}),
            (Reject.UNKNOWN_ACCOUNT, {"account": 0}),
            *_REFERENCES,
            (Reject.BAD_AMOUNT, {"amount": 0}),
            (Reject.BAD_AMOUNT, {"amount": TOTAL_MAX + 1}),
            (Reject.BAD_AMOUNT, {"amount": -(2**63)}),
            (Reject.INSUFFICIENT_FUNDS, {"amount": TOTAL_MAX}),
            (Reject.INSUFFICIENT_FUNDS, {"amount": -1}),
        ],
    ),
    "fees": (
        Command(kind=CommandKind.FEES, time_ns=NOW_NS, account=ALICE, maker_fee_bps=1, taker_fee_bps=5),
        [
            (Reject.UNKNOWN_ACCOUNT, {"account": NOBODY}),
            (Reject.BAD_FEE, {"maker_fee_bps": -1}),
            (Reject.BAD_FEE, {"taker_fee_bps": 6}),
        ],
    ),
}
