"""Markets of a few hours and a strip of them all, through engine and reference."""

from __future__ import annotations

from exchange.domain.enums import CommandKind, EventKind
from exchange.domain.records import Command
from exchange.domain.units import LOTS_MAX
from exchange.engine import Engine
from tests.kernel.pair import Pair
from tests.orders import named
from tests.reference.events import Event, event_tuples

GATE_NS = 10_000
ALICE, BOB, CAROL = 1, 2, 3


def listing(hours: int, first: int = 0, tick_value_micros: int = 1) -> list[Command]:
    """So many hours from contract ``first`` on, and the strip of them, which comes last."""
    strip = first + hours
    commands = [
        named(CommandKind.LIST, f"C{first + number}", amount=tick_value_micros, expiry_ns=GATE_NS)
        for number in range(hours + 1)
    ]
    return commands + [
        Command(kind=CommandKind.LEG, contract=strip, order_id=first + number) for number in range(hours)
    ]


def capacities(contracts: range, lots: int = LOTS_MAX) -> list[Command]:
    return [
        Command(kind=CommandKind.CAPACITY, account=account, contract=contract, lots=lots)
        for account in (ALICE, BOB, CAROL)
        for contract in contracts
    ]


def accounts() -> list[Command]:
    commands = [named(CommandKind.OPEN_ACCOUNT, name) for name in ("alice", "bob", "carol")]
    return commands + [Command(kind=CommandKind.CASH, account=account, amount=10**18) for account in (1, 2, 3)]


def strip_market(hours: int, engine: Engine | None = None, tick_value_micros: int = 1) -> Pair:
    pair = Pair(engine)
    pair.apply([*accounts(), *listing(hours, 0, tick_value_micros), *capacities(range(hours))])
    return pair


def ask(pair: Pair, *commands: Command) -> list[Event]:
    """What happened; both exchanges agree and all invariants hold."""
    pair.apply(list(commands))
    pair.compare_state()
    pair.engine.check()
    return event_tuples(pair.events)


def traded_lots(events: list[Event]) -> int:
    """Lots that strips traded with their hours."""
    return sum(event.lots for event in events if event.kind == EventKind.STRIP)
