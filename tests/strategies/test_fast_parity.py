"""The compiled loop and the ordinary one: the same messages, fills, state and earnings, to the byte."""

import itertools
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from strategies.backtest.runner import BacktestSettings, CannotRun
from strategies.backtest.spec import Mode
from strategies.base import Participant
from strategies.fast import BadStrategy, FastStrategy, Record, Records, fast
from strategies.simulator.latency import Constant, Latencies, Lognormal
from tests.strategies import fast_makers
from tests.strategies.fast_pair import compiled, digest, heard, ordinary, recorded, sent

SLOW = Latencies(feed=Constant(3_000_000), entry=Constant(500_000), response=Constant(4_000_000))
TOGETHER = Latencies(feed=Constant(0), entry=Constant(0), response=Constant(0), compute=Constant(0))


_CASES = [
    *itertools.product(fast_makers.ALL, [Latencies(), SLOW, TOGETHER], [(1, None)]),
    *itertools.product(fast_makers.ALL, [SLOW], [(2, 0.9)]),
    (fast_makers.ByTimer, Latencies(), (3, None)),
]


@pytest.mark.parametrize(("kind", "latency", "market"), _CASES)
def test_both_loops_do_the_same(kind: Any, latency: Latencies, market: tuple[int, float | None]) -> None:
    """Whatever it wakes for, however late everything is, one book or three, and past a gate."""
    settings = BacktestSettings(latency=latency, maker_fee_bps=2)
    books, gate_s = market
    recording = recorded(3_000 * books, 3 + books, books, gate_s)
    slow, quick = ordinary(kind(), recording, settings), compiled(kind(), recording, settings)
    assert len(slow.sent) > 20
    assert len(slow.heard) > 0
    assert sent(quick) == slow.sent
    assert heard(quick) == slow.heard
    assert quick.engine.state_hash() == slow.engine.state_hash()
    assert quick.desk.statistics(quick.now_ns) == slow.desk.statistics(slow.now_ns)
    assert quick.divergence == slow.divergence


def test_a_run_may_begin_late_and_end_early() -> None:
    """The window of a run is that of the ordinary loop."""
    recording = recorded(8_000, 9, 1)
    settings = BacktestSettings(start_ns=recording.start_ns + 10**9, end_ns=recording.start_ns + 2 * 10**9)
    slow, quick = (run(fast_makers.ByTimer(), recording, settings) for run in (ordinary, compiled))
    assert sent(quick) == slow.sent  # type: ignore[arg-type, union-attr]
    assert quick.now_ns == slow.now_ns
    assert quick.engine.state_hash() == slow.engine.state_hash()


def test_uncompiled_it_does_the_same() -> None:
    """With the JIT off every kernel is plain Python; the records end up equal, column by column."""
    command = [sys.executable, "-m", "tests.strategies.fast_pair", "700"]
    uncompiled = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}
    )
    assert uncompiled.stdout.strip() == digest(700)


class Plain(FastStrategy):
    @fast
    def on_timer(me: Record, books: Records, wants: Records) -> None:
        wants[0]["bid_ticks"] = 5
        wants[0]["ask_ticks"] = 5
        wants[0]["bid_lots"] = 1
        wants[0]["ask_lots"] = 1
        wants[0]["is_set"] = 1


def test_a_crossed_want_ends_both() -> None:
    """A want that no book can hold is the author's mistake, and is named as such."""
    recording = recorded(6_000, 1, 1)
    for run in (ordinary, compiled):
        with pytest.raises(BadStrategy, match="wants what no book can hold"):
            run(Plain(), recording)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (BacktestSettings(mode=Mode.SHADOW), "beside the book"),
        (BacktestSettings(latency=Latencies(entry=Lognormal(10, 0.1))), "not constant"),
        (BacktestSettings(latency=Latencies(feed=Constant(9), response=Constant(1))), "faster than the feed"),
        (BacktestSettings(keeps_commands=True), "not kept"),
    ],
)
def test_what_it_cannot_do_it_refuses(settings: BacktestSettings, reason: str) -> None:
    """With the reason, and the way out."""
    with pytest.raises(CannotRun, match=f"{reason}.*run it as an ordinary strategy"):
        compiled(fast_makers.ByTimer(), recorded(10, 1, 1), settings)


def test_the_records_say_what_was_earned() -> None:
    """Cash, fees and position of the records are those of the ledger, in micro-dollars."""
    done = compiled(fast_makers.ByTimer(), recorded(20_000, 2, 1), BacktestSettings(maker_fee_bps=2))
    (book,) = done.world.books
    result = done.desk.ledger.of(done.recording.contracts[0])
    assert book["position_lots"] == result.position_lots
    assert book["cash_micros"] == round(result.cash_usd * 1e6)
    assert book["fees_micros"] == round(result.fees_usd * 1e6) > 0
    assert book["fills"] == result.trades == len(done.fills)
    bought = done.fills["side"] == 0
    assert done.world.me["bought_lots"][0] == done.fills["lots"][bought].sum() > 0
    assert np.all(done.fills["is_maker"] == 1)


def test_a_participant_may_trade_some_of_the_contracts() -> None:
    """Books of others are played and not looked at."""
    recording = recorded(6_000, 4, 3)
    done = {}
    from strategies.backtest.compiled import CompiledBacktest
    from tests.strategies.fast_pair import Written

    for kind in (Written, CompiledBacktest):
        me = Participant("me", fast_makers.ByTimer(), recording.contracts[2:0:-1], capacity_lots=100)
        backtest = kind(me, recording, np.random.default_rng(1))
        backtest.run()
        done[kind] = (backtest.engine.state_hash(), backtest.desk.statistics(backtest.now_ns))
    assert done[Written] == done[CompiledBacktest]
