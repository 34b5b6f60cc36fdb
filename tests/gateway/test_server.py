"""The gateway over real sockets, with a real node and journal, and a foreign client library."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from exchange.config import GatewaySettings
from exchange.domain.enums import Side
from exchange.gateway.server.framing import text_frame
from exchange.keys import ApiKey
from tests.gateway.venue import SECONDS, Caller, Venue, running, signature, soon


@pytest.fixture
async def venue(tmp_path: Path) -> AsyncIterator[Venue]:
    async with running(tmp_path) as venue:
        yield venue


def order(venue: Venue, price: float, amount: float = 8, **more: Any) -> dict[str, Any]:
    return {"instrument_name": venue.symbol, "amount": amount, "price": price, **more}


async def test_an_order_meets_another_and_everybody_hears_of_it(venue: Venue) -> None:
    """The whole way: two clients, a watcher, a fill, and the same numbers in all their messages."""
    async with venue.caller(venue.alice) as alice, venue.caller(venue.bob) as bob, venue.caller() as watcher:
        book, trades = f"book.{venue.symbol}.raw", f"trades.{venue.symbol}.raw"
        ticker = f"ticker.{venue.symbol}.100ms"
        assert await watcher.call("public/subscribe", channels=[book, trades, ticker]) == [book, trades, ticker]
        await alice.call("private/subscribe", channels=["user.orders.any.any.raw", "user.trades.any.any.raw"])
        assert (await watcher.heard(book))["type"] == "snapshot"
        sold = await alice.call("private/sell", **order(venue, 2.35, 16, label="mine"))
        change = await watcher.heard(book)
        assert (change["bids"], change["asks"]) == ([], [["new", 2.35, 16.0]])
        bought = await bob.call("private/buy", **order(venue, 2.4))
        (fill,) = bought["trades"]
        assert (fill["price"], fill["amount"], fill["fee"], fill["liquidity"]) == (2.35, 8.0, 0.0188, "T")
        assert (bought["order"]["order_state"], bought["order"]["average_price"]) == ("filled", 2.35)
        (trade,) = await watcher.heard(trades)
        assert (trade["trade_id"], trade["trade_seq"], trade["direction"]) == (fill["trade_id"], 1, "buy")
        assert (await watcher.heard(book))["asks"] == [["change", 2.35, 8.0]]
        (own,) = await alice.heard("user.trades.any.any.raw")
        assert (own["order_id"], own["direction"], own["liquidity"]) == (sold["order"]["order_id"], "sell", "M")
        assert [(await alice.heard("user.orders.any.any.raw"))["filled_amount"] for _ in range(2)] == [0.0, 8.0]
        tickers = [await watcher.heard(ticker)]
        while not tickers[-1]["last_price"]:
            tickers.append(await watcher.heard(ticker))
        assert (tickers[-1]["last_price"], tickers[-1]["best_bid_price"]) == (2.35, 0.0)
        (position,) = [p for p in await bob.call("private/get_positions") if p["size"]]
        assert (position["size"], position["average_price"]) == (8.0, 2.35)
        summary = await bob.call("private/get_account_summary", currency="USD")
        assert summary["balance"] == 10**6 - 8 * 2.35 - 0.0188


async def test_frames_sent_together_become_one_turn(venue: Venue) -> None:
    """A burst from one client is journaled in far fewer commits than it has orders, and answered in order."""
    async with venue.caller(venue.alice) as alice:
        turns = 0
        publish = venue.node.publish

        def count(turn: Any) -> None:
            nonlocal turns
            turns += 1
            publish(turn)

        venue.node.publish = count
        for number in range(200):
            wish = order(venue, round(2 + number / 1000, 3))
            await alice.send(jsonrpc="2.0", id=f"order{number}", method="private/buy", params=wish)
        replies = [await alice.next() for _ in range(200)]
    assert [reply["id"] for reply in replies] == [f"order{number}" for number in range(200)]
    assert all(reply["result"]["order"]["order_state"] == "open" for reply in replies)
    assert turns < 100


async def test_what_cannot_be_read_gets_an_error_and_changes_nothing(venue: Venue) -> None:
    """One connection lives through all of it, and the state hash stays."""
    nested = '{"id":5,"method":"public/test","params":' + '{"a":' * 2000 + "1" + "}" * 2000 + "}"
    faults: list[tuple[str, int, Any]] = [
        ("", -32700, None),
        ("{", -32700, None),
        ("null", -32600, None),
        ("[]", -32600, None),
        ('{"id":5}', -32600, 5),
        ('{"id":"five","method":"public/nothing"}', -32601, "five"),
        ('{"id":5,"method":"public/test","params":[]}', -32602, 5),
        ('{"id":5,"method":"public/test","id":6}', -32600, 6),
        ('{"id":5,"method":"public/ticker","params":{"instrument_name":"a","instrument_name":"b"}}', -32600, 5),
        ('{"id":5,"method":"private/buy","params":{"instrument_name":"a","amount":NaN}}', -32700, 5),
        ('{"id":5,"method":"private/buy","params":{"instrument_name":"a","amount":-Infinity}}', -32700, 5),
        ('{"id":5,"method":"public/get_order_book","params":{"instrument_name":"a","depth":-1}}', -32602, 5),
        ('{"id":5,"method":"public/get_order_book","params":{"instrument_name":"a","depth":1e3}}', -32602, 5),
        (f'{{"id":5,"method":"public/get_order_book","params":{{"depth":{10**30}}}}}', -32602, 5),
        (f'{{"id":{10**30},"method":"public/test"}}', -32600, None),
        ('{"id":5,"method":"public/ticker","params":{"instrument_name":"\\ud800"}}', -32700, 5),
        (nested, -32700, 5),
    ]
    before = venue.engine.state_hash()
    async with venue.caller() as caller:
        for frame, code, request_id in faults:
            await caller.socket.send(frame)
            reply = await caller.next()
            assert (reply["error"]["code"], reply["id"]) == (code, request_id), frame
            assert len(reply["error"]["message"]) > 20
        assert await caller.call("public/test")
    assert venue.engine.state_hash() == before


async def test_anothers_order_cannot_be_touched(venue: Venue) -> None:
    """Neither seen nor edited nor cancelled, and the state hash stays."""
    async with venue.caller(venue.alice) as alice, venue.caller(venue.bob) as bob:
        placed = (await alice.call("private/buy", **order(venue, 2.0)))["order"]
        before = venue.engine.state_hash()
        for method in ("private/cancel", "private/get_order_state"):
            assert (await bob.refused(method, order_id=placed["order_id"]))["code"] == 10029
        assert (await bob.refused("private/edit", order_id=placed["order_id"], price=2.1))["code"] == 10029
        assert await bob.call("private/get_open_orders") == []
        assert venue.engine.state_hash() == before
        assert await bob.call("private/cancel_all") == 0
        assert await alice.call("private/get_open_orders") == [placed]


async def test_ids_come_back_with_their_type(venue: Venue) -> None:
    """Integer, text, null; and none where none was sent."""
    async with venue.caller() as caller:
        for request_id in (0, -1, 2**53, "", "7", None):
            await caller.send(id=request_id, method="public/test")
            reply = await caller.next()
            assert reply["id"] == request_id
            assert type(reply["id"]) is type(request_id)
        await caller.send(method="public/test")
        assert "id" not in await caller.next()


async def test_too_long_a_frame_ends_the_connection_and_only_that(venue: Venue) -> None:
    """16 KB are the most; beyond is an attack on the transport: close code 1009."""
    async with venue.caller() as caller, venue.caller() as other:
        await caller.socket.send(" " * 16_000 + "{}")
        assert (await caller.next())["error"]["code"] == -32600
        await caller.socket.send(" " * 17_000)
        with pytest.raises(ConnectionClosed):
            await caller.next()
        assert caller.socket.close_code == 1009
        assert await other.call("public/test")


async def test_a_reader_who_stops_reading_is_cut_off_and_the_others_are_not(tmp_path: Path) -> None:
    """Its buffer is bounded; the connection ends, the venue goes on."""
    async with running(
        tmp_path, GatewaySettings(buffer_bytes_max=2**16, rate_burst=10**6, account_rate_burst=10**6)
    ) as venue:
        reader, writer = await asyncio.open_connection("127.0.0.1", venue.port, limit=2**12)
        raw: socket.socket = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        writer.write(
            b"GET /ws/api/v2 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        question = json.dumps({"method": "public/get_instruments", "params": {}}).encode()
        masked = struct.pack("!BB4s", 0x81, 0x80 | len(question), b"\0\0\0\0") + question
        with structlog.testing.capture_logs() as said:
            async with soon("the end of the connection"):
                await overwhelm(venue, writer, masked)
        assert [entry["reason"].partition(":")[0] for entry in said if "reason" in entry] == ["too slow"]
        async with venue.caller(venue.alice) as alice:
            assert await alice.call("private/buy", **order(venue, 2.0))


async def overwhelm(venue: Venue, writer: asyncio.StreamWriter, question: bytes) -> None:
    """Ask and never read, until the venue has no connection left."""
    while (await health(venue))["connections"]:
        with contextlib.suppress(ConnectionError):
            writer.write(question * 100)
            await asyncio.wait_for(writer.drain(), SECONDS)
    writer.close()


async def health(venue: Venue) -> dict[str, Any]:
    async with aiohttp.ClientSession() as http, http.get(f"{venue.http}/healthz") as response:
        state: dict[str, Any] = await response.json()
        return state


async def test_a_full_inbox_is_an_error_of_its_own(tmp_path: Path) -> None:
    """Orders beyond the inbox are refused at once; those in it are done."""
    async with running(tmp_path, inbox_max=10) as venue, venue.caller(venue.alice) as alice:
        frames = [
            {"id": number, "method": "private/buy", "params": order(venue, round(1 + number / 1000, 3))}
            for number in range(300)
        ]
        await asyncio.gather(*(alice.send(**frame) for frame in frames))
        replies = [await alice.next() for _ in frames]
        refused = [reply["error"]["code"] for reply in replies if "error" in reply]
        assert set(refused) == {10047}
        opened = await alice.call("private/get_open_orders")
        assert len(opened) == len(frames) - len(refused)


async def test_a_replayed_signature_is_refused_on_another_connection(venue: Venue) -> None:
    """What was seen on the wire is of no use to who saw it."""
    signed = signature(venue.alice)
    async with venue.caller() as owner, venue.caller() as thief:
        assert (await owner.call("public/auth", **signed))["token_type"] == "bearer"
        error = await thief.refused("public/auth", **signed)
        assert (error["code"], error["data"]["reason"]) == (13004, "replayed_signature")
        assert (await thief.refused("private/get_positions"))["code"] == 13009
    forged = ApiKey(venue.alice.client_id, "guess", "alice")
    async with venue.caller() as thief:
        assert (await thief.refused("public/auth", **signature(forged)))["code"] == 13004


async def test_a_revoked_key_closes_its_connections(venue: Venue) -> None:
    """Within a second, with a reason."""
    async with venue.caller(venue.alice) as alice:
        venue.keys.revoke(venue.alice.client_id)
        with pytest.raises(ConnectionClosed):
            await alice.next()
        assert alice.socket.close_code == 1008
        assert "revoked" in (alice.socket.close_reason or "")


async def test_public_questions_go_over_http_too(venue: Venue) -> None:
    """GET converts text, POST does not; errors are JSON with status 400."""
    api = f"{venue.http}/api/v2"
    async with aiohttp.ClientSession() as http:

        async def get(path: str, **query: str) -> tuple[int, dict[str, Any]]:
            async with http.get(f"{api}/{path}", params=query) as response:
                return response.status, await response.json()

        async def post(body: bytes, path: str = "") -> tuple[int, dict[str, Any]]:
            async with http.post(api + path, data=body) as response:
                return response.status, await response.json()

        status, reply = await get("public/get_order_book", instrument_name=venue.symbol, depth="3")
        assert (status, reply["result"]["bids"]) == (200, [])
        status, reply = await get("public/get_instruments", currency="USD", expired="false")
        assert (status, len(reply["result"])) == (200, 2)
        for path, query, code in (
            ("public/get_order_book", {"instrument_name": venue.symbol, "depth": "x"}, -32602),
            ("public/get_order_book", {"instrument_name": "X"}, 13020),
            ("public/get_order_book", {"instrument_name": "X", "more": "1"}, -32602),
            ("public/nothing", {}, -32601),
            ("public/subscribe", {"channels": "x"}, 10030),
            ("private/buy", {}, 13009),
        ):
            status, reply = await get(path, **query)
            assert (status, reply["error"]["code"]) == (400, code), path
        asked = {"id": "a", "method": "public/get_order_book", "params": {"instrument_name": venue.symbol, "depth": 3}}
        for path in ("", "/public/get_order_book"):
            status, reply = await post(json.dumps(asked).encode(), path)
            assert (status, reply["id"], reply["result"]["asks"]) == (200, "a", [])
        asked["params"] = {"instrument_name": venue.symbol, "depth": "3"}
        status, reply = await post(json.dumps(asked).encode())
        assert (status, reply["id"], reply["error"]["code"]) == (400, "a", -32602)
        assert (await post(json.dumps(asked).encode(), "/public/ticker"))[1]["error"]["code"] == -32602
        assert (await post(b"x" * 20_000))[1]["error"]["code"] == -32600
        assert (await post(b"\xff"))[1]["error"]["code"] == -32700


async def test_the_page_and_nothing_but_the_page_is_served(venue: Venue) -> None:
    """The index at /, its scripts beside it, no way out of the directory."""
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{venue.http}/") as response:
            assert (response.status, response.content_type) == (200, "text/html")
            assert "default-src 'self'" in response.headers["Content-Security-Policy"]
        for path in ("/..%2fserver%2fframing.py", "/framing.py", "/index.html/x", "/.git"):
            async with http.get(f"{venue.http}{path}") as response:
                assert response.status == 404


async def test_a_client_beyond_the_bound_is_turned_away(tmp_path: Path) -> None:
    """The third of two is refused with 503 before it becomes a WebSocket."""
    async with running(tmp_path, GatewaySettings(connections_max=2)) as venue:
        async with venue.caller(), venue.caller(), aiohttp.ClientSession() as http:
            with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
                await http.ws_connect(venue.url)
        async with venue.caller() as caller:
            assert await caller.call("public/test")


async def test_stopping_says_goodbye(tmp_path: Path) -> None:
    """A clean stop closes with 1012 and frees the port; the state is in the journal."""
    async with running(tmp_path) as venue:
        socket_open = await connect(venue.url, proxy=None)
        await venue.node.stop()
        await venue.server.stop()
        with pytest.raises(ConnectionClosed):
            await socket_open.recv()
        assert socket_open.close_code == 1012


async def test_the_gateway_starts_from_what_the_engine_holds(venue: Venue) -> None:
    """A second gateway on the same engine shows the same book, orders and account as the first."""
    async with venue.caller(venue.alice) as alice, venue.caller(venue.bob) as bob:
        await alice.call("private/disable_cancel_on_disconnect")
        await alice.call("private/sell", **order(venue, 2.35, 80))
        await bob.call("private/buy", **order(venue, 2.35))
        questions: list[tuple[Caller, str, dict[str, Any]]] = [
            (alice, "public/get_order_book", {"instrument_name": venue.symbol}),
            (alice, "private/get_account_summary", {"currency": "USD"}),
            (bob, "private/get_positions", {}),
            (alice, "private/get_open_orders", {}),
        ]
        first = [await caller.call(method, **params) for caller, method, params in questions]
    await venue.restart_gateway()
    async with venue.caller(venue.alice) as alice, venue.caller(venue.bob) as bob:
        again = [
            await (alice if caller is questions[0][0] else bob).call(method, **params)
            for caller, method, params in questions
        ]
    # What the engine does not keep: the day's statistics, fees paid so far, when the book last moved.
    for answer in (first, again):
        answer[0].pop("stats"), answer[0].pop("timestamp"), answer[0].pop("change_id")
        answer[1].pop("fee_balance"), answer[3][0].pop("last_update_timestamp")
    assert again == first
    assert venue.engine.levels(0, Side.SELL, 1) == [(2_350, 9)]


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
def test_frames_are_what_the_standard_says(length: int) -> None:
    """Read back by hand: one final text frame, unmasked, of the shortest length form."""
    frame = text_frame(b"x" * length)
    assert frame[0] == 0x81
    if length < 126:
        assert (frame[1], len(frame)) == (length, 2 + length)
    elif length < 2**16:
        assert (frame[1], struct.unpack("!H", frame[2:4])[0], len(frame)) == (126, length, 4 + length)
    else:
        assert (frame[1], struct.unpack("!Q", frame[2:10])[0], len(frame)) == (127, length, 10 + length)
