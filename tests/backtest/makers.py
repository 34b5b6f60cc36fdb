"""Strategies that backtests are tried with, and what they saw."""

from __future__ import annotations

import hashlib

import numpy as np

from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_SECOND
from strategies.backtest.recording import Recording
from strategies.backtest.runner import Backtest, BacktestSettings
from strategies.backtest.synthetic import ZeroIntelligence, zero_intelligence
from strategies.base import Ack, BookView, Context, Fill, Intents, Participant, Quote, Strategy, TradeView, Wake

LAW = ZeroIntelligence(limit_rate=20.0, market_rate=60.0, cancel_rate=1.0)


class Maker(Strategy):
    """Joins the best prices each tenth of a second, 5 lots a side, 50 lots at the most; keeps what it heard."""

    timer_ns = NS_PER_SECOND // 10

    def __init__(self, wakes: Wake = Wake.TIMER | Wake.FILL | Wake.ACK, away_ticks: int = 0) -> None:
        self.wakes = wakes
        self.away_ticks = away_ticks
        self.heard: list[tuple[object, ...]] = []

    def on_timer(self, ctx: Context) -> Intents:
        return [self.quote(ctx, contract) for contract in ctx.contracts]

    def quote(self, ctx: Context, contract: Contract) -> Quote:
        book, held = ctx.book(contract), ctx.position(contract)
        bid_ticks, ask_ticks = book.best_bid_ticks - self.away_ticks, book.best_ask_ticks + self.away_ticks
        if not (book.bids and book.asks):
            return Quote(contract, 0, 0, 0, 0)
        return Quote(contract, bid_ticks, max(0, min(5, 50 - held)), ask_ticks, max(0, min(5, 50 + held)))

    def on_book(self, ctx: Context, contract: Contract, book: BookView) -> Intents:
        self.heard.append(("book", ctx.now_ns, contract.symbol, book.bids[:1], book.asks[:1], book.last_price_ticks))
        return [self.quote(ctx, contract)]

    def on_trade(self, ctx: Context, trade: TradeView) -> Intents:
        self.heard.append(("trade", ctx.now_ns, trade.contract.symbol, *trade[1:]))
        return ()

    def on_fill(self, ctx: Context, fill: Fill) -> Intents:
        self.heard.append(("fill", ctx.now_ns, *fill[1:]))
        return ()

    def on_ack(self, ctx: Context, ack: Ack) -> Intents:
        self.heard.append(("ack", ctx.now_ns, *ack[1:]))
        return ()


def ran(recording: Recording, settings: BacktestSettings, maker: Maker | None = None) -> tuple[Backtest, Maker]:
    maker = maker or Maker()
    who = Participant("maker", maker, recording.contracts, capacity_lots=1000)
    backtest = Backtest(who, recording, np.random.default_rng(5), settings)
    backtest.run()
    return backtest, maker


def digest(rows: int = 300) -> str:
    """Of everything that a run on a small flow comes to."""
    backtest, maker = ran(zero_intelligence(rows, 1, 2, LAW), BacktestSettings(), Maker(Wake.EVERY))
    said = f"{maker.heard} {backtest.engine.state_hash()} {backtest.desk.statistics(backtest.now_ns)}"
    return hashlib.sha256(said.encode()).hexdigest()
