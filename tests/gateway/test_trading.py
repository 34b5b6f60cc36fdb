"""Orders through a session: what never reaches the engine, what it refuses, and when answers come."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.domain.enums import Side
from exchange.gateway.session.effects import Submit
from tests.gateway.desk import limit
from tests.gateway.house import ALICE, House, code, reason, sent


def test_an_order_is_answered_when_its_turn_is_durable_and_not_before() -> None:
    """Receiving it only submits; completing it replies, with the client's own id."""
    house = House()
    session = house.session(ALICE)
    effects = house.effects(session, "private/buy", instrument_name=house.symbol, amount=8, price=2.35, label="x")
    assert [type(effect) for effect in effects] == [Submit]
    (reply,) = sent(house.settle(effects))
    assert reply["id"] == 7
    assert reply["result"]["order"]["label"] == "x"
    assert reply["result"]["order"]["price"] == 2.35


def test_what_is_asked_after_an_order_counts_the_order() -> None:
    """Sent without waiting for replies: the list has both orders, the label finds both, in order."""
    house = House()
    session = house.session(ALICE)
    order = {"instrument_name": house.symbol, "amount": 8, "price": 2.3, "label": "x"}
    effects = house.effects(session, "private/buy", **order)
    effects += house.effects(session, "private/buy", **order)
    effects += house.effects(session, "private/get_open_orders")
    effects += house.effects(session, "private/cancel_by_label", label="x")
    effects += house.effects(session, "private/buy", **order)
    effects += house.effects(session, "public/get_time")
    first, second, third, *rest = sent(house.settle(effects))
    assert isinstance(first["result"], int)
    assert [answer["result"]["order"]["order_state"] for answer in (second, third)] == ["open", "open"]
    assert len(rest[0]["result"]) == 2
    assert rest[1]["result"] == 2
    assert rest[2]["result"]["order"]["order_state"] == "open"
    assert len(house.ask(session, "private/get_open_orders")["result"]) == 1


def test_a_full_inbox_is_said_and_forgotten() -> None:
    """BUSY has its own code, and the session does not wait for what never went in."""
    house = House()
    session = house.session(ALICE)
    effects = house.effects(session, "private/buy", instrument_name=house.symbol, amount=8, price=2.35)
    assert isinstance(effects[0], Submit)
    (reply,) = sent(session.refuse_busy(effects[0].origin, house.now_ns))
    assert code(reply) == 10047
    assert house.ask(session, "private/get_open_orders")["result"] == []


