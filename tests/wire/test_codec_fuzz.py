"""Frames that grew from right ones by accident or malice: a request or a refusal, and soon."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.wire import codec
from exchange.wire.refusals import Refusal
from exchange.wire.requests import METHODS

FRAME_BYTES_MAX = 16_384
# Generous: the slowest of them takes some milliseconds.
SECONDS_MAX = 2.0

SEEDS = [
    b'{"jsonrpc":"2.0","id":1,"method":"private/buy","params":{"instrument_name":"H100SXM_USE_H14-1DEC26","amount":8,'
    b'"price":2.35,"type":"limit","label":"x","post_only":true,"client_order_id":"a-1","valid_until":1796133600000}}',
    b'{"id":"a","method":"public/subscribe","params":{"channels":["book.X.raw","trades.future.any.100ms"]}}',
    b'{"method":"private/publish_forward_curve","id":null,"params":{"sku_region":"H100SXM_USE","points":'
    b'[{"instrument_name":"X","price":"2.5","deviation":0.1}]}}',
    b'{"id":-9007199254740992,"method":"public/auth","params":{"grant_type":"client_signature","client_id":"\\u00e9"}}',
]
BITS = [
    *(
        b'"',
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\\",
        b"\\u",
        b"\\ud800",
        b"\xff",
        b"\xc3\xa9",
        b"\0",
        b"\xef\xbb\xbf",
    ),
    *(b"NaN", b"-Infinity", b"1e999", b"-0", b"9" * 400, b"1." + b"0" * 400, b"1e-99999", b"true", b"null"),
    *(b'"id":1,', b'"method":"x",', b'"params":{}', b'{"a":' * 200, b"[" * 200, b" " * 300, b"/**/"),
]


def judge(frame: bytes) -> None:
    """A request, or a refusal that can be sent; any other exception fails, and so does what takes for ever."""
    started = time.process_time()
    try:
        request = codec.decode_request(frame)
        assert request.method in METHODS
    except Refusal as refusal:
        reply: dict[str, Any] = json.loads(codec.encode_refusal(codec.find_id(frame), refusal, 1, 2))
        assert reply["error"]["code"]
        assert len(json.dumps(reply)) < 4_096
    assert time.process_time() - started < SECONDS_MAX


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """A right frame after a few cuts, doublings and insertions, at most as long as the door lets in."""
    frame = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(0, 6))):
        at, length = draw(st.integers(0, len(frame))), draw(st.integers(0, 40))
        match draw(st.integers(0, 3)):
            case 0:
                del frame[at : at + length]
            case 1:
                frame[at:at] = frame[at : at + length] * draw(st.integers(1, 8))
            case 2:
                frame[at:at] = draw(st.sampled_from(BITS))
            case 3:
                frame[at : at + 1] = draw(st.binary(min_size=1, max_size=3))
    return bytes(frame[:FRAME_BYTES_MAX])


@given(frames())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_frame_gone_wrong_is_a_request_or_a_refusal(frame: bytes) -> None:
    """Whatever was done to it."""
    judge(frame)


NAMES = st.sampled_from(["instrument_name", "count", "kind", "depth", "x"])


@given(st.sampled_from(sorted(METHODS)), st.dictionaries(NAMES, st.text(max_size=40), max_size=4))
@settings(max_examples=200, deadline=None)
def test_a_query_string_is_a_request_or_a_refusal(method: str, texts: dict[str, str]) -> None:
    """Text is converted there, so its digits, signs and blanks are tried, too."""
    try:
        found = codec.lax_request(method, texts).method
    except Refusal as refusal:
        found = method if refusal.advice else "refused without advice"
    assert found == method


PARAMS = {
    "digits": '{"method":"public/get_last_trades_by_instrument","params":{"instrument_name":"a","count":%s}}',
    "an amount of digits": '{"method":"private/buy","params":{"instrument_name":"a:b","amount":%s}}',
    "digits after the point": '{"method":"private/buy","params":{"instrument_name":"a:b","amount":0.%s}}',
    "an exponent": '{"method":"private/buy","params":{"instrument_name":"a:b","amount":1e%s}}',
}


@pytest.mark.parametrize("what", PARAMS)
def test_digits_to_the_end_of_the_frame_are_read_soon(what: str) -> None:
    """Reading a number of n digits must not take n squared steps."""
    judge((PARAMS[what] % ("9" * (FRAME_BYTES_MAX - 200))).encode())


@pytest.mark.parametrize("piece", [b'{"":', b"[", b'"\\u0041":', b"{", b'"a":1,', b'"id":1,', b'\\"', b":"])
def test_one_piece_again_and_again_is_read_soon(piece: bytes) -> None:
    """Nesting, keys by the thousand, colons by the thousand, and what looks like an id."""
    body = piece * (FRAME_BYTES_MAX // len(piece) - 20)
    judge(body)
    judge(b'{"id":5,"method":"public/test","params":{' + body)
    judge(b'{"id":5,"method":"public/test","params":{"x":"' + body.replace(b'"', b"") + b'"}}')
