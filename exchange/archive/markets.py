"""Questions about what markets traded: of one or of all of them, and drawn as candles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import chain, islice

import apsw
import msgspec
from msgspec import UNSET, Struct, UnsetType

from exchange.archive.format import unpack
from exchange.archive.questions import AMONG, names
from exchange.archive.reading import Span, looked_through, texts_of
from exchange.domain.units import MICROS_PER_DOLLAR
from exchange.views.candles import MS_PER_MINUTE, Candle, Candles, filled, merged, of_trade, start_of
from exchange.wire.messages import Trade, TradeList

# Trades that one chart may be made of.
DRAWN_MAX = 1_000_000
_trades = msgspec.json.Decoder(Trade)


class Dot(Struct):
    """What a candle takes of a trade, which is read faster than all of it."""

    timestamp: int
    price: float
    contracts: float
    sum_price: float | UnsetType = UNSET


_dots = msgspec.json.Decoder(Dot)


@dataclass(frozen=True)
class PublicTrades:
    """Trades of one instrument, of a span by their ``trade_seq``."""

    instrument: str
    span: Span

    def answer(self, connection: apsw.Connection) -> TradeList:
        span = self.span
        rows = connection.execute(
            "SELECT texts FROM trades WHERE instrument = ? AND last_ms >= ? AND first_ms <= ? AND last_seq >= ? "
            f"AND first_seq <= ? ORDER BY first_seq {span.direction}",
            (self.instrument, span.start_ms, span.end_ms, span.first, span.last),
        )
        return _page(span, (trade for (blob,) in rows for trade in _decoded(blob, span)))


@dataclass(frozen=True)
class AllTrades:
    """Trades of all ``instruments`` (None: of all there are) in the order in which they happened."""

    instruments: frozenset[str] | None
    span: Span  # by id

    def answer(self, connection: apsw.Connection) -> TradeList:
        span = self.span
        edge = "first_id" if span.oldest_first else "last_id"
        rows = connection.execute(
            f"SELECT {edge}, texts FROM trades WHERE {AMONG} AND last_ms >= :start AND first_ms <= :end "
            f"AND last_id >= :first AND first_id <= :last ORDER BY {edge} {span.direction}",
            {
                "names": names(self.instruments),
                "start": span.start_ms,
                "end": span.end_ms,
                "first": span.first,
                "last": span.last,
            },
        )
        return _page(span, self._merged(rows))

    def _merged(self, rows: Iterator[tuple[int, bytes]]) -> Iterator[Trade]:
        """Rows of different instruments lie side by side: a trade is told when none before it can come any more."""
        sign = 1 if self.span.oldest_first else -1
        waiting: list[tuple[int, Trade]] = []
        for edge, blob in rows:
            while waiting and waiting[0][0] < sign * edge:
                yield heappop(waiting)[1]
            for trade in _decoded(blob, self.span):
                heappush(waiting, (sign * int(trade.trade_id), trade))
        while waiting:
            yield heappop(waiting)[1]


@dataclass(frozen=True)
class Drawn:
    """Candles of one instrument from ``start_ms`` to ``end_ms``, the last ``most`` of them."""

    instrument: str
    tick_micros: int
    minutes: int
    start_ms: int
    end_ms: int
    most: int

    def answer(self, connection: apsw.Connection) -> list[Candle]:
        step_ms = self.minutes * MS_PER_MINUTE
        last_ms = start_of(self.end_ms, self.minutes) + step_ms - 1
        first_ms = max(start_of(self.start_ms, self.minutes), last_ms + 1 - self.most * step_ms)
        candles = Candles(self.minutes, self.most + 1)
        dots: Iterator[Trade | Dot] = chain(
            self._before(connection, first_ms), self._during(connection, first_ms, last_ms)
        )
        for trade in dots:
            candles.add(trade.timestamp, ticks_of(trade, self.tick_micros), round(trade.contracts))
        return filled(candles, self.minutes, first_ms, self.end_ms, self.most)

    def _before(self, connection: apsw.Connection, first_ms: int) -> list[Trade]:
        """The last one, at whose price the chart begins."""
        return PublicTrades(self.instrument, Span(1, end_ms=first_ms - 1)).answer(connection).trades

    def _during(self, connection: apsw.Connection, first_ms: int, last_ms: int) -> Iterator[Dot]:
        rows = connection.execute(
            "SELECT first_ms, last_ms, texts FROM trades WHERE instrument = ? AND last_ms >= ? AND first_ms <= ?"
            " ORDER BY first_seq",
            (self.instrument, first_ms, last_ms),
        )
        dots = map(_dots.decode, looked_through(rows, True, DRAWN_MAX, self.minutes * MS_PER_MINUTE))
        return (dot for dot in dots if first_ms <= dot.timestamp <= last_ms)


@dataclass(frozen=True)
class Minutes:
    """Candles of a minute of about the last ``most`` trades of one instrument, and how many trades those are."""

    instrument: str
    tick_micros: int
    most: int

    def answer(self, connection: apsw.Connection) -> tuple[list[Candle], int]:
        blobs, taken = list[bytes](), 0
        for first_seq, last_seq, blob in connection.execute(
            "SELECT first_seq, last_seq, texts FROM trades WHERE instrument = ? ORDER BY first_seq DESC",
            (self.instrument,),
        ):
            if taken >= self.most:
                break
            blobs.append(blob)
            taken += last_seq - first_seq + 1
        dots = (_dots.decode(text) for blob in reversed(blobs) for text in unpack(blob))
        return list(merged(map(self._candle, dots), 1)), taken

    def _candle(self, dot: Dot) -> Candle:
        return of_trade(dot.timestamp, 1, ticks_of(dot, self.tick_micros), round(dot.contracts))


def ticks_of(trade: Trade | Dot, tick_micros: int) -> int:
    """The price in ticks: of a strip the sum over its hours."""
    dollars = trade.price if trade.sum_price is UNSET else trade.sum_price
    return round(dollars * MICROS_PER_DOLLAR / tick_micros)


def _decoded(blob: bytes, span: Span) -> Iterator[Trade]:
    return (trade for trade in map(_trades.decode, texts_of(blob, span.oldest_first)) if span.fits(trade))


def _page(span: Span, trades: Iterator[Trade]) -> TradeList:
    found = list(islice(trades, span.most + 1))
    return TradeList(found[: span.most], len(found) > span.most)
