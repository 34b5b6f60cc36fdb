"""What a refusal promises: the first reason that applies, and no change of anything."""

from __future__ import annotations

from itertools import permutations

import pytest

from exchange.domain.enums import CommandKind, EventKind, Flag, OrderType, Reject, SelfTrade, Side, TimeInForce
from exchange.domain.records import Command, command_rows
from exchange.domain.text import WORD_END, pack_text
from exchange.domain.units import LOTS_MAX, NEVER_NS, PRICE_TICKS_MAX, TOTAL_MAX
from exchange.engine import Engine
from tests.kernel.pair import Pair
from tests.reference.events import event_tuples
from tests.reference.exchange import RULES

NOW_NS = 10_000
ALICE, BOB = 1, 2
OPEN, GATED = 0, 1


def _text(text: str) -> dict[str, int]:
    return dict(zip(("text_0", "text_1", "text_2", "text_3"), pack_text(text), strict=True))


def _market() -> Pair:
    """Alice and Bob, an open and a gated contract, Bob's offer at 50, and Alice's bids, one half filled."""
    pair = Pair()
    asked = {"kind": CommandKind.NEW, "order_type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC}
    pair.apply(
        [
            Command(kind=CommandKind.OPEN_ACCOUNT, maker_fee_bps=2, taker_fee_bps=5, **_text("alice")),
            Command(kind=CommandKind.OPEN_ACCOUNT, **_text("bob")),
            Command(kind=CommandKind.LIST, amount=100, expiry_ns=NEVER_NS, **_text("OPEN")),
            Command(kind=CommandKind.LIST, amount=100, expiry_ns=5_000, **_text("GATED")),
            Command(kind=CommandKind.CASH, account=ALICE, amount=1_000_000, **_text("deposit")),
            Command(kind=CommandKind.CASH, account=BOB, amount=1_000_000),
            Command(kind=CommandKind.CAPACITY, account=BOB, contract=OPEN, lots=1000),
            Command(kind=CommandKind.CAPACITY, account=ALICE, contract=OPEN, lots=20),
            Command(**asked, account=BOB, side=Side.SELL, price_ticks=50, lots=100, **_text("offer")),
            Command(
                **asked, account=ALICE, side=Side.BUY, price_ticks=40, lots=10, flags=Flag.POST_ONLY, **_text("bid")
            ),
            Command(**asked, account=ALICE, side=Side.BUY, price_ticks=41, lots=10, **_text("half")),
            Command(**asked, account=BOB, side=Side.SELL, price_ticks=41, lots=5),
            Command(**asked, account=ALICE, side=Side.SELL, price_ticks=60, lots=5, **_text("ask")),
            Command(kind=CommandKind.TICK, time_ns=NOW_NS),
        ]
    )
    return pair


_NEW = Command(
    kind=CommandKind.NEW,
    time_ns=NOW_NS,
    account=ALICE,
    contract=OPEN,
    side=Side.BUY,
    order_type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    price_ticks=30,
    lots=1,
)
_REPLACE = Command(kind=CommandKind.REPLACE, time_ns=NOW_NS, account=ALICE, price_ticks=42, lots=12, **_text("half"))
_CASES: dict[str, tuple[Command, list[tuple[Reject, dict[str, int]]]]] = {
    "new": (
        _NEW,
        [
            (Reject.UNKNOWN_COMMAND, {"kind": 0}),
            (Reject.UNKNOWN_COMMAND, {"kind": -128}),
            (Reject.UNKNOWN_ACCOUNT, {"account": 0}),
            (Reject.UNKNOWN_ACCOUNT, {"account": 3}),
            (Reject.UNKNOWN_ACCOUNT, {"account": -(2**31)}),
            (Reject.DUPLICATE_CLIENT_ID, _text("bid")),
            (Reject.DUPLICATE_CLIENT_ID, _text("deposit")),
            (Reject.UNKNOWN_CONTRACT, {"contract": 2}),
            (Reject.UNKNOWN_CONTRACT, {"contract": -1}),
            (Reject.BAD_TEXT, {"text_3": -1}),
            (Reject.BAD_TEXT, {"text_1": WORD_END}),
            (Reject.BAD_SIDE, {"side": 2}),
            (Reject.BAD_ORDER_TYPE, {"order_type": 0}),
            (Reject.BAD_TIME_IN_FORCE, {"time_in_force": 5}),
            (Reject.BAD_TIME_IN_FORCE, {"order_type": OrderType.MARKET}),
            (Reject.BAD_SELF_TRADE, {"self_trade": 3}),
            (Reject.BAD_FLAGS, {"flags": Flag.LOTS_ARE_OPEN}),
            (Reject.BAD_FLAGS, {"flags": Flag.POST_ONLY, "time_in_force": TimeInForce.IOC}),
            (Reject.BAD_PRICE, {"price_ticks": 0}),
            (Reject.BAD_PRICE, {"price_ticks": PRICE_TICKS_MAX + 1}),
            (Reject.BAD_LOTS, {"lots": 0}),
            (Reject.BAD_LOTS, {"lots": LOTS_MAX + 1}),
            (Reject.BAD_EXPIRY, {"expiry_ns": NOW_NS + 1}),
            (Reject.BAD_EXPIRY, {"time_in_force": TimeInForce.GTD, "expiry_ns": NOW_NS}),
            (Reject.CONTRACT_CLOSED, {"contract": GATED}),
            (Reject.NOTIONAL_TOO_LARGE, {"lots": LOTS_MAX, "price_ticks": PRICE_TICKS_MAX}),
            (Reject.POST_ONLY_WOULD_CROSS, {"flags": Flag.POST_ONLY, "price_ticks": 50}),
            (Reject.INSUFFICIENT_FUNDS, {"lots": 400}),
            (Reject.INSUFFICIENT_CAPACITY, {"side": Side.SELL, "lots": 21, "price_ticks": 70}),
        ],
    ),
    "replace": (
        _REPLACE,
        [
            (Reject.UNKNOWN_ACCOUNT, {"account": 3}),
            (Reject.UNKNOWN_ORDER, {"order_id": 2**40}),
            (Reject.UNKNOWN_ORDER, {"order_id": -1}),
            (Reject.UNKNOWN_ORDER, _text("nobody")),
            (Reject.UNKNOWN_ORDER, _text("deposit")),
            (Reject.BAD_FLAGS, {"flags": Flag.POST_ONLY}),
            (Reject.BAD_PRICE, {"price_ticks": -1}),
            (Reject.BAD_LOTS, {"lots": 0}),
            (Reject.BAD_LOTS, {"lots": LOTS_MAX, "flags": Flag.LOTS_ARE_OPEN}),
            (Reject.BELOW_FILLED, {"lots": 5}),
            (Reject.POST_ONLY_WOULD_CROSS, {**_text("bid"), "price_ticks": 50}),
            (Reject.INSUFFICIENT_FUNDS, {"lots": 500}),
            (Reject.INSUFFICIENT_CAPACITY, {**_text("ask"), "lots": 400, "price_ticks": 60}),
        ],
    ),
    "cancel": (
        Command(kind=CommandKind.CANCEL, time_ns=NOW_NS, account=ALICE, **_text("bid")),
        [
            (Reject.UNKNOWN_ACCOUNT, {"account": -1}),
            (Reject.UNKNOWN_ORDER, {"order_id": 2**62}),
            (Reject.UNKNOWN_ORDER, {"account": BOB}),
        ],
    ),
    "cancel_all": (
        Command(kind=CommandKind.CANCEL_ALL, time_ns=NOW_NS, account=ALICE, contract=-1),
        [
            (Reject.UNKNOWN_ACCOUNT, {"account": -1}),
            (Reject.UNKNOWN_ACCOUNT, {"account": 3}),
            (Reject.UNKNOWN_CONTRACT, {"contract": -2}),
            (Reject.UNKNOWN_CONTRACT, {"contract": 2}),
        ],
    ),
    "cash": (
        Command(kind=CommandKind.CASH, time_ns=NOW_NS, account=ALICE, amount=5),
        [
            (Reject.UNKNOWN_ACCOUNT, {"account": 0}),
            (Reject.DUPLICATE_CLIENT_ID, _text("deposit")),
            (Reject.DUPLICATE_CLIENT_ID, _text("bid")),
            (Reject.BAD_TEXT, {"text_2": -1}),
            (Reject.BAD_AMOUNT, {"amount": 0}),
            (Reject.BAD_AMOUNT, {"amount": TOTAL_MAX}),
            (Reject.BAD_AMOUNT, {"amount": 2**63 - 1}),
            (Reject.BAD_AMOUNT, {"amount": -(2**63)}),
            (Reject.INSUFFICIENT_FUNDS, {"amount": -999_999}),
        ],
    ),
    "capacity": (
        Command(kind=CommandKind.CAPACITY, time_ns=NOW_NS, account=BOB, contract=OPEN, lots=500),
        [
            (Reject.UNKNOWN_ACCOUNT, {"account": 3}),
            (Reject.UNKNOWN_CONTRACT, {"contract": 2}),
            (Reject.BAD_LOTS, {"lots": -1}),
            (Reject.BAD_LOTS, {"lots": LOTS_MAX + 1}),
            (Reject.CONTRACT_CLOSED, {"contract": GATED}),
            (Reject.INSUFFICIENT_CAPACITY, {"lots": 104}),
        ],
    ),
    "list": (
        Command(kind=CommandKind.LIST, time_ns=NOW_NS, amount=1, expiry_ns=NOW_NS + 1, **_text("NEXT")),
        [
            (Reject.BAD_TEXT, {"text_0": -1}),
            (Reject.BAD_TEXT, {"text_0": 0}),
            (Reject.BAD_EXPIRY, {"expiry_ns": NOW_NS}),
            (Reject.BAD_AMOUNT, {"amount": 0}),
            (Reject.BAD_AMOUNT, {"amount": 10**12 + 1}),
            (Reject.CONTRACT_EXISTS, _text("GATED")),
        ],
    ),
    "open_account": (
        Command(kind=CommandKind.OPEN_ACCOUNT, time_ns=NOW_NS, **_text("carol")),
        [
            (Reject.BAD_TEXT, {"text_0": 0}),
            (Reject.BAD_FEE, {"maker_fee_bps": -1}),
            (Reject.BAD_FEE, {"taker_fee_bps": 10_001}),
            (Reject.ACCOUNT_EXISTS, _text("alice")),
            (Reject.ACCOUNT_EXISTS, _text("venue")),
        ],
    ),
}


def _everything(engine: Engine) -> tuple[object, ...]:
    """All that a reader can see."""
    accounts = engine.accounts()
    contracts = engine.contracts()
    return (
        accounts,
        [engine.positions(account.account) for account in accounts],
        contracts,
        engine.open_orders(),
        [engine.levels(contract.contract, side, 100) for contract in contracts for side in Side],
        engine.next_deadline_ns(),
    )


def _refuse(pair: Pair, command: Command) -> Reject:
    """Apply ``command``, which must be refused without a trace, and return why."""
    twin = Engine.restore(pair.engine.snapshot())
    before = _everything(pair.engine)
    pair.apply([command])
    (event,) = event_tuples(pair.events)
    assert event.kind == EventKind.REJECTED
    assert _everything(pair.engine) == before
    # A command of no known kind changes sequence and time alone; so must this one have done.
    twin.apply(command_rows([pair.history[-1]._replace(kind=99)]))
    assert pair.engine.state_hash() == twin.state_hash()
    return Reject(event.reason)


@pytest.mark.parametrize("name", _CASES)
def test_each_fault_alone_is_named_and_changes_nothing(name: str) -> None:
    """One thing is wrong with a command that would otherwise be accepted."""
    pair = _market()
    valid, faults = _CASES[name]
    found = [(_refuse(pair, valid._replace(**fault)), fault) for _, fault in faults]
    assert found == faults
    pair.apply([valid])
    assert EventKind.REJECTED not in [event.kind for event in event_tuples(pair.events)]


@pytest.mark.parametrize("name", _CASES)
def test_of_two_faults_the_first_in_order_of_precedence_is_named(name: str) -> None:
    """Every pair of faults, as the reference exchange judges them, and without a trace."""
    pair = _market()
    valid, faults = _CASES[name]
    for (_, first), (_, second) in permutations(faults, 2):
        command = valid._replace(**first)._replace(**second)
        refuse = RULES[command.kind][0] if command.kind in RULES else None
        # Two faults can cure each other, as GTD does with an expiry: then there is nothing to refuse.
        if refuse is None or refuse(pair.reference, command):
            _refuse(pair, command)


def test_another_accounts_order_is_not_yours() -> None:
    """Its id is enough to name it, but only its owner may cancel or replace it."""
    pair = _market()
    (offer,) = [order for order in pair.engine.open_orders(account=BOB) if order.client_id == "offer"]
    cancel = Command(kind=CommandKind.CANCEL, time_ns=NOW_NS, account=ALICE, order_id=offer.order_id)
    assert _refuse(pair, cancel) == Reject.NOT_YOUR_ORDER
    assert _refuse(pair, _REPLACE._replace(order_id=offer.order_id)) == Reject.NOT_YOUR_ORDER


def test_self_trade_choices_are_all_known() -> None:
    """A choice one beyond the last is refused; none of the known ones is."""
    pair = _market()
    for choice in SelfTrade:
        pair.apply([_NEW._replace(self_trade=choice)])
        assert [event.kind for event in event_tuples(pair.events)] == [EventKind.ACCEPTED, EventKind.RESTED]
