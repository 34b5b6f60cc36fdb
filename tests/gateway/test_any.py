"""One order for any of several instruments, through a session."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from exchange.domain.enums import Side
from exchange.gateway.session.effects import Submit
from tests.gateway.desk import limit
from tests.gateway.house import ALICE, House, code, sent
from tests.gateway.venue import running

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
    assert house.settle([whole, first]) == []
    assert house.desk.engine.open_orders() != []
    rest = session.refuse_busy(second.origin, house.now_ns)
    assert [code(reply) for reply in sent(house.settle(rest))] == [10047]
    assert house.desk.engine.open_orders() == []


def test_a_client_that_has_gone_leaves_no_order_behind() -> None:
    """The second member is refused when nobody is there to hear of it."""
    house = House()
    session = house.session(ALICE)
    first, second = _both(house)
    wish = _wish(house, 10**5, instruments=[first, {**second, "price_adder": 10**4}])
    submitted = [effect for effect in house.effects(session, "private/buy_any", **wish) if isinstance(effect, Submit)]
    changes = house.desk.turn(*(one.command for one in submitted), origins=[one.origin for one in submitted])
    assert house.desk.engine.open_orders() != []
    undone = [undo for outcome in changes.outcomes for undo in session.complete_alone(outcome, house.now_ns)]
    house.desk.turn(*(undo.command for undo in undone))
    assert house.desk.engine.open_orders() == []


@pytest.mark.parametrize("stays", [True, False])
async def test_under_load_an_order_is_whole_or_not_there(tmp_path: Path, stays: bool) -> None:
    """An inbox too small for all of them, and a client who listens, or hangs up at once."""
    async with running(tmp_path, inbox_max=10) as venue:
        both = [{"instrument_name": contract.symbol} for contract in venue.contracts]
        wish = {"instruments": both, "amount": EACH, "price": 1.5}
        accepted = 0
        async with venue.caller(venue.alice) as alice:
            if stays:
                await alice.call("private/disable_cancel_on_disconnect")
            for number in range(100):
                params = {**wish, "client_order_id": f"any-{number}"}
                await alice.send(id=number, method="private/buy_any", params=params)
            for _ in range(100 if stays else 0):
                accepted += "result" in await alice.next()
        await venue.node.settled()
        await asyncio.sleep(0.2)
        await venue.node.settled()
        orders = venue.engine.open_orders()
        wholes = [order.order_id for order in orders if order.wildcard_id == order.order_id]
        for whole in wholes:
            members = [order for order in orders if order.wildcard_id == whole != order.order_id]
            assert len(members) == len(both)
            assert not any(member.waits for member in members)
        assert len(wholes) == accepted or not stays


def test_the_same_client_id_again_gives_the_first_result_and_harms_nothing() -> None:
    """The order that has it stays as it is."""
    house = House()
    session = house.session(ALICE)
    first = house.ask(session, "private/buy_any", **_wish(house, 1))["result"]
    before = house.ask(session, "private/get_open_orders")["result"]
    assert house.ask(session, "private/buy_any", **_wish(house, 3))["result"] == first
    # Sent twice without waiting, the engine tells the one from the other.
    wishes = [_wish(house, lots, client_order_id="twice") for lots in (1, 3)]
    effects = [effect for wish in wishes for effect in house.effects(session, "private/buy_any", **wish)]
    one, other = sent(house.settle(effects))
    assert one["result"]["order"] == other["result"]["order"]
    house.ask(session, "private/cancel", client_order_id="twice")
    assert house.ask(session, "private/get_open_orders")["result"] == before
