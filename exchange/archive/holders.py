"""Questions of the holder of an account: orders that are open no more, and fills."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import apsw
import msgspec

from exchange.archive.format import unpack
from exchange.archive.questions import AMONG, names
from exchange.archive.reading import EVER, Span, looked_through
from exchange.wire.messages import Order, Placed, UserTrade, UserTradeList

_orders = msgspec.json.Decoder(Order)
_user_trades = msgspec.json.Decoder(UserTrade)
_IS_TRADE = b'{"event":"trade",'


@dataclass(frozen=True)
class ClosedOrders:
    """Orders that are open no more, the ones closed last first; ``instruments`` None: of all.

    before: the id of an order; only those that were closed before it. Answers a list of Order and whether
    there are more, or None if no such order was closed.
    """

    account: int
    count: int
    offset: int = 0
    instruments: frozenset[str] | None = None
    with_unfilled: bool = True
    before: str = ""

    def answer(self, connection: apsw.Connection) -> tuple[list[Order], bool] | None:
        before_seq = EVER
        if self.before:
            found = _seq(connection, "account = ? AND order_id = ?", (self.account, self.before))
            if found is None:
                return None
            before_seq = found
        seqs = [
            seq
            for (seq,) in connection.execute(
                f"SELECT seq FROM closed WHERE account = :account AND seq < :before AND {AMONG} "
                "AND (is_filled OR :unfilled) ORDER BY seq DESC LIMIT :limit OFFSET :offset",
                {
                    "account": self.account,
                    "before": before_seq,
                    "names": names(self.instruments),
                    "unfilled": self.with_unfilled,
                    "limit": self.count + 1,
                    "offset": self.offset,
                },
            )
        ]
        orders = [_order_at(connection, self.account, seq) for seq in seqs[: self.count]]
        return orders, len(seqs) > self.count


@dataclass(frozen=True)
class ClosedOrder:
    """One order that is open no more, by one of its two ids, and its fills if wanted; None if there is none."""

    account: int
    order_id: str = ""
    client_order_id: str = ""
    with_trades: bool = False

    def answer(self, connection: apsw.Connection) -> Placed | None:
        if self.client_order_id:
            named = "account = ? AND client_order_id = ?", (self.account, self.client_order_id)
        else:
            named = "account = ? AND order_id = ?", (self.account, self.order_id)
        seq = _seq(connection, *named)
        if seq is None:
            return None
        order = _order_at(connection, self.account, seq)
        if not self.with_trades or not order.filled_amount:
            return Placed(order, [])
        span = Span(EVER, oldest_first=True, start_ms=order.creation_timestamp, end_ms=order.last_update_timestamp)
        return Placed(order, UserTrades(self.account, span, order_id=order.order_id).answer(connection).trades)


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
        texts = (text for text in looked_through(rows, span.oldest_first) if text.startswith(_IS_TRADE))
        trades = map(_user_trades.decode, (text for text in texts if of_order in text))
        fitting = (trade for trade in trades if self._wanted(trade.instrument_name) and span.fits(trade))
        found = list(islice(fitting, span.most + 1))
        return UserTradeList(found[: span.most], len(found) > span.most)

    def _wanted(self, instrument: str) -> bool:
        return self.instruments is None or instrument in self.instruments


def _seq(connection: apsw.Connection, condition: str, bound: tuple[int | str, ...]) -> int | None:
    """The number of the event that told of an order's end."""
    row: tuple[int] | None = connection.execute(f"SELECT seq FROM closed WHERE {condition}", bound).fetchone()
    return None if row is None else row[0]


def _order_at(connection: apsw.Connection, account: int, seq: int) -> Order:
    ((first_seq, blob),) = connection.execute(
        "SELECT first_seq, texts FROM events WHERE account = ? AND first_seq <= ? ORDER BY first_seq DESC LIMIT 1",
        (account, seq),
    )
    return _orders.decode(unpack(blob)[seq - first_seq])
