"""Our own journals as FLOW: what everybody asked of a venue, and was not refused.

Orders that wait unseen (stops, icebergs' reserves, wildcards) come when they show, with what shows of their
trades. What a strip takes from its hours is taken from each of them. Numbers are used again only
once an order was cancelled: one that traded away may stand longer when we are among them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from exchange import history
from exchange.domain.enums import CommandKind, EventKind, OrderType, Reason, Side, TimeInForce
from exchange.domain.errors import BadSymbol
from exchange.domain.flow import FLOW, FlowKind
from exchange.domain.instruments import Contract, parse_symbol
from exchange.domain.records import Rows
from exchange.engine import Engine
from exchange.wire.events import Event, event_tuples
from strategies.backtest.reading.errors import BadSource
from strategies.backtest.reading.pieces import Progress
from strategies.backtest.recording import Recording

_ENDS = (EventKind.CANCELLED, EventKind.EXPIRED, EventKind.PARKED)
_STANDING = (TimeInForce.GTC, TimeInForce.GTD, TimeInForce.DAY)


@dataclass(slots=True)
class Standing:
    """An order that is in the flow: its number there and where it stands."""

    number: int
    contract: int
    side: int
    price_ticks: int


class Follower:
    """Follows a replay and keeps the flow of everybody but those ``without``."""

    def __init__(self, without: Collection[str] = ()) -> None:
        self.pieces: list[Rows] = []
        self.left_out: Counter[str] = Counter()
        self._without = frozenset(without)
        self._orders: dict[int, Standing] = {}
        self._asked: set[int] = set()  # orders that take at once, whose TAKE is there
        self._nobody: set[int] = set()  # orders of those who are left out
        self._free: list[int] = []
        self._numbers = 0
        self._rows: list[tuple[int, ...]] = []
        self._taking: list[int] = []  # time, order, contract, side, lots and the worst price of trades to be told

    def hear(self, engine: Engine, commands: Rows, events: Rows) -> None:
        """Note what was asked. ``engine`` has applied it."""
        first, times_ns = int(commands["sequence"][0]), commands["time_ns"].tolist()
        without = {number for name in self._without if (number := engine.find_account(name)) is not None}
        sequence = 0
        for event in event_tuples(events):
            if event.sequence != sequence:
                self._told()
                sequence = event.sequence
            place = sequence - first
            if event.kind == EventKind.ACCEPTED:
                if event.account in without:
                    self._nobody.add(event.order_id)
                else:
                    self._accepted(times_ns[place], event, commands[place])
            elif event.kind == EventKind.FILLED:
                self._filled(times_ns[place], event)
            elif event.order_id in self._nobody:
                continue
            else:
                self._changed(times_ns[place], event)
        self._told()
        self.pieces.append(np.array(self._rows, FLOW) if self._rows else np.zeros(0, FLOW))
        self._rows.clear()

    def _accepted(self, time_ns: int, event: Event, command: Rows) -> None:
        is_limit = command["kind"] == CommandKind.QUOTE or (
            command["order_type"] == OrderType.LIMIT and command["time_in_force"] in _STANDING
        )
        if event.resting or (is_limit and command["kind"] in (CommandKind.NEW, CommandKind.QUOTE)):
            self._add(time_ns, event, event.lots if not event.resting else event.open_lots)
        elif command["kind"] == CommandKind.NEW and command["time_in_force"] == TimeInForce.IOC:
            price_ticks = event.price_ticks if command["order_type"] == OrderType.LIMIT else 0
            if command["order_type"] in (OrderType.LIMIT, OrderType.MARKET):
                self._asked.add(event.order_id)
                self._put(time_ns, -1, price_ticks, event.lots, event.contract, FlowKind.TAKE, event.side)

    def _filled(self, time_ns: int, event: Event) -> None:
        """Trades of orders that are not in the flow, as who took; the others follow from what was asked."""
        order = self._orders.get(event.order_id)
        if event.reason == Reason.AUCTION:
            self.left_out["trades of call auctions, whose orders trade as soon as they cross"] += 1
            return
        if (order is not None and order.contract == event.contract) or event.order_id in self._nobody:
            return
        if event.order_id in self._asked:
            return
        taken = (time_ns, event.order_id, event.contract, event.side)
        if self._taking and tuple(self._taking[:4]) != taken:
            self._told()
        if not self._taking:
            self._taking = [*taken, 0, event.price_ticks]
        self._taking[4] += event.lots
        worst = max if event.side == Side.BUY else min
        self._taking[5] = worst(self._taking[5], event.price_ticks)

    def _told(self) -> None:
        if self._taking:
            time_ns, _, contract, side, lots, price_ticks = self._taking
            self._put(time_ns, -1, price_ticks, lots, contract, FlowKind.TAKE, side)
            self._taking = []

    def _changed(self, time_ns: int, event: Event) -> None:
        order = self._orders.get(event.order_id)
        if event.kind == EventKind.RESTED and order is None:
            self._told()
            self._add(time_ns, event, event.open_lots)
        elif event.kind == EventKind.REFRESHED:
            self.left_out["slices of icebergs, which stand whole where their first slice stood"] += 1
        elif event.kind in (EventKind.MEMBER, EventKind.SHARED):
            self.left_out["events of wildcards, which take where they traded"] += 1
        elif order is None:
            return
        elif event.kind == EventKind.AMENDED:
            kept = event.resting and event.price_ticks == order.price_ticks and event.open_lots <= event.old_open_lots
            order.price_ticks = event.price_ticks
            if not kept:
                self._say(time_ns, order, FlowKind.MODIFY, event.open_lots)
            elif event.open_lots < event.old_open_lots:
                self._say(time_ns, order, FlowKind.REDUCE, event.old_open_lots - event.open_lots)
        elif event.kind in _ENDS:
            if event.open_lots and event.kind != EventKind.PARKED:
                self._say(time_ns, order, FlowKind.REDUCE, event.lots)
                return
            self._say(time_ns, order, FlowKind.DELETE, event.lots)
            del self._orders[event.order_id]
            self._free.append(order.number)

    def _add(self, time_ns: int, event: Event, lots: int) -> None:
        if self._free:
            number = self._free.pop()
        else:
            number, self._numbers = self._numbers, self._numbers + 1
        order = self._orders[event.order_id] = Standing(number, event.contract, event.side, event.price_ticks)
        self._say(time_ns, order, FlowKind.ADD, lots)

    def _say(self, time_ns: int, order: Standing, kind: FlowKind, lots: int) -> None:
        self._put(time_ns, order.number, order.price_ticks, lots, order.contract, kind, order.side)

    def _put(
        self, time_ns: int, number: int, price_ticks: int, lots: int, contract: int, kind: FlowKind, side: int
    ) -> None:
        self._rows.append((time_ns, number, price_ticks, lots, contract, kind, side, 0, 0))


def read_journal(directory: Path, without: Collection[str] = (), progress: Progress | None = None) -> Recording:
    """What everybody but the accounts ``without`` asked of the venue in ``directory``, which is stopped.

    Raises BadSource if nobody asked anything, and GpuxError as ``history.follow`` does.
    """
    follower = Follower(without)
    engine = history.follow(directory, follower.hear, progress)
    flow = np.concatenate(follower.pieces) if follower.pieces else np.zeros(0, FLOW)
    if not len(flow):
        raise BadSource(f"{directory}: nobody asked for anything in this journal")
    contracts: list[Contract] = []
    places = np.full(len(engine.contracts()), -1, np.int32)
    strange = 0
    for number in np.unique(flow["contract"]).tolist():
        try:
            contracts.append(parse_symbol(engine.symbol(number)))
        except BadSymbol:
            strange += 1
            continue
        places[number] = len(contracts) - 1
    flow["contract"] = places[flow["contract"]]
    flow = flow[flow["contract"] >= 0]
    notes = [f"{what}: {count}" for what, count in sorted(follower.left_out.items())]
    if strange:
        notes.append(f"contracts without a delivery period, which are left out: {strange}")
    if without:
        notes.append(f"left out are the orders of {', '.join(sorted(without))}")
    return Recording(flow, tuple(contracts), int(flow["time_ns"][0]), str(directory), notes=tuple(notes))
