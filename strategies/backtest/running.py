"""One run from its spec to its outcome: what the commands and the sweeps call."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from exchange.domain.units import NS_PER_SECOND
from strategies.backtest.agents import parse_agents, window_of, world
from strategies.backtest.recording import Recording
from strategies.backtest.spec import BadRun, Mode, RunSpec
from strategies.base import DeskStatistics, Participant, Recorder
from strategies.drivers.loading import load_strategy
from strategies.simulator import Latency, Market

NAME = "me"
# Told what is done and what there is to do: seconds of virtual time among agents, rows of a recording.
Progress = Callable[[int, int], None]

_STEP_NS = 10 * NS_PER_SECOND
_NS_PER = {"ns": 1, "us": 10**3, "ms": 10**6, "s": NS_PER_SECOND}


@dataclass(frozen=True)
class Outcome:
    """``messages``: what the venue was asked by everybody. ``seconds``: of virtual time."""

    statistics: DeskStatistics
    messages: int
    seconds: float
    start_ns: int
    end_ns: int
    divergence: object | None = None
    is_estimate: bool = False
    notes: tuple[str, ...] = ()


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
    raise BadRun(f"source {spec.source!r} cannot be read")


def _among_agents(spec: RunSpec, recorder: Recorder | None, progress: Progress | None) -> Outcome:
    strategy = load_strategy(spec.strategy, spec.parameters)
    around = world(parse_agents(spec.source), window_of(spec.window), spec.seed)
    me = Participant(NAME, strategy, around.contracts, spec.cash_usd, spec.capacity_lots, around.curves)
    market = Market(
        around.contracts,
        [me, *around.others],
        np.random.default_rng([spec.seed, 2]),
        around.start_ns,
        _latency(spec.latency),
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
    return Outcome(statistics, market.engine.sequence, total_ns / NS_PER_SECOND, around.start_ns, around.end_ns)


def _latency(text: str) -> Latency:
    """The same constant time on every way, such as 250us."""
    number = text.rstrip("nums")
    unit = text[len(number) :]
    try:
        each_ns = round(float(number) * _NS_PER[unit])
    except (KeyError, ValueError):
        raise BadRun(f"a latency is a number and a unit, such as 1ms or 250us; found {text!r}") from None
    if not 0 <= each_ns <= 60 * NS_PER_SECOND:
        raise BadRun(f"a latency is at most a minute, found {text}")
    return Latency(each_ns, each_ns, each_ns)
