"""The perishable maker as a strategy: on the book, near the gate, in a portfolio, with strips, in the market."""

from collections.abc import Sequence

import numpy as np
import pytest

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract, hour_contract, parse_symbol
from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from strategies.agents import population
from strategies.base import Context, Fill, Ledger, Participant, Quote, Reconciler
from strategies.making.perishable import Perishable
from strategies.simulator import Market
from tests.strategies.test_avellaneda_stoikov import FlatCurve
from tests.strategies.world import START_NS, contracts, spot_index

HOURS = contracts(6)
FEW = contracts(2)
STRIPS = [parse_symbol(f"H100SXM_USE_{term}-1DEC26") for term in ("B4H08", "B4H12", "B8H08")]
LEGS = [hour_contract(STRIPS[0].sku, STRIPS[0].region, hour) for hour in STRIPS[2].delivery_hours]


def context(listed: Sequence[Contract], now_ns: int, held: dict[str, int] | None = None) -> Context:
    ledger, curve = Ledger(), FlatCurve(2.5, 0.1)
    for contract in listed:
        ledger.of(contract).position_lots = (held or {}).get(contract.symbol, 0)
    ctx = Context(listed, {}, np.random.default_rng(0), lambda contract, time_ns: curve, Reconciler(), ledger)
    ctx.now_ns = now_ns
    return ctx


def quotes(maker: Perishable, ctx: Context) -> dict[str, Quote]:
    return {quote.contract.symbol: quote for quote in maker.on_start(ctx) if isinstance(quote, Quote)}


def middle(quote: Quote) -> float:
    return (quote.bid_ticks + quote.ask_ticks) / 2


def test_what_is_held_weighs_the_more_the_nearer_the_gate() -> None:
    """Long two quotes: hardly lower a day before, much lower a minute before; short: higher."""
    hour = HOURS[0]
    leans = []
    for left_ns in (24 * NS_PER_HOUR, NS_PER_HOUR, 60 * NS_PER_SECOND):
        for lots in (40, -40):
            ctx = context([hour], hour.gate_ns - left_ns, {hour.symbol: lots})
            leans.append(middle(quotes(Perishable(gamma=0.0), ctx)[hour.symbol]) - 2500)
    long, short = leans[::2], leans[1::2]
    assert 0 > long[0] > long[1] > long[2]
    assert 0 < short[0] < short[1] < short[2]
    assert -long[0] < 10
    assert short[2] >= -long[2] > 100


def test_stock_for_walk_ins_is_not_sold_off() -> None:
    """Forty lots expected: at the target it quotes around fair value right before the gate, and empty it buys."""
    hour = HOURS[0]
    maker = Perishable(walk_in_lots=40.0, gamma=0.0)
    target = round(maker.tables.target * maker.quote_lots)
    now_ns = hour.gate_ns - 60 * NS_PER_SECOND
    stocked, empty = (
        middle(quotes(maker, context([hour], now_ns, {hour.symbol: lots}))[hour.symbol]) for lots in (target, 0)
    )
    assert stocked == pytest.approx(2500, abs=20)
    assert empty > 2600


def test_quotes_lean_on_what_is_held_elsewhere() -> None:
    """Long in the next hour: lower here. Short in another region: higher, by less. A fill there is felt here."""
    here, beside, away = HOURS[2], HOURS[3], HOURS[9]
    found = []
    for held in ({}, {beside.symbol: 400}, {away.symbol: 400}):
        maker = Perishable(gamma=40.0, quote_lots=40)
        found.append(middle(quotes(maker, context(HOURS, START_NS, held))[here.symbol]))
    assert found[0] - 5 > found[2] > found[1]
    maker, ctx = Perishable(gamma=40.0, quote_lots=40), context(HOURS, START_NS)
    quotes(maker, ctx)
    ctx.ledger.of(beside).position_lots = 400
    list(maker.on_fill(ctx, Fill(beside, "a", Side.BUY, 2480, 400, 0.0, True, START_NS)))
    moved = maker.quote(ctx, here)
    assert moved is not None
    assert middle(moved) == pytest.approx(found[1], abs=1)
    alone = Perishable(gamma=40.0, quote_lots=40, horizon_hours=0.0)
    assert middle(quotes(alone, context(HOURS, START_NS, {beside.symbol: 400}))[here.symbol]) == found[0]


