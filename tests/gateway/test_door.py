"""HTTP that is slow, huge, doubled or in disguise, over a raw socket; and who may come in at all."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from exchange.config import DoorSettings, GatewaySettings
from tests.gateway.raw import Raw, dialled, frame, handshake, request, upgraded
from tests.gateway.venue import Venue, running, soon

HASTE = DoorSettings(header_seconds=0.5, body_seconds=0.3, stall_seconds=0.3, silent_seconds=0.5)
BODY = request()
GET = b"GET /api/v2/public/get_time HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture
async def venue(tmp_path: Path) -> AsyncIterator[Venue]:
    async with running(tmp_path, GatewaySettings(door=HASTE)) as venue:
        yield venue
        async with venue.caller() as other:
            assert await other.call("public/test")


def post(body: bytes, *fields: str, length: int | None = None) -> bytes:
    lines = ["POST /api/v2 HTTP/1.1", "Host: x", f"Content-Length: {len(body) if length is None else length}", *fields]
    return "\r\n".join((*lines, "", "")).encode() + body


async def answer(venue: Venue, sent: bytes) -> tuple[int, bytes]:
    """Status of the answer, and all that comes with it until the server ends the connection."""
    async with dialled(venue) as raw:
        await raw.send(sent)
        return await raw.status(), await raw.ended()


async def test_a_header_that_never_ends_is_not_waited_for(venue: Venue) -> None:
    """Nothing at all, half a request line, or a field every now and then: ended in bounded time."""

    async def trickle(raw: Raw) -> None:
        await raw.send(b"GET /ws/api/v2 HTTP/1.1\r\n")
        for number in range(100):
            raw.writer.write(f"X-{number}: y\r\n".encode())
            await asyncio.sleep(0.05)

    async def dawdle(start: bytes) -> bytes:
        async with dialled(venue) as raw:
            await raw.send(start)
            return await raw.ended()

    async with dialled(venue) as raw:
        trickling = asyncio.create_task(trickle(raw))
        assert await asyncio.gather(*(dawdle(start) for start in (b"", b"GET /he", GET))) == [b"", b"", b""]
        assert await raw.ended() == b""
        trickling.cancel()


async def test_a_connection_between_two_requests_is_not_kept_for_long(venue: Venue) -> None:
    """Answered, then ended, whether the next header is begun or not."""
    for begun in (b"", b"GET /he"):
        async with dialled(venue) as raw:
            await raw.send(GET + b"\r\n" + begun)
            assert await raw.status() == 200
            assert json.loads((await raw.ended()).decode())["result"]


async def test_a_body_that_does_not_come_is_not_waited_for(venue: Venue) -> None:
    """In time 408, then the end: what would follow could be anything."""
    status, rest = await answer(venue, post(BODY, length=1_000))
    assert status == 408
    assert json.loads(rest)["error"]["code"] == -32600


async def test_a_body_is_at_most_as_long_as_a_frame(venue: Venue) -> None:
    """Also if it comes in chunks and says no length."""
    assert (await answer(venue, post(b" " * 16_385)))[0] == 413
    chunks = b"".join(b"1000\r\n" + b" " * 4_096 + b"\r\n" for _ in range(5)) + b"0\r\n\r\n"
    chunked = b"POST /api/v2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    assert (await answer(venue, chunked))[0] == 413
    assert (await answer(venue, post(BODY.ljust(16_384), "Connection: close")))[0] == 200


async def test_a_compressed_body_is_not_even_opened(venue: Venue) -> None:
    """Ten megabytes of blanks in ten kilobytes: 415 for every way to pack them."""
    blanks = b" " * 10**7
    for encoding, packed in (
        ("gzip", gzip.compress(blanks)),
        ("deflate", zlib.compress(blanks)),
        ("br", b"\x5b\x7f\x96\x98\x00"),
        ("identity, gzip", gzip.compress(BODY)),
    ):
        status, rest = await answer(venue, post(packed, f"Content-Encoding: {encoding}"))
        assert (status, json.loads(rest)["error"]["code"]) == (415, -32600), encoding
    assert (await answer(venue, post(BODY, "Content-Encoding: identity", "Connection: close")))[0] == 200


async def test_huge_and_many_headers_are_refused(venue: Venue) -> None:
    """A field, a request line, or their number."""
    long = "x" * 9_000
    for sent in (
        handshake(f"Cookie: {long}"),
        handshake(f"X-{long}: y"),
        handshake(*(f"X-{number}: y" for number in range(200))),
        handshake(path=f"/ws/api/v2?{long}"),
    ):
        assert (await answer(venue, sent))[0] == 400


async def test_what_two_parsers_could_read_differently_is_refused(venue: Venue) -> None:
    """The ways to smuggle a request past a proxy: 400, and nothing after it is read."""
    hidden = GET + b"\r\n"
    for smuggler in (
        post(BODY, "Transfer-Encoding: chunked"),
        post(BODY, f"Content-Length: {len(BODY) + len(hidden)}"),
        post(BODY, length=-1),
        b"POST /api/v2 HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n12345",
        b"POST /api/v2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"POST /api/v2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"POST /api/v2 HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\n12345",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\r\n b: c\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ):
        status, rest = await answer(venue, smuggler + hidden)
        assert status == 400, smuggler
        assert b"HTTP/1.1 200" not in rest


async def test_a_handshake_that_is_none_is_refused(venue: Venue) -> None:
    """The version, the key and the upgrade are looked at."""
    right = handshake()
    for wrong in (
        right.replace(b"Version: 13", b"Version: 12"),
        right.replace(b"Key: AAAA", b"Key: AA"),
        right.replace(b"Upgrade: websocket", b"Upgrade: h2c"),
        right.replace(b"Connection: Upgrade", b"Connection: close"),
    ):
        assert (await answer(venue, wrong))[0] == 400


async def test_an_answer_that_nobody_reads_is_not_kept_for_long(venue: Venue) -> None:
    """Of HTTP, asked a thousand times over one connection: cut when nothing is taken of it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", venue.port, limit=2**12)
    question = b"GET /dom.js HTTP/1.1\r\nHost: x\r\n\r\n"
    with contextlib.suppress(ConnectionError):
        async with soon("the end of the connection"):
            while True:
                writer.write(question * 100)
                await writer.drain()
    del reader


async def test_a_connection_that_says_nothing_is_closed(venue: Venue) -> None:
    """Unless it has a key, or a channel to listen to."""
    async with upgraded(venue) as silent, venue.caller(venue.alice) as alice, upgraded(venue) as listener:
        await listener.send(frame(request("public/subscribe", channels=[f"quote.{venue.symbol}"])))
        assert (await silent.closed())[0] == 1008
        assert await alice.call("public/test")
        await listener.send(frame(BODY))
        assert (await listener.message())["result"] == [f"quote.{venue.symbol}"]
