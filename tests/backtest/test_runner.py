"""One strategy on a recording: what it hears is what the engine did, late by the latency, and the same each time."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from exchange.domain.enums import Side
from exchange.domain.flow import FLOW
from exchange.domain.units import NS_PER_SECOND
from exchange.engine import Engine
from exchange.engine.playing import Player
from strategies.backtest.recording import CHUNK_ROWS, Recording
from strategies.backtest.runner import Backtest, BacktestSettings, CannotRun
from strategies.backtest.spec import Mode
from strategies.backtest.synthetic import zero_intelligence
from strategies.base import Participant, Wake
from strategies.simulator.latency import Constant, Latencies, Sampled
from tests.backtest.makers import LAW, Maker, digest, ran

pytestmark = pytest.mark.compiled
ROWS = 20_000
MILLISECOND = Constant(NS_PER_SECOND // 1000)
LAZY = Latencies()
# The same times, but as a law that might draw others, so that every book is kept as the feed showed it.
KEPT = Latencies(feed=Sampled(np.array([MILLISECOND.ns])))


@pytest.fixture(scope="module")
def recording() -> Recording:
    return zero_intelligence(ROWS, 1, 2, LAW)


def test_what_the_desk_believes_is_what_the_engine_holds(recording: Recording) -> None:
    """Positions, money and volume, once the last news is in; and the commands, replayed, give the same state."""
    backtest, maker = ran(recording, BacktestSettings(keeps_commands=True, maker_fee_bps=2))
    held = {view.contract: view.lots for view in backtest.engine.positions(Player.OWN_FIRST)}
    fills = [heard for heard in maker.heard if heard[0] == "fill"]
    believed = {
        number: backtest.desk.ledger.of(contract).position_lots for number, contract in enumerate(recording.contracts)
    }
    assert believed == held
    assert len(fills) > 100
    assert backtest.divergence.own_lots == sum(int(str(fill[5])) for fill in fills)
    assert backtest.desk.ledger.fees_usd > 0
    backtest.engine.check()
    again = Engine()
    again.apply(backtest.engine.take_commands())
    assert again.state_hash() == backtest.engine.state_hash()


def test_without_us_the_recording_happens_as_it_was_drawn(recording: Recording) -> None:
    """A strategy that wants nothing changes nothing: no order is missing, none is refused, none outlives its number."""
    maker = Maker(Wake.FILL)
    backtest, _ = ran(recording, BacktestSettings(), maker)
    found = backtest.divergence
    assert (found.rows, found.own_lots, found.trimmed_lots, found.outlived) == (ROWS, 0, 0, 0)
    assert not found.orphans
    assert not found.refusals


@pytest.mark.parametrize("wakes", [Wake.TIMER | Wake.FILL | Wake.ACK, Wake.TIMER | Wake.BBO | Wake.TRADE | Wake.FILL])
def test_books_read_where_they_are_are_those_that_the_feed_showed(recording: Recording, wakes: Wake) -> None:
    """The engine that stands still in the past and the feed whose every picture is kept: the same to the last fill."""
    (read, read_maker), (kept, kept_maker) = (
        ran(recording, BacktestSettings(latency=latency), Maker(wakes)) for latency in (LAZY, KEPT)
    )
    # When the recording ends, what the feed still had under way is heard by nobody.
    end_ns = read.engine.time_ns
    heard = [[what for what in maker.heard if int(str(what[1])) <= end_ns] for maker in (read_maker, kept_maker)]
    assert heard[0] == heard[1]
    assert len(heard[0]) > 100
    assert read.engine.state_hash() == kept.engine.state_hash()


def test_news_of_an_order_takes_the_way_there_and_back(recording: Recording) -> None:
    """Place at T, hear at T + compute + entry + response, whatever the feed does."""
    latency = Latencies(feed=Constant(5), entry=Constant(70), response=Constant(600), compute=Constant(8000))
    maker = Maker(Wake.TIMER | Wake.ACK)
    ran(recording, BacktestSettings(latency=latency), maker)
    first = next(heard for heard in maker.heard if heard[0] == "ack")
    assert first[1] == recording.start_ns + 5 + maker.timer_ns + 8670


def test_beside_the_book_nothing_changes_and_orders_that_do_not_trade_hear_the_same(recording: Recording) -> None:
    """Far from the market, injected or shadow: the same acks at the same times, the same public trades."""
    heard = {}
    for mode in (Mode.INJECT, Mode.SHADOW):
        maker = Maker(Wake.TIMER | Wake.ACK | Wake.TRADE | Wake.FILL, away_ticks=400)
        backtest, _ = ran(recording, BacktestSettings(mode=mode), maker)
        heard[mode] = maker.heard
        assert backtest.divergence.own_lots == 0
    assert heard[Mode.INJECT] == heard[Mode.SHADOW]
    assert {what[0] for what in heard[Mode.SHADOW]} == {"ack", "trade"}


def test_shadows_fill_and_history_goes_on_as_if_they_did_not(recording: Recording) -> None:
    """The engine ends where it ends without us, to the bit, and the fills are less than twice those in the book."""
    alone, _ = ran(recording, BacktestSettings(mode=Mode.SHADOW), Maker(Wake.FILL))
    shadow, _ = ran(recording, BacktestSettings(mode=Mode.SHADOW), Maker())
    inject, _ = ran(recording, BacktestSettings(), Maker())
    assert shadow.engine.state_hash() == alone.engine.state_hash()
    lots = [int(backtest.desk.ledger.volume_gpu_hours) for backtest in (shadow, inject)]
    assert 0 < lots[0] < 2 * lots[1]


def test_the_same_seed_gives_the_same_to_the_byte_in_other_processes_and_uncompiled() -> None:
    script = "from tests.backtest.makers import digest\nprint(digest())"
    for change in ({"PYTHONHASHSEED": "12345"}, {"NUMBA_DISABLE_JIT": "1"}):
        other = subprocess.run(
            [sys.executable, "-c", script], env=os.environ | change, capture_output=True, text=True, check=True
        )
        assert other.stdout.strip() == digest()


def test_a_window_begins_and_ends_in_the_recording(recording: Recording) -> None:
    """The book is built from the beginning, the strategy hears nothing before the window, and nothing after it."""
    begin_ns, end_ns = (recording.start_ns + seconds * NS_PER_SECOND for seconds in (2, 4))
    maker = Maker(Wake.EVERY)
    backtest, _ = ran(recording, BacktestSettings(start_ns=begin_ns, end_ns=end_ns), maker)
    times = [int(str(heard[1])) for heard in maker.heard]
    assert begin_ns < min(times)
    assert max(times) <= end_ns + MILLISECOND.ns
    assert backtest.now_ns == end_ns + MILLISECOND.ns


def test_a_flow_in_chunks_is_the_flow(recording: Recording) -> None:
    assert isinstance(recording.flow, np.ndarray)
    parts = [recording.flow[start : start + 777] for start in range(0, ROWS, 777)]
    cut = Recording(parts, recording.contracts, recording.start_ns)
    whole, in_parts = (ran(one, BacktestSettings())[0] for one in (recording, cut))
    assert whole.engine.state_hash() == in_parts.engine.state_hash()


def test_progress_counts_rows(recording: Recording) -> None:
    told: list[tuple[int, int]] = []
    who = Participant("maker", Maker(), recording.contracts)
    Backtest(who, recording, np.random.default_rng(1)).run(lambda done, total: told.append((done, total)))
    assert told == [(CHUNK_ROWS, ROWS), (ROWS, ROWS)]


def test_a_contract_that_was_not_recorded_is_refused(recording: Recording) -> None:
    part = Recording(np.zeros(0, FLOW), recording.contracts[:1], recording.start_ns, "a day")
    who = Participant("maker", Maker(), recording.contracts)
    with pytest.raises(CannotRun, match="a day: not recorded: H100"):
        Backtest(who, part, np.random.default_rng(1))


def test_a_recording_does_not_react(recording: Recording) -> None:
    """What agents do is simulated, not played."""
    who = Participant("maker", Maker(), recording.contracts)
    with pytest.raises(CannotRun, match="reacts to nobody: mode inject or shadow"):
        Backtest(who, recording, np.random.default_rng(1), BacktestSettings(Mode.AGENTS))


def test_the_law_of_chance_is_the_one_that_was_asked_for() -> None:
    """Shares and rates of each kind of request, within five deviations; the same bytes for the same seed."""
    rows = 100_000
    drawn = zero_intelligence(rows, 3, 1, LAW)
    flow = drawn.flow
    assert isinstance(flow, np.ndarray)
    seconds = (int(flow["time_ns"][-1]) - drawn.start_ns) / NS_PER_SECOND
    counts = np.bincount(flow["kind"], minlength=8)
    for kind, rate in ((1, 2 * LAW.ticks * LAW.limit_rate), (5, 2 * LAW.market_rate)):
        assert abs(counts[kind] - rate * seconds) < 5 * np.sqrt(rate * seconds)
    # At rest as many orders go as come: by cancel, or by the lots that market orders take.
    assert abs(counts[1] - counts[2] - counts[5] * 5 / 5) < 5 * np.sqrt(rows) + LAW.limit_rate * 2 * LAW.ticks
    assert abs(float((flow["side"][flow["kind"] == 5] == Side.BUY).mean()) - 0.5) < 5 * 0.5 / np.sqrt(counts[5])
    again = zero_intelligence(rows, 3, 1, LAW).flow
    assert isinstance(again, np.ndarray)
    assert again.tobytes() == flow.tobytes()
    assert zero_intelligence(rows, 4, 1, LAW).flow.tobytes() != flow.tobytes()  # type: ignore[union-attr]


def test_whoever_watches_prices_is_woken_when_one_changes_and_not_for_lots(recording: Recording) -> None:
    """Of the books that one sees who watches the best prices with their lots, those whose prices are new."""
    seen: dict[Wake, list[tuple[object, ...]]] = {}
    for wakes in (Wake.BBO, Wake.PRICE):
        maker = Maker(wakes, away_ticks=400)
        ran(recording, BacktestSettings(), maker)
        seen[wakes] = [heard for heard in maker.heard if heard[0] == "book"]
    before: dict[object, object] = {}
    expected = []
    for heard in seen[Wake.BBO]:
        prices = [levels[0][0] if levels else 0 for levels in heard[3:5]]  # type: ignore[index]
        if before.get(heard[2]) != prices:
            expected.append(heard)
        before[heard[2]] = prices
    assert seen[Wake.PRICE] == expected
    assert 100 < len(expected) < len(seen[Wake.BBO]) / 2
