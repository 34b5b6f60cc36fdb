"""What comes of a flow when nobody else trades: played on the engine, a piece at a time.

Buys stand in the name of one account and sells of another, so that nobody ever meets himself.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from exchange.domain.enums import CommandKind, EventKind, Flag, OrderType, TimeInForce
from exchange.domain.flow import FlowKind
from exchange.domain.instruments import Contract
from exchange.domain.records import COMMAND, Command, Rows, command_rows
from exchange.domain.text import text_columns
from exchange.domain.units import LOTS_MAX, NEVER_NS, PRICE_TICKS_MAX, TOTAL_MAX
from exchange.engine import Engine
from strategies.backtest.recording import Recording

Integers = NDArray[np.int64]

BUYING, SELLING = 1, 2  # accounts
_DIGIT_BITS, _DIGITS = 6, 6
_BASE = 65  # of texts as numbers: a digit of 0 ends one


class Player:
    """An engine of its own, for reading, which takes pieces of flow."""

    def __init__(self, contracts: tuple[Contract, ...]) -> None:
        self.engine = Engine()
        self._serials = np.full(1024, -1, np.int64)  # by number of flow: which ADD it was, counted over all
        self._order_ids = np.zeros(1024, np.int64)  # by number of flow
        self._added = 0
        self._open_market(contracts)

    def play(self, flow: Rows) -> Iterator[tuple[Rows, Rows]]:
        """Apply rows of FLOW; yields what was asked, as (n,) of COMMAND, and what happened, as (m,) of EVENT."""
        if not len(flow):
            return
        self._make_room(int(flow["order"].max()) + 1)
        # How much is open is known to the engine alone, so it must have got so far.
        slow = np.flatnonzero(np.isin(flow["kind"], (FlowKind.REDUCE, FlowKind.MODIFY)))
        start = 0
        for place in [*slow.tolist(), len(flow)]:
            if place > start:
                yield self._batch(flow[start:place])
            if place < len(flow):
                command = self._changed(flow[place])
                if command is not None:
                    yield self._ask(command_rows([command]))
            start = place + 1

    def _batch(self, flow: Rows) -> tuple[Rows, Rows]:
        serials = self._named(flow)
        kinds, buys = flow["kind"], flow["side"] == 0
        commands = np.zeros(len(flow), COMMAND)
        adds, takes, executes = (kinds == kind for kind in (FlowKind.ADD, FlowKind.TAKE, FlowKind.EXECUTE))
        # Who executes an order is on the other side of it.
        commands["side"] = np.where(executes, 1 - flow["side"], flow["side"])
        commands["account"] = np.where(commands["side"] == 0, BUYING, SELLING)
        for column in ("time_ns", "contract", "lots"):
            commands[column] = flow[column]
        any_price = np.where(buys, PRICE_TICKS_MAX, 1)
        commands["price_ticks"] = np.where(takes & (flow["price_ticks"] == 0), any_price, flow["price_ticks"])
        commands["kind"] = CommandKind.NEW
        commands["order_type"] = OrderType.LIMIT
        commands["time_in_force"] = np.where(adds, TimeInForce.GTC, TimeInForce.IOC)
        commands["flags"] = np.where(adds | takes, flow["flags"], 0)
        commands["text_0"] = np.where(takes | executes, 0, _texts(serials))
        for kind, cancel in ((FlowKind.DELETE, CommandKind.CANCEL), (FlowKind.CLEAR, CommandKind.CANCEL_ALL)):
            rows = kinds == kind
            commands["kind"][rows] = cancel
            for column in ("lots", "price_ticks", "order_type", "time_in_force"):
                commands[column][rows] = 0
            if kind == FlowKind.CLEAR:
                commands["account"][rows] = 0
                commands["text_0"][rows] = 0
        asked, events = self._ask(commands)
        accepted = events[events["kind"] == EventKind.ACCEPTED]
        places = accepted["sequence"] - asked["sequence"][0]
        added = adds[places]
        self._order_ids[flow["order"][places[added]]] = accepted["order_id"][added]
        return asked, events

    def _named(self, flow: Rows) -> Integers:
        """Of each row: which ADD its order was, the last one of its number up to here."""
        adds = flow["kind"] == FlowKind.ADD
        numbers = flow["order"].astype(np.int64)
        serials = np.where(adds, self._added + np.cumsum(adds) - 1, self._serials[numbers])
        order = np.lexsort((np.arange(len(flow)), numbers))
        # Serials grow, so within a number the greatest so far is the last.
        first = np.diff(numbers[order], prepend=-2) != 0
        offset = np.cumsum(first) * (self._added + len(flow) + 2)
        latest = np.maximum.accumulate(serials[order] + offset) - offset
        serials[order] = latest
        self._added += int(adds.sum())
        self._serials[numbers[order]] = latest
        return serials

    def _changed(self, row: Rows) -> Command | None:
        """REDUCE or MODIFY as a command; None if the order is gone."""
        order = self.engine.order(int(self._order_ids[row["order"]]))
        if order is None:
            return None
        time_ns, lots = int(row["time_ns"]), int(row["lots"])
        named = Command(time_ns=time_ns, account=order.account, order_id=order.order_id)
        price_ticks = order.price_ticks
        if row["kind"] == FlowKind.REDUCE:
            lots = order.open_lots - lots
        else:
            price_ticks = int(row["price_ticks"])
        if lots <= 0:
            return named._replace(kind=CommandKind.CANCEL)
        return named._replace(kind=CommandKind.REPLACE, price_ticks=price_ticks, lots=lots, flags=Flag.LOTS_ARE_OPEN)

    def _ask(self, commands: Rows) -> tuple[Rows, Rows]:
        first = self.engine.sequence + 1
        commands["sequence"] = np.arange(first, first + len(commands))
        return commands, self.engine.apply(commands)

    def _open_market(self, contracts: tuple[Contract, ...]) -> None:
        commands = [
            Command(kind=CommandKind.OPEN_ACCOUNT, **text_columns("buying")),
            Command(kind=CommandKind.OPEN_ACCOUNT, **text_columns("selling")),
            Command(kind=CommandKind.CASH, account=BUYING, amount=TOTAL_MAX // 2),
            Command(kind=CommandKind.CASH, account=SELLING, amount=TOTAL_MAX // 4),
        ]
        for number, contract in enumerate(contracts):
            commands += [
                Command(
                    kind=CommandKind.LIST,
                    amount=contract.tick_value_micros,
                    expiry_ns=NEVER_NS,
                    **text_columns(contract.symbol),
                ),
                Command(kind=CommandKind.CAPACITY, account=SELLING, contract=number, lots=LOTS_MAX),
            ]
        self._ask(command_rows(commands))

    def _make_room(self, numbers: int) -> None:
        while numbers > len(self._serials):
            self._serials = np.concatenate([self._serials, np.full_like(self._serials, -1)])
            self._order_ids = np.concatenate([self._order_ids, np.zeros_like(self._order_ids)])


def play(recording: Recording) -> Iterator[tuple[Rows, Rows]]:
    """Commands and events of a whole recording, as ``Player.play`` gives them."""
    player = Player(recording.contracts)
    for piece in recording.chunks():
        yield from player.play(piece)


def _texts(serials: Integers) -> Integers:
    """A text of six letters for each number, packed."""
    words = np.zeros(len(serials), np.int64)
    for digit in range(_DIGITS):
        words += (((serials >> (_DIGIT_BITS * digit)) & (2**_DIGIT_BITS - 1)) + 1) * _BASE**digit
    return words
