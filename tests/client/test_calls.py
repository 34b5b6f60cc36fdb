"""Calls: many in flight, each with its own answer, refusal or loss."""

import asyncio
import hashlib
import hmac
import random
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest

from exchange.client import ApiError, ApiKey, Client, ClientError, ConnectionLost
from tests.client.scripted import HangUp, Params, Refuse, ScriptedExchange, Silence, until

ORDER: dict[str, Any] = {
    "order_id": "5",
    "order_state": "open",
    "instrument_name": "X",
    "direction": "buy",
    "order_type": "limit",
    "time_in_force": "good_til_cancelled",
    "price": 2.5,
    "amount": 8,
    "contracts": 1,
    "filled_amount": 0,
    "average_price": 0,
    "post_only": False,
    "label": "",
    "client_order_id": "",
    "creation_timestamp": 1,
    "last_update_timestamp": 1,
    "replaced": False,
    "a_field_of_tomorrow": True,
}


async def test_answers_find_their_calls_in_any_order(venue: ScriptedExchange) -> None:
    """A thousand calls in flight, each gets what it asked for."""
    venue.answers["public/echo"] = lambda params: params["number"]
    async with Client(venue.url) as client:
        numbers = list(range(1000))
        answers = await asyncio.gather(*(client.call("public/echo", {"number": number}) for number in numbers))
    assert answers == numbers


async def test_several_clients_share_one_loop(venue: ScriptedExchange) -> None:
    """Thirty accounts in one process do not mix."""
    venue.answers["public/echo"] = lambda params: params["number"]
    clients = [Client(venue.url) for _ in range(30)]
    await asyncio.gather(*(client.open() for client in clients))
    calls = (client.call("public/echo", {"number": number}) for number, client in enumerate(clients))
    assert await asyncio.gather(*calls) == list(range(30))
    await asyncio.gather(*(client.close() for client in clients))


async def test_a_refusal_says_what_and_why(venue: ScriptedExchange) -> None:
    """The exchange's number and words reach the caller; the connection stays."""

    def refuse(params: Params) -> object:
        raise Refuse(10009, "not_enough_funds: deposit more")

    venue.answers["private/buy"] = refuse
    async with Client(venue.url) as client:
        with pytest.raises(ApiError, match=r"private/buy: not_enough_funds: deposit more \(10009\)") as refused:
            await client.buy("X", 8, 2.5)
        assert (refused.value.code, refused.value.reason) == (10009, "")
        assert await client.call("public/test") == {"version": "1"}


async def test_the_key_signs_but_its_secret_stays_here(venue: ScriptedExchange) -> None:
    """Authentication is by signature over time, nonce and data."""
    async with Client(venue.url, ApiKey("me", "secret")):
        pass
    asked = venue.asked("public/auth")[0]
    text = f"{asked['timestamp']}\n{asked['nonce']}\n{asked['data']}"
    assert asked["signature"] == hmac.new(b"secret", text.encode(), hashlib.sha256).hexdigest()
    assert (asked["client_id"], asked["grant_type"]) == ("me", "client_signature")
    assert "secret" not in str(venue.requests)


async def test_a_refused_key_is_told_at_once(venue: ScriptedExchange) -> None:
    """Nobody retries a key that the exchange does not know."""

    def refuse(params: Params) -> object:
        raise Refuse(13004, "invalid_credentials: make a key")

    venue.answers["public/auth"] = refuse
    with pytest.raises(ApiError, match="invalid_credentials"):
        await Client(venue.url, ApiKey("me", "wrong")).open()
    assert len(venue.asked("public/auth")) == 1


async def test_orders_leave_with_what_was_said_and_nothing_else(venue: ScriptedExchange) -> None:
    """Defaults stay the exchange's, and a Decimal stays exact."""
    venue.answers["private/buy"] = lambda params: {"order": ORDER, "trades": []}
    venue.answers["private/sell"] = lambda params: {"order": ORDER, "trades": []}
    async with Client(venue.url) as client:
        placed = await client.buy("X", 8, Decimal("2.500"), label="")
        await client.sell("X", 16, order_type="market", time_in_force="immediate_or_cancel", client_order_id="a1")
    assert placed.order.order_id == "5"
    assert venue.asked("private/buy") == [{"instrument_name": "X", "amount": 8, "price": 2.5, "type": "limit"}]
    assert venue.asked("private/sell") == [
        {
            "instrument_name": "X",
            "amount": 16,
            "type": "market",
            "time_in_force": "immediate_or_cancel",
            "client_order_id": "a1",
        }
    ]


async def test_silence_ends_in_a_clear_error(venue: ScriptedExchange) -> None:
    """A call that is never answered does not hang, and the connection goes on."""

    def nothing(params: Params) -> object:
        raise Silence

    venue.answers["public/slow"] = nothing
    async with Client(venue.url, timeout_s=0.05) as client:
        with pytest.raises(ConnectionLost, match=r"no answer within 0.05 s, it may have been done or not"):
            await client.call("public/slow")
        assert await client.call("public/test") == {"version": "1"}


async def test_hanging_up_fails_every_call_under_way(venue: ScriptedExchange) -> None:
    """What was in flight is reported as unknown, at once."""

    def nothing(params: Params) -> object:
        raise Silence

    def cut(params: Params) -> object:
        raise HangUp

    venue.answers.update({"private/buy": nothing, "public/cut": cut})
    async with Client(venue.url) as client:
        buys = [asyncio.ensure_future(client.buy("X", 8, 2.5)) for _ in range(5)]
        await until(lambda: len(venue.asked("private/buy")) == 5)
        with pytest.raises(ConnectionLost):
            await client.call("public/cut")
        for outcome in await asyncio.gather(*buys, return_exceptions=True):
            assert isinstance(outcome, ConnectionLost)
            assert "may have been done or not" in str(outcome)


async def test_a_cancelled_call_leaves_nothing_behind(venue: ScriptedExchange) -> None:
    """Its late answer finds nobody and harms nobody."""
    venue.answers["public/echo"] = lambda params: params["number"]
    async with Client(venue.url) as client:
        calls = [asyncio.ensure_future(client.call("public/echo", {"number": number})) for number in range(20)]
        await asyncio.sleep(0)
        chosen = random.Random(1).sample(range(20), 10)
        for index in chosen:
            calls[index].cancel()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        for index, outcome in enumerate(outcomes):
            assert isinstance(outcome, asyncio.CancelledError) if index in chosen else outcome == index
        assert await client.call("public/test") == {"version": "1"}


async def test_nobody_there_is_said_with_the_remedy() -> None:
    """The first connection fails at once, and says what to start."""
    with pytest.raises(ConnectionLost, match=r"no exchange at ws://127.0.0.1:9/.*gpux demo"):
        await Client("ws://127.0.0.1:9/ws/api/v2").open()


async def test_a_closed_client_says_so(venue: ScriptedExchange) -> None:
    """Calls after close fail clearly, and it can be opened again."""
    client = Client(venue.url)
    async with client:
        pass
    with pytest.raises(ClientError, match="the client is closed"):
        await client.call("public/test")
    async with client:
        assert await client.call("public/test") == {"version": "1"}


async def test_the_server_may_ask_whether_we_live(venue: ScriptedExchange) -> None:
    """A test request is answered."""
    async with Client(venue.url):
        venue.say('{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"heartbeat"}}')
        venue.say('{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}')
        await until(lambda: venue.asked("public/test"))


def test_importing_the_client_is_cheap() -> None:
    """Neither the compiler nor the engine comes along."""
    code = "import sys, exchange.client; print([m for m in ('numba', 'numpy', 'exchange.engine') if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
