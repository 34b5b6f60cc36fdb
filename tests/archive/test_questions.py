"""Trades by any bounds, and drawn: held against a list of all of them and against what memory draws."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.archive import AllTrades, Archive, Drawn, Page, Place, PublicTrades, Span, TooFar, markets
from exchange.archive.markets import Minutes
from exchange.gateway.mirror.history import CANDLES_MAX, History
from exchange.views.candles import RESOLUTIONS
from exchange.wire.messages import Trade

SYMBOLS = ("H100SXM_USE_H13-1DEC26", "H100SXM_USE_H14-1DEC26", "L40S_USE_H14-1DEC26")
TICK_MICROS = 1_000
MINUTE_MS = 60_000
START_MS = 1_790_000_040_000


@st.composite
def histories(draw: st.DrawFn) -> list[list[Trade]]:
    """Trades in batches, as turns are written; time stands still or goes on by up to some days."""
    batches: list[list[Trade]] = []
    time_ms, number, seqs = START_MS, 0, dict.fromkeys(SYMBOLS, 0)
    for size in draw(st.lists(st.integers(1, 8), max_size=12)):
        batch = []
        for _ in range(size):
            time_ms += draw(st.sampled_from([0, 0, 1, 700, MINUTE_MS, 40 * MINUTE_MS, 5_000 * MINUTE_MS]))
            symbol, ticks = draw(st.sampled_from(SYMBOLS)), draw(st.integers(2_000, 2_010))
            number += draw(st.integers(1, 3))
            seqs[symbol] += 1
            price = ticks * TICK_MICROS / 10**6
            batch.append(
                Trade(str(number), seqs[symbol], symbol, time_ms, "buy", price, 8.0, 1.0 + ticks % 3, 0, price, price)
            )
        batches.append(batch)
    return batches


def archived(directory: str, batches: list[list[Trade]]) -> Archive:
    archive = Archive(Path(directory))
    for batch in batches:
        by_symbol = [[trade for trade in batch if trade.instrument_name == symbol] for symbol in SYMBOLS]
        trades = [part for part in by_symbol if part]
        archive.write([Page(Place(int(batch[-1].trade_id), 0, 0), batch[-1].timestamp, {}, trades, [])])
    return archive


@given(
    batches=histories(),
    most=st.sampled_from([1, 3, 100]),
    oldest_first=st.booleans(),
    bounds=st.tuples(*[st.none() | st.integers(0, 60)] * 4),
)
@settings(max_examples=25, deadline=None)
def test_trades_are_those_of_a_walk_through_all(
    batches: list[list[Trade]], most: int, oldest_first: bool, bounds: tuple[int | None, ...]
) -> None:
    """Of one instrument and of several, within bounds of time and number that count, in either direction."""
    trades = [trade for batch in batches for trade in batch]
    places = [None if bound is None or not trades else trades[bound % len(trades)] for bound in bounds]
    with TemporaryDirectory() as directory, archived(directory, batches) as archive:
        for by_id in (False, True):
            numbers = [place and (int(place.trade_id) if by_id else place.trade_seq) for place in places]
            span = Span(
                most,
                oldest_first,
                0 if places[0] is None else places[0].timestamp,
                2**62 if places[1] is None else places[1].timestamp,
                numbers[2] or 0,
                numbers[3] or 2**62,
                by_id,
            )
            names = set(SYMBOLS[:2]) if by_id else {SYMBOLS[0]}
            fitting = [trade for trade in trades if trade.instrument_name in names and span.fits(trade)]
            wanted = fitting if oldest_first else fitting[::-1]
            question = AllTrades(frozenset(names), span) if by_id else PublicTrades(SYMBOLS[0], span)
            found = archive.answer(question)
            assert (found.trades, found.has_more) == (wanted[:most], len(wanted) > most)


@given(
    batches=histories(),
    minutes=st.sampled_from(sorted(RESOLUTIONS.values())),
    start=st.integers(-100, 6_000),
    length=st.integers(0, 3_000),
    most=st.integers(0, 40),
)
@settings(max_examples=25, deadline=None)
def test_a_chart_from_the_archive_is_the_one_of_memory(
    batches: list[list[Trade]], minutes: int, start: int, length: int, most: int
) -> None:
    """Also where nothing traded, where more stretches are asked for than are drawn, and where memory is short of it."""
    history = History()
    for trade in (trade for batch in batches for trade in batch if trade.instrument_name == SYMBOLS[0]):
        history.traded(trade.timestamp, round(trade.price * 1000), round(trade.contracts))
    start_ms = START_MS + start * MINUTE_MS + 17
    end_ms = start_ms + length * minutes * MINUTE_MS
    drawn = Drawn(SYMBOLS[0], TICK_MICROS, minutes, start_ms, end_ms, CANDLES_MAX)
    with TemporaryDirectory() as directory, archived(directory, batches) as archive:
        assert archive.answer(drawn) == history.candles(minutes, start_ms, end_ms)
        short = History()
        short.remember(*archive.answer(Minutes(SYMBOLS[0], TICK_MICROS, most)))
    span = (minutes, start_ms, end_ms)
    seqs = [trade.trade_seq for batch in batches for trade in batch if trade.instrument_name == SYMBOLS[0]]
    reaches = short.reaches(*span, len(seqs))
    assert reaches or most < len(seqs)
    if reaches:
        assert short.candles(*span) == history.candles(*span)


def test_a_chart_of_too_many_trades_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would keep all others waiting."""
    price = 2.0
    batches = [
        [Trade(str(n + 1), n + 1, SYMBOLS[0], START_MS + n * MINUTE_MS, "buy", price, 8.0, 1.0, 0, price, price)]
        for n in range(9)
    ]
    monkeypatch.setattr(markets, "DRAWN_MAX", 4)
    with archived(str(tmp_path), batches) as archive:
        with pytest.raises(TooFar) as refused:
            archive.answer(Drawn(SYMBOLS[0], TICK_MICROS, 5, START_MS, START_MS + 10 * MINUTE_MS, 10))
        bound_ms = int(str(refused.value).rpartition("end_timestamp ")[2])
        piece = archive.answer(Drawn(SYMBOLS[0], TICK_MICROS, 5, START_MS, bound_ms, 10))
    assert (len(piece), bound_ms % (5 * MINUTE_MS)) == (1, 5 * MINUTE_MS - 1)
