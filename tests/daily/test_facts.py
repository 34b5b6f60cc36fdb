"""The facts of days against the plainest way to find them, in random markets and in any pieces."""

from __future__ import annotations

import pickle
from collections import defaultdict

import numpy as np
import pytest

from exchange.clearing.fees import VENUE
from exchange.clearing.index_price import daily_index, fixing_of
from exchange.clearing.obligation import Obligation, Obligations, Score
from exchange.daily.facts import DayFacts, Days
from exchange.domain.catalogue import CATALOGUE
from exchange.domain.dates import NS_PER_DAY, parse_day
from exchange.domain.enums import CommandKind, EventKind, FixingMethod
from exchange.domain.instruments import hour_contract
from exchange.domain.records import Command, command_rows
from exchange.domain.text import pack_text
from exchange.domain.units import NS_PER_HOUR
from exchange.engine import Engine
from exchange.wire.events import Event, event_tuples
from tests.kernel.worlds import history

_COMMANDS = 1_200
_OBLIGATION = Obligation(spread_bps=3_000, lots=2)
# As much of the random time as makes some 40 days of it.
_DAYS = 40
_LATE_NS = 2**62


def _spread(seed: int) -> list[Command]:
    """A random market whose time goes over some weeks: gates are put off as much."""
    commands = history(seed, _COMMANDS)
    first_ns, last_ns = commands[0].time_ns, commands[-1].time_ns
    stretch = _DAYS * NS_PER_DAY // (last_ns - first_ns)
    assert stretch > 1

    def later(time_ns: int) -> int:
        return min(first_ns + (time_ns - first_ns) * stretch, _LATE_NS)

    return [
        command._replace(
            time_ns=later(command.time_ns), expiry_ns=later(command.expiry_ns) if command.expiry_ns > first_ns else 0
        )
        for command in commands
    ]


@pytest.mark.parametrize(("seed", "piece"), [(0, 97), (4, 1), (5, 1_200), (6, 250), (1, 33)])
def test_random_markets_have_the_facts_that_a_plain_reading_finds(seed: int, piece: int) -> None:
    """Whatever the pieces in which they are heard, and wherever the days that are asked for begin."""
    commands = _spread(seed)
    first_day, last_day = commands[0].time_ns // NS_PER_DAY, commands[-1].time_ns // NS_PER_DAY
    engine, days = Engine(), Days(first_day + 3, _OBLIGATION)
    found: list[DayFacts] = []
    told: list[tuple[Command, list[Event]]] = []
    for start in range(0, len(commands), piece):
        rows = command_rows(commands[start : start + piece])
        events = engine.apply(rows)
        days.hear(engine, rows, events)
        if piece % 2:
            # Told day by day, and put away in between.
            found += days.tell(min(days.day, last_day - 1) - 1)
            days = pickle.loads(pickle.dumps(days))
        happened = event_tuples(events)
        told += [
            (command, [event for event in happened if event.sequence == command.sequence])
            for command in commands[start : start + piece]
        ]
    found += days.tell(last_day - 2)
    assert [facts.day for facts in found] == list(range(first_day + 3, last_day - 1))
    assert len(found) > _DAYS - 8
    assert any(facts.volumes_micros for facts in found)
    assert any(score.met_ns for facts in found for score in facts.scores.values())
    for facts in found[:: max(len(found) // 6, 1)]:
        _check(facts, told)


def _check(facts: DayFacts, told: list[tuple[Command, list[Event]]]) -> None:
    begin_ns, end_ns = facts.day * NS_PER_DAY, (facts.day + 1) * NS_PER_DAY
    volumes: dict[int, int] = defaultdict(int)
    makers: dict[int, int] = defaultdict(int)
    fees = 0
    for command, events in told:
        for event in events:
            if event.kind == EventKind.FILLED and command.time_ns < end_ns:
                distinct = event.account != event.maker_account
                if distinct and command.time_ns >= end_ns - 30 * NS_PER_DAY:
                    volumes[event.account] += event.amount
                    volumes[event.maker_account] += event.amount
                if command.time_ns >= begin_ns:
                    fees += event.fee + event.maker_fee
                    if distinct:
                        makers[event.maker_account] += event.amount
    assert (facts.volumes_micros, facts.maker_volumes_micros, facts.fees_micros) == (volumes, makers, fees)
    assert VENUE not in facts.volumes_micros
    before, after = (_scores(told, until_ns) for until_ns in (begin_ns, end_ns))
    scores: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for (account, contract), score in after[0].items():
        scores[account][0] += score.met_ns - before[0].get((account, contract), Score(0, 0)).met_ns
        scores[account][1] += score.open_ns - before[1].get(contract, 0)
    assert {account: (met, opened) for account, (met, opened) in scores.items() if opened} == {
        account: tuple(score) for account, score in facts.scores.items() if score.open_ns
    }


def _scores(
    told: list[tuple[Command, list[Event]]],
    until_ns: int,
) -> tuple[dict[tuple[int, int], Score], dict[int, int]]:
    """By account and contract, and how long each contract was open, from the first command on, forgetting nothing."""
    kept = Obligations(_OBLIGATION)
    for command, events in told:
        if command.time_ns < until_ns:
            kept.hear(command, events)
    kept.pass_time(until_ns)
    of_accounts = {
        (account, contract): kept.score(account, contract)
        for contract in kept.contracts()
        for account in kept.accounts(contract)
    }
    return of_accounts, {contract: kept.open_ns(contract) for contract in kept.contracts()}


@pytest.mark.parametrize("date", ["2026-03-29", "2026-10-25", "2026-12-01"])
def test_a_day_of_the_index_has_24_hours_whatever_the_clocks_do(date: str) -> None:
    """Clocks in Europe go forward or back: hours are of UTC, and each is fixed once."""
    day, sku = parse_day(date), CATALOGUE.sku("H100SXM")
    contracts = [hour_contract(sku, CATALOGUE.region("EUW"), hour) for hour in range(24 * day - 1, 24 * day + 25)]
    engine = Engine()
    days = Days(day, _OBLIGATION)
    commands = [
        Command(
            kind=CommandKind.LIST,
            amount=contract.tick_value_micros,
            expiry_ns=contract.gate_ns,
            **dict(zip(("text_0", "text_1", "text_2", "text_3"), pack_text(contract.symbol), strict=True)),
        )
        for contract in contracts
    ]
    times = [contracts[0].gate_ns - NS_PER_HOUR] * len(contracts)
    commands += [Command(kind=CommandKind.TICK) for _ in contracts]
    times += [contract.gate_ns for contract in contracts]
    rows = command_rows(commands)
    rows["sequence"], rows["time_ns"] = np.arange(1, len(rows) + 1), times
    events = engine.apply(rows)
    days.hear(engine, rows, events)
    (facts,) = days.tell(day)
    fixed = [event for event in event_tuples(events) if event.kind == EventKind.FIXING]
    assert len(fixed) == 26
    of_day = [
        fixing_of(contracts[event.contract], event)._replace(price_ticks=2_000, method=FixingMethod.MIDDLE)
        for event in fixed
    ]
    assert daily_index(sku, day, of_day).hours == 24
    assert [(index.sku.code, index.day, index.inputs) for index in facts.indexes] == [("H100SXM", day, ())]
