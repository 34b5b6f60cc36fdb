"""FLOW played row by row in plain Python through ``Engine.apply``: the model that native playing must agree with."""

from __future__ import annotations

from collections import Counter

import numpy as np

from exchange.domain.enums import CommandKind, EventKind, Flag, OrderType, Side, TimeInForce
from exchange.domain.flow import FlowKind
from exchange.domain.records import EVENT, Command, Rows, command_rows
from exchange.domain.text import text_columns
from exchange.domain.units import LOTS_MAX, NEVER_NS, PRICE_TICKS_MAX, TOTAL_MAX
from exchange.engine import Engine

OWNER = 3
START_NS = 1_000


def listings(contracts: int) -> list[Command]:
    return [
        Command(kind=CommandKind.LIST, amount=1, expiry_ns=NEVER_NS, **text_columns(f"C{number}"))
        for number in range(contracts)
    ]


def owner_commands(contracts: int) -> list[Command]:
    """Somebody who is not of the flow, with means."""
    return [
        Command(kind=CommandKind.OPEN_ACCOUNT, maker_fee_bps=10, taker_fee_bps=20, **text_columns("owner")),
        Command(kind=CommandKind.CASH, account=OWNER, amount=10**9),
        *(Command(kind=CommandKind.CAPACITY, account=OWNER, contract=c, lots=1000) for c in range(contracts)),
    ]


class Brute:
    """``events`` are all that happened since the market was opened; ``found`` counts what a Divergence does."""

    def __init__(self, contracts: int) -> None:
        self.engine = Engine()
        self.found: Counter[str] = Counter()
        self.events = np.zeros(0, EVENT)
        self._ids: dict[int, int] = {}
        self._left: dict[int, int] = {}
        opened = [Command(kind=CommandKind.OPEN_ACCOUNT, **text_columns(name)) for name in ("buyer", "seller")]
        opened += [Command(kind=CommandKind.CASH, account=1, amount=TOTAL_MAX // 4), *listings(contracts)]
        for account in (1, 2):
            opened += [
                Command(kind=CommandKind.CAPACITY, account=account, contract=c, lots=LOTS_MAX) for c in range(contracts)
            ]
        self.apply(opened, START_NS)
        self.apply(owner_commands(contracts), START_NS)
        self.events = np.zeros(0, EVENT)

    def apply(self, commands: list[Command], time_ns: int) -> Rows:
        first = self.engine.sequence + 1
        rows = command_rows([c._replace(sequence=first + n, time_ns=time_ns) for n, c in enumerate(commands)])
        events = self.engine.apply(rows).copy()
        self.events = np.concatenate([self.events, events])
        return events

    def play(self, row: Rows) -> None:
        kind, number, time_ns = FlowKind(int(row["kind"])), int(row["order"]), int(row["time_ns"])
        contract, side, lots = int(row["contract"]), Side(int(row["side"])), int(row["lots"])
        price_ticks = int(row["price_ticks"])
        if kind == FlowKind.ADD:
            self.found["outlived"] += self._open(number) is not None
            for event in self._new(row, side, price_ticks, TimeInForce.GTC):
                if event["kind"] == EventKind.ACCEPTED and number >= 0:
                    self._ids[number], self._left[number] = int(event["order_id"]), lots
        elif kind == FlowKind.TAKE:
            far = PRICE_TICKS_MAX if side == Side.BUY else 1
            self._new(row, side, price_ticks or far, TimeInForce.IOC)
        elif kind == FlowKind.CLEAR:
            for account in (1, 2):
                self._ask(Command(kind=CommandKind.CANCEL_ALL, account=account, contract=contract), time_ns)
        elif kind == FlowKind.EXECUTE:
            if number >= 0 and self._known(kind, number):
                self._left[number] -= lots
            self._new(row, Side(1 - side), price_ticks, TimeInForce.IOC)
            order = self._open(number)
            left = max(self._left.get(number, 0), 0)
            if order is not None and order.open_lots > left:
                self.found["trimmed"] += order.open_lots - left
                self._leave(number, left, time_ns)
        elif self._known(kind, number):
            order = self._open(number)
            assert order is not None
            if kind == FlowKind.MODIFY:
                self._left[number] = lots
                self._replace(number, price_ticks, lots, time_ns)
            elif kind == FlowKind.DELETE:
                self._leave(number, 0, time_ns)
            else:
                self._left[number] -= lots
                self._leave(number, order.open_lots - lots, time_ns)

    def _known(self, kind: FlowKind, number: int) -> bool:
        if self._open(number) is None:
            self.found[kind.name] += 1
            return False
        return True

    def _open(self, number: int):  # type: ignore[no-untyped-def]
        return self.engine.order(self._ids.get(number, 0))

    def _leave(self, number: int, lots: int, time_ns: int) -> None:
        order = self._open(number)
        if lots > 0:
            self._replace(number, order.price_ticks, lots, time_ns)
        else:
            who = 1 if order.side == Side.BUY else 2
            self._ask(Command(kind=CommandKind.CANCEL, account=who, order_id=order.order_id), time_ns)

    def _replace(self, number: int, price_ticks: int, lots: int, time_ns: int) -> None:
        order = self._open(number)
        who = 1 if order.side == Side.BUY else 2
        command = Command(
            kind=CommandKind.REPLACE, account=who, order_id=order.order_id, price_ticks=price_ticks, lots=lots
        )
        self._ask(command._replace(flags=int(Flag.LOTS_ARE_OPEN)), time_ns)

    def _new(self, row: Rows, side: Side, price_ticks: int, time_in_force: TimeInForce) -> Rows:
        command = Command(
            kind=CommandKind.NEW,
            account=1 if side == Side.BUY else 2,
            contract=int(row["contract"]),
            side=side,
            order_type=OrderType.LIMIT,
            time_in_force=time_in_force,
            price_ticks=price_ticks,
            lots=int(row["lots"]),
            flags=0 if row["kind"] == FlowKind.EXECUTE else int(row["flags"]),
        )
        return self._ask(command, int(row["time_ns"]))

    def _ask(self, command: Command, time_ns: int) -> Rows:
        events = self.apply([command], time_ns)
        for event in events:
            if event["kind"] == EventKind.REJECTED:
                self.found["refused"] += 1
            if event["kind"] == EventKind.FILLED and event["maker_account"] == OWNER:
                self.found["own"] += int(event["lots"])
        return events
