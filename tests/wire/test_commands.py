"""Wishes of an account as the engine takes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from exchange.domain.enums import Flag, OrderType, SelfTrade, Side, TimeInForce
from exchange.domain.instruments import parse_symbol
from exchange.domain.records import Command
from exchange.wire.commands import place, replace
from exchange.wire.requests.orders import Edit, Place

CONTRACT = parse_symbol("H100SXM_USE_H14-1DEC26")


def placed(**wish: Any) -> Command:
    return place(3, 5, CONTRACT, Side.SELL, Place(instrument_name=CONTRACT.symbol, amount=Decimal(80), **wish), 0)


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"price": Decimal("2.35")}, {"order_type": OrderType.LIMIT, "price_ticks": 2_350}),
        ({"type": "market"}, {"order_type": OrderType.MARKET, "time_in_force": TimeInForce.IOC}),
        ({"type": "market_limit"}, {"order_type": OrderType.MARKET_TO_LIMIT, "time_in_force": TimeInForce.GTC}),
        (
            {"type": "stop_market", "trigger_price": Decimal(2)},
            {"order_type": OrderType.STOP, "trigger_ticks": 2_000, "price_ticks": 0, "flags": 0},
        ),
        (
            {"type": "stop_limit", "trigger_price": Decimal(2), "price": Decimal("1.9"), "trigger": "mark_price"},
            {"order_type": OrderType.STOP_LIMIT, "trigger_ticks": 2_000, "price_ticks": 1_900, "flags": Flag.ON_MARK},
        ),
        ({"price": Decimal(2), "display_amount": Decimal(16)}, {"display_lots": 2, "lots": 10}),
        ({"price": Decimal(2), "reduce_only": True}, {"flags": Flag.REDUCE_ONLY}),
        ({"price": Decimal(2), "post_only": True}, {"flags": Flag.POST_ONLY}),
        ({"price": Decimal(2), "post_only": True, "reject_post_only": False}, {"flags": Flag.SLIDE}),
        ({"price": Decimal(2), "reject_post_only": False}, {"flags": 0}),
        ({"price": Decimal(2), "self_trade": "decrement"}, {"self_trade": SelfTrade.DECREMENT}),
    ],
)
def test_a_wish_becomes_its_kind_of_order(wish: dict[str, Any], expected: dict[str, int]) -> None:
    """Types, triggers, icebergs and flags in the engine's units."""
    command = placed(**wish)
    assert (command.account, command.contract, command.side) == (3, 5, Side.SELL)
    assert {name: getattr(command, name) for name in expected} == expected


def test_an_edit_leaves_the_trigger_unless_it_names_one() -> None:
    """0 keeps it; the rest of the order stays as it is now."""
    command = replace(3, 5, CONTRACT, 7, Edit(order_id="7", trigger_price=Decimal("2.1")), (2_000, 4))
    assert (command.trigger_ticks, command.price_ticks, command.lots) == (2_100, 2_000, 4)
    assert replace(3, 5, CONTRACT, 7, Edit(order_id="7", price=Decimal(2)), (1, 4)).trigger_ticks == 0
