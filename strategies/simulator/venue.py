"""The venue of the simulator: the real engine, with the sequencing, stamping and ticking that a node does."""

from exchange.domain.enums import CommandKind, Side
from exchange.domain.instruments import Contract
from exchange.domain.records import Command, command_rows
from exchange.engine import Engine
from exchange.wire.events import Event, event_tuples
from strategies.base import UNKNOWN_LOTS, BookView


class Venue:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.contracts: list[Contract] = []  # by the engine's number

    def apply(self, commands: list[Command], time_ns: int) -> tuple[int, list[Event]]:
        """Run what arrived at ``time_ns``; what is due by then comes first.

        Returns the sequence of ``commands[0]`` and everything that happened, in order.
        """
        if self.engine.next_deadline_ns() <= time_ns:
            commands = [Command(kind=CommandKind.TICK), *commands]
            first = self.engine.sequence + 2
        else:
            first = self.engine.sequence + 1
        if not commands:
            return first, []
        start = self.engine.sequence + 1
        rows = command_rows(
            [command._replace(sequence=start + place, time_ns=time_ns) for place, command in enumerate(commands)]
        )
        return first, event_tuples(self.engine.apply(rows))

    def book(self, contract: int, depth: int, time_ns: int) -> BookView:
        return BookView(
            tuple(self.engine.levels(contract, Side.BUY, depth)),
            tuple(self.engine.levels(contract, Side.SELL, depth)),
            time_ns,
            self.engine.contract(contract).last_price_ticks,
        )

    def lots_ahead(self, event: Event) -> int:
        """What stands before the order of ``event`` in its queue by now; UNKNOWN_LOTS if the order is gone already."""
        found = self.engine.lots_ahead(event.order_id)
        return UNKNOWN_LOTS if found is None else found
