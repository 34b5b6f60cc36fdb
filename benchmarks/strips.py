"""What strips cost: those who trade hours, and those who trade strips. ``python -m benchmarks.strips``.

An hourly order that rests and is cancelled, with so many strip orders waiting, elsewhere or on its own hour; and an
immediate strip order of a day and of a week. Medians of batches, in nanoseconds a command.
"""

from __future__ import annotations

from statistics import median
from time import perf_counter_ns

from exchange.domain.enums import CommandKind, OrderType, Side, TimeInForce
from exchange.domain.records import Command, Rows, command_rows
from exchange.domain.text import pack_text
from exchange.domain.units import LEGS_MAX, LOTS_MAX, NEVER_NS
from exchange.engine import Engine

_BATCH, _ROUNDS = 256, 100
_BUYER, _SELLER = 1, 2
_ORDERS_A_SIDE = 1000
WAITING = (0, 10, 1_000)
LEGS = (2, 24, LEGS_MAX)


class Street:
    """Hours with books of some depth; the last contract is the strip of them all."""

    def __init__(self, legs: int) -> None:
        self.engine = Engine()
        self.strip = legs + 1
        # Contract 0 is an hour of no strip.
        names = [pack_text(f"C{number}")[0] for number in range(self.strip + 1)]
        self.ask([Command(kind=CommandKind.OPEN_ACCOUNT, text_0=pack_text(name)[0]) for name in ("buyer", "seller")])
        self.ask([Command(kind=CommandKind.LIST, amount=1, expiry_ns=NEVER_NS, text_0=name) for name in names])
        self.ask([Command(kind=CommandKind.LEG, contract=self.strip, order_id=hour) for hour in range(1, self.strip)])
        self.ask([Command(kind=CommandKind.CASH, account=_BUYER, amount=10**17)])
        self.ask(
            [
                Command(kind=CommandKind.CAPACITY, account=_SELLER, contract=hour, lots=LOTS_MAX)
                for hour in range(self.strip)
            ]
        )
        for hour in range(self.strip):
            self.ask([_order(_BUYER, Side.BUY, 900 - place % 100, 1, hour) for place in range(_ORDERS_A_SIDE // 10)])
            self.ask([_order(_SELLER, Side.SELL, 1000 + place % 100, 9, hour) for place in range(_ORDERS_A_SIDE // 10)])

    def ask(self, commands: list[Command]) -> Rows:
        return self.engine.apply(self.rows(commands))

    def rows(self, commands: list[Command]) -> Rows:
        first = self.engine.sequence + 1
        return command_rows([command._replace(sequence=first + place) for place, command in enumerate(commands)])

    def wait(self, orders: int) -> None:
        """So many strip orders that nothing meets."""
        legs = self.strip - 1
        self.ask([_order(_BUYER, Side.BUY, 10 * legs - place % 50, 1, self.strip) for place in range(orders)])


def _order(account: int, side: Side, price_ticks: int, lots: int, contract: int, **columns: int) -> Command:
    return Command(
        kind=CommandKind.NEW,
        account=account,
        contract=contract,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        price_ticks=price_ticks,
        lots=lots,
        **columns,
    )


def hourly_ns(street: Street, hour: int) -> float:
    """A new order that becomes the best bid of an hour, and goes again in a batch that is not measured."""
    took = []
    for _ in range(_ROUNDS):
        rows = street.rows([_order(_BUYER, Side.BUY, 901 + place % 64, 1, hour) for place in range(_BATCH)])
        start = perf_counter_ns()
        events = street.engine.apply(rows)
        took.append((perf_counter_ns() - start) / _BATCH)
        ids = events["order_id"].tolist()
        street.ask([Command(kind=CommandKind.CANCEL, account=_BUYER, order_id=order_id) for order_id in ids])
    return median(took)


def strip_ns(street: Street) -> float:
    """An immediate strip order that trades one lot of every hour in one step."""
    took = []
    for _ in range(_ROUNDS):
        price_ticks = 1100 * (street.strip - 1)
        taker = _order(_BUYER, Side.BUY, price_ticks, 1, street.strip)._replace(time_in_force=TimeInForce.IOC)
        rows = street.rows([taker])
        start = perf_counter_ns()
        events = street.engine.apply(rows)
        took.append(perf_counter_ns() - start)
        assert events.shape[0] == street.strip + 1, "it should have traded every hour once"
    return median(took)


def main() -> None:
    for legs in (24, LEGS_MAX):
        for waiting in WAITING:
            street = Street(legs)
            street.wait(waiting)
            elsewhere, on_leg = hourly_ns(street, 0), hourly_ns(street, 1)
            print(
                f"hourly order, {waiting:>5} strip orders of {legs:>3} legs waiting:"
                f" elsewhere {elsewhere:6.0f} ns, on its hour {on_leg:6.0f} ns"
            )
    for legs in LEGS:
        took = strip_ns(Street(legs))
        print(f"immediate strip order of {legs:>3} legs: {took:8.0f} ns, {took / legs:5.0f} ns a leg")


if __name__ == "__main__":
    main()
