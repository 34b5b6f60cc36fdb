"""Questions of the holder of an account: orders that are open no more, and fills."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import apsw
import msgspec

from exchange.archive.format import unpack
from exchange.archive.reading import EVER, LOOKED_MAX, Span, looked_through
from exchange.wire.messages import Order, Placed, UserTrade, UserTradeList

_orders = msgspec.json.Decoder(Order)
_user_trades = msgspec.json.Decoder(UserTrade)
_IS_ORDER = b'{"event":"order",'
_IS_TRADE = b'{"event":"trade",'


class Orders(NamedTuple):
    """Some, and after which to go on; empty if these are the last."""

    orders: list[Order]
    rest: str


@dataclass(frozen=True)
class ClosedOrders:
    """Orders that are open no more, the ones closed last first, as ``Orders``; ``instruments`` None: of all.

    after: the id of an order, to go on after it. Answers None if there is no such order, and fewer than ``most``
    if it has looked through as much as it may.
    """

    account: int
    most: int
    offset: int = 0
    instruments: frozenset[str] | None = None
    with_unfilled: bool = True
    label: str | None = None
    after: str = ""

    def answer(self, connection: apsw.Connection) -> Orders | None:
        bound = _seq(connection, self.account, f"{self.after}:") if self.after else EVER
        if bound is None:
            return None
        found: list[Order] = []
        before = ""
        for looked, text in enumerate(_closings(connection, self.account, bound)):
            order = _orders.decode(text)
            if len(found) == self.offset + self.most or looked == LOOKED_MAX:
                return Orders(found[self.offset :], before)
            before = order.order_id
            if self._fits(order):
                found.append(order)
        return Orders(found[self.offset :], "")

    def _fits(self, order: Order) -> bool:
        return (
            (self.instruments is None or order.instrument_name in self.instruments)
            and (self.with_unfilled or order.filled_amount > 0)
            and self.label in (None, order.label)
        )


@dataclass(frozen=True)
class ClosedOrder:
    """One order that is open no more, by one of its two ids, and its fills if wanted; None if there is none."""

    account: int
    order_id: str = ""
    client_order_id: str = ""
    with_trades: bool = False

    def answer(self, connection: apsw.Connection) -> Placed | None:
        name = f":{self.client_order_id}" if self.client_order_id else f"{self.order_id}:"
        seq = _seq(connection, self.account, name)
        if seq is None:
            return None
        order = _orders.decode(next(_closings(connection, self.account, seq + 1)))
        if not self.with_trades or not order.filled_amount:
            return Placed(order, [])
        span = Span(EVER, oldest_first=True, start_ms=order.creation_timestamp, end_ms=order.last_update_timestamp)
        return Placed(order, UserTrades(self.account, span, order_id=order.order_id).answer(connection).trades)


@dataclass(frozen=True)
class LastTold:
    """What was told last of some orders, by id; without those of which nothing is said in the last ``look`` events."""

    account: int
    order_ids: frozenset[int]
    look: int

    def answer(self, connection: apsw.Connection) -> dict[int, Order]:
        rows = connection.execute("SELECT texts FROM events WHERE account = ? ORDER BY first_seq DESC", (self.account,))
        texts = islice((text for (blob,) in rows for text in reversed(unpack(blob))), self.look)
        missing, found = set(self.order_ids), dict[int, Order]()
        for text in texts:
            if not missing:
                break
            if text.startswith(_IS_ORDER) and (order_id := int(text.split(b'"', 10)[9])) in missing:
                missing.remove(order_id)
                found[order_id] = _orders.decode(text)
        return found


@dataclass(frozen=True)
class UserTrades:
    """Fills of an account within a span, of some instruments (None: of all) and of one order, if it is said."""

    account: int
    span: Span
    instruments: frozenset[str] | None = None
    order_id: str = ""

    def answer(self, connection: apsw.Connection) -> UserTradeList:
        span = self.span
        rows = connection.execute(
            "SELECT first_ms, last_ms, texts FROM events WHERE account = ? AND trades > 0 AND last_ms >= ? "
            f"AND first_ms <= ? ORDER BY first_seq {span.direction}",
            (self.account, span.start_ms, span.end_ms),
        )
        of_order = b'"order_id":"%s"' % self.order_id.encode() if self.order_id else b""
        texts = (text for text in looked_through(rows, span.oldest_first, LOOKED_MAX) if text.startswith(_IS_TRADE))
        trades = map(_user_trades.decode, (text for text in texts if of_order in text))
        fitting = (trade for trade in trades if self._wanted(trade.instrument_name) and span.fits(trade))
        found = list(islice(fitting, span.most + 1))
        return UserTradeList(found[: span.most], len(found) > span.most)

    def _wanted(self, instrument: str) -> bool:
        return self.instruments is None or instrument in self.instruments


def _seq(connection: apsw.Connection, account: int, name: str) -> int | None:
    """The number of the event that told of an order's end, by one of its ids with the colon beside it."""
    # Between the ids are colons, between orders spaces: an id that only begins or ends alike is another's.
    wanted = f":{name}" if name.endswith(":") else f"{name} "
    row: tuple[int, str] | None = connection.execute(
        "SELECT first_seq, closed FROM events WHERE account = ?1 AND closed IS NOT NULL"
        " AND instr(closed || ' ', ?2) ORDER BY first_seq DESC LIMIT 1",
        (account, wanted),
    ).fetchone()
    if row is None:
        return None
    (place,) = (each.partition(":")[0] for each in row[1].split() if wanted in f"{each} ")
    return row[0] + int(place)


def _closings(connection: apsw.Connection, account: int, before_seq: int) -> Iterator[bytes]:
    """What was told of the end of each order, the last one first."""
    rows = connection.execute(
        "SELECT first_seq, closed, texts FROM events WHERE account = ? AND closed IS NOT NULL AND first_seq < ?"
        " ORDER BY first_seq DESC",
        (account, before_seq),
    )
    for first_seq, closed, blob in rows:
        texts = unpack(blob)
        for each in reversed(closed.split()):
            place = int(each.partition(":")[0])
            if first_seq + place < before_seq:
                yield texts[place]
