"""The venue of the simulator: the real engine, with the sequencing, stamping and ticking that a node does."""

from typing import NamedTuple

from exchange.domain.enums import CommandKind, Side
from exchange.domain.instruments import Contract
from exchange.domain.records import Command, command_rows
from exchange.engine import Engine
from strategies.base import BookView


class Event(NamedTuple):
    """One EVENT row as a tuple, in column order."""

    sequence: int
    order_id: int
    maker_order_id: int
    amount: int
    fee: int
    maker_fee: int
    price_ticks: int
    lots: int
    open_lots: int
    contract: int
    account: int
    maker_account: int
    maker_open_lots: int
    old_price_ticks: int
    old_open_lots: int
    kind: int
    side: int
    reason: int
    resting: int


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
        return first, [Event(*row) for row in self.engine.apply(rows).tolist()]

    def book(self, contract: int, depth: int, time_ns: int) -> BookView:
        return BookView(
            tuple(self.engine.levels(contract, Side.BUY, depth)),
            tuple(self.engine.levels(contract, Side.SELL, depth)),
            time_ns,
            self.engine.contract(contract).last_price_ticks,
        )