def test_editing_keeps_what_is_left_out_and_refuses_what_cannot_be() -> None:
    """Price alone, amount alone, nothing, another's, closed ones, unknown ones."""
    house = House()
    session = house.session(ALICE)
    placed = house.ask(session, "private/buy", instrument_name=house.symbol, amount=80, price=2.3)["result"]["order"]
    order_id = placed["order_id"]
    order = house.ask(session, "private/edit", order_id=order_id, price=2.31)["result"]["order"]
    assert (order["price"], order["amount"], order["replaced"]) == (2.31, 80.0, True)
    order = house.ask(session, "private/edit", order_id=order_id, amount="40")["result"]["order"]
    assert (order["price"], order["amount"], order["order_id"]) == (2.31, 40.0, order_id)
    assert code(house.ask(session, "private/edit", order_id=order_id)) == 11029
    assert code(house.ask(session, "private/edit", order_id="9" * 19, price=2.3)) == 10004
    assert code(house.ask(session, "private/edit", order_id="-1", price=2.3)) == -32602
    cancelled = house.ask(session, "private/cancel", order_id=order_id)["result"]
    assert (cancelled["order_state"], cancelled["cancel_reason"]) == ("cancelled", "user_request")
    assert code(house.ask(session, "private/cancel", order_id=order_id)) == 10010
    assert house.ask(session, "private/get_order_state", order_id=order_id)["result"] == cancelled


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"amount": 8, "price": 2.3505}, 10043),
        ({"amount": 8, "price": "NaN"}, 10023),
        ({"amount": 8, "price": "Infinity"}, 10023),
        ({"amount": 8, "price": -1}, 10023),
        ({"amount": 8, "price": 0}, 10023),
        ({"amount": 8, "price": "1e400"}, 10023),
        ({"amount": 8, "price": "1e-400"}, 10043),
        ({"amount": 8, "price": 10**30}, 10023),
        ({"amount": 8}, 10023),
        ({"amount": 0, "price": 2}, 10021),
        ({"amount": -8, "price": 2}, 10021),
        ({"amount": 9, "price": 2}, 10021),
        ({"amount": 10**25, "price": 2}, 10021),
        ({"amount": 8.5, "price": 2}, 10021),
        ({"amount": 8, "price": 2, "mmp": True}, 10033),
        ({"amount": 8, "price": 2, "type": "stop_limit", "reduce_only": True, "trigger_price": 2}, 11029),
        ({"amount": 8, "price": 2, "type": "stop_limit"}, 11029),
        ({"amount": 8, "type": "stop_limit", "trigger_price": 2}, 10023),
        ({"amount": 8, "type": "stop_market", "trigger_price": 2, "time_in_force": "fill_or_kill"}, 11029),
        ({"amount": 8, "type": "stop_market", "trigger_price": 0}, 11036),
        ({"amount": 8, "type": "stop_market", "trigger_price": 2.3505}, 10044),
        ({"amount": 8, "type": "stop_market", "trigger_price": 2, "trigger": "index_price"}, -32602),
        ({"amount": 8, "type": "market_limit", "time_in_force": "immediate_or_cancel"}, 11029),
        ({"amount": 8, "price": 2, "trigger_price": 2}, 11029),
        ({"amount": 8, "price": 2, "trigger": "mark_price"}, 11029),
        ({"amount": 8, "type": "market", "display_amount": 8}, 11029),
        ({"amount": 16, "price": 2, "display_amount": 9}, 10021),
        ({"amount": 16, "price": 2, "display_amount": 8, "reduce_only": True}, 11029),
        ({"amount": 8, "price": 2, "post_only": True, "time_in_force": "fill_or_kill"}, 11029),
        ({"amount": 8, "type": "market", "time_in_force": "good_til_day"}, 11029),
        ({"amount": 8, "price": 2, "time_in_force": "good_til_date"}, 11029),
        ({"amount": 8, "price": 2, "expiration_timestamp": 10**12}, 11029),
        ({"amount": 8, "price": 2, "time_in_force": "good_til_date", "expiration_timestamp": 1}, 11029),
        ({"amount": 8, "price": 2, "valid_until": 1}, 13888),
        ({"amount": 8, "price": 2, "client_order_id": "with space"}, -32602),
        ({"amount": 8, "price": 2, "client_order_id": "x" * 37}, -32602),
        ({"amount": 8, "price": 2, "label": "x" * 65}, -32602),
        ({"amount": True, "price": 2}, -32602),
        ({"amount": [8], "price": 2}, -32602),
        ({"amount": 8, "price": 2, "post_ony": True}, -32602),
        ({"amount": 8, "price": 2, "time_in_force": "good_til_canceled"}, -32602),
        ({"amount": 8, "price": 2, "instrument_name": "H100SXM_USE_H14-1DEC99"}, 13020),
        ({"amount": 8, "price": 2, "instrument_name": "x"}, 13020),
    ],
)
def test_an_order_that_cannot_be_never_reaches_the_engine(wish: dict[str, Any], expected: int) -> None:
    """Each fault has its code, and the state stays what it was."""
    house = House()
    session = house.session(ALICE)
    before = house.desk.engine.state_hash()
    assert code(house.ask(session, "private/buy", **({"instrument_name": house.symbol} | wish))) == expected
    assert house.desk.engine.state_hash() == before


