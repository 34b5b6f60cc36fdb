"""The session as a pure conversation: no sockets, no clock, time is what the test says."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.gateway.session.effects import Close, Join, Leave, Relay, Send
from exchange.gateway.session.limits import Limits
from exchange.keys import ApiKey
from tests.gateway.house import ALICE, NOBODY, READER, SECOND_NS, VENUE, House, code, reason, sent

PRIVATE_METHODS: dict[str, dict[str, Any]] = {
    "private/buy": {"instrument_name": "X", "amount": 8},
    "private/cancel": {"order_id": "1"},
    "private/cancel_all": {},
    "private/get_open_orders": {},
    "private/get_positions": {},
    "private/get_account_summary": {"currency": "USD"},
    "private/subscribe": {"channels": ["user.orders.any.any.raw"]},
    "public/subscribe": {"channels": ["user.orders.any.any.raw"]},
    "private/publish_forward_curve": {"sku_region": "H100SXM_USE", "points": [{"instrument_name": "X", "price": 1}]},
    "private/logout": {},
}


@pytest.mark.parametrize("method", PRIVATE_METHODS)
def test_private_methods_want_authentication_first(method: str) -> None:
    """Whatever else is wrong with the request, the answer says how to authenticate."""
    house = House()
    reply = house.ask(house.session(), method, **PRIVATE_METHODS[method])
    assert code(reply) == 13009
    assert "public/auth" in reply["error"]["message"]


def test_a_signature_counts_once_and_only_for_a_minute_and_only_since_the_start() -> None:
    """Replayed, too old, from the future, from before the start, tampered with: each its own reason."""
    house = House()
    session = house.session()
    signed = house.signature(ALICE)
    assert "result" in house.ask(session, "public/auth", **signed)
    assert reason(house.ask(house.session(), "public/auth", **signed)) == "replayed_signature"
    assert reason(house.ask(session, "public/auth", **house.signature(ALICE, 61_000))) == "stale_timestamp"
    assert reason(house.ask(session, "public/auth", **house.signature(ALICE, -61_000))) == "stale_timestamp"
    assert reason(house.ask(session, "public/auth", **house.signature(ALICE, 31_000))) == "signed_before_start"
    tampered = house.signature(ALICE) | {"nonce": "another"}
    assert reason(house.ask(session, "public/auth", **tampered)) == "bad_signature"
    stranger = house.signature(ApiKey("x", "y", "z"))
    assert reason(house.ask(session, "public/auth", **stranger)) == "invalid_credentials"


def test_a_replay_is_refused_for_as_long_as_its_timestamp_would_pass() -> None:
    """Signed a minute ahead, it could be used for two; it is remembered that long."""
    house = House()
    signed = house.signature(ALICE, -60_000)
    assert "result" in house.ask(house.session(), "public/auth", **signed)
    for _ in range(12):
        house.now_ns += 10 * SECOND_NS
        house.session(ALICE)
        assert reason(house.ask(house.session(), "public/auth", **signed)) == "replayed_signature"
    house.now_ns += SECOND_NS
    assert reason(house.ask(house.session(), "public/auth", **signed)) == "stale_timestamp"


def test_secrets_and_refresh_tokens_open_the_door_too() -> None:
    """client_credentials give tokens; the refresh token is good once; the access token for one request."""
    house = House()
    session = house.session()
    wrong = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "wrong"}
    assert code(house.ask(session, "public/auth", **wrong)) == 13004
    result = house.ask(session, "public/auth", **(wrong | {"client_secret": ALICE.client_secret}))["result"]
    assert result["token_type"] == "bearer"
    assert "trade:read_write" in result["scope"]
    renewal = {"grant_type": "refresh_token", "refresh_token": result["refresh_token"]}
    assert "result" in house.ask(house.session(), "public/auth", **renewal)
    assert code(house.ask(house.session(), "public/auth", **renewal)) == 13009
    token = result["access_token"]
    assert "result" in house.ask(house.session(), "private/get_positions", access_token=token)
    house.now_ns += 901 * SECOND_NS
    assert code(house.ask(house.session(), "private/get_positions", access_token=token)) == 13009


def test_a_key_without_the_scope_or_without_an_open_account_may_not_trade() -> None:
    """A reader reads; a key of an account that is not open, or of the venue itself, does nothing."""
    house = House()
    order = {"instrument_name": house.symbol, "amount": 8, "price": 2.0}
    reader = house.session(READER)
    assert house.ask(reader, "private/get_open_orders")["result"] == []
    assert code(house.ask(reader, "private/buy", **order)) == 13021
    for key in (NOBODY, VENUE):
        assert reason(house.ask(house.session(key), "private/buy", **order)) == "unknown_account"


def test_a_revoked_key_stops_within_a_second() -> None:
    """The next request is refused and the timer closes the connection."""
    house = House()
    session = house.session(ALICE)
    del house.keys["a"]
    house.now_ns += SECOND_NS
    assert code(house.ask(session, "private/get_positions")) == 13009
    other = House()
    session = other.session(ALICE)
    del other.keys["a"]
    other.now_ns += SECOND_NS
    (effect,) = session.tick(other.now_ns)
    assert isinstance(effect, Close)
    assert "revoked" in effect.reason


def test_requests_beyond_the_rate_are_refused_until_time_passes_and_then_cut_off() -> None:
    """First an error that says so, with the id; a client that goes on is disconnected."""
    house = House(Limits(rate_per_second=10, rate_burst=5, refused_max=20))
    session = house.session()
    for _ in range(5):
        assert "result" in house.ask(session, "public/test")
    reply = house.ask(session, "public/test")
    assert (code(reply), reply["id"]) == (10028, 7)
    house.now_ns += SECOND_NS // 10
    assert "result" in house.ask(session, "public/test")
    effects = [effect for _ in range(21) for effect in house.effects(session, "public/test")]
    assert [type(effect) for effect in effects[:20]] == [Send] * 20
    assert isinstance(effects[20], Close)


def test_the_reply_to_subscribe_comes_before_what_it_brings() -> None:
    """Twice the same channel is one subscription; unsubscribing gives back what was left."""
    house = House()
    session = house.session()
    channel = f"book.{house.symbol}.raw"
    effects = house.effects(session, "public/subscribe", channels=[channel, channel])
    assert [type(effect) for effect in effects] == [Send, Join]
    assert [type(effect) for effect in house.effects(session, "public/subscribe", channels=[channel])] == [Send]
    effects = house.effects(session, "public/unsubscribe", channels=[channel, "quote.X"])
    assert isinstance(effects[0], Leave)
    assert sent(effects)[0]["result"] == [channel]


@pytest.mark.parametrize(
    "channel",
    ["", "book", "book.X", "book.X.1s", "book..raw", "trades.any", "user.orders.raw", "user.portfolio.", "x" * 128],
)
def test_a_channel_that_is_none_is_refused_and_nothing_is_subscribed(channel: str) -> None:
    """All or nothing, and the message shows the forms."""
    house = House()
    session = house.session()
    names = [f"book.{house.symbol}.raw", channel]
    reply = house.ask(session, "public/subscribe", channels=names)
    assert code(reply) == 11052
    assert "book.X.raw" in reply["error"]["message"]
    assert house.ask(session, "public/unsubscribe", channels=[names[0]])["result"] == []


def test_subscriptions_are_counted() -> None:
    """Beyond the cap a subscribe is refused; after leaving some there is room again."""
    house = House(Limits(subscriptions_max=2))
    session = house.session()
    names = [f"book.{house.symbol}.raw", f"trades.{house.symbol}.raw"]
    house.effects(session, "public/subscribe", channels=names)
    assert code(house.ask(session, "public/subscribe", channels=[f"quote.{house.symbol}"])) == 11052
    house.effects(session, "public/unsubscribe_all")
    assert "result" in sent(house.effects(session, "public/subscribe", channels=[f"quote.{house.symbol}"]))[0]


def test_a_silent_client_is_tested_and_then_let_go() -> None:
    """set_heartbeat: a beat while it talks, test_request when it falls silent, then the end."""
    house = House()
    session = house.session()
    house.ask(session, "public/set_heartbeat", interval=10)
    house.now_ns += 10 * SECOND_NS
    assert sent(session.tick(house.now_ns))[0]["params"]["type"] == "test_request"
    house.now_ns += 5 * SECOND_NS
    house.ask(session, "public/test")
    house.now_ns += 6 * SECOND_NS
    assert sent(session.tick(house.now_ns))[0]["params"]["type"] == "heartbeat"
    house.now_ns += 15 * SECOND_NS
    (effect,) = session.tick(house.now_ns)
    assert isinstance(effect, Close)


def test_a_market_makers_curve_is_relayed_as_it_was_said() -> None:
    """Prices need not be on the tick; contracts must be of the curve's own SKU and region."""
    house = House()
    session = house.session(ALICE)
    points = [{"instrument_name": house.symbol, "price": 2.34567, "deviation": "0.1"}]
    wanted = {"sku_region": "H100SXM_USE", "points": points}
    reply, relay = house.effects(session, "private/publish_forward_curve", **wanted)
    assert isinstance(relay, Relay)
    assert relay.curve.points[0].price == 2.34567
    house.desk.feed.relay(relay.curve)
    curve = house.ask(session, "public/get_forward_curve", sku_region="H100SXM_USE")["result"]
    assert curve["points"] == [{"instrument_name": house.symbol, "price": 2.34567, "deviation": 0.1}]
    assert code(house.ask(session, "private/publish_forward_curve", **(wanted | {"sku_region": "L40S_USE"}))) == -32602
    assert code(house.ask(session, "public/get_forward_curve", sku_region="L40S_USE")) == 13020
    assert isinstance(reply, Send)


def test_logging_out_leaves_private_channels_and_closes() -> None:
    """The feed hears it first, so that nothing private follows the goodbye."""
    house = House()
    session = house.session(ALICE)
    house.effects(session, "private/subscribe", channels=["user.orders.any.any.raw"])
    effects = house.effects(session, "private/logout")
    assert [type(effect) for effect in effects] == [Leave, Send, Close]


def test_currencies_and_kinds_choose_instruments_and_orders() -> None:
    """USD and any mean all, a base currency its own, a stranger's none."""
    house = House()
    session = house.session(ALICE)
    house.ask(session, "private/buy", instrument_name=house.symbol, amount=8, price=2)
    base = house.symbol.partition("-")[0]
    for currency, instruments, orders in (("any", 2, 1), ("USD", 2, 1), (base, 1, 1), ("BTC", 0, 0)):
        found = house.ask(session, "public/get_instruments", currency=currency, kind="future")["result"]
        assert len(found) == instruments
        found = house.ask(session, "private/get_open_orders_by_currency", currency=currency)["result"]
        assert len(found) == orders
    assert house.ask(session, "public/get_instruments", kind="option")["result"] == []
    assert house.ask(session, "public/get_instruments", expired=True)["result"] == []