def test_hours_and_strips_agree_whenever_it_speaks() -> None:
    """After each fill, whatever it was in: no strip bid above what its hours, or its parts, are asked for."""
    ctx = context([*LEGS, *STRIPS], STRIPS[0].gate_ns - NS_PER_HOUR)
    maker = Perishable(gamma=5.0, edge=0.5)
    standing = quotes(maker, ctx)
    assert all(standing[strip.symbol].bid_lots for strip in STRIPS)
    rng = np.random.default_rng(4)
    for _ in range(60):
        hour = LEGS[int(rng.integers(8))]
        side, lots = (Side.BUY, 60) if rng.random() < 0.5 else (Side.SELL, -60)
        ctx.ledger.of(hour).position_lots += lots
        ctx.now_ns += 5 * NS_PER_SECOND
        for intent in maker.on_fill(ctx, Fill(hour, "a", side, 2500, 60, 0.0, True, ctx.now_ns)):
            assert isinstance(intent, Quote)
            standing[intent.contract.symbol] = intent
        for whole, parts in ((STRIPS[2], STRIPS[:2]), (STRIPS[2], LEGS), (STRIPS[0], LEGS[:4]), (STRIPS[1], LEGS[4:])):
            found = [standing[part.symbol] for part in parts]
            if standing[whole.symbol].bid_lots and all(part.ask_ticks for part in found):
                assert standing[whole.symbol].bid_ticks <= sum(part.ask_ticks for part in found)
                assert standing[whole.symbol].ask_ticks >= sum(part.bid_ticks for part in found)


def test_a_strip_with_an_hour_past_its_gate_is_not_quoted() -> None:
    """Nor one of which an hour is quoted on one side only."""
    ctx = context([*LEGS, *STRIPS], STRIPS[1].gate_ns - NS_PER_HOUR)
    assert set(quotes(Perishable(), ctx)) == {leg.symbol for leg in LEGS[4:]} | {STRIPS[1].symbol}
    full = context([*LEGS, *STRIPS], STRIPS[0].gate_ns - NS_PER_HOUR, {LEGS[2].symbol: 400})
    assert quotes(Perishable(), full)[STRIPS[0].symbol] == Quote(STRIPS[0])


def run(maker: Perishable, seed: int = 7) -> Market:
    """Six seconds among a busy population."""
    index = spot_index(FEW)
    people = population(FEW, index, np.random.default_rng(seed))
    curves = index.seen_late(NS_PER_SECOND // 2)
    participant = Participant("maker", maker, tuple(FEW), capacity_lots=1000, curves=curves)
    market = Market(FEW, [participant, *people], np.random.default_rng(seed + 1), START_NS)
    market.run(6.0)
    return market


def test_in_the_market_it_trades_and_learns_and_does_so_again_in_the_same_way() -> None:
    """Both sides, with hardly a refusal, the same to the byte; rates move away from what was given."""
    maker = Perishable(learning_hours=0.01, arrivals_per_hour=60.0, timer_ns=2 * NS_PER_SECOND)
    market = run(maker)
    desk = market.desk("maker")
    statistics = desk.statistics(market.now_ns)
    assert statistics.trades > 10
    assert statistics.spread_usd > 0.0
    assert statistics.two_sided_share > 0.8
    assert statistics.refusals < statistics.messages / 20
    assert maker.rates is not None
    assert maker.rates.estimate() != pytest.approx((60.0, 100.0), rel=0.01)
    again = run(Perishable(learning_hours=0.01, arrivals_per_hour=60.0, timer_ns=2 * NS_PER_SECOND))
    assert again.engine.state_hash() == market.engine.state_hash()
