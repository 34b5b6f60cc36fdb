"""Wildcards at their bounds: all their members at once, and buffers that hold little more than one step."""

from __future__ import annotations

from exchange.domain.enums import CommandKind, EventKind, SelfTrade, Side
from exchange.domain.records import Command
from exchange.domain.text import text_columns
from exchange.domain.units import MEMBERS_MAX, NEVER_NS
from exchange.engine import EVENT_ROWS_MIN, Engine
from tests.kernel.pair import Pair
from tests.orders import limit, named
from tests.reference.events import Event, event_tuples

_ALICE, _BOB, _CAROL = 1, 2, 3


def _market(contracts: int = MEMBERS_MAX) -> Pair:
    """Three rich accounts, and an engine whose buffer is as small as may be."""
    pair = Pair(engine=Engine(event_rows=EVENT_ROWS_MIN))
    pair.apply([Command(kind=CommandKind.OPEN_ACCOUNT, **text_columns(name)) for name in ("alice", "bob", "carol")])
    pair.apply(
        [
            Command(kind=CommandKind.LIST, amount=1, expiry_ns=NEVER_NS, **text_columns(f"C{number}"))
            for number in range(contracts)
        ]
    )
    pair.apply([Command(kind=CommandKind.CASH, account=account, amount=10**9) for account in (1, 2, 3)])
    pair.apply(
        [
            Command(kind=CommandKind.CAPACITY, account=account, contract=contract, lots=10**6)
            for account in (1, 2, 3)
            for contract in range(contracts)
        ]
    )
    return pair


def _wildcard(
    name: str, account: int, side: Side, price_ticks: int, lots: int, contracts: range, **columns: int
) -> list[Command]:
    """It and its members, of which each is a tick dearer than the one before."""
    whole = limit(account, side, price_ticks, lots, contracts[0], kind=CommandKind.WILDCARD, option=len(contracts))
    return [
        whole._replace(**text_columns(name), **columns),
        *[
            Command(
                kind=CommandKind.MEMBER, account=account, contract=contract, offset_ticks=place, **text_columns(name)
            )
            for place, contract in enumerate(contracts)
        ],
    ]


def _ask(pair: Pair, commands: list[Command]) -> list[Event]:
    pair.apply(commands)
    pair.compare_state()
    pair.engine.check()
    return event_tuples(pair.events)


def test_the_largest_takes_from_and_rests_in_all_its_books() -> None:
    pair = _market()
    _ask(pair, [limit(_ALICE, Side.SELL, 100 + contract, 2, contract) for contract in range(MEMBERS_MAX) for _ in "ab"])
    lots = 4 * MEMBERS_MAX + 7
    events = _ask(pair, _wildcard("w", _CAROL, Side.BUY, 100, lots, range(MEMBERS_MAX)))
    assert sum(event.lots for event in events if event.kind == EventKind.FILLED) == 4 * MEMBERS_MAX
    assert [event.open_lots for event in events if event.kind == EventKind.RESTED] == [7] * MEMBERS_MAX


def test_each_trade_with_a_member_is_told_in_every_book() -> None:
    pair = _market()
    lots = EVENT_ROWS_MIN
    _ask(pair, _wildcard("w", _CAROL, Side.BUY, 100, lots, range(MEMBERS_MAX)))
    events = _ask(pair, [limit(_BOB, Side.SELL, 100, 1, 0) for _ in range(lots)])
    filled = [event for event in events if event.kind == EventKind.FILLED]
    assert sum(event.lots for event in filled) == lots
    amended = [event for event in events if event.kind == EventKind.AMENDED]
    assert len(amended) == (MEMBERS_MAX - 1) * (lots - 1)
    assert not pair.engine.open_orders(account=_CAROL)


def test_two_of_the_largest_end_each_other() -> None:
    """Both sides of one trade, and both of those that give way, write of all their members."""
    pair = _market()
    _ask(pair, _wildcard("w", _CAROL, Side.BUY, 100, 5, range(MEMBERS_MAX)))
    events = _ask(pair, _wildcard("v", _BOB, Side.SELL, 100, 9, range(MEMBERS_MAX)))
    assert [event.lots for event in events if event.kind == EventKind.FILLED] == [5]
    own = _wildcard("u", _BOB, Side.BUY, 100, 9, range(MEMBERS_MAX), self_trade=SelfTrade.CANCEL_BOTH)
    events = _ask(pair, own)
    assert sum(event.kind == EventKind.CANCELLED for event in events) == MEMBERS_MAX + 2
    assert not pair.engine.open_orders()


def test_what_many_members_hold_is_held_once() -> None:
    pair = _market()
    _ask(pair, _wildcard("w", _CAROL, Side.BUY, 100, 5, range(MEMBERS_MAX)))
    assert pair.engine.account(_CAROL).reserved_micros == 5 * (100 + MEMBERS_MAX - 1)
    assert [position.open_buy_lots for position in pair.engine.positions(_CAROL)] == [5] * MEMBERS_MAX


def test_a_gate_that_no_tick_has_told_of_yet_keeps_a_member_out() -> None:
    """The venue learns of it only when the last member comes."""
    pair = _market(1)
    _ask(pair, [Command(kind=CommandKind.LIST, amount=1, expiry_ns=100, **text_columns("SOON"))])
    _ask(pair, [limit(_BOB, Side.SELL, 90, 2, 1)])
    whole, last, first = _wildcard("w", _CAROL, Side.BUY, 100, 5, range(2))
    _ask(pair, [whole, first])
    events = _ask(pair, [last._replace(time_ns=100)])
    said = [(event.kind, event.contract, event.lots) for event in events]
    assert said == [(EventKind.MEMBER, 0, 0), (EventKind.EXPIRED, 1, 0), (EventKind.RESTED, 0, 5)]
    assert pair.engine.account(_CAROL).reserved_micros == 5 * 100


def test_more_that_wait_for_members_than_a_buffer_holds_are_ended_at_once() -> None:
    pair = _market(2)
    _ask(pair, [_wildcard(f"w{number}", _CAROL, Side.BUY, 100, 5, range(2))[0] for number in range(2 * EVENT_ROWS_MIN)])
    events = _ask(pair, [Command(kind=CommandKind.CANCEL_ALL, contract=-1)])
    assert [event.kind for event in events] == [EventKind.CANCELLED] * 2 * EVENT_ROWS_MIN
    assert not pair.engine.open_orders()


def test_everything_goes_on_after_a_snapshot_at_any_command() -> None:
    """While members are to come, and when all stand."""
    commands = _wildcard("w", _CAROL, Side.BUY, 100, 5, range(3))
    commands += [
        limit(_BOB, Side.SELL, 100, 2, 1),
        named(CommandKind.CANCEL, "w", account=_CAROL),
    ]
    whole = _market(3)
    _ask(whole, commands)
    for cut in range(len(commands)):
        first = _market(3)
        first.apply(commands[:cut])
        first.engine = Engine.restore(first.engine.snapshot())
        _ask(first, commands[cut:])
        assert first.engine.state_hash() == whole.engine.state_hash()
