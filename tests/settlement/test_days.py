"""Random days: whoever sells, fails, is silent or goes bankrupt, and wherever the venue dies, every lot ends once."""

from __future__ import annotations

from random import Random

import pytest

from exchange.domain.enums import CommandKind, EventKind, Phase
from exchange.domain.records import Command
from exchange.domain.text import text_columns
from exchange.domain.units import NS_PER_MINUTE
from tests.settlement.hall import FIRST, HOURS, Hall

_CASH_MICROS = 10**9
_STEP_MINUTES = 5


@pytest.mark.parametrize("seed", range(6))
def test_every_lot_of_a_day_ends_in_one_of_four_ways(seed: int) -> None:
    random = Random(seed)
    hall = Hall(hours=len(HOURS))
    providers = [
        hall.open(f"prov{number}", _CASH_MICROS, bond, [random.randint(1, 6) for _ in HOURS])
        for number, bond in enumerate((10**8, 2 * 10**7, 0))
    ]
    buyers = [hall.open(f"buyer{number}", _CASH_MICROS) for number in range(4)]
    for contract in range(len(HOURS)):
        _sell(hall, random, providers, buyers, contract)
    sold: dict[int, int] = {}
    hall.now_ns = FIRST.gate_ns - NS_PER_MINUTE
    while hall.engine.unsettled_contracts():
        hall.now_ns += _STEP_MINUTES * NS_PER_MINUTE
        hall.ask(Command(kind=CommandKind.TICK))
        for contract in range(len(HOURS)):
            if hall.engine.contract(contract).phase == Phase.GATED and contract not in sold:
                _lose_capacity(hall, random, contract)
                sold[contract] = sum(max(held.lots, 0) for held in hall.engine.holders(contract))
        while commands := hall.wanted():
            events = hall.ask(*commands[: random.randint(1, 9)])
            assert EventKind.REJECTED not in [event.kind for event in events]
        _attest(hall, random)
    assert [sum(hall.ends(contract).values()) for contract in sold] == list(sold.values())
    assert sum(sold.values()) > 30
    ends = sum((hall.ends(contract) for contract in sold), start=hall.ends(0) - hall.ends(0))
    assert set(ends) == {"delivered", "made good", "compensated", "bought in"}
    accounts = hall.engine.accounts()
    assert sum(account.cash_micros for account in accounts) == (len(accounts) - 1) * _CASH_MICROS
    assert all(account.cash_micros >= account.reserved_micros >= 0 for account in accounts)
    hall.engine.check()


def _sell(hall: Hall, random: Random, providers: list[int], buyers: list[int], contract: int) -> None:
    """Most of what there is, and the rest stands in the book, where another hour may be made good from it."""
    for provider in providers:
        held = next(held for held in hall.engine.holders(contract) if held.account == provider)
        for _ in range(held.capacity_lots):
            price_ticks = random.randint(1_500, 2_500)
            if random.random() < 0.75:
                hall.trade(provider, random.choice(buyers), 1, price_ticks, contract)
    for provider in providers:
        held = next(held for held in hall.engine.holders(contract) if held.account == provider)
        if held.lots + held.capacity_lots:
            hall.sell(provider, held.lots + held.capacity_lots, random.randint(1_000, 2_600), contract)


def _lose_capacity(hall: Hall, random: Random, contract: int) -> None:
    """Mostly some providers declared less than they sold, which the engine itself lets nobody do."""
    rows = hall.engine._state.positions
    of_contract = (rows["contract"] == contract) & (rows["lots"] < 0)
    if random.random() < 0.8:
        rows["capacity_lots"][of_contract] = random.randint(0, 3)


def _attest(hall: Hall, random: Random) -> None:
    """Of nodes whose hour is over: mostly all, some less, and some for ever nothing."""
    for contract in range(len(HOURS)):
        if hall.engine.contract(contract).phase != Phase.DELIVERING:
            continue
        for nomination in hall.nominations(contract):
            is_over = hall.now_ns >= FIRST.end_ns + contract * 60 * NS_PER_MINUTE
            if is_over and nomination.minutes < 0 and random.random() < 0.3:
                minutes = random.choice([60, 60, 45, 30, 29, 0])
                hall.attest(nomination.node, minutes, contract)


def test_what_is_attested_late_does_not_count() -> None:
    hall = Hall()
    prov, alice = hall.open("prov", capacity=[1]), hall.open("alice")
    hall.trade(prov, alice)
    hall.at(120)
    (event,) = hall.ask(Command(kind=CommandKind.ATTEST, contract=0, lots=60, **text_columns("prov-1")))
    assert event.kind == EventKind.REJECTED
    assert hall.ends() == {"compensated": 1}
