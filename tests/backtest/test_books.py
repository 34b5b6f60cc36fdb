"""Views that are read late say what stood in the book when they were shown."""

from __future__ import annotations

from copy import copy, deepcopy

import numpy as np
import pytest

from exchange.domain.flow import FLOW, FlowKind, Stop
from exchange.domain.instruments import parse_symbol
from exchange.domain.records import Rows
from exchange.domain.units import NEVER_NS
from exchange.engine.playing import Player
from strategies.backtest.books import LiveBooks, view_of
from strategies.base import BookView
from strategies.simulator.translate import list_command

CONTRACT = parse_symbol("H100SXM_USE_H14-1DEC26")


def _flow(rows: int) -> Rows:
    """Bids that rise and asks that fall, a row a nanosecond."""
    flow = np.zeros(rows, FLOW)
    flow["time_ns"], flow["order"], flow["kind"], flow["lots"] = range(1, rows + 1), range(rows), FlowKind.ADD, 3
    flow["side"] = np.arange(rows) % 2
    flow["price_ticks"] = np.where(flow["side"] == 0, 1000 + np.arange(rows), 2000 - np.arange(rows))
    return flow


def _playing() -> tuple[Player, LiveBooks]:
    engine = Player()
    engine.open_market([list_command(CONTRACT)], 0)
    engine.load(_flow(40))
    return engine, LiveBooks(engine, (CONTRACT,))


def test_what_is_kept_stays_as_it_was_shown() -> None:
    engine, books = _playing()
    kept, true = [], []
    for time_ns in range(2, 30):
        engine.play(time_ns)
        kept.append(books[CONTRACT.symbol])
        true.append(view_of(engine, 0))
    engine.play()
    assert kept == true
    assert true == kept
    assert kept[3] != true[4]
    assert len({id(view) for view in kept}) == len(kept)


def test_what_nobody_keeps_is_used_again_and_says_what_is_true_now() -> None:
    engine, books = _playing()
    found = set()
    for time_ns in range(2, 30):
        engine.play(time_ns)
        true = view_of(engine, 0)
        if time_ns % 2:
            assert books[CONTRACT.symbol].bids == true.bids
        assert books[CONTRACT.symbol].best_bid_ticks == true.best_bid_ticks
        assert books[CONTRACT.symbol].best_ask_ticks == true.best_ask_ticks
        assert books[CONTRACT.symbol] == true
        found.add(id(books[CONTRACT.symbol]))
    assert len(found) == 1


def test_a_view_is_one_until_the_engine_goes_on() -> None:
    engine, books = _playing()
    engine.play(10)
    view = books[CONTRACT.symbol]
    assert books[CONTRACT.symbol] is view
    bids = view_of(engine, 0).bids
    assert view._replace(asks=()) == BookView(bids, (), engine.time_ns, 0)
    engine.play(11)
    assert repr(books[CONTRACT.symbol]) == repr(view_of(engine, 0))
    engine.play(12)
    assert copy(books[CONTRACT.symbol]) == deepcopy(books[CONTRACT.symbol]) == view_of(engine, 0)
    with pytest.raises(AttributeError, match="no 'depth'"):
        books[CONTRACT.symbol].depth  # type: ignore[attr-defined]  # noqa: B018
    assert books[CONTRACT.symbol] is not view


def test_where_it_stopped_is_said() -> None:
    engine, _ = _playing()
    engine.watch(0, int(Stop.PRICE))
    stops = 0
    while engine.play_on(NEVER_NS):
        stops += 1
        view = view_of(engine, 0)
        found = engine.stopped_ns, engine.contract_played, engine.bid_ticks, engine.ask_ticks
        assert found == (view.time_ns, 0, view.best_bid_ticks, view.best_ask_ticks)
    assert stops == 40
