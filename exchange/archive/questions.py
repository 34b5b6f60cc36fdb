"""What can be asked of an archive: one class a question, answered on a thread that only reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import apsw
import msgspec

from exchange.archive.format import unpack
from exchange.wire.contracts import Fixing
from exchange.wire.messages import Order, Trade, TradeList, UserTrade, UserTradeList

# Unpacked for one question at the most; what is beyond them is asked for again, from where the answer ends.
ROWS_MAX = 4_000

_orders = msgspec.json.Decoder(Order)
_user_trades = msgspec.json.Decoder(UserTrade)
_trades = msgspec.json.Decoder(Trade)
_fixings = msgspec.json.Decoder(Fixing)
_CLOSED = (b'"order_state":"filled"', b'"order_state":"cancelled"')
_IS_ORDER, _IS_TRADE = b'{"event":"order",', b'{"event":"trade",'


class Question(Protocol):
    def answer(self, connection: apsw.Connection) -> Any:
        """Raises CorruptArchive and apsw.Error."""


@dataclass(frozen=True)
class Events:
    """``count`` events of an account from number ``from_seq`` on, as JSON of an ``EventList``."""

    account: int
    from_seq: int
    count: int

    def answer(self, connection: apsw.Connection) -> msgspec.Raw:
        ((last,),) = connection.execute("SELECT max(last_seq) FROM events WHERE account = ?", (self.account,))
        texts: list[bytes] = []
        rows = connection.execute(
            "SELECT first_seq, texts FROM events WHERE account = ?1 AND first_seq >= coalesce((SELECT max(first_seq)"
            " FROM events WHERE account = ?1 AND first_seq <= ?2), 0) ORDER BY first_seq",
            (self.account, self.from_seq),
        )
        for first_seq, blob in rows:
            texts += unpack(blob)[max(0, self.from_seq - first_seq) :]
            if len(texts) >= self.count:
                break
        return event_list(texts[: self.count], max(self.from_seq, 1), last or 0)


@dataclass(frozen=True)
class ClosedOrders:
    """Orders that are open no more, the ones closed last first; ``instruments`` None: of all.

    Answers a list of Order and whether there are more.
    """

    account: int
    count: int
    offset: int = 0
    instruments: frozenset[str] | None = None
    with_unfilled: bool = True

    def answer(self, connection: apsw.Connection) -> tuple[list[Order], bool]:
        found: list[Order] = []
        wanted = self.offset + self.count
        rows = connection.execute(
            "SELECT texts FROM events WHERE account = ? AND closed > 0 ORDER BY first_seq DESC LIMIT ?",
            (self.account, ROWS_MAX),
        )
        for text in _newest(rows):
            if not text.startswith(_IS_ORDER) or not any(state in text for state in _CLOSED):
                continue
            order = _orders.decode(text)
            if _wanted(self.instruments, order.instrument_name) and (self.with_unfilled or order.filled_amount):
                found.append(order)
                if len(found) > wanted:
                    break
        return found[self.offset : wanted], len(found) > wanted


@dataclass(frozen=True)
class UserTrades:
    """Fills of an account within bounds, all of which count; the newest first unless ``oldest_first``."""

    account: int
    count: int
    instruments: frozenset[str] | None = None
    start_ms: int = 0
    end_ms: int = 2**62
    start_seq: int = 0  # of the instrument's trades
    end_seq: int = 2**62
    order_id: str = ""
    oldest_first: bool = False

    def answer(self, connection: apsw.Connection) -> UserTradeList:
        rows = connection.execute(
            "SELECT texts FROM events WHERE account = ? AND trades > 0 AND last_ms >= ? AND first_ms <= ? "
            f"ORDER BY first_seq {_direction(self.oldest_first)} LIMIT ?",
            (self.account, self.start_ms, self.end_ms, ROWS_MAX),
        )
        found: list[UserTrade] = []
        for text in _oldest(rows) if self.oldest_first else _newest(rows):
            if text.startswith(_IS_TRADE) and self._fits(trade := _user_trades.decode(text)):
                found.append(trade)
                if len(found) > self.count:
                    break
        return UserTradeList(found[: self.count], len(found) > self.count)

    def _fits(self, trade: UserTrade) -> bool:
        return (
            self.start_ms <= trade.timestamp <= self.end_ms
            and self.start_seq <= trade.trade_seq <= self.end_seq
            and _wanted(self.instruments, trade.instrument_name)
            and self.order_id in ("", trade.order_id)
        )


@dataclass(frozen=True)
class PublicTrades:
    """Trades of one instrument within bounds, all of which count; the newest first unless ``oldest_first``."""

    instrument: str
    count: int
    start_ms: int = 0
    end_ms: int = 2**62
    start_seq: int = 0
    end_seq: int = 2**62
    oldest_first: bool = False

    def answer(self, connection: apsw.Connection) -> TradeList:
        rows = connection.execute(
            "SELECT texts FROM trades WHERE instrument = ? AND last_ms >= ? AND first_ms <= ? AND last_seq >= ? "
            f"AND first_seq <= ? ORDER BY first_seq {_direction(self.oldest_first)} LIMIT ?",
            (self.instrument, self.start_ms, self.end_ms, self.start_seq, self.end_seq, ROWS_MAX),
        )
        found: list[Trade] = []
        for text in _oldest(rows) if self.oldest_first else _newest(rows):
            if self._fits(trade := _trades.decode(text)):
                found.append(trade)
                if len(found) > self.count:
                    break
        return TradeList(found[: self.count], len(found) > self.count)

    def _fits(self, trade: Trade) -> bool:
        in_time = self.start_ms <= trade.timestamp <= self.end_ms
        return in_time and self.start_seq <= trade.trade_seq <= self.end_seq


@dataclass(frozen=True)
class Fixings:
    """Fixings and their corrections, the newest first; ``instrument`` empty: of all."""

    count: int
    instrument: str = ""
    before_number: int = 2**62

    def answer(self, connection: apsw.Connection) -> list[Fixing]:
        where, bound = ("instrument = ? AND", (self.instrument,)) if self.instrument else ("", ())
        rows = connection.execute(
            f"SELECT text FROM fixings WHERE {where} number < ? ORDER BY number DESC LIMIT ?",
            (*bound, self.before_number, self.count),
        )
        return [_fixings.decode(text) for (text,) in rows]


def event_list(texts: list[bytes], first_seq: int, last_seq: int) -> msgspec.Raw:
    """JSON of the ``EventList`` of events that begin with ``first_seq``, of an account that has ``last_seq``."""
    has_more = b"true" if first_seq + len(texts) <= last_seq else b"false"
    return msgspec.Raw(b'{"events":[%s],"has_more":%s,"last_seq":%d}' % (b",".join(texts), has_more, last_seq))


def _oldest(rows: Iterator[tuple[bytes]]) -> Iterator[bytes]:
    for (blob,) in rows:
        yield from unpack(blob)


def _newest(rows: Iterator[tuple[bytes]]) -> Iterator[bytes]:
    for (blob,) in rows:
        yield from reversed(unpack(blob))


def _direction(oldest_first: bool) -> str:
    return "ASC" if oldest_first else "DESC"


def _wanted(instruments: frozenset[str] | None, name: str) -> bool:
    return instruments is None or name in instruments
