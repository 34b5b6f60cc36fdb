"""A mirror that takes over what traded before it says of the past what the first one said."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.archive import PublicTrades, Question
from exchange.archive.holders import LastTold
from exchange.domain.enums import CommandKind, Phase, Side
from exchange.domain.records import Command
from exchange.gateway.mirror.remembering import remember
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.reading.recalling import page_of
from exchange.wire.messages import TradeList
from tests.gateway.desk import limit
from tests.gateway.test_strips import desk_with_strip, random_order


def recalled(mirror: Mirror) -> Callable[[Question], Any]:
    """As an archive that keeps all that it traded would have it."""

    def answer(question: Question) -> Any:
        if isinstance(question, LastTold):
            return {}
        assert isinstance(question, PublicTrades)
        kept = mirror.by_symbol[question.instrument].trades
        page = page_of(kept, 0, question.span)
        assert page is not None
        return TradeList(*page)

    return answer


@given(seed=st.integers(0, 2**32), turns=st.integers(1, 60))
@settings(max_examples=20, deadline=None)
def test_the_past_is_the_same_after_a_restart(seed: int, turns: int) -> None:
    """Candles, statistics, trades and what the next trade is told to be, of hours and strips."""
    desk, _, _, numbers = desk_with_strip()
    rng = random.Random(seed)
    for _ in range(turns):
        desk.turn(*(random_order(rng, numbers.stop, numbers) for _ in range(rng.randrange(1, 4))))
    before = desk.mirror
    after = Mirror(desk.engine)
    remember(after, recalled(before))
    for old, new in zip(before.markets, after.markets, strict=True):
        assert list(new.trades) == list(old.trades)
        for minutes in (1, 60, 1_440):
            span = (minutes, 0, desk.now_ns // 10**6)
            assert new.history.candles(*span) == old.history.candles(*span)
        assert (new.stats(), new.tick_direction) == (old.stats(), old.tick_direction)
    orders = [random_order(rng, numbers.stop, numbers) for _ in range(8)]
    first_event = desk.engine.events_total + 1
    rows, events = desk.apply(*orders)
    ways = [mirror.apply(rows, events, [None] * len(rows), first_event).trades for mirror in (before, after)]
    assert ways[0] == ways[1]


def test_what_is_over_is_not_remembered() -> None:
    """Nobody draws it any more, and it would take long."""
    desk, hours, _, numbers = desk_with_strip()
    for number in numbers:
        desk.turn(limit(1, Side.SELL, 2_500, 1, number), limit(2, Side.BUY, 2_500, 1, number))
    desk.now_ns = hours[0].gate_ns
    desk.turn(Command(kind=CommandKind.TICK))
    after = Mirror(desk.engine)
    assert after.markets[numbers[0]].phase != Phase.CONTINUOUS
    after.fixings.clear()
    remember(after, recalled(desk.mirror))
    assert not after.by_symbol[hours[0].symbol].trades
    assert after.by_symbol[hours[1].symbol].trades
