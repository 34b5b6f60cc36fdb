"""The obligation of market makers: by hand, and against the engine asked after every command."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from exchange.clearing.obligation import Obligation, Obligations, Score
from exchange.clearing.score import Sheet
from exchange.domain.enums import CommandKind, Phase, Side
from exchange.domain.records import Command, command_rows
from exchange.engine import Engine
from exchange.wire.events import event_tuples
from tests.journal.market import START_NS, limit, opening
from tests.kernel.worlds import history

_COMMANDS = 600
SECOND_NS = 10**9


class Market:
    """An engine and the score kept of it, one command at a time."""

    def __init__(self, obligation: Obligation) -> None:
        self.engine = Engine()
        self.kept = Obligations(obligation)
        for command in opening():
            self.ask(command, 0)

    def ask(self, command: Command, second: int) -> list[int]:
        """The ids of the orders that events speak of."""
        stamped = command._replace(sequence=self.engine.sequence + 1, time_ns=START_NS + second * SECOND_NS)
        events = event_tuples(self.engine.apply(command_rows([stamped])))
        self.kept.hear(stamped, events)
        return [event.order_id for event in events]

    def seconds(self, account: int, contract: int = 0) -> tuple[float, float]:
        score = self.kept.score(account, contract)
        return score.met_ns / SECOND_NS, score.open_ns / SECOND_NS


def test_time_counts_while_both_sides_stand_close_enough_and_large_enough() -> None:
    """Two sided from 10 to 30; too thin from 30 to 40, when a trade took from the bid; whole again until 50."""
    market = Market(Obligation(spread_bps=200, lots=5))
    market.ask(limit(1, Side.BUY, 2_480, 5), 5)
    market.ask(limit(1, Side.SELL, 2_520, 5), 10)
    market.ask(limit(2, Side.SELL, 2_480, 1), 30)
    market.ask(limit(1, Side.BUY, 2_480, 1), 40)
    market.ask(Command(kind=CommandKind.TICK), 50)
    assert market.seconds(1) == (30, 50)
    assert market.seconds(2) == (0, 50)
    assert market.kept.score(1, 0).share == pytest.approx(0.6)


def test_the_spread_is_measured_where_the_size_is_reached() -> None:
    """One lot at the front does not help if the rest stands far away; and 200 hundredths of a percent are enough."""
    market = Market(Obligation(spread_bps=160, lots=5))
    market.ask(limit(1, Side.SELL, 2_520, 5), 0)
    market.ask(limit(1, Side.BUY, 2_500, 1), 0)
    market.ask(limit(1, Side.BUY, 2_479, 4), 0)
    market.ask(limit(1, Side.BUY, 2_480, 3), 10)
    assert market.seconds(1) == (0, 10)
    # The fifth lot stands at 2480 only when one more has joined: 40 of 2500 are exactly 160 hundredths of a percent.
    market.ask(limit(1, Side.BUY, 2_480, 1), 20)
    assert market.seconds(1) == (0, 20)
    market.ask(Command(kind=CommandKind.TICK), 25)
    assert market.seconds(1) == (5, 25)


def test_neither_a_halt_nor_an_auction_counts() -> None:
    """Quotes that nobody can trade with keep no market; the time does not count against the maker either."""
    market = Market(Obligation(spread_bps=200, lots=1))
    market.ask(limit(1, Side.BUY, 2_490, 1), 0)
    market.ask(limit(1, Side.SELL, 2_510, 1), 0)
    market.ask(Command(kind=CommandKind.PHASE, option=Phase.HALTED), 10)
    market.ask(Command(kind=CommandKind.PHASE, option=Phase.PREOPEN), 20)
    market.ask(Command(kind=CommandKind.PHASE, option=Phase.CONTINUOUS), 30)
    market.ask(Command(kind=CommandKind.TICK), 35)
    assert market.seconds(1) == (15, 35 - 20)


def test_contracts_weigh_by_how_long_they_traded() -> None:
    market = Market(Obligation(spread_bps=200, lots=1))
    market.ask(limit(1, Side.BUY, 2_490, 1), 0)
    market.ask(limit(1, Side.SELL, 2_510, 1), 0)
    market.ask(Command(kind=CommandKind.PHASE, contract=1, option=Phase.HALTED), 10)
    market.ask(Command(kind=CommandKind.TICK), 30)
    assert market.kept.total(1, [0, 1]) == Score(30 * SECOND_NS, 40 * SECOND_NS)


@pytest.mark.parametrize("seed", [0, 4, 5, 6, 7])
def test_random_markets_score_as_the_engine_shows_them(seed: int) -> None:
    """After every command the engine's own book says who meets the obligation until the next."""
    obligation = Obligation(spread_bps=3_000, lots=2)
    engine, kept, sheet = Engine(), Obligations(obligation), Sheet(obligation)
    met: dict[tuple[int, int], int] = {}
    opened: dict[int, int] = {}
    holding: set[tuple[int, int]] = set()
    trading: set[int] = set()
    before_ns = 0
    for command in history(seed, _COMMANDS):
        elapsed_ns, before_ns = command.time_ns - before_ns, command.time_ns
        for key in holding:
            met[key] = met.get(key, 0) + elapsed_ns
        for contract in trading:
            opened[contract] = opened.get(contract, 0) + elapsed_ns
        rows = command_rows([command])
        events = engine.apply(rows)
        kept.hear(command, event_tuples(events))
        sheet.hear(engine, rows, events)
        trading = {view.contract for view in engine.contracts() if view.phase == Phase.CONTINUOUS}
        holding = {key for key in _quoting(engine, obligation) if key[1] in trading}
    assert any(met.values())
    for account in range(len(engine.accounts())):
        for contract in range(len(engine.contracts())):
            expected = Score(met.get((account, contract), 0), opened.get(contract, 0))
            assert kept.score(account, contract) == expected
    for line in sheet.lines(engine, []):
        traded = [contract for contract in range(len(engine.contracts())) if met.get((line.account, contract))]
        assert line.score.met_ns == sum(met[line.account, contract] for contract in traded)


def _quoting(engine: Engine, obligation: Obligation) -> Iterator[tuple[int, int]]:
    """Who stands where with enough on both sides, by the plainest way to find out: one lot after the other."""
    shown: dict[tuple[int, int], tuple[list[int], list[int]]] = {}
    for order in engine.open_orders():
        sides = shown.setdefault((order.account, order.contract), ([], []))
        sides[order.side].extend([order.price_ticks] * min(order.shown_lots, obligation.lots))
    for key, (bids, asks) in shown.items():
        if min(len(bids), len(asks)) >= obligation.lots:
            bid_ticks = sorted(bids, reverse=True)[obligation.lots - 1]
            ask_ticks = sorted(asks)[obligation.lots - 1]
            if (ask_ticks - bid_ticks) / ((ask_ticks + bid_ticks) / 2) <= obligation.spread_bps / 10_000:
                yield key
