"""What takes more events than any buffer holds, and what happens twice in one command, against the reference."""

from __future__ import annotations

from exchange.domain.enums import CommandKind, EventKind, OrderType, Phase, Reject, Side, TimeInForce
from exchange.domain.records import Command
from exchange.domain.text import pack_text
from exchange.domain.units import QUOTE_SLOTS
from exchange.engine import EVENT_ROWS_MIN, Engine
from tests.kernel.pair import Pair
from tests.reference.events import event_tuples

_MANY = 2 * EVENT_ROWS_MIN
_GATE_NS = 10_000


def _named(kind: CommandKind, name: str, **columns: int) -> Command:
    words = pack_text(name)
    return Command(kind=kind, text_0=words[0], text_1=words[1], text_2=words[2], text_3=words[3], **columns)


def _market(contracts: int = 1, phase: int = Phase.PREOPEN) -> Pair:
    """Accounts 1 to 3 with means, contracts that collect, and an engine whose buffer is as small as may be."""
    pair = Pair(engine=Engine(event_rows=EVENT_ROWS_MIN))
    commands = [_named(CommandKind.OPEN_ACCOUNT, name) for name in ("alice", "bob", "carol")]
    commands += [
        _named(CommandKind.LIST, f"C{number}", amount=1, expiry_ns=_GATE_NS, option=phase)
        for number in range(contracts)
    ]
    commands += [Command(kind=CommandKind.CASH, account=account, amount=10**9) for account in (1, 2, 3)]
    commands += [
        Command(kind=CommandKind.CAPACITY, account=account, contract=contract, lots=10**6)
        for account in (1, 2, 3)
        for contract in range(contracts)
    ]
    pair.apply(commands)
    return pair


def _order(account: int, side: Side, price_ticks: int, lots: int, contract: int = 0) -> Command:
    return Command(
        kind=CommandKind.NEW,
        account=account,
        contract=contract,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        price_ticks=price_ticks,
        lots=lots,
    )


def _crowd(pair: Pair) -> None:
    """Many bids and asks that all trade at one price."""
    pair.apply([_order(1, Side.BUY, 100 + number % 5, 1) for number in range(_MANY)])
    pair.apply([_order(2, Side.SELL, 100 - number % 5, 1) for number in range(_MANY)])


def _fills(pair: Pair) -> int:
    return sum(event.kind == EventKind.FILLED for event in event_tuples(pair.events))


def test_an_auction_of_many_trades_is_taken_up_again() -> None:
    pair = _market()
    _crowd(pair)
    pair.apply([Command(kind=CommandKind.PHASE, option=Phase.CONTINUOUS)])
    assert _fills(pair) == _MANY
    pair.compare_state()
    pair.engine.check()


def test_so_is_one_that_ends_by_itself() -> None:
    pair = _market()
    _crowd(pair)
    pair.apply([Command(kind=CommandKind.PHASE, option=Phase.CLOSING, expiry_ns=500)])
    pair.apply([Command(kind=CommandKind.TICK, time_ns=600)])
    assert _fills(pair) == _MANY
    pair.compare_state()


def test_so_is_one_that_the_gate_ends() -> None:
    pair = _market()
    _crowd(pair)
    pair.apply([_order(3, Side.BUY, 50, 1) for _ in range(_MANY)])
    pair.apply([Command(kind=CommandKind.TICK, time_ns=_GATE_NS)])
    assert _fills(pair) == _MANY
    pair.compare_state()


def test_more_auctions_than_a_buffer_holds_are_indicated_once_each() -> None:
    pair = _market(contracts=_MANY)
    pair.apply([_order(1, Side.BUY, 100, 1, contract) for contract in range(_MANY)])
    pair.apply([Command(kind=CommandKind.TICK)])
    assert [event.contract for event in event_tuples(pair.events)] == list(range(_MANY))


def test_two_accounts_that_freeze_in_one_command_both_lose_their_quotes() -> None:
    pair = _market(phase=0)
    quotes = [
        Command(kind=CommandKind.QUOTE, account=account, price_ticks=90, lots=5, trigger_ticks=110, display_lots=5)
        for account in (1, 2)
    ]
    pair.apply([Command(kind=CommandKind.PROTECT, account=account, lots=1, expiry_ns=100) for account in (1, 2)])
    pair.apply([*quotes, _order(3, Side.BUY, 110, 10)])
    frozen = [event.account for event in event_tuples(pair.events) if event.kind == EventKind.FROZEN]
    assert frozen == [1, 2]
    assert not pair.engine.open_orders()
    pair.compare_state()


def test_more_quotes_than_a_buffer_holds_are_withdrawn_when_their_maker_freezes() -> None:
    contracts = 10
    pair = _market(contracts, phase=0)
    quotes = [
        Command(
            kind=CommandKind.QUOTE, account=1, contract=contract, option=slot,
            price_ticks=90 - slot, lots=5, trigger_ticks=110 + slot, display_lots=5,
        )
        for contract in range(contracts)
        for slot in range(QUOTE_SLOTS)
    ]  # fmt: skip
    pair.apply([Command(kind=CommandKind.PROTECT, account=1, lots=1, expiry_ns=100), *quotes])
    assert len(pair.engine.open_orders()) == 2 * QUOTE_SLOTS * contracts > EVENT_ROWS_MIN
    pair.apply([_order(3, Side.BUY, 110, 5)])
    assert not pair.engine.open_orders()
    pair.compare_state()


def test_names_that_share_a_place_in_the_index_are_told_apart() -> None:
    """Among so many names several begin their search where another one stands."""
    engine = Pair()
    names = [f"account-{number}" for number in range(3000)]
    engine.apply([_named(CommandKind.OPEN_ACCOUNT, name) for name in names])
    engine.apply([_named(CommandKind.OPEN_ACCOUNT, name) for name in names])
    assert {event.reason for event in event_tuples(engine.events)} == {Reject.ACCOUNT_EXISTS}
