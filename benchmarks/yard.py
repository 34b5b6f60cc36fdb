"""Two accounts, and contracts with books of some depth, in which single kinds of commands are measured."""

from __future__ import annotations

from statistics import median
from time import perf_counter_ns

from exchange.domain.enums import CommandKind, OrderType, Side, TimeInForce
from exchange.domain.records import Command, Rows, command_rows
from exchange.domain.text import pack_text
from exchange.domain.units import LOTS_MAX, NEVER_NS
from exchange.engine import Engine

BUYER, SELLER = 1, 2
ROUNDS = 100
_BATCH = 256
_DEPTH = 100


class Yard:
    """An engine with ``contracts`` contracts, none of which is a strip."""

    def __init__(self, contracts: int) -> None:
        self.engine = Engine()
        names = [pack_text(f"C{number}")[0] for number in range(contracts)]
        self.ask([Command(kind=CommandKind.OPEN_ACCOUNT, text_0=pack_text(name)[0]) for name in ("buyer", "seller")])
        self.ask([Command(kind=CommandKind.LIST, amount=1, expiry_ns=NEVER_NS, text_0=name) for name in names])
        self.ask([Command(kind=CommandKind.CASH, account=BUYER, amount=10**17)])
        capacity = Command(kind=CommandKind.CAPACITY, account=SELLER, lots=LOTS_MAX)
        self.ask([capacity._replace(contract=contract) for contract in range(contracts)])
        for contract in range(contracts):
            self.ask([limit(BUYER, Side.BUY, 900 - place, 1, contract) for place in range(_DEPTH)])
            self.ask([limit(SELLER, Side.SELL, 1000 + place, 9, contract) for place in range(_DEPTH)])

    def ask(self, commands: list[Command]) -> Rows:
        return self.engine.apply(self._rows(commands))

    def took(self, commands: list[Command]) -> tuple[int, Rows]:
        """How many nanoseconds the engine took for them, and what happened."""
        rows = self._rows(commands)
        start = perf_counter_ns()
        events = self.engine.apply(rows)
        return perf_counter_ns() - start, events

    def hourly_ns(self, contract: int) -> float:
        """A new order that becomes the best bid, and goes again in a batch that is not measured."""
        each = []
        for _ in range(ROUNDS):
            took, events = self.took([limit(BUYER, Side.BUY, 901 + place % 64, 1, contract) for place in range(_BATCH)])
            each.append(took / _BATCH)
            ids = events["order_id"].tolist()
            self.ask([Command(kind=CommandKind.CANCEL, account=BUYER, order_id=order_id) for order_id in ids])
        return median(each)

    def _rows(self, commands: list[Command]) -> Rows:
        first = self.engine.sequence + 1
        return command_rows([command._replace(sequence=first + place) for place, command in enumerate(commands)])


def limit(account: int, side: Side, price_ticks: int, lots: int, contract: int) -> Command:
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
