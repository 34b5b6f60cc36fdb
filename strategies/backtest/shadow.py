"""The venue of a backtest without impact: one's own orders stand beside the book, and history goes on without them.

A resting order fills when what it waits for reaches it (see ``exchange.kernel.shadows``). One that takes
gets what stands in the book up to its limit, and the book keeps it: nothing that is done changes what
comes. Money is not asked for. What the venue would answer is said in the same EVENT rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from msgspec import structs

from exchange.domain.enums import CommandKind, EventKind, Flag, OrderType, Reason, Reject, Side, TimeInForce
from exchange.domain.records import Command
from exchange.domain.units import BPS, LOTS_MAX, PRICE_TICKS_MAX
from exchange.engine.playing import SHADOW, Player
from exchange.wire.events import Event, text_of
from strategies.simulator.venue import Venue

_DEPTH_MAX = 1 << 20
_IMMEDIATE = frozenset({TimeInForce.IOC, TimeInForce.FOK})


@dataclass(frozen=True)
class Standing:
    """An order that is open; ``open_lots`` as of when it was placed, the engine's row knows what is left."""

    order_id: int
    name: str
    contract: int
    side: Side
    price_ticks: int
    lots: int
    post_only: bool


class ShadowVenue(Venue):
    """Takes the commands of one account, as the venue does, and answers them itself."""

    def __init__(self, engine: Player, maker_fee_bps: int, taker_fee_bps: int) -> None:
        super().__init__(engine)
        self._player = engine
        self._fees_bps = (maker_fee_bps, taker_fee_bps)
        self._standing: dict[str, Standing] = {}
        self._made = 0
        self._sequence = 0

    def apply(self, commands: list[Command], time_ns: int) -> tuple[int, list[Event]]:
        """As of any venue; sequences are the shadows' own."""
        answers: list[Event] = []
        if self.engine.next_deadline_ns() <= time_ns:
            super().apply([], time_ns)
            answers += self._close(time_ns)
        first = self._sequence + 1
        for command in commands:
            self._sequence += 1
            answers += self._answer(command)
        return first, answers

    def lots_ahead(self, event: Event) -> int:
        rows = self._player.shadows
        return int(rows["ahead_lots"][rows["order_id"] == event.order_id].sum())

    def _answer(self, command: Command) -> list[Event]:
        if command.kind == CommandKind.NEW:
            return self._place(command)
        standing = self._standing.get(text_of(command))
        if standing is None or not self._open_lots(standing):
            return [self._refusal(command, Reject.UNKNOWN_ORDER)]
        if command.kind == CommandKind.CANCEL:
            return [self._end(standing, EventKind.CANCELLED, Reason.USER)]
        return self._amend(command, standing)

    def _place(self, command: Command) -> list[Event]:
        reason = self._refuse(command)
        if reason:
            return [self._refusal(command, reason)]
        self._made += 1
        side, is_market = Side(command.side), command.order_type == OrderType.MARKET
        price_ticks = (PRICE_TICKS_MAX if side == Side.BUY else 1) if is_market else command.price_ticks
        post_only = bool(command.flags & Flag.POST_ONLY)
        order = Standing(-self._made, text_of(command), command.contract, side, price_ticks, command.lots, post_only)
        is_immediate = is_market or command.time_in_force in _IMMEDIATE
        takes = self._takes(order, order.lots)
        rests = int(not takes and not is_immediate)
        accepted = self._event(order, EventKind.ACCEPTED, lots=order.lots, open_lots=order.lots, resting=rests)
        if command.time_in_force == TimeInForce.FOK and sum(lots for _, lots in takes) < order.lots:
            return [accepted, self._event(order, EventKind.EXPIRED, lots=order.lots, reason=Reason.FOK)]
        events, left_lots = self._take(order, takes, order.lots)
        if left_lots and is_immediate:
            events.append(self._event(order, EventKind.EXPIRED, lots=left_lots, reason=Reason.IOC))
        elif left_lots:
            self._stand(order, left_lots)
            if takes:
                events.append(self._event(order, EventKind.RESTED, lots=order.lots, open_lots=left_lots, resting=1))
        return [accepted, *events]

    def _amend(self, command: Command, standing: Standing) -> list[Event]:
        open_lots = self._open_lots(standing)
        new_open_lots = command.lots - (standing.lots - open_lots)
        changed = replace(standing, price_ticks=command.price_ticks, lots=command.lots)
        takes = self._takes(changed, new_open_lots)
        if not 1 <= command.price_ticks <= PRICE_TICKS_MAX:
            return [self._refusal(command, Reject.BAD_PRICE, standing)]
        if new_open_lots < 1:
            return [self._refusal(command, Reject.BELOW_FILLED, standing)]
        if takes and standing.post_only:
            return [self._refusal(command, Reject.POST_ONLY_WOULD_CROSS, standing)]
        amended = self._event(changed, EventKind.AMENDED, lots=command.lots, open_lots=new_open_lots)
        if command.price_ticks == standing.price_ticks and new_open_lots <= open_lots:
            rows = self._player.shadows
            rows["open_lots"][rows["order_id"] == standing.order_id] = new_open_lots
            self._standing[standing.name] = changed
            return [structs.replace(amended, resting=1)]
        self._leave(standing)
        events, left_lots = self._take(changed, takes, new_open_lots)
        if left_lots:
            self._stand(changed, left_lots)
            events.append(self._event(changed, EventKind.RESTED, lots=command.lots, open_lots=left_lots, resting=1))
        return [amended, *events]

    def _refuse(self, command: Command) -> int:
        """What the engine would refuse an order for, but for money."""
        if self.engine.contract(command.contract).gate_ns <= self.engine.time_ns:
            return Reject.CONTRACT_CLOSED
        if command.order_type not in (OrderType.LIMIT, OrderType.MARKET):
            return Reject.BAD_ORDER_TYPE
        if command.time_in_force not in (TimeInForce.GTC, TimeInForce.DAY, *_IMMEDIATE):
            return Reject.BAD_TIME_IN_FORCE
        if command.order_type == OrderType.LIMIT and not 1 <= command.price_ticks <= PRICE_TICKS_MAX:
            return Reject.BAD_PRICE
        if not 1 <= command.lots <= LOTS_MAX:
            return Reject.BAD_LOTS
        best = self.engine.levels(command.contract, Side(1 - command.side), 1)
        if command.flags & Flag.POST_ONLY and best and _within(Side(command.side), command.price_ticks, best[0][0]):
            return Reject.POST_ONLY_WOULD_CROSS
        return Reject.NONE

    def _takes(self, order: Standing, lots: int) -> list[tuple[int, int]]:
        """(price, lots) that it would trade with now, best first."""
        takes = []
        for price_ticks, there in self.engine.levels(order.contract, Side(1 - order.side), _DEPTH_MAX):
            if lots <= 0 or not _within(order.side, order.price_ticks, price_ticks):
                break
            takes.append((price_ticks, min(lots, there)))
            lots -= there
        return takes

    def _take(self, order: Standing, takes: list[tuple[int, int]], open_lots: int) -> tuple[list[Event], int]:
        """The fills, and what is left."""
        events = []
        for price_ticks, lots in takes:
            open_lots -= lots
            amount = price_ticks * lots * self._player.tick_value_micros(order.contract)
            fill = self._event(order, EventKind.FILLED, lots=lots, open_lots=open_lots, price_ticks=price_ticks)
            events.append(structs.replace(fill, amount=amount, fee=amount * self._fees_bps[1] // BPS))
        return events, open_lots

    def _stand(self, order: Standing, open_lots: int) -> None:
        """Rest behind all that is in the book at the price."""
        self._standing[order.name] = order
        row = np.zeros(1, SHADOW)
        row["order_id"], row["joined"] = order.order_id, self.engine.sequence
        row["ahead_lots"] = self._player.lots_at(order.contract, order.side, order.price_ticks)
        row["contract"], row["side"], row["price_ticks"] = order.contract, order.side, order.price_ticks
        row["open_lots"], row["fee_bps"] = open_lots, self._fees_bps[0]
        row["account"] = Player.OWN_FIRST
        rows = np.concatenate([self._player.shadows, row])
        better = np.where(rows["side"] == Side.BUY, -rows["price_ticks"], rows["price_ticks"])
        self._player.stand_beside(rows[np.argsort(better, kind="stable")])

    def _leave(self, order: Standing) -> None:
        del self._standing[order.name]
        rows = self._player.shadows
        self._player.stand_beside(rows[(rows["order_id"] != order.order_id) & (rows["open_lots"] > 0)])

    def _open_lots(self, order: Standing) -> int:
        """What is left of an order that rested; one that is filled is forgotten."""
        rows = self._player.shadows
        open_lots = int(rows["open_lots"][rows["order_id"] == order.order_id].sum())
        if not open_lots:
            self._leave(order)
        return open_lots

    def _end(self, order: Standing, kind: EventKind, reason: Reason) -> Event:
        event = self._event(order, kind, lots=self._open_lots(order), reason=reason, resting=1)
        self._leave(order)
        return event

    def _close(self, time_ns: int) -> list[Event]:
        """Gates fell: what stood in those contracts is gone."""
        closed = [order for order in self._standing.values() if self.engine.contract(order.contract).gate_ns <= time_ns]
        return [
            self._end(order, EventKind.EXPIRED, Reason.GATE) for order in closed if self._open_lots(order)
        ]  # fmt: skip

    def _event(self, order: Standing, kind: EventKind, **columns: int) -> Event:
        return Event(
            sequence=self._sequence,
            kind=kind,
            order_id=order.order_id,
            contract=order.contract,
            side=order.side,
            account=Player.OWN_FIRST,
            **{"price_ticks": order.price_ticks, **columns},
        )

    def _refusal(self, command: Command, reason: int, order: Standing | None = None) -> Event:
        return Event(
            sequence=self._sequence,
            kind=EventKind.REJECTED,
            reason=reason,
            order_id=order.order_id if order else 0,
            contract=command.contract,
            account=Player.OWN_FIRST,
            price_ticks=command.price_ticks,
            lots=command.lots,
        )


def _within(side: Side, limit_ticks: int, price_ticks: int) -> bool:
    return price_ticks <= limit_ticks if side == Side.BUY else price_ticks >= limit_ticks
