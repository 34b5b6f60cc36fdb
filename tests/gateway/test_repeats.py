"""The same client order id again: the first result, whatever has become of it. And orders called by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from exchange.domain.enums import Side
from exchange.gateway.mirror.venue import Mirror
from tests.gateway.desk import limit
from tests.gateway.house import ALICE, House, code, reason, sent
from tests.gateway.venue import running

ID = {"client_order_id": "mine"}


def wish(house: House, **more: Any) -> dict[str, Any]:
    return {"instrument_name": house.symbol, "amount": 16, "price": 2.4, **ID, **more}


def test_a_repeat_gives_the_first_result_in_flight_open_and_closed() -> None:
    """Also with other parameters: the id names the order. Its trades come along, and nothing is asked of the engine."""
    house = House()
    session = house.session(ALICE)
    effects = house.effects(session, "private/buy", **wish(house))
    effects += house.effects(session, "private/buy", **wish(house, price=2.3))
    first, again = sent(house.settle(effects))
    assert first["result"] == again["result"]
    house.desk.turn(limit(2, Side.SELL, 2_400, 1))
    sequence = house.desk.engine.sequence
    partly = house.ask(session, "private/sell", **wish(house))["result"]
    assert (partly["order"]["filled_amount"], partly["order"]["direction"]) == (8.0, "buy")
    assert [trade["amount"] for trade in partly["trades"]] == [8.0]
    house.ask(session, "private/cancel", **ID)
    closed = house.ask(session, "private/buy", **wish(house))["result"]
    assert (closed["order"]["order_state"], len(closed["trades"])) == ("cancelled", 1)
    assert house.desk.engine.sequence == sequence + 1
    assert house.desk.engine.open_orders() == []


def test_after_a_restart_an_open_order_is_found_and_a_closed_one_is_named() -> None:
    """A new mirror knows what is open; of the rest the engine says which order it was."""
    house = House()
    session = house.session(ALICE)
    house.ask(session, "private/buy", **wish(house))
    gone = house.ask(session, "private/buy", **wish(house, client_order_id="gone"))["result"]["order"]
    house.ask(session, "private/cancel", client_order_id="gone")
    house.desk.mirror = Mirror(house.desk.engine)
    session = house.session(ALICE)
    again = house.ask(session, "private/buy", **wish(house))["result"]
    assert (again["order"]["client_order_id"], again["order"]["order_state"]) == ("mine", "open")
    refused = house.ask(session, "private/buy", **wish(house, client_order_id="gone"))
    assert (code(refused), reason(refused)) == (11030, "duplicate_client_id")
    assert refused["error"]["data"]["order_id"] == gone["order_id"]


def test_an_order_is_edited_and_cancelled_by_its_client_id() -> None:
    """Even when it is still on its way; one of two ids, not both, not none."""
    house = House()
    session = house.session(ALICE)
    effects = house.effects(session, "private/buy", **wish(house))
    effects += house.effects(session, "private/edit", price=2.3, **ID)
    effects += house.effects(session, "private/cancel", **ID)
    placed, edited, cancelled = sent(house.settle(effects))
    assert (edited["result"]["order"]["price"], cancelled["result"]["order_state"]) == (2.3, "cancelled")
    assert edited["result"]["order"]["order_id"] == placed["result"]["order"]["order_id"]
    assert code(house.ask(session, "private/cancel", **ID)) == 10010
    assert code(house.ask(session, "private/cancel", client_order_id="nothing")) == 10004
    assert code(house.ask(session, "private/cancel")) == -32602
    assert code(house.ask(session, "private/cancel", order_id="1", **ID)) == -32602


def test_nothing_that_changes_the_venue_is_done_too_late() -> None:
    """``valid_until`` in the past refuses all of them, and they change nothing."""
    house = House()
    session = house.session(ALICE)
    house.ask(session, "private/buy", **wish(house))
    late = {"valid_until": house.now_ns // 10**6 - 1}
    sequence = house.desk.engine.sequence
    quote = {"instrument_name": house.symbol, "bid": {"price": 2, "amount": 8}}
    for method, params in (
        ("buy", wish(house, client_order_id="other")),
        ("edit", {"price": 2.3, **ID}),
        ("cancel", ID),
        ("cancel_all", {}),
        ("cancel_all_by_instrument", {"instrument_name": house.symbol}),
        ("cancel_by_label", {"label": "x"}),
        ("close_position", {"instrument_name": house.symbol, "type": "market"}),
        ("mass_quote", {"quotes": [quote]}),
        ("place_batch", {"orders": [wish(house, direction="buy", client_order_id="third")]}),
        ("cancel_all_after", {"timeout": 1}),
        ("disable_cancel_on_disconnect", {}),
        ("declare_capacity", {"instrument_name": house.symbol, "amount": 8}),
    ):
        assert code(house.ask(session, f"private/{method}", **params, **late)) == 13888, method
    assert house.desk.engine.sequence == sequence


async def test_a_repeat_over_sockets_is_one_order(tmp_path: Path) -> None:
    """Another connection, and another gateway, give the same order."""
    async with running(tmp_path) as venue:
        order = {"instrument_name": venue.symbol, "amount": 8, "price": 2, **ID}
        async with venue.caller(venue.alice) as alice, venue.caller(venue.alice) as other:
            await alice.call("private/disable_cancel_on_disconnect")
            first = await alice.call("private/buy", **order)
            assert await other.call("private/buy", **order) == first
        await venue.restart_gateway()
        async with venue.caller(venue.alice) as alice:
            again = await alice.call("private/buy", **order)
            assert again["order"]["order_id"] == first["order"]["order_id"]
            assert len(await alice.call("private/get_open_orders")) == 1
