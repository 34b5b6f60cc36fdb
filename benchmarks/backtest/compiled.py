"""The maker of the neutral workload as a compiled strategy."""

from __future__ import annotations

import statistics
import time

import numpy as np

from benchmarks.backtest.maker import LARGEST, REQUESTS, REQUOTE_NS, SEED, SIZE, flow
from strategies.backtest.compiled import CompiledBacktest
from strategies.backtest.recording import Recording
from strategies.base import Participant
from strategies.fast import FastStrategy, Record, Records, fast, kept


class CompiledMaker(FastStrategy):
    """Joins the best prices with ``size`` a side, holding at most ``largest`` either way."""

    timer_ns: int = REQUOTE_NS
    size: int = SIZE
    largest: int = LARGEST
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
    return CompiledBacktest(who, recording, np.random.default_rng(SEED))


def speed(reps: int) -> dict[str, float]:
    """CPU nanoseconds a request: median, least and most; and what the maker did."""
    compiled_backtest(flow(100)).run()
    recording, each = flow(), []
    for _ in range(reps):
        made = compiled_backtest(recording)
        started_ns = time.process_time_ns()
        made.run()
        each.append((time.process_time_ns() - started_ns) / REQUESTS)
    found = made.desk.statistics(made.now_ns)
    return {
        "ns": statistics.median(each), "least": min(each), "most": max(each), "requests": REQUESTS,
        "woken": int(made.world.me["woken"][0]), "fills": found.trades, "messages": found.messages,
    }  # fmt: skip
