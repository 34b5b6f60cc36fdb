"""A venue without a node: an engine, a clock that is set, and both surveys asked until nothing is left to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from exchange.config import Settings
from exchange.domain.enums import CommandKind, EventKind, Side
from exchange.domain.instruments import parse_symbol
from exchange.domain.records import Command, command_rows
from exchange.domain.text import text_columns
from exchange.domain.units import NS_PER_HOUR, NS_PER_MINUTE
from exchange.engine import Engine
from exchange.reports import NominationView
from exchange.settlement import survey as survey_lots
from exchange.stages import survey as survey_stages
from exchange.wire.events import Event, event_tuples
from tests.orders import limit

HOURS = [f"H100SXM_USE_H{hour}-1DEC26" for hour in range(14, 20)]
FIRST = parse_symbol(HOURS[0])
_ROUNDS_MAX = 60


class Hall:
    """Contracts 0, 1, ... are the hours from 14:00 on. Prices are ticks, money is micro-dollars."""

    def __init__(self, hours: int = 3, **settings: Any) -> None:
        self.engine = Engine()
        self.settings = Settings.model_validate(
            {"directory": Path("nowhere"), "skus": ("H100SXM",), "regions": ("USE",), **settings}
        )
        self.now_ns = FIRST.start_ns - 6 * NS_PER_HOUR
        self.history: list[Command] = []
        self.events: list[Event] = []
        for symbol in HOURS[:hours]:
            contract = parse_symbol(symbol)
            self.ask(
                Command(
                    kind=CommandKind.LIST,
                    amount=contract.tick_value_micros,
                    expiry_ns=contract.gate_ns,
                    **text_columns(symbol),
                )
            )

    def ask(self, *commands: Command) -> list[Event]:
        """What came of it."""
        first = self.engine.sequence + 1
        stamped = [
            command._replace(sequence=first + place, time_ns=self.now_ns) for place, command in enumerate(commands)
        ]
        self.history += stamped
        events = event_tuples(self.engine.apply(command_rows(stamped)))
        self.events += events
        return events

    def open(self, name: str, cash_micros: int = 10**9, bond_micros: int = 0, capacity: Iterable[int] = ()) -> int:
        """An account, with a capacity in each hour from the first on."""
        (opened,) = self.ask(Command(kind=CommandKind.OPEN_ACCOUNT, **text_columns(name)))
        account = opened.account
        if cash_micros:
            self.ask(Command(kind=CommandKind.CASH, account=account, amount=cash_micros))
        if bond_micros:
            self.ask(Command(kind=CommandKind.BOND, account=account, amount=bond_micros))
        for contract, lots in enumerate(capacity):
            self.ask(Command(kind=CommandKind.CAPACITY, account=account, contract=contract, lots=lots))
        return account

    def sell(self, seller: int, lots: int, price_ticks: int, contract: int = 0) -> None:
        self.ask(limit(seller, Side.SELL, price_ticks, lots, contract))

    def trade(self, seller: int, buyer: int, lots: int = 1, price_ticks: int = 2_000, contract: int = 0) -> None:
        self.sell(seller, lots, price_ticks, contract)
        events = self.ask(limit(buyer, Side.BUY, price_ticks, lots, contract))
        assert [event.lots for event in events if event.kind == EventKind.FILLED] == [lots]

    def at(self, minutes: int, contract: int = 0) -> None:
        """Let it be so many minutes after the start of delivery, and all be done that is due."""
        self.now_ns = parse_symbol(HOURS[contract]).start_ns + minutes * NS_PER_MINUTE
        self.ask(Command(kind=CommandKind.TICK))
        self.work()

    def work(self) -> None:
        """Until nothing is asked for; nothing that is asked for may be refused."""
        for _ in range(_ROUNDS_MAX):
            commands = self.wanted()
            if not commands:
                return
            events = self.ask(*commands)
            assert EventKind.REJECTED not in [event.kind for event in events], (commands, events)
        raise AssertionError(f"there is no end: {commands}")

    def wanted(self) -> list[Command]:
        """What both surveys ask for now."""
        contracts = self.engine.unsettled_contracts()
        stages = survey_stages(self.engine, self.settings, self.now_ns, contracts).commands
        return stages + survey_lots(self.engine, self.settings, self.now_ns, contracts)

    def attest(self, node: str, minutes: int, contract: int = 0) -> None:
        (event,) = self.ask(Command(kind=CommandKind.ATTEST, contract=contract, lots=minutes, **text_columns(node)))
        assert event.kind == EventKind.ATTESTED

    def attest_all(self, minutes: int = 60, contract: int = 0) -> None:
        for nomination in self.nominations(contract):
            if nomination.minutes < 0:
                self.attest(nomination.node, minutes, contract)

    def nominations(self, contract: int = 0) -> list[NominationView]:
        return self.engine.nominations(contract)

    def serving(self, contract: int = 0) -> dict[str, int]:
        """Whom each node serves."""
        return {nomination.node: nomination.buyer for nomination in self.nominations(contract)}

    def happened(self, *kinds: EventKind) -> list[Event]:
        return [event for event in self.events if event.kind in kinds]

    def ends(self, contract: int = 0) -> Counter[str]:
        """How the lots of a contract ended."""
        ends = Counter({"bought in": sum(e.lots for e in self.happened(EventKind.BOUGHT_IN) if e.contract == contract)})
        made_good = {e.order_id for e in self.happened(EventKind.MADE_GOOD) if e.contract == contract}
        compensated = {e.order_id for e in self.happened(EventKind.COMPENSATED) if e.contract == contract}
        nominated = [e.order_id for e in self.happened(EventKind.NOMINATED) if e.contract == contract]
        for row, nomination in zip(nominated, self.nominations(contract), strict=True):
            assert nomination.minutes >= 0
            assert nomination.minutes + nomination.compensated_minutes == 60
            if row in made_good:
                ends["made good"] += 1
            elif row in compensated:
                ends["compensated"] += 1
            else:
                ends["delivered"] += 1
        return +ends
