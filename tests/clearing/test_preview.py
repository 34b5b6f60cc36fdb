"""A preview says what then happens, and makes nothing happen."""

from __future__ import annotations

from random import Random

import pytest

from exchange.clearing.errors import BadTerms
from exchange.clearing.preview import Asked, Preview, find_account, preview, read_order
from exchange.domain.enums import EventKind, Side
from exchange.domain.errors import BadUnits
from exchange.engine import Engine
from tests.clearing.margin_market import DAY, FARM, LAB, MAKER, NOON, ONE, SYMBOLS, TWO, Market, order


def _now(engine: Engine) -> tuple[int, int]:
    """(required, free) of the maker."""
    view = engine.account(MAKER)
    return view.required_micros, view.cash_micros - view.reserved_micros - view.required_micros


def test_the_example_on_the_page_happens() -> None:
    market = Market(cash_micros=400_000_000)
    market.trade(LAB, MAKER, 10, 2_500, NOON)
    market.trade(MAKER, FARM, 6, 2_400, ONE)
    assert market.engine.account(MAKER).required_micros == 213_600_000
    market.ask(order(MAKER, Side.SELL, 5, 2_600, NOON))
    assert market.engine.account(MAKER).required_micros == 313_600_000
    market.ask(order(MAKER, Side.SELL, 2, 2_500, ONE))
    assert market.engine.account(MAKER).required_micros == 342_400_000


@pytest.mark.parametrize("seed", range(12))
def test_what_is_foreseen_happens(seed: int) -> None:
    """First the orders stand, then somebody trades with all of them; a look before changed nothing."""
    random = Random(seed)
    market = Market(cash_micros=10**10, fee_bps=0)
    for contract in (NOON, ONE, TWO):
        other, lots = random.choice([LAB, FARM]), random.randint(1, 20)
        pair = (other, MAKER) if random.random() < 0.5 else (MAKER, FARM)
        market.trade(*pair, lots, 2_500, contract)
    asked = [
        Asked(Side.SELL, random.choice([NOON, ONE, TWO]), random.randint(1, 9), random.randint(2_600, 2_700)),
        Asked(Side.BUY, random.choice([NOON, ONE, TWO]), random.randint(1, 9), random.randint(2_300, 2_400)),
        Asked(Side.SELL, TWO, random.randint(1, 9), 2_800),
    ]
    if random.random() < 0.5:
        asked.append(Asked(Side.SELL, DAY, random.randint(1, 5), 6_000))
    before = market.engine.state_hash()
    foreseen = preview(market.engine, MAKER, asked)
    assert market.engine.state_hash() == before
    assert (foreseen.required, foreseen.free) == _now(market.engine)
    for each in asked:
        events = market.ask(order(MAKER, each.side, each.lots, each.price_ticks, each.contract))
        assert events[0].kind == EventKind.ACCEPTED
    assert (foreseen.required_open, foreseen.free_open) == _now(market.engine)
    for each in asked:
        account = FARM if each.side == Side.BUY else LAB
        market.ask(order(account, Side(1 - each.side), each.lots, each.price_ticks, each.contract))
    assert (foreseen.required_filled, foreseen.free_filled) == _now(market.engine)
    market.engine.check()


def test_fees_count() -> None:
    """A bid holds for the dearer fee, and pays it when it trades."""
    market = Market(cash_micros=10**9, fee_bps=10)
    foreseen = preview(market.engine, MAKER, [Asked(Side.BUY, NOON, 10, 2_500)])
    cost = 10 * 20_000_000 + 10 * 20_000
    assert foreseen == Preview(0, 10**9, 0, 10**9 - cost, 0, 10**9 - cost)
    market.trade(MAKER, FARM, 10, 2_500, NOON)
    assert _now(market.engine) == (0, foreseen.free_filled)


def test_less_than_nothing_is_what_the_engine_refuses() -> None:
    market = Market(cash_micros=100_000_000)
    for lots, is_enough in ((5, True), (6, False)):
        foreseen = preview(market.engine, MAKER, [Asked(Side.SELL, NOON, lots, 2_500)])
        assert (foreseen.free_open >= 0) == is_enough
        events = market.ask(order(MAKER, Side.SELL, lots, 2_500, NOON))
        assert (events[0].kind == EventKind.ACCEPTED) == is_enough
        market.ask(order(MAKER, Side.SELL, lots, 2_500, NOON)._replace(kind=4, contract=-1, side=0))


def test_nonsense_is_refused() -> None:
    engine = Market().engine
    for account, asked, message in (
        (LAB, [], "has no terms"),
        (MAKER, [Asked(Side.BUY, 9, 1, 1)], "no contract 9"),
        (MAKER, [Asked(Side.BUY, 0, 0, 1)], "0 lots"),
        (MAKER, [Asked(Side.BUY, 0, 1, 0)], "0 ticks"),
    ):
        with pytest.raises(BadTerms, match=message):
            preview(engine, account, asked)
    with pytest.raises(BadTerms, match="no account 'nobody'"):
        find_account(engine, "nobody")
    with pytest.raises(BadTerms, match="no contract 'H100'"):
        read_order(engine, Side.BUY, "H100", 1, "2.50")
    with pytest.raises(BadUnits, match="multiple"):
        read_order(engine, Side.BUY, SYMBOLS[NOON], 1, "2.50001")
    assert read_order(engine, Side.SELL, SYMBOLS[NOON], 3, "2.50") == Asked(Side.SELL, NOON, 3, 2_500)
    assert find_account(engine, "maker") == MAKER
