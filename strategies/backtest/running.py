"""One run from its spec to its outcome: what the commands and the sweeps call."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from exchange.domain.units import NEVER_NS, NS_PER_SECOND
from exchange.engine.playing import Divergence
from strategies.backtest.agents import parse_agents, window_of, world
from strategies.backtest.latencies import parse_latencies
from strategies.backtest.recording import Recording
from strategies.backtest.runner import Backtest, BacktestSettings
from strategies.backtest.settling import tell_settlements
from strategies.backtest.sources import open_source
from strategies.backtest.spec import Mode, RunSpec
from strategies.base import DeskStatistics, Participant, Recorder
from strategies.drivers.guarding import guarded, held_back
from strategies.drivers.loading import load_strategy
from strategies.drivers.market_curve import MarketCurve
from strategies.simulator import Market

NAME = "me"
# Told what is done and what there is to do: seconds of virtual time among agents, rows of a recording.
Progress = Callable[[int, int], None]

_STEP_NS = 10 * NS_PER_SECOND


@dataclass(frozen=True)
class Outcome:
    """``messages``: what the venue was asked by everybody. ``seconds``: of virtual time."""

    statistics: DeskStatistics
    messages: int
    seconds: float
    start_ns: int
    end_ns: int
    divergence: Divergence | None = None
    is_estimate: bool = False
    notes: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()  # what they held back, in words


def run(
    spec: RunSpec,
    recorder: Recorder | None = None,
    progress: Progress | None = None,
    recording: Recording | None = None,
) -> Outcome:
    """``recording``: what ``spec.source`` names, from whoever has read it already.

    Raises GpuxError: BadStrategy, BadRun, or what is wrong with the source.
    """
    if spec.mode is Mode.AGENTS:
        return _among_agents(spec, recorder, progress)
    return _on_recording(spec, recorder, progress, recording or open_source(spec.source))


def _on_recording(spec: RunSpec, recorder: Recorder | None, progress: Progress | None, recording: Recording) -> Outcome:
    strategy = guarded(load_strategy(spec.strategy, spec.parameters), spec.limits)
    curve = MarketCurve(recording.contracts)
    me = Participant(NAME, strategy, recording.contracts, spec.cash_usd, spec.capacity_lots, curve, budget=spec.rations)
    start_ns, end_ns = spec.window or (recording.start_ns, NEVER_NS)
    start_ns = max(start_ns, recording.start_ns)
    settings = BacktestSettings(
        spec.mode,
        parse_latencies(spec.latency),
        spec.maker_fee_bps,
        spec.taker_fee_bps,
        round(spec.sample_s * NS_PER_SECOND) if recorder else 0,
        start_ns=start_ns,
        end_ns=end_ns,
    )
    played = Backtest(me, recording, np.random.default_rng([spec.seed, 2]), settings, recorder)
    curve.follow(played.desk.ctx)
    played.run(progress)
    statistics = played.desk.statistics(played.now_ns)
    tell_settlements(recorder, played.engine, recording.contracts, played.now_ns)
    return Outcome(
        statistics,
        played.divergence.rows + statistics.messages,
        max(0, played.now_ns - start_ns) / NS_PER_SECOND,
        start_ns,
        played.now_ns,
        played.divergence,
        recording.is_estimate,
        recording.notes,
        held_back(strategy),
    )


def _among_agents(spec: RunSpec, recorder: Recorder | None, progress: Progress | None) -> Outcome:
    strategy = guarded(load_strategy(spec.strategy, spec.parameters), spec.limits)
    around = world(parse_agents(spec.source), window_of(spec.window), spec.seed)
    me = Participant(
        NAME, strategy, around.contracts, spec.cash_usd, spec.capacity_lots, around.curves, budget=spec.rations
    )
    market = Market(
        around.contracts,
        [me, *around.others],
        np.random.default_rng([spec.seed, 2]),
        around.start_ns,
        parse_latencies(spec.latency),
        spec.maker_fee_bps,
        spec.taker_fee_bps,
        {NAME: recorder} if recorder else None,
        round(spec.sample_s * NS_PER_SECOND),
    )
    total_ns = around.end_ns - around.start_ns
    for done_ns in range(_STEP_NS, total_ns + _STEP_NS, _STEP_NS):
        market.advance(min(around.start_ns + done_ns, around.end_ns))
        if progress:
            progress(min(done_ns, total_ns) // NS_PER_SECOND, total_ns // NS_PER_SECOND)
    statistics = market.desk(NAME).statistics(market.now_ns)
    tell_settlements(recorder, market.engine, around.contracts, market.now_ns)
    return Outcome(
        statistics,
        market.engine.sequence,
        total_ns / NS_PER_SECOND,
        around.start_ns,
        around.end_ns,
        guards=held_back(strategy),
    )
