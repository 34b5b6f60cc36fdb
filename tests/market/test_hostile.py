"""Nobody sells an hour twice or spends a dollar twice, in whatever order the messages of all arrive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from exchange.domain.enums import CommandKind, EventKind, Side
from exchange.domain.records import Command, command_rows
from exchange.engine import Engine
from tests.kernel.modes import FAST
from tests.market.auditor import Auditor
from tests.market.hostile import (
    BOTH,
    BUYER,
    CASH_MICROS,
    FRIEND,
    GATE_NS,
    MORNING,
    PROVIDER,
    Hostile,
    new_order,
    opening,
)
from tests.orders import named
from tests.reference.events import event_tuples

_WORLDS = 300 if FAST else 60
_MESSAGES = 80

# One after the other, each of these sells all there is, or spends it. Not one waits for another.
_SELLS = [
    new_order(PROVIDER, Side.SELL, MORNING, 5, 2, "hours"),
    new_order(PROVIDER, Side.SELL, BOTH, 9, 2, "strip"),
    Command(kind=CommandKind.CAPACITY, account=PROVIDER, contract=MORNING, lots=0),
    named(CommandKind.NOMINATE, "node", account=PROVIDER, order_id=BUYER, contract=MORNING),
]
_BUYS = [
    new_order(BUYER, Side.BUY, MORNING, 40, 2, "hours"),
    new_order(BUYER, Side.BUY, BOTH, 40, 2, "strip"),
    Command(kind=CommandKind.CASH, account=BUYER, amount=-CASH_MICROS),
]
_GATE = Command(kind=CommandKind.TICK, time_ns=GATE_NS)
_LATE = [
    _GATE,
    named(CommandKind.NOMINATE, "node", account=PROVIDER, order_id=FRIEND, contract=MORNING),
]


class _Venue:
    """An engine that takes one command at a time, and an auditor who hears what came of each."""

    def __init__(self) -> None:
        self.engine, self.auditor = Engine(event_rows=1_024), Auditor()
        self.happened: Counter[int] = Counter()
        for command in opening():
            self.ask(command)

    def ask(self, command: Command) -> None:
        time_ns = max(self.engine.time_ns + 1, command.time_ns)
        stamped = command._replace(sequence=self.engine.sequence + 1, time_ns=time_ns)
        for event in event_tuples(self.engine.apply(command_rows([stamped])).tobytes()):
            self.auditor.hear(event)
            self.happened[event.kind] += 1
        self.auditor.check(self.engine)


def _interleavings(*scripts: list[Command]) -> Iterator[list[Command]]:
    """Every order of all their messages in which each script keeps its own."""
    if not any(scripts):
        yield []
    for place, script in enumerate(scripts):
        if script:
            rest = [*scripts[:place], script[1:], *scripts[place + 1 :]]
            yield from ([script[0], *others] for others in _interleavings(*rest))


def test_in_every_interleaving_of_three_scripts_an_hour_is_sold_once_and_a_dollar_spent_once() -> None:
    """All 1,260 of them; in some both orders trade in part, in some nothing does, in none too much."""
    outcomes: Counter[tuple[int, int]] = Counter()
    for messages in _interleavings(_SELLS, _BUYS, _LATE):
        venue = _Venue()
        for message in messages:
            venue.ask(message)
        sold_lots = -venue.auditor.lots[PROVIDER, MORNING]
        assert sold_lots <= 2
        outcomes[sold_lots, venue.happened[EventKind.NOMINATED]] += 1
    assert sum(outcomes.values()) == 1_260
    assert {sold for sold, _ in outcomes} == {0, 2}
    assert {nominated for _, nominated in outcomes} == {0, 1}


def test_no_messages_sell_an_hour_or_spend_a_dollar_twice() -> None:
    """After each command the events alone say who has what, and that it is enough for all he offers and owes."""
    happened: Counter[int] = Counter()
    for seed in range(_WORLDS):
        venue, hostile = _Venue(), Hostile(seed)
        for place in range(_MESSAGES):
            if place == _MESSAGES // 2:
                venue.ask(_GATE)
            venue.ask(hostile.message(is_late=place >= _MESSAGES // 2))
        happened += venue.happened
    wanted = {
        EventKind.FILLED,
        EventKind.STRIP,
        EventKind.MEMBER,
        EventKind.SHARED,
        EventKind.NOMINATED,
        EventKind.COMPENSATED,
        EventKind.TRANSFER,
    }
    assert wanted <= happened.keys()
