"""What clients of others ask about their account, in their shapes."""

from __future__ import annotations

from typing import Any

import msgspec

from exchange.archive.holders import Orders
from exchange.domain.enums import Side
from exchange.gateway.session.effects import Recall
from exchange.wire.messages import Order
from tests.gateway.desk import limit
from tests.gateway.house import ALICE, READER, House, code


def traded() -> tuple[House, Any]:
    """Alice has traded twice with one order, once with another, and cancelled a third."""
    house = House()
    session = house.session(ALICE)
    wish = {"instrument_name": house.symbol, "amount": 16, "price": 2.4, "label": "x"}
    house.ask(session, "private/buy", **wish, client_order_id="first")
    house.desk.turn(limit(2, Side.SELL, 2_400, 1))
    house.now_ns += 10**9
    house.desk.turn(limit(2, Side.SELL, 2_400, 1))
    house.desk.turn(limit(2, Side.BUY, 2_400, 1))
    house.ask(session, "private/sell", **wish | {"amount": 8, "label": "y"})
    third = house.ask(session, "private/buy", **wish)["result"]["order"]["order_id"]
    house.ask(session, "private/cancel", order_id=third)
    house.ask(session, "private/buy", **wish | {"price": 2.1})
    return house, session


def test_closed_orders_come_newest_first_and_without_a_trade_only_if_asked() -> None:
    """By currency and by instrument, page after page, and of nobody else."""
    house, session = traded()

    def amounts(method: str, **params: Any) -> list[tuple[str, float]]:
        found = house.ask(session, f"private/get_order_history_by_{method}", **params)["result"]
        return [(order["order_state"], order["filled_amount"]) for order in found]

    assert amounts("currency", currency="any") == [("filled", 8.0), ("filled", 16.0)]
    everything = [("cancelled", 0.0), ("filled", 8.0), ("filled", 16.0)]
    assert amounts("instrument", instrument_name=house.symbol, include_unfilled=True) == everything
    assert amounts("currency", currency="USD", include_unfilled=True, count=1, offset=1) == everything[1:2]
    assert amounts("currency", currency="BTC") == []
    assert amounts("currency", currency="any", kind="option") == []
    other = house.desk.contracts[1].symbol
    assert amounts("instrument", instrument_name=other, include_unfilled=True) == []


def test_own_trades_are_found_by_order_currency_and_time() -> None:
    """In the order that was asked for."""
    house, session = traded()
    order = house.ask(session, "private/get_order_state", client_order_id="first")["result"]
    trades = house.ask(session, "private/get_user_trades_by_order", order_id=order["order_id"])["result"]
    assert [trade["amount"] for trade in trades] == [8.0, 8.0]
    assert {trade["client_order_id"] for trade in trades} == {"first"}
    backwards = house.ask(session, "private/get_user_trades_by_order", order_id=order["order_id"], sorting="desc")
    assert backwards["result"] == trades[::-1]
    newest = house.ask(session, "private/get_user_trades_by_currency", currency="any", count=2)["result"]
    assert ([trade["direction"] for trade in newest["trades"]], newest["has_more"]) == (["sell", "buy"], True)
    since = house.ask(session, "private/get_user_trades_by_currency", currency="any", start_id=trades[1]["trade_id"])[
        "result"
    ]
    assert [trade["direction"] for trade in since["trades"]] == ["buy", "sell"]
    times = {"start_timestamp": trades[1]["timestamp"], "end_timestamp": trades[1]["timestamp"]}
    for which in ({"currency": "any"}, {"instrument_name": house.symbol}):
        name = f"private/get_user_trades_by_{next(iter(which)).removesuffix('_name')}_and_time"
        assert house.ask(session, name, **which, **times)["result"]["trades"] == [trades[1]]
        since = house.ask(session, name, **which, start_timestamp=trades[1]["timestamp"], count=1)["result"]
        assert (since["trades"], since["has_more"]) == ([trades[1]], True)
    assert code(house.ask(session, "private/get_user_trades_by_order", order_id="12345")) == 10004


def test_orders_are_found_by_their_label_and_kind() -> None:
    """Open ones, all of them, stops alone."""
    house, session = traded()
    stop = {"type": "stop_market", "trigger_price": 3, "label": "z"}
    house.ask(session, "private/buy", instrument_name=house.symbol, amount=8, **stop)

    def states(method: str, **params: Any) -> list[str]:
        return [order["order_state"] for order in house.ask(session, f"private/{method}", **params)["result"]]

    assert states("get_open_orders_by_label", label="x") == ["open"]
    assert states("get_open_orders_by_label", label="x", currency="BTC") == []
    assert states("get_order_state_by_label", label="x", currency="any") == ["open", "cancelled", "filled"]
    assert states("get_open_orders", type="trigger_all") == states("get_open_orders", type="stop_market")
    assert states("get_open_orders", type="stop_market") == ["untriggered"]
    assert states("get_open_orders", type="limit") == ["open"]
    assert states("get_open_orders", type="stop_limit") == []
    assert code(house.ask(session, "private/get_order_state")) == -32602
    assert code(house.ask(session, "private/get_order_state", client_order_id="nothing")) == 10004


def test_the_account_is_told_in_the_shapes_of_the_dialect() -> None:
    """One summary in dollars, one account, and what an order would hold."""
    house, _ = traded()
    session = house.session(READER)
    summary = house.ask(session, "private/get_account_summary", currency="USD")["result"]
    all_of_them = house.ask(session, "private/get_account_summaries", extended=True)["result"]
    assert (all_of_them["summaries"], all_of_them["username"], all_of_them["type"]) == ([summary], "alice", "main")
    (account,) = house.ask(session, "private/get_subaccounts", with_portfolio=True)["result"]
    assert account["portfolio"]["usd"]["balance"] == summary["balance"]
    assert "portfolio" not in house.ask(session, "private/get_subaccounts")["result"][0]
    order = {"instrument_name": house.symbol, "amount": 16, "price": 2}
    assert house.ask(session, "private/get_margins", **order)["result"]["buy"] == 32 * 1.0003
    assert code(house.ask(session, "private/get_account_summary", subaccount_id=99)) == 13021


def test_an_order_that_closes_while_the_archive_looks_is_told_once() -> None:
    """Open when it was asked for, closed when the archive answered, as after a restart that forgot what was closed."""
    house, session = traded()
    house.desk.mirror.began_ms = 1
    (recall,) = house.effects(session, "private/get_order_state_by_label", label="x")
    assert isinstance(recall, Recall)
    (still_open,) = house.ask(session, "private/get_open_orders")["result"]
    told = msgspec.convert({**still_open, "order_state": "cancelled"}, Order)
    assert recall.past.told(Orders([told], "")) == [told]
    assert recall.past.told(Orders([], "")) == [msgspec.convert(still_open, Order)]
