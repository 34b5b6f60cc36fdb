"""What a refusal promises: the first reason that applies, and no change of anything."""

from __future__ import annotations

from itertools import permutations

import pytest

from exchange.domain.enums import CommandKind, EventKind, Kill, Reject, SelfTrade, Side
from exchange.domain.records import Command, Rows, command_rows
from exchange.engine import Engine
from tests.kernel.pair import Pair
from tests.kernel.refusal_cases import CASES, NEW, QUOTE, REPLACE
from tests.kernel.refusal_market import ALICE, BOB, CAROL, HALTED, NOW_NS, market
from tests.reference.events import event_tuples
from tests.reference.exchange import RULES


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
    twin.apply(_of_no_kind(pair))
    assert pair.engine.state_hash() == twin.state_hash()
    return Reject(event.reason)


def _of_no_kind(pair: Pair) -> Rows:
    """The last command as one of no known kind, which changes sequence and time alone: what a refusal may change."""
    return command_rows([pair.history[-1]._replace(kind=99)])


@pytest.mark.parametrize("name", CASES)
def test_each_fault_alone_is_named_and_changes_nothing(name: str) -> None:
    """One thing is wrong with a command that would otherwise be accepted."""
    pair = market()
    valid, faults = CASES[name]
    found = [(_refuse(pair, valid._replace(**fault)), fault) for _, fault in faults]
    assert found == faults
    pair.apply([valid])
    assert EventKind.REJECTED not in [event.kind for event in event_tuples(pair.events)]


@pytest.mark.parametrize("name", CASES)
def test_of_two_faults_the_first_in_order_of_precedence_is_named(name: str) -> None:
    """Every pair of faults, as the reference exchange judges them, and all of them together without a trace."""
    pair = market()
    twin = Engine.restore(pair.engine.snapshot())
    valid, faults = CASES[name]
    asked = {valid._replace(**first)._replace(**second) for (_, first), (_, second) in permutations(faults, 2)}
    for command in sorted(asked):
        refuse = RULES[command.kind][0] if command.kind in RULES else None
        # Two faults can cure each other, as GTD does with an expiry: then there is nothing to refuse.
        if refuse is None or refuse(pair.reference, command):
            pair.apply([command])
            assert [event.kind for event in event_tuples(pair.events)] == [EventKind.REJECTED]
            twin.apply(_of_no_kind(pair))
    assert pair.engine.state_hash() == twin.state_hash()


def test_another_accounts_order_is_not_yours() -> None:
    """Its id is enough to name it, but only its owner may cancel or replace it."""
    pair = market()
    (offer,) = [order for order in pair.engine.open_orders(account=BOB) if order.client_id == "offer"]
    cancel = Command(kind=CommandKind.CANCEL, time_ns=NOW_NS, account=ALICE, order_id=offer.order_id)
    assert _refuse(pair, cancel) == Reject.NOT_YOUR_ORDER
    assert _refuse(pair, REPLACE._replace(order_id=offer.order_id)) == Reject.NOT_YOUR_ORDER


def test_while_entry_is_closed_only_cancels_come_in() -> None:
    """A halt of the contract is said first, a disabled account after it; the switch off, all is as before."""
    for switch in (Kill.ENTRY, Kill.MARKET):
        pair = market()
        close = Command(kind=CommandKind.KILL, time_ns=NOW_NS, option=switch, lots=1)
        (bid,) = [order for order in pair.engine.open_orders(account=ALICE) if order.client_id == "bid"]
        pair.apply([close])
        for command in (NEW, QUOTE, NEW._replace(account=CAROL)):
            assert _refuse(pair, command) == Reject.ENTRY_CLOSED
            assert _refuse(pair, command._replace(contract=HALTED)) == Reject.CONTRACT_HALTED
        if switch == Kill.ENTRY:
            assert _refuse(pair, REPLACE) == Reject.ENTRY_CLOSED
            pair.apply([Command(kind=CommandKind.CANCEL, time_ns=NOW_NS, account=ALICE, order_id=bid.order_id)])
            assert [event.kind for event in event_tuples(pair.events)] == [EventKind.CANCELLED]
        pair.apply([close._replace(lots=0)])
        assert _refuse(pair, NEW._replace(account=CAROL)) == Reject.ACCOUNT_DISABLED
        pair.apply([NEW])
        assert [event.kind for event in event_tuples(pair.events)] == [EventKind.ACCEPTED]


def test_a_quote_is_not_replaceable() -> None:
    """It is changed by the next quote in its slot, and cancelled like any order."""
    pair = market()
    pair.apply([QUOTE])
    bid = event_tuples(pair.events)[0].order_id
    replace = Command(kind=CommandKind.REPLACE, time_ns=NOW_NS, account=BOB, order_id=bid, price_ticks=42, lots=1)
    assert _refuse(pair, replace) == Reject.NOT_REPLACEABLE
    assert _refuse(pair, replace._replace(lots=0)) == Reject.BAD_LOTS
    pair.apply([Command(kind=CommandKind.CANCEL, time_ns=NOW_NS, account=BOB, order_id=bid)])
    assert [event.kind for event in event_tuples(pair.events)] == [EventKind.CANCELLED]


def test_self_trade_choices_are_all_known() -> None:
    """A choice one beyond the last is refused; none of the known ones is."""
    pair = market()
    for choice in SelfTrade:
        pair.apply([NEW._replace(self_trade=choice)])
        assert [event.kind for event in event_tuples(pair.events)] == [EventKind.ACCEPTED]
