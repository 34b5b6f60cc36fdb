"""Fixings: right for whoever computes them again, exact where sums outgrow a word, and made once."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

import pytest

from exchange.domain.enums import CommandKind, EventKind, FixingMethod, OrderType, Phase, Side, TimeInForce
from exchange.domain.records import Command, command_rows
from exchange.domain.text import pack_text
from exchange.domain.units import LOTS_MAX, NS_PER_HOUR, PRICE_TICKS_MAX, TOTAL_MAX
from exchange.engine import Engine
from tests.kernel.modes import FAST
from tests.kernel.pair import Pair
from tests.kernel.recomputed import Listener
from tests.kernel.scene import text_columns
from tests.kernel.tempers import TEMPERS
from tests.kernel.worlds import every_temper, history
from tests.reference.events import Event, event_tuples

_COMMANDS = 4_000 if FAST else 700
_GATE_NS = 2 * NS_PER_HOUR
_ALICE, _BOB = 1, 2


def _listen(commands: list[Command]) -> Listener:
    listener = Listener()
    events = event_tuples(Engine().apply(command_rows(commands)).tobytes())
    caused = {sequence: list(rows) for sequence, rows in groupby(events, key=lambda event: event.sequence)}
    for command in commands:
        listener.hear(command, caused.get(command.sequence, []))
    return listener


def test_whoever_hears_the_events_can_compute_every_fixing() -> None:
    """Of random markets of every temper, by code that knows the rules and nothing of the engine."""
    made = Counter(method for seed in every_temper() for method in _listen(history(seed, _COMMANDS)).made)
    assert made.total() > (20 if FAST else 5)
    if FAST:
        # Where contracts live for hours, and most of them are left alone, there are middles, too.
        long_lived = next(seed for seed in every_temper() if TEMPERS[seed].pace_ns > 1)
        made += Counter(_listen(history(long_lived, 5 * _COMMANDS)).made)
        assert min(made[method] for method in FixingMethod) > 1


def test_a_fixing_that_is_wrong_by_a_tick_would_be_heard() -> None:
    """In any of its columns."""
    commands = history(0, 700)
    events = event_tuples(Engine().apply(command_rows(commands)).tobytes())
    by_sequence = {command.sequence: command for command in commands}
    for column in ("price_ticks", "old_price_ticks", "lots", "old_open_lots", "fee", "amount", "maker_fee", "order_id"):
        assert not _is_right(by_sequence, [_wrong(event, column) for event in events])
    assert _is_right(by_sequence, events)


def _is_right(commands: dict[int, Command], events: list[Event]) -> bool:
    listener = Listener()
    try:
        for sequence, rows in groupby(events, key=lambda event: event.sequence):
            listener.hear(commands[sequence], list(rows))
    except AssertionError:
        return False
    return True


def _wrong(event: Event, column: str) -> Event:
    return event._replace(**{column: getattr(event, column) + 1}) if event.kind == EventKind.FIXING else event


def _market(tick_value_micros: int = 1, gate_ns: int = _GATE_NS) -> Pair:
    pair = Pair()
    pair.apply(
        [
            Command(kind=CommandKind.OPEN_ACCOUNT, **text_columns(pack_text("alice"))),
            Command(kind=CommandKind.OPEN_ACCOUNT, **text_columns(pack_text("bob"))),
            Command(kind=CommandKind.CASH, account=_ALICE, amount=TOTAL_MAX // 2),
            Command(kind=CommandKind.CASH, account=_BOB, amount=TOTAL_MAX // 2),
            Command(
                kind=CommandKind.LIST, amount=tick_value_micros, expiry_ns=gate_ns, **text_columns(pack_text("HOUR"))
            ),
            Command(kind=CommandKind.CAPACITY, account=_ALICE, lots=LOTS_MAX),
            Command(kind=CommandKind.CAPACITY, account=_BOB, lots=LOTS_MAX),
        ]
    )
    return pair


def _order(account: int, side: Side, price_ticks: int, lots: int, time_ns: int) -> Command:
    return Command(
        kind=CommandKind.NEW,
        time_ns=time_ns,
        account=account,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        price_ticks=price_ticks,
        lots=lots,
    )


def _fixing(pair: Pair, time_ns: int = _GATE_NS) -> Event:
    pair.apply([Command(kind=CommandKind.TICK, time_ns=time_ns)])
    pair.compare_state()
    pair.engine.check()
    (fixing,) = (event for event in event_tuples(pair.events) if event.kind == EventKind.FIXING)
    return fixing


def test_the_largest_trades_there_are_do_not_overflow() -> None:
    """A hundred of 10^17 ticks times lots each, back and forth, are more than a word holds; a lot more tips it."""
    pair = _market()
    for number in range(100):
        seller, buyer = (_ALICE, _BOB) if number % 2 else (_BOB, _ALICE)
        now_ns = NS_PER_HOUR + number
        pair.apply(
            [
                _order(seller, Side.SELL, PRICE_TICKS_MAX - number % 2, LOTS_MAX, now_ns),
                _order(buyer, Side.BUY, PRICE_TICKS_MAX - number % 2, LOTS_MAX, now_ns),
            ]
        )
    assert sum(event.kind == EventKind.FILLED for event in event_tuples(pair.events)) == 1
    pair.apply(
        [
            _order(_BOB, Side.SELL, PRICE_TICKS_MAX - 1, 1, 2 * NS_PER_HOUR - 1),
            _order(_ALICE, Side.BUY, PRICE_TICKS_MAX - 1, 1, 2 * NS_PER_HOUR - 1),
        ]
    )
    fixing = _fixing(pair)
    assert (fixing.reason, fixing.amount) == (FixingMethod.VOLUME, 100 * LOTS_MAX + 1)
    assert fixing.price_ticks == PRICE_TICKS_MAX - 1


def test_more_lots_than_are_counted_change_nothing() -> None:
    """Nobody has the time to get there by trading."""
    pair = _market()
    most_lots = TOTAL_MAX - LOTS_MAX
    row, memory = pair.engine._state.fixings[0], pair.reference.contracts[0].fixing
    row["lots"] = memory.lots = most_lots
    row["value_high"], row["value_low"] = divmod(100 * most_lots, 2**32)
    memory.trades.append((100, most_lots))
    for seller, buyer in ((_BOB, _ALICE), (_ALICE, _BOB)):
        pair.apply(
            [
                _order(seller, Side.SELL, 1, LOTS_MAX, NS_PER_HOUR),
                _order(buyer, Side.BUY, 1, LOTS_MAX, NS_PER_HOUR),
            ]
        )
        assert EventKind.FILLED in [event.kind for event in event_tuples(pair.events)]
    assert row["lots"] == TOTAL_MAX
    pair.apply([Command(kind=CommandKind.TICK, time_ns=_GATE_NS)])
    (fixing,) = (event for event in event_tuples(pair.events) if event.kind == EventKind.FIXING)
    assert (fixing.reason, fixing.amount, fixing.price_ticks) == (FixingMethod.VOLUME, TOTAL_MAX, 100)


def test_the_highest_middle_for_the_whole_hour_does_not_overflow() -> None:
    """Two hundred million ticks for 3.6 * 10^12 nanoseconds; a nanosecond of another makes no difference, or all."""
    for last_ticks, expected in ((PRICE_TICKS_MAX - 3, PRICE_TICKS_MAX - 2), (PRICE_TICKS_MAX - 2, PRICE_TICKS_MAX)):
        pair = _market()
        pair.apply(
            [
                _order(_ALICE, Side.BUY, PRICE_TICKS_MAX - 3, 1, 0),
                _order(_BOB, Side.SELL, PRICE_TICKS_MAX, 1, 0),
            ]
        )
        # The middle is half a tick above an odd number; a nanosecond more or less of a higher bid decides.
        pair.apply([_order(_ALICE, Side.BUY, last_ticks, 1, _GATE_NS - 1)])
        fixing = _fixing(pair)
        assert (fixing.reason, fixing.order_id) == (FixingMethod.MIDDLE, NS_PER_HOUR)
        assert fixing.price_ticks == (expected if last_ticks == PRICE_TICKS_MAX - 3 else PRICE_TICKS_MAX - 1)


@pytest.mark.parametrize("late_ns", [0, 1, NS_PER_HOUR])
def test_a_look_at_the_clock_that_comes_late_changes_no_fixing(late_ns: int) -> None:
    """Neither the end of the hour, nor its beginning, which no command marks either."""
    pair = _market()
    pair.apply([_order(_ALICE, Side.BUY, 100, 1, 0), _order(_BOB, Side.SELL, 200, 1, 0)])
    fixing = _fixing(pair, _GATE_NS + late_ns)
    assert (fixing.price_ticks, fixing.reason, fixing.order_id) == (150, FixingMethod.MIDDLE, NS_PER_HOUR)


def test_nothing_is_counted_before_the_hour() -> None:
    """A nanosecond before it the engine has not begun; with the first command in it, it has."""
    pair = _market()
    pair.apply([_order(_ALICE, Side.BUY, 100, 5, NS_PER_HOUR - 1), _order(_BOB, Side.SELL, 100, 1, NS_PER_HOUR - 1)])
    row = pair.engine._state.fixings[0]
    assert not row.tobytes().strip(b"\0")
    pair.apply([Command(kind=CommandKind.CAPACITY, time_ns=NS_PER_HOUR, account=9)])
    assert (row["progress"], row["since_ns"], row["lots"]) == (1, NS_PER_HOUR, 0)
    pair.apply([_order(_BOB, Side.SELL, 100, 1, NS_PER_HOUR)])
    assert row["lots"] == 1
    pair.engine.check()


def test_hours_begin_in_the_order_of_gates_whatever_the_order_of_listings() -> None:
    """The next beginning is found anew each time."""
    pair = _market(gate_ns=3 * NS_PER_HOUR)
    for name, hours in (("B", 5), ("C", 4), ("D", 1), ("E", 5)):
        pair.apply(
            [Command(kind=CommandKind.LIST, amount=1, expiry_ns=hours * NS_PER_HOUR, **text_columns(pack_text(name)))]
        )
    for hour, begun in enumerate(([3], [3], [0, 3], [0, 2, 3], [0, 1, 2, 3, 4])):
        pair.apply([Command(kind=CommandKind.TICK, time_ns=hour * NS_PER_HOUR)])
        progress = pair.engine._state.fixings["progress"][:5]
        assert [number for number in range(5) if progress[number]] == begun
        pair.engine.check()


def test_a_snapshot_in_the_midst_of_the_hour_goes_on() -> None:
    """Half the sums are in it."""
    pair = _market()
    pair.apply([_order(_ALICE, Side.BUY, 100, 12, NS_PER_HOUR), _order(_BOB, Side.SELL, 100, 5, NS_PER_HOUR + 1)])
    pair.apply([Command(kind=CommandKind.PHASE, option=Phase.CLOSING, time_ns=NS_PER_HOUR + 2)])
    restored = Engine.restore(pair.engine.snapshot())
    last = [_order(_BOB, Side.SELL, 100, 7, NS_PER_HOUR + 3), Command(kind=CommandKind.TICK, time_ns=_GATE_NS)]
    pair.apply(last)
    events = restored.apply(command_rows(pair.history[-2:]))
    assert events.tobytes() == pair.events
    assert restored.state_hash() == pair.engine.state_hash()
    assert restored.fixing(0) == (0, 100, FixingMethod.VOLUME, 0, 0)
