"""The maker of the neutral workload, compiled: ``python -m benchmarks.backtest.compiled REPS``; prints JSON."""

from __future__ import annotations

import json
import statistics
import sys
import time

import numpy as np

from strategies.backtest.compiled import CompiledBacktest
from strategies.backtest.recording import Recording
from strategies.backtest.runner import BacktestSettings
from strategies.backtest.synthetic import ZeroIntelligence, zero_intelligence
from strategies.base import Participant
from strategies.fast import FastStrategy, Record, Records, fast, kept

REQUESTS = 2_000_000
SEED = 1
BUSY = ZeroIntelligence(limit_rate=250.0, market_rate=750.0, cancel_rate=2.5)


class CompiledMaker(FastStrategy):
    """Joins the best prices with ``size`` a side, holding at most ``largest`` either way."""

    timer_ns: int = 100_000_000
    size: int = 5
    largest: int = 50
    woken: int = kept(0)

    @fast
    def on_timer(me: Record, books: Records, wants: Records) -> None:
        me["woken"] += 1
        for contract in range(len(books)):
            book, want = books[contract], wants[contract]
            if book["best_bid_lots"] > 0 and book["best_ask_lots"] > 0:
                held = book["position_lots"]
                want["bid_ticks"] = book["best_bid_ticks"]
                want["ask_ticks"] = book["best_ask_ticks"]
                want["bid_lots"] = min(me["size"], me["largest"] - held)
                want["ask_lots"] = min(me["size"], me["largest"] + held)
                want["is_set"] = 1


def compiled_backtest(recording: Recording) -> CompiledBacktest:
    """Of a maker in the first book."""
    who = Participant("maker", CompiledMaker(), recording.contracts[:1], capacity_lots=1000)
    return CompiledBacktest(who, recording, np.random.default_rng(SEED), BacktestSettings())


def speed(recording: Recording, reps: int) -> dict[str, float]:
    """CPU nanoseconds a request: median, least and most; and what the maker did."""
    compiled_backtest(recording)
    each = []
    for _ in range(reps):
        made = compiled_backtest(recording)
        started_ns = time.process_time_ns()
        made.run()
        each.append((time.process_time_ns() - started_ns) / recording.rows)
    found = made.desk.statistics(made.now_ns)
    return {
        "ns": statistics.median(each), "least": min(each), "most": max(each), "requests": recording.rows,
        "woken": int(made.world.me["woken"][0]), "fills": found.trades, "messages": found.messages,
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(speed(zero_intelligence(REQUESTS, SEED, 1, BUSY), int(sys.argv[1]))))
