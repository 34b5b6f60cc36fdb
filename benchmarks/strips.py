"""What strips cost: those who trade hours, and those who trade strips. ``python -m benchmarks.strips``.

An hourly order that rests and is cancelled, with so many strip orders waiting, elsewhere or on its own hour; and an
immediate strip order of a day and of a week. Medians of batches, in nanoseconds a command.
"""

from __future__ import annotations

from statistics import median

from benchmarks.yard import BUYER, ROUNDS, Yard, limit
from exchange.domain.enums import CommandKind, Side, TimeInForce
from exchange.domain.records import Command
from exchange.domain.text import pack_text
from exchange.domain.units import LEGS_MAX, NEVER_NS

WAITING = (0, 10, 1_000)
LEGS = (2, 24, LEGS_MAX)


class Street(Yard):
    """Hours, of which the first is in no strip; the last contract is the strip of all others."""

    def __init__(self, legs: int) -> None:
        super().__init__(legs + 1)
        self.legs, self.strip = legs, legs + 1
        self.ask([Command(kind=CommandKind.LIST, amount=1, expiry_ns=NEVER_NS, text_0=pack_text("STRIP")[0])])
        self.ask([Command(kind=CommandKind.LEG, contract=self.strip, order_id=hour) for hour in range(1, self.strip)])

    def wait(self, orders: int) -> None:
        """So many strip orders that nothing meets."""
        self.ask([limit(BUYER, Side.BUY, 10 * self.legs - place % 50, 1, self.strip) for place in range(orders)])


def strip_ns(street: Street) -> float:
    """An immediate strip order that trades one lot of every hour in one step."""
    each = []
    for _ in range(ROUNDS):
        taker = limit(BUYER, Side.BUY, 1100 * street.legs, 1, street.strip)._replace(time_in_force=TimeInForce.IOC)
        took, events = street.took([taker])
        each.append(took)
        assert events.shape[0] == street.legs + 2, "it should have traded every hour once"
    return median(each)


def main() -> None:
    for legs in (24, LEGS_MAX):
        for waiting in WAITING:
            street = Street(legs)
            street.wait(waiting)
            elsewhere, on_leg = street.hourly_ns(0), street.hourly_ns(1)
            print(
                f"hourly order, {waiting:>5} strip orders of {legs:>3} legs waiting:"
                f" elsewhere {elsewhere:6.0f} ns, on its hour {on_leg:6.0f} ns"
            )
    for legs in LEGS:
        took = strip_ns(Street(legs))
        print(f"immediate strip order of {legs:>3} legs: {took:8.0f} ns, {took / legs:5.0f} ns a leg")


if __name__ == "__main__":
    main()
