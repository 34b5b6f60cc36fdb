"""The example that a newcomer copies: short, and working in the simulator and live as it stands."""

import ast
import asyncio
from pathlib import Path

import numpy as np

from exchange.client import Client
from exchange.domain.enums import Side, TimeInForce
from exchange.domain.instruments import parse_symbol
from exchange.domain.units import NS_PER_SECOND
from strategies.agents import population
from strategies.backtest.running import run as play
from strategies.backtest.spec import Mode, RunSpec
from strategies.base import Context, Intents, New, Participant, Quote, Strategy
from strategies.drivers.loading import load_strategy
from strategies.live import run
from strategies.simulator import Market
from tests.client.running import RunningVenue
from tests.strategies.world import START_NS, contracts, maker, spot_index

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "first_strategy.py"


def first_strategy() -> Strategy:
    return load_strategy(str(EXAMPLE))


def test_a_first_strategy_is_under_25_lines() -> None:
    """Its class, docstring and all."""
    (found,) = [node for node in ast.parse(EXAMPLE.read_text()).body if isinstance(node, ast.ClassDef)]
    assert found.end_lineno is not None
    assert found.end_lineno - found.lineno + 1 < 25


def test_it_trades_in_the_simulator() -> None:
    """Among the maker and the agents it gets fills and keeps to its limit."""
    listed = contracts(3)
    index = spot_index(listed)
    me = Participant("me", first_strategy(), tuple(listed), capacity_lots=10)
    people = [me, maker(listed, index), *population(listed, index, np.random.default_rng(1))]
    market = Market(listed, people, np.random.default_rng(2), START_NS)
    market.run(15.0)
    found = market.desk("me").statistics(market.now_ns)
    assert found.trades > 0
    assert found.two_sided_share > 0.5
    assert all(abs(contract.position_lots) <= 5 for contract in found.contracts)
    market.engine.check()


def test_it_quotes_among_a_recording() -> None:
    """On a drawn one it stands on both sides nearly all of the time."""
    found = play(RunSpec(strategy=str(EXAMPLE), source="synthetic:requests=20000", mode=Mode.INJECT)).statistics
    assert found.two_sided_share > 0.8
    assert found.refusals == 0


class Neighbour(Strategy):
    """Somebody who gives the book a middle, and then takes what others quote."""

    timer_ns = NS_PER_SECOND // 4

    def on_start(self, ctx: Context) -> Intents:
        return [Quote(contract, 2000, 5, 3000, 5) for contract in ctx.contracts]

    def on_timer(self, ctx: Context) -> Intents:
        for contract in ctx.contracts:
            offer = ctx.best_other(contract, Side.SELL)
            if offer and offer < 3000:
                yield New(contract, Side.BUY, offer, 1, TimeInForce.IOC)


async def test_it_trades_on_a_running_exchange(tmp_path: Path) -> None:
    """With somebody to trade with; ``gpux live`` does the same, see tests/drivers."""
    async with RunningVenue(tmp_path) as venue:
        async with Client(venue.url) as client:
            listed = [parse_symbol(instrument.instrument_name) for instrument in await client.instruments()]
        hours = tuple(listed[:2])
        people = [
            Participant("alice", first_strategy(), hours, capacity_lots=10),
            Participant("bob", Neighbour(), hours, capacity_lots=100),
        ]
        found = await asyncio.wait_for(run(people, venue.url, venue.key, np.random.default_rng(1), seconds=3.5), 30)
    assert found.participant("alice").trades > 0
    assert found.participant("alice").trades == found.participant("bob").trades
