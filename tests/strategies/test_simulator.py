"""The market in virtual time: lively, conserving, repeatable, and quoted on both sides."""

import os
import subprocess
import sys

import numpy as np
import pytest

from exchange.domain.enums import Side
from exchange.domain.units import MICROS_PER_DOLLAR, NS_PER_SECOND
from strategies.base import Ack, Context, Fill, Intents, New, Participant, Quote, Strategy, Wake
from strategies.simulator import Latencies, Market
from strategies.simulator.latency import Constant, Loaded, Lognormal, Sampled
from tests.strategies.world import START_NS, contracts, maker, market, spot_index

SECONDS = 20.0


@pytest.fixture(scope="module")
def lively() -> Market:
    """Twenty seconds of a market with everybody in it."""
    made = market()
    made.run(SECONDS)
    return made


def test_the_market_is_lively(lively: Market) -> None:
    """A thousand trades in twenty seconds over 24 contracts, in all of them."""
    assert lively.trades >= 1000
    assert all(view.trades > 0 for view in lively.engine.contracts())


def test_the_maker_is_two_sided_nearly_always_and_never_takes(lively: Market) -> None:
    """At least 95% of the time, over all contracts; post-only, so every fill is a maker's."""
    desk = lively.desk("maker")
    found = desk.statistics(lively.now_ns)
    assert found.two_sided_share >= 0.95
    assert found.trades > 100
    assert found.spread_usd > 0
    assert max(abs(contract.position_lots) for contract in found.contracts) <= 400


def test_cash_and_hours_are_conserved(lively: Market) -> None:
    """What one paid another received, what one holds another owes, and every invariant of the engine stands."""
    lively.engine.check()
    accounts = lively.engine.accounts()
    endowed = sum(desk.participant.cash_usd for desk in lively.desks) * MICROS_PER_DOLLAR
    assert sum(account.cash_micros for account in accounts) == endowed
    held: dict[int, int] = {}
    for account in accounts:
        for position in lively.engine.positions(account.account):
            held[position.contract] = held.get(position.contract, 0) + position.lots
    assert set(held.values()) == {0}


def test_every_desk_knows_its_own_books(lively: Market) -> None:
    """Positions, cash and open orders as the desks believe them are the engine's, once the last news is in."""
    for number, desk in enumerate(lively.desks, start=1):
        believed = {symbol: result.position_lots for symbol, result in desk.ledger.results.items()}
        symbols = [view.symbol for view in lively.engine.contracts()]
        actual = {symbols[position.contract]: position.lots for position in lively.engine.positions(number)}
        recent = 4  # lots that may be on their way
        assert all(abs(lots - believed.get(symbol, 0)) <= recent for symbol, lots in actual.items())


def test_a_desk_at_rest_agrees_with_the_engine_exactly() -> None:
    """A maker alone: after the last answer came back, its orders are the engine's."""
    listed = contracts(2)
    index = spot_index(listed, speed=0.0)
    people = [maker(listed, index)]
    made = Market(listed, people, np.random.default_rng(1), START_NS)
    made.run(1.2)
    believed = {
        order.client_id: (order.price_ticks, order.open_lots) for order in made.desks[0].reconciler.orders.values()
    }
    actual = {order.client_id: (order.price_ticks, order.open_lots) for order in made.engine.open_orders(1)}
    assert believed == actual
    assert len(actual) == 2 * len(listed)


def test_the_same_seed_gives_the_same_state_in_another_process(lively: Market) -> None:
    """Hash seeds, memory addresses and the time of day differ; the market does not."""
    script = f"from tests.strategies.world import market\nm = market()\nm.run({SECONDS})\nprint(m.engine.state_hash())"
    environment = os.environ | {"PYTHONHASHSEED": "12345"}
    other = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == lively.engine.state_hash()


def test_another_seed_gives_another_market(lively: Market) -> None:
    """The hash is not blind."""
    other = market(seed=8)
    other.run(2.0)
    assert other.engine.state_hash() != lively.engine.state_hash()


