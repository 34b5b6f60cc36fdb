"""What wildcards cost: those who trade in one contract, and those who trade in any. ``python -m benchmarks.wildcards``.

An hourly order that rests and is cancelled, with so many wildcards of 64 members resting in other contracts, or in its
own; and a trade with a member, which is taken off all others. Medians of batches, in nanoseconds a command.
"""

from __future__ import annotations

from statistics import median

from benchmarks.yard import BUYER, ROUNDS, SELLER, Yard, limit
from exchange.domain.enums import CommandKind, Side, TimeInForce
from exchange.domain.records import Command
from exchange.domain.text import pack_text
from exchange.domain.units import MEMBERS_MAX

WAITING = (0, 10, 1_000)
MEMBERS = (1, 8, MEMBERS_MAX)
# Below all other bids, so that they rest, and above none.
_BASE_TICKS = 500


class Field(Yard):
    """Contract 0, in which no wildcard is, and 64 others."""

    def __init__(self) -> None:
        super().__init__(MEMBERS_MAX + 1)
        self._wildcards = 0

    def rest(self, members: int, price_ticks: int, lots: int) -> None:
        """One more wildcard that nothing meets."""
        self._wildcards += 1
        name = pack_text(f"w{self._wildcards}")[0]
        order = limit(BUYER, Side.BUY, price_ticks, lots, 1)
        member = Command(kind=CommandKind.MEMBER, account=BUYER, text_0=name)
        whole = order._replace(kind=CommandKind.WILDCARD, option=members, text_0=name)
        self.ask([whole, *(member._replace(contract=contract) for contract in range(1, members + 1))])


def trade_ns(field: Field, members: int) -> float:
    """An immediate sell of one lot that meets a member at the best price."""
    field.rest(members, 950, ROUNDS + 1)
    each = []
    for _ in range(ROUNDS):
        taker = limit(SELLER, Side.SELL, 950, 1, 1)._replace(time_in_force=TimeInForce.IOC)
        took, events = field.took([taker])
        each.append(took)
        assert events.shape[0] == members + 2, "it should have traded one lot of a member"
    return median(each)


def main() -> None:
    for waiting in WAITING:
        field = Field()
        for place in range(waiting):
            field.rest(MEMBERS_MAX, _BASE_TICKS - place % 50, 5)
        elsewhere, among = field.hourly_ns(0), field.hourly_ns(1)
        print(
            f"hourly order, {waiting:>5} wildcards of {MEMBERS_MAX} members resting:"
            f" elsewhere {elsewhere:6.0f} ns, where it trades {among:6.0f} ns"
        )
    for members in MEMBERS:
        took = trade_ns(Field(), members)
        print(f"trade with one of {members:>2} members: {took:8.0f} ns, {took / members:5.0f} ns a member")


if __name__ == "__main__":
    main()
