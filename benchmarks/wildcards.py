"""What wildcards cost: those who trade in one contract, and those who trade in any. ``python -m benchmarks.wildcards``.

An hourly order that rests and is cancelled, with so many wildcards of 64 members resting in other contracts, or in its
own; and a trade with a member, which is taken off all others. Medians of batches, in nanoseconds a command.
"""

from __future__ import annotations

from statistics import median
from time import perf_counter_ns

from exchange.domain.enums import CommandKind, OrderType, Side, TimeInForce
from exchange.domain.records import Command, Rows, command_rows
from exchange.domain.text import pack_text
from exchange.domain.units import LOTS_MAX, MEMBERS_MAX, NEVER_NS
from exchange.engine import Engine

_BATCH, _ROUNDS = 256, 100
_BUYER, _SELLER = 1, 2
_DEPTH = 100
WAITING = (0, 10, 1_000)
MEMBERS = (1, 8, MEMBERS_MAX)
# Below all other bids, so that they rest, and above none.
_BASE_TICKS = 500


class Yard:
    """Contract 0, in which no wildcard is, and 64 others, all with books of some depth."""

    def __init__(self) -> None:
        self.engine = Engine()
        contracts = range(MEMBERS_MAX + 1)
        names = [pack_text(f"C{number}")[0] for number in contracts]
        self.ask([Command(kind=CommandKind.OPEN_ACCOUNT, text_0=pack_text(name)[0]) for name in ("buyer", "seller")])
        self.ask([Command(kind=CommandKind.LIST, amount=1, expiry_ns=NEVER_NS, text_0=name) for name in names])
        self.ask([Command(kind=CommandKind.CASH, account=_BUYER, amount=10**17)])
        self.ask(
            [
                Command(kind=CommandKind.CAPACITY, account=_SELLER, contract=contract, lots=LOTS_MAX)
                for contract in contracts
            ]
        )
        for contract in contracts:
            self.ask([_order(_BUYER, Side.BUY, 900 - place, 1, contract) for place in range(_DEPTH)])
            self.ask([_order(_SELLER, Side.SELL, 1000 + place, 9, contract) for place in range(_DEPTH)])
        self.wildcards = 0

    def ask(self, commands: list[Command]) -> Rows:
        return self.engine.apply(self.rows(commands))

    def rows(self, commands: list[Command]) -> Rows:
        first = self.engine.sequence + 1
        return command_rows([command._replace(sequence=first + place) for place, command in enumerate(commands)])

    def rest(self, members: int, price_ticks: int, lots: int) -> None:
        """One more wildcard that nothing meets."""
        self.wildcards += 1
        name = pack_text(f"w{self.wildcards}")[0]
        order = _order(_BUYER, Side.BUY, price_ticks, lots, 1, kind=CommandKind.WILDCARD, option=members, text_0=name)
        member = Command(kind=CommandKind.MEMBER, account=_BUYER, text_0=name)
        self.ask([order, *(member._replace(contract=contract) for contract in range(1, members + 1))])


def _order(account: int, side: Side, price_ticks: int, lots: int, contract: int, **columns: int) -> Command:
    asked = Command(
        kind=CommandKind.NEW,
        account=account,
        contract=contract,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        price_ticks=price_ticks,
        lots=lots,
    )
    return asked._replace(**columns)


def hourly_ns(yard: Yard, contract: int) -> float:
    """A new order that becomes the best bid, and goes again in a batch that is not measured."""
    took = []
    for _ in range(_ROUNDS):
        rows = yard.rows([_order(_BUYER, Side.BUY, 901 + place % 64, 1, contract) for place in range(_BATCH)])
        start = perf_counter_ns()
        events = yard.engine.apply(rows)
        took.append((perf_counter_ns() - start) / _BATCH)
        ids = events["order_id"].tolist()
        yard.ask([Command(kind=CommandKind.CANCEL, account=_BUYER, order_id=order_id) for order_id in ids])
    return median(took)


def trade_ns(yard: Yard, members: int) -> float:
    """An immediate sell of one lot that meets a member at the best price."""
    yard.rest(members, 950, _ROUNDS + 1)
    took = []
    for _ in range(_ROUNDS):
        rows = yard.rows([_order(_SELLER, Side.SELL, 950, 1, 1, time_in_force=TimeInForce.IOC)])
        start = perf_counter_ns()
        events = yard.engine.apply(rows)
        took.append(perf_counter_ns() - start)
        assert events.shape[0] == members + 2, "it should have traded one lot of a member"
    return median(took)


def main() -> None:
    for waiting in WAITING:
        yard = Yard()
        for place in range(waiting):
            yard.rest(MEMBERS_MAX, _BASE_TICKS - place % 50, 5)
        elsewhere, among = hourly_ns(yard, 0), hourly_ns(yard, 1)
        print(
            f"hourly order, {waiting:>5} wildcards of {MEMBERS_MAX} members resting:"
            f" elsewhere {elsewhere:6.0f} ns, where it trades {among:6.0f} ns"
        )
    for members in MEMBERS:
        took = trade_ns(Yard(), members)
        print(f"trade with one of {members:>2} members: {took:8.0f} ns, {took / members:5.0f} ns a member")


if __name__ == "__main__":
    main()