def test_an_engines_refusal_arrives_in_the_dialects_words() -> None:
    """Funds, capacity, post-only, a client order id twice; the last one names the order that stands."""
    house = House()
    session = house.session(ALICE)
    order = {"instrument_name": house.symbol, "amount": 8, "price": 2.3}
    huge = order | {"amount": 8 * 10**6, "price": 2000}
    assert reason(house.ask(session, "private/buy", **(huge | {"amount": 8 * 10**9}))) == "notional_too_large"
    assert reason(house.ask(session, "private/buy", **huge)) == "insufficient_funds"
    assert reason(house.ask(session, "private/sell", **(order | {"amount": 8 * 51}))) == "insufficient_capacity"
    first = house.ask(session, "private/buy", **order, client_order_id="mine")["result"]["order"]
    assert first["client_order_id"] == "mine"
    again = house.ask(session, "private/buy", **order, client_order_id="mine")
    assert again["result"] == {"order": first, "trades": []}
    assert code(house.ask(session, "private/sell", **order, post_only=True)) == 11054
    declared = house.ask(session, "private/declare_capacity", instrument_name=house.symbol, amount=8 * 60)["result"]
    assert declared == {"instrument_name": house.symbol, "amount": 480.0}
    assert "result" in house.ask(session, "private/sell", **(order | {"amount": 8 * 51}), self_trade="cancel_oldest")


def test_trading_ends_at_the_gate_even_before_the_engine_has_seen_it() -> None:
    """No order goes in that the gate would refuse."""
    house = House()
    session = house.session(ALICE)
    house.now_ns = house.desk.contracts[0].gate_ns
    session.tick(house.now_ns)
    assert code(house.ask(session, "private/buy", instrument_name=house.symbol, amount=8, price=2)) == 10012


def test_every_kind_of_order_that_the_dialect_has_words_for_can_be_sent() -> None:
    """A stop waits, is found, edited and set off; an iceberg hides; a post-only order steps back."""
    house = House()
    session = house.session(ALICE)
    order = {"instrument_name": house.symbol, "amount": 80, "price": 2.4}
    placed = house.ask(session, "private/sell", **order, display_amount=16)["result"]["order"]
    assert (placed["amount"], placed["display_amount"], placed["order_state"]) == (80.0, 16.0, "open")
    book = house.ask(session, "public/get_order_book", instrument_name=house.symbol)["result"]
    assert book["asks"] == [[2.4, 16.0]]
    stop = order | {"amount": 8, "type": "stop_limit", "trigger_price": 2.5, "price": 2.3}
    waiting = house.ask(session, "private/buy", **stop)["result"]["order"]
    assert (waiting["order_state"], waiting["trigger"], waiting["trigger_price"]) == ("untriggered", "last_price", 2.5)
    edited = house.ask(session, "private/edit", order_id=waiting["order_id"], trigger_price=2.4)["result"]["order"]
    assert (edited["order_state"], edited["trigger_price"], edited["price"]) == ("untriggered", 2.4, 2.3)
    states = [found["order_state"] for found in house.ask(session, "private/get_open_orders")["result"]]
    assert states == ["open", "untriggered"]
    slid = house.ask(session, "private/buy", **order, post_only=True, reject_post_only=False)["result"]["order"]
    assert (slid["price"], slid["post_only"]) == (2.399, True)
    assert reason(house.ask(session, "private/sell", **order, reduce_only=True)) == "reduce_only_would_increase"
    house.desk.turn(limit(2, Side.BUY, 2_400, 1))
    triggered = house.ask(session, "private/get_order_state", order_id=waiting["order_id"])["result"]
    assert (triggered["order_state"], triggered["triggered"], triggered["price"]) == ("open", True, 2.3)
    stop |= {"trigger_price": 3, "trigger": "mark_price", "type": "stop_market"}
    waiting = house.ask(session, "private/buy", **stop)["result"]["order"]
    cancelled = house.ask(session, "private/cancel", order_id=waiting["order_id"])["result"]
    assert (cancelled["order_state"], cancelled["order_type"]) == ("cancelled", "stop_market")


def test_what_a_market_to_limit_order_does_not_trade_stays_at_the_price_it_met() -> None:
    """And its answer has the trade."""
    house = House()
    session = house.session(ALICE)
    house.desk.turn(limit(2, Side.SELL, 2_400, 1))
    wish = {"instrument_name": house.symbol, "amount": 24, "type": "market_limit"}
    placed = house.ask(session, "private/buy", **wish)["result"]
    assert [trade["price"] for trade in placed["trades"]] == [2.4]
    assert (placed["order"]["price"], placed["order"]["filled_amount"]) == (2.4, 8.0)
    assert placed["order"]["order_state"] == "open"
