"""Many quotes in a request, the protection of a maker, batches, and closing what is held."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from exchange.domain.enums import Side
from exchange.gateway.mirror.venue import Mirror
from tests.gateway.desk import limit
from tests.gateway.house import ALICE, House, code, reason, sent
from tests.gateway.venue import running


def quote(symbol: str, bid: float, ask: float, **more: Any) -> dict[str, Any]:
    sides = {"bid": {"price": bid, "amount": 8}, "ask": {"price": ask, "amount": 16}}
    return {"instrument_name": symbol, **sides, **more}


def test_many_quotes_are_taken_or_refused_each_alone() -> None:
    """Sets are slots; the next quote in a slot replaces the last; what is left out goes."""
    house = House()
    session = house.session(ALICE)
    one, other = (contract.symbol for contract in house.desk.contracts)
    wanted = [quote(one, 2.3, 2.5), quote(one, 2.2, 2.6, quote_set_id="1", quote_id=5), quote(other, 2.5, 2.3)]
    wanted += [quote("NOPE_USE_H01-1DEC26", 2, 3), quote(other, 2.3, 2.5, quote_set_id="8")]
    found = house.ask(session, "private/mass_quote", quotes=wanted, quote_id="q", detailed=True)["result"]
    assert (found["success_count"], found["errors_count"], found["trades"]) == (2, 3, [])
    told = [(o["direction"], o["price"], o["amount"], o["quote_set_id"], o["quote_id"]) for o in found["orders"]]
    first = [("buy", 2.3, 8.0, "0", "q"), ("sell", 2.5, 16.0, "0", "q")]
    assert told == [*first, ("buy", 2.2, 8.0, "1", "5"), ("sell", 2.6, 16.0, "1", "5")]
    errors = [(error["instrument_name"], error["side"], error["error"]["code"]) for error in found["errors"]]
    assert errors[:2] == [(other, "bid", 10023), (other, "ask", 10023)]
    assert errors[2::2] == [("NOPE_USE_H01-1DEC26", "bid", 13020), (other, "bid", -32602)]
    again = [{"instrument_name": one, "bid": {"price": 2.31, "amount": 8}}]
    counted = house.ask(session, "private/mass_quote", quotes=again)["result"]
    assert counted == {"success_count": 1, "errors_count": 0, "errors": []}
    book = house.ask(session, "public/get_order_book", instrument_name=one)["result"]
    assert (book["bids"], book["asks"]) == ([[2.31, 8.0], [2.2, 8.0]], [[2.6, 16.0]])
    house.desk.turn(limit(2, Side.SELL, 2_700, 1))
    crossing = house.ask(session, "private/mass_quote", quotes=[quote(one, 2.8, 2.9)])["result"]
    assert crossing["errors"][0]["error"]["data"]["reason"] == "post_only_would_cross"
    taker = {"price": 2.0, "amount": 8, "post_only": False}
    refused = house.ask(session, "private/mass_quote", quotes=[{"instrument_name": one, "bid": taker}])["result"]
    assert refused["errors_count"] == 1


def test_protection_takes_quotes_away_until_it_is_reset() -> None:
    """Set, reached, told, reset, ended; and a new gateway knows it all."""
    house = House()
    session = house.session(ALICE)
    assert house.ask(session, "private/get_mmp_config")["result"] == []
    wanted = {"interval": 10, "quantity_limit": 1}
    (config,) = house.ask(session, "private/set_mmp_config", **wanted)["result"]
    assert config == {**wanted, "delta_limit": 0, "frozen_time": 0, "index_name": "all", "mmp_group": "default"}
    house.ask(session, "private/mass_quote", quotes=[quote(house.symbol, 2.3, 2.5)])
    assert house.ask(session, "private/get_mmp_status")["result"] == []
    house.desk.turn(limit(2, Side.BUY, 2_500, 1))
    assert house.ask(session, "private/get_open_orders")["result"] == []
    house.desk.mirror = Mirror(house.desk.engine)
    session = house.session(ALICE)
    (status,) = house.ask(session, "private/get_mmp_status")["result"]
    assert status == {"frozen_until": 0, "index_name": "all", "mmp_group": "default"}
    assert house.ask(session, "private/get_mmp_config")["result"] == [config]
    assert house.ask(session, "private/get_account_summaries")["result"]["mmp_enabled"] is True
    frozen = house.ask(session, "private/mass_quote", quotes=[quote(house.symbol, 2.3, 2.5)])["result"]
    assert frozen["errors"][0]["error"]["code"] == 13030
    assert house.ask(session, "private/reset_mmp")["result"] == "ok"
    assert house.ask(session, "private/get_mmp_status")["result"] == []
    quoted = house.ask(session, "private/mass_quote", quotes=[quote(house.symbol, 2.3, 2.5)])["result"]
    assert quoted["success_count"] == 1
    assert house.ask(session, "private/set_mmp_config", interval=0)["result"] == []
    assert code(house.ask(session, "private/set_mmp_config", interval=5)) == 11029
    assert code(house.ask(session, "private/set_mmp_config", interval=5, quantity_limit=1, frozen_time=3)) == -32602
    other = house.ask(session, "private/set_mmp_config", interval=5, quantity_limit=1, mmp_group="perps")
    assert "whose one group is 'default'" in other["error"]["message"]


def test_the_quotes_of_a_maker_keep_their_set_after_a_restart() -> None:
    house = House()
    session = house.session(ALICE)
    house.ask(session, "private/mass_quote", quotes=[quote(house.symbol, 2.3, 2.5, quote_set_id="6")])
    house.desk.mirror = Mirror(house.desk.engine)
    session = house.session(ALICE)
    found = house.ask(session, "private/get_open_orders")["result"]
    assert [(order["quote"], order["quote_set_id"]) for order in found] == [(True, "6")] * 2
    assert house.ask(session, "private/cancel_quotes", cancel_type="quote_set_id", quote_set_id="6")["result"] == 2


def test_a_batch_is_taken_order_by_order() -> None:
    """What is refused, at the door or by the engine, stands in its place; repeats give the first result."""
    house = House()
    session = house.session(ALICE)
    order = {"instrument_name": house.symbol, "amount": 8, "price": 2.3, "direction": "buy"}
    orders = [
        order | {"client_order_id": "one", "label": "a"},
        order | {"price": 2.3005},
        order | {"amount": 8 * 10**8, "price": 3},
        order | {"direction": "sell", "price": 2.3, "label": "b"},
        order | {"client_order_id": "one"},
    ]
    found = house.ask(session, "private/place_batch", orders=orders)["result"]
    labels = [each["result"]["order"]["label"] if "result" in each else each["error"]["code"] for each in found]
    assert labels == ["a", 10043, 10009, "b", "a"]
    again = house.ask(session, "private/place_batch", orders=orders[:1])["result"]
    assert again == found[4:]
    other = house.ask(session, "private/buy", **{k: v for k, v in order.items() if k != "direction"})["result"]["order"]
    third = house.ask(session, "private/buy", instrument_name=house.symbol, amount=8, price=2, client_order_id="three")
    ids = [{"order_id": other["order_id"]}, {"order_id": "99"}, {"client_order_id": "three"}, {"client_order_id": "?"}]
    assert code(house.ask(session, "private/cancel_batch", orders=ids)) == -32602
    ids[3] = {"client_order_id": "four"}
    found = house.ask(session, "private/cancel_batch", orders=ids)["result"]
    states = [each["result"]["order_id"] if "result" in each else each["error"]["code"] for each in found]
    assert states == [other["order_id"], 10004, third["result"]["order"]["order_id"], 10004]
    assert code(house.ask(session, "private/place_batch", orders=[order] * 65)) == -32602
    assert code(house.ask(session, "private/place_batch", orders=[])) == -32602


def test_a_full_inbox_stands_in_the_place_of_the_order() -> None:
    house = House()
    session = house.session(ALICE)
    order = {"instrument_name": house.symbol, "amount": 8, "price": 2.3, "direction": "buy"}
    one, other = house.effects(session, "private/place_batch", orders=[order, order])
    assert session.refuse_busy(one.origin, house.now_ns) == []  # type: ignore[union-attr]
    (reply,) = sent(house.settle([other]))
    assert [each.get("error", {}).get("code") for each in reply["result"]] == [10047, None]


def test_a_position_is_closed_at_market_or_at_a_limit() -> None:
    """Reduce-only, the whole of it, and only if there is one."""
    house = House()
    session = house.session(ALICE)
    close = {"instrument_name": house.symbol, "type": "limit", "price": 2.5, "label": "out"}
    assert reason(house.ask(session, "private/close_position", **close)) == "no_position"
    house.desk.turn(limit(2, Side.SELL, 2_400, 3))
    effects = house.effects(session, "private/buy", instrument_name=house.symbol, amount=24, price=2.4)
    # Sent at once after the buy, it counts the buy.
    effects += house.effects(session, "private/close_position", **close)
    _, closing = sent(house.settle(effects))
    order = closing["result"]["order"]
    assert (order["direction"], order["amount"], order["reduce_only"], order["label"]) == ("sell", 24.0, True, "out")
    house.ask(session, "private/cancel", order_id=order["order_id"])
    house.desk.turn(limit(2, Side.BUY, 2_350, 5))
    done = house.ask(session, "private/close_position", instrument_name=house.symbol, type="market")["result"]
    assert (done["order"]["order_state"], done["order"]["filled_amount"]) == ("filled", 24.0)
    assert house.ask(session, "private/get_position", instrument_name=house.symbol)["result"]["size"] == 0.0


def test_every_kind_of_order_that_the_kernel_has_can_be_sent() -> None:
    """Pegs follow, all-or-none waits out of sight, a minimum is met or not, the gate ends an order."""
    house = House()
    session = house.session(ALICE)
    base = {"instrument_name": house.symbol, "amount": 16, "price": 2.4}
    house.desk.turn(limit(2, Side.BUY, 2_300, 1), limit(2, Side.SELL, 2_500, 1))

    def buy(**more: Any) -> dict[str, Any]:
        reply = house.ask(session, "private/buy", **base | more)
        assert "result" in reply, reply
        order: dict[str, Any] = reply["result"]["order"]
        return order

    peg = buy(type="peg_best", peg_offset=0.01)
    assert (peg["order_type"], peg["price"], peg["peg_offset"], peg["limit_price"]) == ("peg_best", 2.29, 0.01, 2.4)
    assert buy(type="peg_mid", peg_offset=0)["price"] == 2.4
    assert buy(all_or_none=True, price=2.35)["all_or_none"] is True
    gone = buy(minimum_amount=16, time_in_force="immediate_or_cancel", price=2.5)
    assert (gone["order_state"], gone["cancel_reason"]) == ("cancelled", "minimum_not_met")
    assert buy(time_in_force="good_til_gate", price=2)["time_in_force"] == "good_til_gate"
    for wrong in (
        {"peg_offset": 0.01},
        {"type": "peg_mid", "peg_offset": -0.01},
        {"all_or_none": True, "time_in_force": "fill_or_kill"},
    ):
        assert code(house.ask(session, "private/buy", **base | wrong)) == 11029, wrong
    assert code(house.ask(session, "private/buy", **base, minimum_amount=24)) == 10021
    assert code(house.ask(session, "private/buy", **base, type="peg_best", peg_offset=0.0001)) == 10043


async def test_quotes_and_batches_over_a_socket(tmp_path: Path) -> None:
    """One request, one reply, when all of it is durable."""
    async with running(tmp_path) as venue, venue.caller(venue.alice) as alice:
        quotes = [
            quote(contract.symbol, 2.3, 2.5, quote_set_id=str(each)) for contract in venue.contracts for each in (0, 1)
        ]
        found = await alice.call("private/mass_quote", quotes=quotes, quote_id=7)
        assert found["success_count"] == 4
        assert len(venue.engine.open_orders()) == 8
        order = {"instrument_name": venue.symbol, "amount": 8, "price": 2, "direction": "buy"}
        placed = await alice.call("private/place_batch", orders=[order] * 64)
        assert len({each["result"]["order"]["order_id"] for each in placed}) == 64
        assert await alice.call("private/cancel_quotes") == 8
        assert await alice.call("private/cancel_all") == 64