class Watcher(Strategy):
    """Quotes once and writes down when it hears what."""

    wakes = Wake.FILL | Wake.ACK | Wake.BBO | Wake.TRADE

    def __init__(self, bid_ticks: int, ask_ticks: int) -> None:
        self.quote = (bid_ticks, ask_ticks)
        self.heard: list[tuple[str, int]] = []

    def on_start(self, ctx: Context) -> Intents:
        bid_ticks, ask_ticks = self.quote
        bid = Quote(ctx.contracts[0], bid_ticks, 5)
        return [bid if bid_ticks else Quote(ctx.contracts[0], ask_ticks=ask_ticks, ask_lots=5)]

    def on_ack(self, ctx: Context, ack: object) -> Intents:
        self.heard.append(("ack", ctx.now_ns - START_NS))
        return ()

    def on_fill(self, ctx: Context, fill: Fill) -> Intents:
        self.heard.append(("fill", ctx.now_ns - START_NS))
        return ()

    def on_book(self, ctx: Context, contract: object, book: object) -> Intents:
        self.heard.append(("book", ctx.now_ns - START_NS))
        return ()


def test_news_takes_as_long_as_the_latency_says() -> None:
    """3 ns there, 5 ns back to the owner, 7 ns to everybody; and a crossing post-only quote is refused."""
    hour = contracts(1)[0]
    watchers = [Watcher(100, 0), Watcher(0, 99)]
    people = [Participant(f"w{number}", watcher, (hour,), capacity_lots=10) for number, watcher in enumerate(watchers)]
    made = Market([hour], people, np.random.default_rng(1), START_NS, Latencies(Constant(7), Constant(3), Constant(5)))
    made.run(1e-6)
    assert watchers[0].heard == [("ack", 8), ("book", 10)]
    assert watchers[1].heard == [("ack", 8), ("book", 10)]
    assert made.desks[1].counts.refusals == 1


class Asker(Strategy):
    """A post-only bid again and again, each a tick higher; notes when it is answered."""

    wakes = Wake.TIMER | Wake.ACK
    timer_ns = 1_000

    def __init__(self) -> None:
        self.asked = 0
        self.heard: list[tuple[str, int]] = []

    def on_timer(self, ctx: Context) -> Intents:
        self.asked += 1
        return [New(ctx.contracts[0], Side.BUY, self.asked, 1, tag=f"{self.asked}")]

    def on_ack(self, ctx: Context, ack: Ack) -> Intents:
        self.heard.append((ack.tag, ctx.now_ns - START_NS))
        return ()


def test_latencies_that_vary_keep_messages_in_order_and_are_the_same_again() -> None:
    """Drawn, sampled and growing with load: as on a recording."""

    def heard() -> list[tuple[str, int]]:
        ways = Latencies(Constant(0), Loaded(Lognormal(5_000, 1.0), 10), Sampled(np.array([1, 9_000], np.int64)))
        hour, asker = contracts(1)[0], Asker()
        made = Market([hour], [Participant("asker", asker, (hour,))], np.random.default_rng(1), START_NS, ways)
        made.run(1e-4)
        return asker.heard

    found = heard()
    tags, times_ns = [int(tag) for tag, _ in found], [time_ns for _, time_ns in found]
    assert tags == list(range(1, len(tags) + 1))
    ways_ns = {time_ns - 1_000 * tag for tag, time_ns in zip(tags, times_ns, strict=True)}
    assert len(ways_ns) > 10, "each was under way for another time"
    assert heard() == found


def test_trading_ends_at_the_gate() -> None:
    """The venue ticks by itself: open orders expire, desks hear of it, and nobody quotes any more."""
    listed = contracts(1)
    index = spot_index(listed)
    made = Market(listed, [maker(listed, index)], np.random.default_rng(1), listed[0].gate_ns - 30 * NS_PER_SECOND)
    made.run(29.0)
    assert len(made.engine.open_orders()) == 2 * len(listed)
    made.run(2.0)
    assert made.engine.open_orders() == []
    assert made.desks[0].reconciler.orders == {}
    assert made.desks[0].statistics(made.now_ns).two_sided_share > 0.99
