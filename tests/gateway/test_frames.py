"""Frames no honest client sends, over a raw socket: what becomes of each connection, and of nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from exchange.config import DoorSettings, GatewaySettings
from tests.gateway.raw import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Raw,
    dialled,
    frame,
    handshake,
    request,
    upgraded,
)
from tests.gateway.venue import Venue, running

CALM = request()
DOOR = DoorSettings(fragments_max=8, controls_per_second=20, message_seconds=0.5, ping_seconds=30)


@pytest.fixture
async def venue(tmp_path: Path) -> AsyncIterator[Venue]:
    """It knows whether anything was done, and goes on serving whoever behaves."""
    async with running(tmp_path, GatewaySettings(door=DOOR)) as venue:
        before = venue.engine.state_hash()
        async with venue.caller() as other:
            yield venue
            assert await other.call("public/test")
        assert venue.engine.state_hash() == before


def nested(opening: str, closing: str) -> bytes:
    return f'{{"id":5,"method":"public/test","params":{opening * 2_500}1{closing * 2_500}}}'.encode()


def asked(method: str, **params: str) -> bytes:
    """Values as they are to stand in the JSON."""
    fields = ",".join(f'"{name}":{value}' for name, value in params.items())
    return f'{{"id":5,"method":"{method}","params":{{{fields}}}}}'.encode()


DIGITS = "9" * 5_000
REFUSED = {
    "not JSON": (b"{", -32700),
    "deeply nested objects": (nested('{"a":', "}"), -32700),
    "deeply nested lists": (nested("[", "]"), -32700),
    "a key twice": (b'{"id":5,"method":"public/test","id":5}', -32600),
    "NaN": (asked("private/buy", instrument_name='"X"', amount="NaN"), -32700),
    "Infinity": (asked("private/buy", instrument_name='"X"', amount="Infinity"), -32700),
    "5,000 digits": (asked("private/buy", instrument_name='"X"', amount=DIGITS), 13009),
    "5,000 digits as id": (f'{{"id":{DIGITS},"method":"public/test"}}'.encode(), -32600),
    "5,000 digits as count": (asked("public/get_index_history", sku='"A"', count=DIGITS), -32602),
    "beyond int64": (asked("public/get_order_book", instrument_name='"X"', depth=str(2**63)), -32602),
    "beyond int64, negative": (f'{{"id":{-(2**63) - 1},"method":"public/test"}}'.encode(), -32600),
    "a lone surrogate": (asked("public/ticker", instrument_name='"\\ud800"'), -32700),
}


async def test_what_cannot_be_read_is_refused_and_the_connection_goes_on(venue: Venue) -> None:
    """An error with its code, as text and as binary; the next request is answered."""
    async with upgraded(venue) as raw:
        for what, (payload, code) in REFUSED.items():
            for opcode in (TEXT, BINARY):
                await raw.send(frame(payload, opcode))
                assert (await raw.message())["error"]["code"] == code, what
            await raw.send(frame(CALM))
            assert (await raw.message())["result"]


BROKEN = {
    "an unmasked frame": ([frame(CALM, masked=False)], 1002),
    "an unmasked ping": ([frame(b"", PING, masked=False)], 1002),
    "the first reserved bit": ([frame(CALM, reserved=0x40)], 1002),
    "the second reserved bit": ([frame(CALM, reserved=0x20)], 1002),
    "the third reserved bit": ([frame(CALM, reserved=0x10)], 1002),
    "an unknown opcode": ([frame(CALM, 3)], 1002),
    "an unknown control": ([frame(b"", 11)], 1002),
    "a control in pieces": ([frame(b"", PING, final=False)], 1002),
    "a long control": ([frame(b"x" * 126, PING)], 1002),
    "a continuation of nothing": ([frame(CALM, CONTINUATION)], 1002),
    "a message within a message": ([frame(b"", final=False), frame(CALM)], 1002),
    "a close code that is none": ([frame(b"\x03\xe7", CLOSE)], 1002),
    "a close code nobody may send": ([frame(b"\x03\xee", CLOSE)], 1002),
    "half a close code": ([frame(b"\x03", CLOSE)], 1002),
    "text that is not UTF-8": ([frame(b'{"id":5,"method":"\xff"}')], 1007),
    "a close reason that is not UTF-8": ([frame(b"\x03\xe8\xff", CLOSE)], 1007),
    "a byte too many": ([frame(b" " * 16_385)], 1009),
    "a frame of exabytes": ([b"\x81\xff\x7f" + b"\xff" * 7], 1009),
    "a message too long in pieces": ([frame(b" " * 16_000, final=False), frame(b" " * 400, CONTINUATION)], 1009),
    "twenty thousand pieces": ([frame(b"", final=False)] + [frame(b"", CONTINUATION, final=False)] * 20_000, 1009),
    "a flood of pings": ([frame(b"x", PING)] * 1_000, 1008),
    "a flood of pongs": ([frame(b"", PONG)] * 1_000, 1008),
}
UNMASKED = "a frame of a client must be masked"
# What the guard says, where another might close the connection with the same code.
REASONS = {"an unmasked frame": UNMASKED, "an unmasked ping": UNMASKED}


async def test_a_broken_frame_closes_its_connection(venue: Venue) -> None:
    """With a code that says whose fault it was."""
    for what, (frames, code) in BROKEN.items():
        async with upgraded(venue) as raw:
            await raw.send(b"".join(frames))
            found, reason = await raw.fate()
            assert (what, found) == (what, code)
            assert reason == REASONS.get(what, reason)


async def test_frames_are_judged_however_their_bytes_fall(venue: Venue) -> None:
    """Byte by byte: a request in two pieces with a ping between is answered, the unmasked frame after it is not."""
    pieces = (
        frame(CALM[:20], final=False) + frame(b"?", PING) + frame(CALM[20:], CONTINUATION) + frame(b" " * 200 + CALM)
    )

    async def drip(raw: Raw, chunk: bytes) -> None:
        for byte in chunk:
            await raw.send(bytes((byte,)))
            # Time enough for it to be read before the next one comes.
            await asyncio.sleep(0.001)

    async with upgraded(venue) as raw:
        await drip(raw, pieces)
        assert await raw.frame() == (PONG, b"?")
        assert (await raw.message())["result"]
        assert (await raw.message())["result"]
        await drip(raw, frame(CALM, masked=False)[:2])
        assert await raw.fate() == (1002, UNMASKED)


async def test_the_longest_frame_there_may_be_is_read(venue: Venue) -> None:
    """16 KB, and not a byte less."""
    async with upgraded(venue) as raw:
        await raw.send(frame(CALM.ljust(16_384)))
        assert (await raw.message())["result"]


async def test_text_that_is_not_utf8_is_told_so_before_the_connection_ends(venue: Venue) -> None:
    """An error with the id, then the close; binary frames are read as they are, so there the error is all."""
    wrong = b'{"id":5,"method":"\xff"}'
    async with upgraded(venue) as raw:
        await raw.send(frame(wrong, BINARY) + frame(wrong))
        for _ in range(2):
            reply = await raw.message()
            assert (reply["id"], reply["error"]["code"]) == (5, -32700)
        assert (await raw.fate())[0] == 1007


async def test_a_message_that_is_begun_and_not_finished_is_not_waited_for(venue: Venue) -> None:
    """Nor is a byte of it, a header, or the rest of the pieces."""

    async def dawdle(begun: bytes) -> tuple[int, str]:
        async with upgraded(venue) as raw:
            await raw.send(begun)
            return await raw.closed()

    begun = (b"\x81", b"\x81\x85\0\0", frame(CALM)[:-1], frame(CALM, final=False))
    reason = "a message was begun and not finished; send it at once"
    assert await asyncio.gather(*(dawdle(start) for start in begun)) == [(1008, reason)] * 4


async def test_compression_is_not_offered(venue: Venue) -> None:
    """So there are no bombs: the extension is not accepted, and a compressed frame has a reserved bit."""
    async with dialled(venue) as raw:
        await raw.send(handshake("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"))
        head = await raw.head()
        assert head.startswith(b"HTTP/1.1 101 ")
        assert b"extensions" not in head.lower()


async def test_frames_before_the_handshake_was_answered_are_not_read(venue: Venue) -> None:
    """Whatever comes early was not seen by the guard of frames."""
    async with dialled(venue) as raw:
        await raw.send(handshake() + frame(CALM, masked=False))
        assert await raw.status() == 101
        assert (await raw.fate())[0] == 1002


async def test_a_close_is_answered_with_its_code(venue: Venue) -> None:
    """Those that a client may send, also of the ranges for others."""
    for code in (1000, 1001, 1011, 3000, 4999):
        async with upgraded(venue) as raw:
            await raw.send(frame(code.to_bytes(2) + "adiós".encode(), CLOSE))
            assert (await raw.closed())[0] in (code, 1000)
            assert await raw.ended() == b""


async def test_a_client_that_does_not_answer_a_ping_is_gone(tmp_path: Path) -> None:
    """As after its cable was cut: asked, waited for half as long again, ended. One that answers stays."""
    settings = GatewaySettings(door=DoorSettings(ping_seconds=0.2))
    async with running(tmp_path, settings) as venue, upgraded(venue) as dead, upgraded(venue) as live:
        opcode, payload = await live.frame()
        assert opcode == PING
        await live.send(frame(payload, PONG))
        assert (await dead.closed())[0] == 1006
        await live.send(frame(CALM))
        assert (await live.message())["result"]
