"""A mirror that takes over what was before it says of the past what the first one said."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.archive import Archive, Fixings, Place
from exchange.domain.enums import CommandKind, Phase, Side
from exchange.domain.records import Command
from exchange.gateway.mirror.chronicle import page_of
from exchange.gateway.mirror.remembering import TRADES_TAKEN, remember
from exchange.gateway.mirror.venue import Mirror
from tests.gateway.desk import Desk, limit
from tests.gateway.test_strips import desk_with_strip, random_order


def archived(desk: Desk, archive: Archive, *commands: Command) -> None:
    changes = desk.turn(*commands)
    place = Place(desk.engine.sequence, desk.engine.events_total, desk.now_ns)
    archive.write([page_of(changes, place)])


@given(seed=st.integers(0, 2**32), turns=st.integers(1, 60))
@settings(max_examples=15, deadline=None)
def test_the_past_is_the_same_after_a_restart(seed: int, turns: int) -> None:
    """Candles, statistics, trades, orders and what the next turn is told to be, of hours and strips."""
    desk, _, _, numbers = desk_with_strip()
    rng = random.Random(seed)
    before = desk.mirror
    with TemporaryDirectory() as directory, Archive(Path(directory)) as archive:
        for _ in range(turns):
            archived(desk, archive, *(random_order(rng, numbers.stop, numbers) for _ in range(rng.randrange(1, 4))))
        after = Mirror(desk.engine)
        after.chronicle.go_on(archive.last_seqs())
        remember(after, archive.answer)
    for old, new in zip(before.markets, after.markets, strict=True):
        assert list(new.trades) == list(old.trades)[-TRADES_TAKEN:]
        for minutes in (1, 60, 1_440):
            span = (minutes, 0, desk.now_ns // 10**6)
            assert new.history.reaches(*span, new.trade_seq)
            assert new.history.candles(*span) == old.history.candles(*span)
        assert (new.stats(), new.tick_direction) == (old.stats(), old.tick_direction)
    assert open_orders(after) == open_orders(before)
    orders = [random_order(rng, numbers.stop, numbers) for _ in range(8)]
    first_event = desk.engine.events_total + 1
    rows, events = desk.apply(*orders)
    ways = [mirror.apply(rows, events, [None] * len(rows), first_event) for mirror in (before, after)]
    assert ways[0].trades == ways[1].trades
    assert ways[0].told.events == ways[1].told.events


def open_orders(mirror: Mirror) -> Sequence[object]:
    return [mirror.orders[order_id].message() for order_id in sorted(mirror.orders)]


def test_what_is_over_is_not_remembered_but_for_what_it_was_settled_at(tmp_path: Path) -> None:
    """Its trades would take long, and nobody draws them; a fixing keeps its time, and what corrects it."""
    desk, hours, _, numbers = desk_with_strip()
    with Archive(tmp_path) as archive:
        for number in numbers:
            orders = (limit(1, Side.SELL, 2_500, 1, number), limit(2, Side.BUY, 2_500, 1, number))
            archived(desk, archive, *orders)
        desk.now_ns = hours[0].gate_ns
        archived(desk, archive, Command(kind=CommandKind.TICK))
        archived(desk, archive, Command(kind=CommandKind.CORRECTION, contract=numbers[0], price_ticks=2_400))
        after = Mirror(desk.engine)
        assert list(after.fixings) != list(desk.mirror.fixings)
        remember(after, archive.answer)
        names = frozenset({hours[0].symbol})
        assert archive.answer(Fixings(1, names)) == list(desk.mirror.fixings)[-1:]
    assert after.markets[numbers[0]].phase != Phase.CONTINUOUS
    assert not after.by_symbol[hours[0].symbol].trades
    assert after.by_symbol[hours[1].symbol].trades
    assert list(after.fixings) == list(desk.mirror.fixings)
    assert after.markets[numbers[0]].fixing == desk.mirror.markets[numbers[0]].fixing
