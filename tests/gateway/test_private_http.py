"""Private methods over HTTP, signed as clients sign them, over real sockets."""

from __future__ import annotations

import base64
import itertools
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from yarl import URL

from exchange.gateway.session.gatekeeper import Gatekeeper
from exchange.gateway.session.headers import Signed, read_authorization
from exchange.keys import ApiKey
from exchange.wire.refusals import Code, Refusal
from tests.gateway.venue import Venue, running, signature

_nonces = itertools.count(time.time_ns() // 10**6)
PRICE = "2.5"
VECTOR = "e72612f7a54ba909c88669f0396c151d8e8550f2f64cf73fcdfa6cf6bde421b3"


def sign(secret: str, *parts: str) -> str:
    """Not with the library's own way of making HMACs."""
    digest = HMAC(secret.encode(), hashes.SHA256())
    digest.update(("\n".join(parts) + "\n").encode())
    return digest.finalize().hex()


def signed(key: ApiKey, method: str, target: str, body: str = "", order: str = "id ts sig nonce") -> dict[str, str]:
    ts, nonce = str(time.time_ns() // 10**6), str(next(_nonces))
    fields = {"id": key.client_id, "ts": ts, "nonce": nonce}
    fields["sig"] = sign(key.client_secret, ts, nonce, method, target, body)
    return {"Authorization": "deri-hmac-sha256 " + ",".join(f"{name}={fields[name]}" for name in order.split())}


class Asker:
    """A bare HTTP client: addresses go out as they are written."""

    def __init__(self, venue: Venue, http: aiohttp.ClientSession) -> None:
        self.venue = venue
        self.http = http

    async def get(self, target: str, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        async with self.http.get(URL(self.venue.http + target, encoded=True), headers=headers) as response:
            return response.status, await response.json()

    async def post(self, target: str, body: str, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        async with self.http.post(self.venue.http + target, data=body, headers=headers) as response:
            return response.status, await response.json()


def rpc(method: str, **params: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": "7", "method": method, "params": params})


def test_vectors_of_another_implementation_fit() -> None:
    """Made by hand with `openssl dgst -sha256 -hmac`, of a path with an escape that stays as it is."""
    key = ApiKey("abc", "of nobody", "alice")
    target = "/api/v2/private/get_open_orders_by_label?label=a%20b&currency=any"
    gatekeeper = Gatekeeper({"abc": key}.get, lambda: "", 0)
    header = f"deri-hmac-sha256 id=abc,ts=1796133600000,sig={VECTOR},nonce=n1"
    now_ns = 1796133600000 * 10**6
    assert gatekeeper.bearer(header, ("GET", target, ""), now_ns, "") == key
    for wrong in (64 * "a", VECTOR[:-1]):
        with pytest.raises(Refusal, match="does not fit"):
            gatekeeper.bearer(header.replace(VECTOR, wrong), ("GET", target, ""), now_ns, "")
    with pytest.raises(Refusal, match="does not fit"):
        gatekeeper.bearer(header, ("GET", target.replace("%20", "+"), ""), now_ns, "")


@pytest.mark.parametrize("order", ["id ts nonce sig", "id ts sig nonce", "sig nonce ts id"])
def test_the_fields_come_in_any_order(order: str) -> None:
    """And whatever else stands there is refused, without being repeated."""
    fields = {"id": "i", "ts": "1", "nonce": "n", "sig": "s"}
    text = ",".join(f"{name}={fields[name]}" for name in order.split())
    assert read_authorization(f"deri-hmac-sha256 {text}") == Signed("i", "1", "n", "s")
    for wrong in ("", text, f"deri-hmac-sha256 {text},id=j", "deri-hmac-sha256 id=i", "Basic !", "Basic aGk="):
        with pytest.raises(Refusal) as refused:
            read_authorization(wrong)
        assert "sig=s" not in str(refused.value)


async def test_an_order_is_placed_asked_for_and_cancelled(tmp_path: Path) -> None:
    """With GET and with POST, signed, by token and by secret; each is answered when it is durable."""
    async with running(tmp_path) as venue, aiohttp.ClientSession() as http:
        asker, key = Asker(venue, http), venue.alice
        query = urlencode({"instrument_name": venue.symbol, "amount": "8", "price": PRICE, "label": "a b"})
        target = f"/api/v2/private/buy?{query}"
        status, reply = await asker.get(target, signed(key, "GET", target))
        assert status == 200, reply
        bought = reply["result"]["order"]
        assert (bought["order_state"], bought["label"], bought["amount"]) == ("open", "a b", 8)

        body = rpc("private/sell", instrument_name=venue.symbol, amount=8, price=3.5)
        status, reply = await asker.post("/api/v2", body, signed(key, "POST", "/api/v2", body, "id ts nonce sig"))
        assert (status, reply["id"]) == (200, "7"), reply
        sold = reply["result"]["order"]["order_id"]

        grant = {name: value for name, value in signature(key).items() if name != "data"}
        _, reply = await asker.get(f"/api/v2/public/auth?{urlencode(grant)}", {})
        bearer = {"Authorization": f"Bearer {reply['result']['access_token']}"}
        status, reply = await asker.get("/api/v2/private/get_open_orders?kind=any", bearer)
        assert {order["order_id"] for order in reply["result"]} == {bought["order_id"], sold}

        secret = base64.b64encode(f"{key.client_id}:{key.client_secret}".encode()).decode()
        status, reply = await asker.get("/api/v2/private/cancel_all", {"Authorization": f"Basic {secret}"})
        assert (status, reply["result"]) == (200, 2)
        _, reply = await asker.post("/api/v2", rpc("private/get_open_orders"), bearer)
        assert reply["result"] == []


async def test_refusals_are_json_with_400(tmp_path: Path) -> None:
    """The engine's too; nothing is done, and no secret comes back."""
    async with running(tmp_path) as venue, aiohttp.ClientSession() as http:
        asker, key = Asker(venue, http), venue.alice
        target = f"/api/v2/private/buy?instrument_name={venue.symbol}&amount=800&price=9000"
        status, reply = await asker.get(target, signed(key, "GET", target))
        assert (status, reply["error"]["code"]) == (400, Code.NOT_ENOUGH_FUNDS)
        header = signed(key, "GET", target)
        refused = [
            await asker.get(target, {}),
            await asker.get(target, {"Authorization": "Bearer of bad news"}),
            await asker.get(target + "&label=x", header),
            await asker.get("/api/v2/private/subscribe?channels=a", signed(key, "GET", target)),
            await asker.get(f"/api/v2/private/get_positions?access_token={key.client_secret}", {}),
            await asker.get(f"/api/v2/public/auth?client_id=a&client_secret={key.client_secret}&grant_type=x", {}),
        ]
        assert {status for status, _ in refused} == {400}
        assert key.client_secret not in json.dumps(refused)
        reader = venue.keys.create("alice", ("account:read",))
        status, reply = await asker.get(target, signed(reader, "GET", target))
        assert (status, reply["error"]["code"]) == (400, Code.FORBIDDEN)
        target = "/api/v2/private/get_open_orders"
        _, reply = await asker.get(target, signed(reader, "GET", target))
        assert reply["result"] == []


async def test_a_signed_request_counts_once_and_not_after_a_restart(tmp_path: Path) -> None:
    """Also one whose timestamp is ahead of the server's clock."""
    async with running(tmp_path) as venue, aiohttp.ClientSession() as http:
        asker, target = Asker(venue, http), "/api/v2/private/get_positions"
        ts = str(time.time_ns() // 10**6 + 30_000)
        ahead = f"id={venue.alice.client_id},ts={ts},nonce=n"
        made = sign(venue.alice.client_secret, ts, "n", "GET", target, "")
        headers = {"Authorization": f"deri-hmac-sha256 {ahead},sig={made}"}
        assert (await asker.get(target, headers))[0] == 200
        status, reply = await asker.get(target, headers)
        assert (status, reply["error"]["data"]["reason"]) == (400, "replayed_signature")
        await venue.restart_gateway()
        status, reply = await asker.get(target, headers)
        assert (status, reply["error"]["data"]["reason"]) == (400, "signed_before_start")
        assert (await asker.get(target, signed(venue.bob, "GET", target)))[0] == 200


async def test_a_revoked_key_is_refused_at_once(tmp_path: Path) -> None:
    """Signed, by secret, and by a token it was given before."""
    async with running(tmp_path) as venue, aiohttp.ClientSession() as http:
        asker, target = Asker(venue, http), "/api/v2/private/get_positions"
        body = rpc("public/auth", **signature(venue.alice))
        _, reply = await asker.post("/api/v2/public/auth", body, {})
        bearer = {"Authorization": f"Bearer {reply['result']['access_token']}"}
        assert (await asker.get(target, bearer))[0] == 200
        venue.keys.revoke(venue.alice.client_id)
        for headers in (bearer, signed(venue.alice, "GET", target)):
            status, reply = await asker.get(target, headers)
            assert (status, reply["error"]["code"]) == (400, Code.INVALID_CREDENTIALS)
