"""The neutral workload: a market of chance, and a maker who joins its best prices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_SECOND
from strategies.backtest.recording import Recording
from strategies.backtest.runner import Backtest, BacktestSettings
from strategies.backtest.spec import Mode
from strategies.backtest.synthetic import ZeroIntelligence, zero_intelligence
from strategies.base import BookView, Context, Intents, Participant, Quote, Strategy, Wake

REQUESTS = 2_000_000
SEED = 1
SIZE = 5
LARGEST = 50
LATENCY_NS = NS_PER_SECOND // 1000
REQUOTE_NS = NS_PER_SECOND // 10
# A busy book: 10,000 requests a second at rest, half of them cancels, 1.5 of ten trade; its spread is some five ticks.
BUSY = ZeroIntelligence(limit_rate=250.0, market_rate=750.0, cancel_rate=2.5)


class Maker(Strategy):
    """Joins the best prices with ``SIZE`` a side, holding at most ``LARGEST`` either way; post-only, as quotes are."""

    timer_ns = REQUOTE_NS

    def __init__(self, wakes: Wake) -> None:
        self.wakes = wakes
        self.woken = 0

    def on_timer(self, ctx: Context) -> Intents:
        self.woken += 1
        return [quote for contract in ctx.contracts if (quote := self._quote(ctx, contract))]

    def on_book(self, ctx: Context, contract: Contract, book: BookView) -> Intents:
        self.woken += 1
        return ()

    def _quote(self, ctx: Context, contract: Contract) -> Quote | None:
        book, held = ctx.book(contract), ctx.position(contract)
        if not (book.bids and book.asks):
            return None
        bid_lots, ask_lots = max(0, min(SIZE, LARGEST - held)), max(0, min(SIZE, LARGEST + held))
        return Quote(contract, book.best_bid_ticks, bid_lots, book.best_ask_ticks, ask_lots)


def flow(requests: int = REQUESTS, books: int = 1) -> Recording:
    """As many requests a second in all, on however many books."""
    rates = {name: getattr(BUSY, name) / books for name in ("limit_rate", "market_rate", "cancel_rate")}
    return zero_intelligence(requests, SEED, books, replace(BUSY, **rates))


def backtest(recording: Recording, wakes: Wake, mode: Mode = Mode.INJECT) -> Backtest:
    """Of a maker in the first book."""
    who = Participant("maker", Maker(wakes), recording.contracts[:1], capacity_lots=1000)
    return Backtest(who, recording, np.random.default_rng(SEED), BacktestSettings(mode=mode))
