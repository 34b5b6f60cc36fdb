"""Candles, against a model that looks at every trade each time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exchange.gateway.mirror.history import CANDLES_MAX, MINUTES_KEPT, History
from exchange.views.candles import MS_PER_MINUTE, RESOLUTIONS, Candle, Candles, start_of
from exchange.wire.channels import RESOLUTIONS as SPOKEN_RESOLUTIONS

# (time in ms, price in ticks, lots)
Trade = tuple[int, int, int]
START_MS = 1_790_000_000_000

trades = st.lists(
    st.tuples(st.integers(0, 40_000_000), st.integers(1, 5), st.integers(1, 3)), max_size=60
).map(lambda found: sorted((START_MS + later_ms, ticks, lots) for later_ms, ticks, lots in found))  # fmt: skip


def modelled(found: list[Trade], minutes: int, start_ms: int, end_ms: int) -> list[Candle]:
    """Each stretch on its own, from the trades that fall into it or, without any, from the last before it."""
    step_ms = minutes * MS_PER_MINUTE
    candles = []
    for at_ms in range(start_of(start_ms, minutes), end_ms + 1, step_ms):
        inside = [(ticks, lots) for time_ms, ticks, lots in found if at_ms <= time_ms < at_ms + step_ms]
        before = [ticks for time_ms, ticks, _ in found if time_ms < at_ms]
        if not inside and not before:
            continue
        prices = [ticks for ticks, _ in inside] or before[-1:]
        candles.append(
            Candle(
                at_ms,
                prices[0],
                max(prices),
                min(prices),
                prices[-1],
                sum(lots for _, lots in inside),
                sum(ticks * lots for ticks, lots in inside),
            )
        )
    return candles


@given(found=trades, name=st.sampled_from(sorted(RESOLUTIONS)), start=st.integers(-50, 900), span=st.integers(0, 900))
def test_candles_of_any_length_are_what_traded_in_each_stretch(
    found: list[Trade], name: str, start: int, span: int
) -> None:
    """Also those that are made of shorter ones, and the flat ones where nothing traded."""
    history, minutes = History(), RESOLUTIONS[name]
    for trade in found:
        history.traded(*trade)
    start_ms = START_MS + start * MS_PER_MINUTE
    end_ms = start_ms + span * MS_PER_MINUTE
    model = modelled(found, minutes, start_ms, end_ms)
    assert history.candles(minutes, start_ms, end_ms) == model
    traded = [candle for candle in modelled(found, minutes, START_MS, START_MS + 50_000_000) if candle.lots]
    assert history.last(minutes) == (traded[-1] if traded else None)
    first_ms = start_of(start_ms, minutes)
    assert history.since(minutes, start_ms) == [candle for candle in traded if candle.start_ms >= first_ms]


def test_a_chart_is_no_longer_than_it_may_be() -> None:
    """Of a span with more stretches the last are drawn; what has long passed is forgotten by the minute first."""
    history = History()
    for minute in range(MINUTES_KEPT + 10):
        history.traded(START_MS + minute * MS_PER_MINUTE, 5, 1)
    end_ms = START_MS + 8_000 * MS_PER_MINUTE
    candles = history.candles(1, START_MS, end_ms)
    assert len(candles) == CANDLES_MAX
    assert candles[-1].start_ms == start_of(end_ms, 1)
    assert sum(candle.lots for candle in history.candles(1, START_MS, START_MS + 4_000 * MS_PER_MINUTE)) == MINUTES_KEPT
    assert sum(candle.lots for candle in history.candles(60, START_MS, end_ms)) == MINUTES_KEPT + 10


def test_no_more_than_asked_for_is_kept() -> None:
    """The oldest go first."""
    candles = Candles(1, 2)
    for minute in range(4):
        candles.add(minute * MS_PER_MINUTE, 5 + minute, 1)
    assert [candle.open_ticks for candle in candles] == [7, 8]


def test_the_names_of_lengths_are_those_of_the_wire() -> None:
    """What may be asked for can be drawn."""
    assert tuple(RESOLUTIONS) == SPOKEN_RESOLUTIONS
