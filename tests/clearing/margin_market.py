"""A maker on margin in three hours and a strip of two of them, a lab that buys anything, a farm that sells anything."""

from __future__ import annotations

from collections.abc import Iterable

from exchange.domain.enums import CommandKind, Side
from exchange.domain.records import Command, command_rows
from exchange.domain.scenarios import margin_command
from exchange.domain.units import LOTS_MAX, NS_PER_HOUR
from exchange.engine import Engine
from exchange.wire.events import Event, event_tuples
from tests.orders import limit, named

MAKER, LAB, FARM = 1, 2, 3
NOON, ONE, TWO, DAY = range(4)
SYMBOLS = ("H100SXM_USE_H12-1DEC26", "H100SXM_USE_H13-1DEC26", "H100SXM_USE_H14-1DEC26", "H100SXM_USE_B4H12-1DEC26")
GATE_NS = 100 * NS_PER_HOUR


class Market:
    """An engine that is asked one thing at a time."""

    def __init__(self, cash_micros: int = 10**9, fee_bps: int = 0) -> None:
        self.engine = Engine()
        self.time_ns = 0
        fees = {"maker_fee_bps": fee_bps, "taker_fee_bps": fee_bps}
        for name in ("maker", "lab", "farm"):
            self.ask(named(CommandKind.OPEN_ACCOUNT, name, **fees))
        for symbol in SYMBOLS:
            self.ask(named(CommandKind.LIST, symbol, amount=8_000, expiry_ns=GATE_NS))
        for leg in (NOON, ONE):
            self.ask(Command(kind=CommandKind.LEG, contract=DAY, order_id=leg))
        for account, amount in ((MAKER, cash_micros), (LAB, 10**14), (FARM, 10**14)):
            self.ask(Command(kind=CommandKind.CASH, account=account, amount=amount))
        for contract in (NOON, ONE, TWO):
            self.ask(Command(kind=CommandKind.CAPACITY, account=FARM, contract=contract, lots=LOTS_MAX))
        self.ask(Command(kind=CommandKind.MARGIN_TERMS, account=MAKER, maker_fee_bps=5_000, option=1))
        self.values((2_500, 3_125, 2_000, 3_750), (2_400, 2_900, 2_000, 3_600), (2_600, 2_300, 3_500, 3_900))

    def values(self, *hours: Iterable[int]) -> None:
        for contract, ticks in enumerate(hours):
            self.ask(margin_command(contract, list(ticks)))

    def ask(self, command: Command) -> list[Event]:
        stamped = command._replace(sequence=self.engine.sequence + 1, time_ns=self.time_ns)
        return event_tuples(self.engine.apply(command_rows([stamped])))

    def trade(self, account: int, other: int, lots: int, price_ticks: int, contract: int) -> None:
        """``account`` buys from ``other``."""
        self.ask(order(other, Side.SELL, lots, price_ticks, contract))
        self.ask(order(account, Side.BUY, lots, price_ticks, contract))


def order(account: int, side: Side, lots: int, price_ticks: int, contract: int) -> Command:
    return limit(account, side, price_ticks, lots, contract)
