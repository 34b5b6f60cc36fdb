"""Step by step: what reduces stays, then slices, then an auction; and nothing while there is nothing to do."""

from __future__ import annotations

import pytest

from exchange.clearing.liquidation import Called, Held, Rules, steps
from exchange.domain.enums import CommandKind, Flag, Phase, Side, Sweep, TimeInForce
from exchange.domain.records import Command

_RULES = Rules(grace_ns=100, slice_lots=10, protection_bps=200, auction_ns=60)
_SHORT = Held(
    contract=4,
    phase=Phase.CONTINUOUS,
    lots=-25,
    short_lots=25,
    open_buy_lots=0,
    open_sell_lots=0,
    highest_ticks=150,
    credit_ticks=75,
    best_bid_ticks=98,
    best_ask_ticks=100,
    lot_micros=150,
)
_LONG = _SHORT._replace(contract=5, lots=12, short_lots=0)


def _called(*positions: Held, free_micros: int = 10**9) -> Called:
    return Called(account=7, since_ns=1_000, free_micros=free_micros, positions=positions)


def _late(*positions: Held, free_micros: int = 10**9) -> list[Command]:
    """After the grace."""
    return steps(_called(*positions, free_micros=free_micros), 1_100, _RULES)


@pytest.mark.parametrize(
    ("held", "flags"),
    [
        (_SHORT._replace(open_sell_lots=1), [Sweep.ONLY_SELLS]),
        (_SHORT._replace(open_buy_lots=26), [Sweep.ONLY_BUYS]),
        (_SHORT._replace(open_buy_lots=25), []),
        (_LONG._replace(open_buy_lots=1), [Sweep.ONLY_BUYS]),
        (_LONG._replace(open_sell_lots=13), [Sweep.ONLY_SELLS]),
        (_LONG._replace(open_sell_lots=12), []),
        (_LONG._replace(open_buy_lots=1, open_sell_lots=13), [Sweep.ONLY_BUYS, Sweep.ONLY_SELLS]),
        (_LONG._replace(open_buy_lots=1, phase=Phase.HALTED), []),
    ],
)
def test_at_once_only_what_reduces_stays(held: Held, flags: list[Sweep]) -> None:
    """Also within the grace, in which nothing else happens."""
    commands = steps(_called(held), 1_000, _RULES)
    sweep = Command(kind=CommandKind.CANCEL_ALL, account=7, contract=held.contract)
    assert commands == [sweep._replace(flags=flag) for flag in flags]


def test_the_account_has_time_to_help_itself() -> None:
    assert steps(_called(_SHORT), 1_099, _RULES) == []
    assert len(_late(_SHORT)) == 1


def test_a_slice_is_bought_at_once_and_not_too_dear() -> None:
    (buy,) = _late(_SHORT)
    assert (buy.kind, buy.account, buy.contract, buy.side) == (CommandKind.NEW, 7, 4, Side.BUY)
    assert (buy.time_in_force, buy.flags) == (TimeInForce.IOC, Flag.REDUCE_ONLY)
    assert (buy.lots, buy.price_ticks) == (10, 102)
    (dear,) = _late(_SHORT._replace(best_ask_ticks=149))
    assert dear.price_ticks == 150


def test_the_last_slice_is_what_is_left() -> None:
    (buy,) = _late(_SHORT._replace(lots=-9, short_lots=4))
    assert buy.lots == 4


def test_where_nobody_offers_an_auction_is_held() -> None:
    """The rest at the worst price, and time for everybody to hear of it."""
    for ask_ticks in (0, 151):
        call, bid = _late(_SHORT._replace(best_ask_ticks=ask_ticks))
        assert (call.kind, call.contract, call.option, call.expiry_ns) == (CommandKind.PHASE, 4, Phase.PREOPEN, 1_160)
        assert (bid.side, bid.price_ticks, bid.lots) == (Side.BUY, 150, 25)
        assert (bid.time_in_force, bid.flags) == (TimeInForce.GTC, 0)


def test_an_auction_that_comes_anyway_is_used() -> None:
    for phase in (Phase.CLOSING, Phase.PREOPEN, Phase.VOLATILITY):
        (bid,) = _late(_SHORT._replace(phase=phase))
        assert (bid.kind, bid.price_ticks, bid.lots) == (CommandKind.NEW, 150, 25)


def test_while_its_bid_stands_it_waits() -> None:
    assert _late(_SHORT._replace(open_buy_lots=25)) == []
    (bid,) = _late(_SHORT._replace(open_buy_lots=20, best_ask_ticks=0))[1:]
    assert bid.lots == 5


def test_the_dearest_short_comes_first_and_cash_is_spent_once() -> None:
    other = _SHORT._replace(contract=6, lots=-30, short_lots=30)
    assert [command.contract for command in _late(_SHORT, other)] == [6, 4]
    (first, second) = _late(_SHORT, other, free_micros=12 * 150)
    assert (first.lots, second.lots) == (10, 2)


def test_if_cash_lacks_what_is_held_is_sold_for_no_less_than_it_counts() -> None:
    (sell,) = _late(_SHORT, _LONG, free_micros=149)
    assert (sell.contract, sell.side, sell.lots, sell.price_ticks) == (5, Side.SELL, 10, 97)
    assert (sell.time_in_force, sell.flags) == (TimeInForce.IOC, Flag.REDUCE_ONLY)
    (sell,) = _late(_SHORT, _LONG._replace(open_sell_lots=9, credit_ticks=98), free_micros=0)
    assert (sell.lots, sell.price_ticks) == (3, 98)
    for none in (
        _LONG._replace(credit_ticks=99),
        _LONG._replace(best_bid_ticks=0, credit_ticks=0),
        _LONG._replace(open_sell_lots=12),
        _LONG._replace(phase=Phase.CLOSING),
    ):
        assert _late(_SHORT, none, free_micros=0) == []


def test_nothing_is_sold_where_nothing_can_be_bought_back() -> None:
    """Past the gate a short is owed; and without values none can be."""
    for held in (_SHORT._replace(phase=Phase.GATED), _SHORT._replace(highest_ticks=0)):
        assert _late(held, _LONG, free_micros=0) == []
