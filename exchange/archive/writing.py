"""Pages into rows: those of several turns together, as many as have gathered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypeVar

import apsw

from exchange.archive.format import ROW_MAX, Page, Said, encode, pack
from exchange.wire.messages import Trade

Item = TypeVar("Item")
_EVENTS = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_TRADES = "INSERT INTO trades VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_FIXINGS = "INSERT INTO fixings (instrument, ms, text) VALUES (?, ?, ?)"
_PLACE = "INSERT OR REPLACE INTO place VALUES (1, ?, ?, ?)"


def write(connection: apsw.Connection, pages: Sequence[Page]) -> None:
    """All of ``pages`` and the place after them, or nothing. Raises apsw.Error."""
    with connection:
        connection.executemany(_EVENTS, _event_rows(pages))
        connection.executemany(_TRADES, _trade_rows(pages))
        for fixing in (fixing for page in pages for fixing in page.fixings):
            connection.execute(_FIXINGS, (fixing.instrument_name, fixing.timestamp, encode(fixing)))
        connection.execute(_PLACE, pages[-1].place)


def _event_rows(pages: Sequence[Page]) -> Iterator[tuple[int | str | bytes | None, ...]]:
    gathered: dict[int, list[tuple[int, Said]]] = {}
    for page in pages:
        for account, said in page.events.items():
            gathered.setdefault(account, []).extend((page.time_ms, event) for event in said)
    for account, events in gathered.items():
        for part in _parts(events):
            trades = sum(event.is_trade for _, event in part)
            texts = pack(event.text for _, event in part)
            (first_ms, first), (last_ms, last) = part[0], part[-1]
            closed = [f"{place}:{event.closed}" for place, (_, event) in enumerate(part) if event.closed]
            yield account, first.seq, last.seq, first_ms, last_ms, trades, " ".join(closed) or None, texts


def _trade_rows(pages: Sequence[Page]) -> Iterator[tuple[str | int | bytes, ...]]:
    gathered: dict[str, list[Trade]] = {}
    for trades in (trades for page in pages for trades in page.trades):
        gathered.setdefault(trades[0].instrument_name, []).extend(trades)
    for instrument, trades in gathered.items():
        for part in _parts(trades):
            first, last = part[0], part[-1]
            texts = pack(encode(trade) for trade in part)
            times = first.timestamp, last.timestamp
            yield instrument, first.trade_seq, last.trade_seq, *times, int(first.trade_id), int(last.trade_id), texts


def _parts(items: list[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while part := list(islice(rest, ROW_MAX)):
        yield part
