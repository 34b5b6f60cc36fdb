"""One order for any of several instruments, through a session."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.domain.enums import Side
from exchange.gateway.session.effects import Submit
from tests.gateway.desk import limit
from tests.gateway.house import ALICE, House, code, sent

BOB = 2
EACH = 8  # GPU-hours a lot


def _both(house: House, *adders: float) -> list[dict[str, Any]]:
    named = [{"instrument_name": contract.symbol} for contract in house.desk.contracts]
    return [{**choice, "price_adder": adder} for choice, adder in zip(named, adders, strict=True)] if adders else named


def _wish(house: House, lots: int, **more: Any) -> dict[str, Any]:
    return {"instruments": _both(house), "amount": EACH * lots, "price": 2.45, "client_order_id": "any-1", **more}


def test_it_takes_the_cheapest_wherever_it_is_and_rests_everywhere() -> None:
    """What is left stands in both books, is one open order, and goes as one."""
    house = House()
    session = house.session(ALICE)
    house.desk.turn(limit(BOB, Side.SELL, 2_400, 5, 0), limit(BOB, Side.SELL, 2_300, 5, 1))
    placed = house.ask(session, "private/buy_any", **_wish(house, 16, label="x"))["result"]
    one, other = (contract.symbol for contract in house.desk.contracts)
    trades = [(trade["instrument_name"], trade["price"], trade["amount"]) for trade in placed["trades"]]
    assert trades == [(other, 2.3, 40.0), (one, 2.4, 40.0)]
    order = placed["order"]
    assert (order["order_state"], order["filled_amount"], order["amount"]) == ("open", 80.0, 128.0)
    assert (order["client_order_id"], order["label"]) == ("any-1", "x")
    for symbol in (one, other):
        assert house.ask(session, "public/get_order_book", instrument_name=symbol)["result"]["bids"] == [[2.45, 48.0]]
    house.desk.turn(limit(BOB, Side.SELL, 2_450, 2, 1))
    for symbol in (one, other):
        assert house.ask(session, "public/get_order_book", instrument_name=symbol)["result"]["bids"] == [[2.45, 32.0]]
    cancelled = house.ask(session, "private/cancel", order_id=order["order_id"])["result"]
    assert cancelled["order_state"] == "cancelled"
    assert house.ask(session, "private/get_open_orders")["result"] == []
    for symbol in (one, other):
        assert house.ask(session, "public/get_order_book", instrument_name=symbol)["result"]["bids"] == []


def test_an_adder_says_what_an_instrument_may_cost_more() -> None:
    """The dearer offer is taken where it is worth that much more."""
    house = House()
    session = house.session(ALICE)
    house.desk.turn(limit(BOB, Side.SELL, 2_400, 5, 0), limit(BOB, Side.SELL, 2_490, 5, 1))
    wish = _wish(house, 5, instruments=_both(house, 0, 0.1), time_in_force="immediate_or_cancel")
    placed = house.ask(session, "private/buy_any", **wish)["result"]
    assert [trade["price"] for trade in placed["trades"]] == [2.49]
    assert placed["order"]["order_state"] == "filled"


def test_a_pattern_means_all_open_hours_that_fit() -> None:
    house = House()
    session = house.session(ALICE)
    wish = _wish(house, 1, instruments=[], pattern=f"{house.symbol[:5]}*")
    order = house.ask(session, "private/sell_any", **wish)["result"]["order"]
    assert order["direction"] == "sell"
    for contract in house.desk.contracts:
        book = house.ask(session, "public/get_order_book", instrument_name=contract.symbol)["result"]
        assert book["asks"] == [[2.45, 8.0]]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"pattern": "B300*"}, 11029),  # and instruments, too
        ({"instruments": [], "pattern": "B300*"}, 11029),
        ({"instruments": []}, 11029),
        ({"instruments": [{"instrument_name": "H100SXM_USE_H99-1DEC26"}]}, 13020),
        ({"instruments": [{"instrument_name": "H100SXM_USE_H99-1DEC26"}] * 65}, -32602),
        ({"price": "NaN"}, 10023),
        ({"amount": 9}, 10021),
        ({"time_in_force": "fill_or_kill"}, -32602),
        ({"client_order_id": ""}, -32602),
    ],
)
def test_what_makes_no_sense_never_reaches_the_engine(more: dict[str, Any], expected: int) -> None:
    house = House()
    session = house.session(ALICE)
    effects = house.effects(session, "private/buy_any", **_wish(house, 1, **more))
    assert not any(isinstance(effect, Submit) for effect in effects)
    (reply,) = sent(effects)
    assert code(reply) == expected


@pytest.mark.parametrize("adder", [10**4, "0.0005", "NaN"])
def test_a_member_that_is_refused_leaves_no_order(adder: object) -> None:
    """Too dear for the account, off the tick, or no number: the client hears of it, and nothing stays open."""
    house = House()
    session = house.session(ALICE)
    first, second = _both(house)
    wish = _wish(house, 10**5, instruments=[first, {**second, "price_adder": adder}])
    assert "error" in house.ask(session, "private/buy_any", **wish)
    assert house.ask(session, "private/get_open_orders")["result"] == []
    assert house.desk.engine.open_orders() == []


def test_an_inbox_that_fills_up_in_the_middle_leaves_no_order() -> None:
    house = House()
    session = house.session(ALICE)
    whole, first, second = house.effects(session, "private/buy_any", **_wish(house, 1))
    assert isinstance(second, Submit)
    assert second.origin is not None
    assert house.settle([whole, first]) == []
    rest = session.refuse_busy(second.origin, house.now_ns)
    assert [code(reply) for reply in sent(house.settle(rest))] == [10047]
    assert house.desk.engine.open_orders() == []


def test_the_same_client_id_again_is_refused_and_harms_nothing() -> None:
    """The order that has it stays as it is."""
    house = House()
    session = house.session(ALICE)
    house.ask(session, "private/buy_any", **_wish(house, 1))
    before = house.ask(session, "private/get_open_orders")["result"]
    assert "error" in house.ask(session, "private/buy_any", **_wish(house, 3))
    assert house.ask(session, "private/get_open_orders")["result"] == before
