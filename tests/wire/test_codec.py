"""Frames to requests: exact numbers, strict fields, and nothing but a Refusal for anything else."""

from __future__ import annotations

import contextlib
import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exchange.domain.enums import Reject
from exchange.domain.instruments import parse_symbol
from exchange.domain.units import LOTS_MAX, PRICE_TICKS_MAX
from exchange.wire import codec, commands
from exchange.wire.channels import parse_channel
from exchange.wire.refusals import Refusal, of_reject
from exchange.wire.requests import METHODS
from exchange.wire.requests.orders import Place

H100 = parse_symbol("H100SXM_USE_H14-1DEC26")
RTX = parse_symbol("RTX4090_USE_H14-1DEC26")

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(sorted({name for params in METHODS.values() for name in params.__struct_fields__}))


def answer_of(frame: bytes) -> dict[str, Any]:
    """The request decoded, or the error as the client would get it; anything else fails."""
    try:
        codec.decode_request(frame)
    except Refusal as refusal:
        encoded = codec.encode_refusal(codec.find_id(frame), refusal, 1, 2)
        reply: dict[str, Any] = json.loads(encoded)
        assert reply["error"]["code"]
        assert reply["error"]["message"]
        return reply
    return {}


@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf{}")
def test_any_bytes_are_a_request_or_a_refusal(frame: bytes) -> None:
    """No byte sequence does anything else."""
    answer_of(frame)


@given(
    method=st.sampled_from([*METHODS, "public/nothing", ""]) | st.text(max_size=10),
    params=st.dictionaries(fields | st.text(max_size=8), values, max_size=6),
    request_id=values,
)
def test_any_json_is_a_request_or_a_refusal(method: str, params: dict[str, Any], request_id: Any) -> None:
    """Right names with wrong values, wrong names, ids of any type, also NaN and Infinity."""
    frame = json.dumps({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}).encode()
    reply = answer_of(frame)
    if reply and isinstance(request_id, int | str) and not isinstance(request_id, bool):
        assert reply["id"] in (request_id, None)


def placed(price: str, amount: str = "8") -> Place:
    frame = f'{{"method":"private/buy","params":{{"instrument_name":"X","amount":{amount},"price":{price}}}}}'
    params = codec.decode_request(frame.encode()).params
    assert isinstance(params, Place)
    return params


@given(ticks=st.integers(1, PRICE_TICKS_MAX), quoted=st.booleans())
def test_every_price_on_the_tick_is_exact_as_number_and_as_text(ticks: int, quoted: bool) -> None:
    """What a client prints is what the engine gets, for ticks of a tenth of a cent and less."""
    for contract in (H100, RTX):
        price = str(ticks * contract.sku.tick_usd)
        wish = placed(f'"{price}"' if quoted else price)
        assert wish.price is not None
        assert commands.price_ticks(contract, wish.price) == ticks
        # The number as a client's float would print it.
        assert commands.price_ticks(contract, Decimal(repr(float(price)))) == ticks


@given(lots=st.integers(1, LOTS_MAX))
def test_every_whole_number_of_lots_is_exact(lots: int) -> None:
    """GPU-hours in, lots out."""
    wish = placed("2.35", str(lots * H100.gpu_hours_per_lot))
    assert commands.lots(H100, wish.amount) == lots


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_any_other_number_is_refused(number: Decimal) -> None:
    """Off the tick, out of bounds, not finite: a Refusal, never an arithmetic error."""
    on_tick = number.is_finite() and 0 < number <= 100_000 and number % Decimal("0.001") == 0
    if on_tick:
        assert commands.price_ticks(H100, number) * Decimal("0.001") == number
    else:
        with pytest.raises(Refusal):
            commands.price_ticks(H100, number)


@pytest.mark.parametrize(
    "text",
    [
        '{"method":"public/test","method":"public/test"}',
        '{"method":"public/ticker","params":{"instrument_name":"a","instrument_name":"a"}}',
        '{"method":"public/ticker","params":{"instrument_name":"a:b","instrument_name" :"a"}}',
        '{"method":"public/ticker","params":{"instrument_name":"a","\\u0069nstrument_name":"b"}}',
        '{"method":"private/publish_forward_curve","params":{"sku_region":"a",'
        '"points":[{"instrument_name":"a","price":1,"price":2}]}}',
    ],
)
def test_a_key_that_is_there_twice_is_refused(text: str) -> None:
    """In the envelope, in params, inside, written differently, with colons about."""
    assert "twice" in answer_of(text.encode())["error"]["message"]


def test_colons_in_text_and_digits_by_the_thousand_are_no_repeated_keys() -> None:
    """The exact way round accepts what is right, however it looks."""
    assert not answer_of(b'{"method":"public/ticker","params":{"instrument_name":"a:b:c"}}')
    digits = b"9" * 6000
    frame = b'{"method":"private/buy","params":{"instrument_name":"a:b","amount":' + digits + b"}}"
    assert not answer_of(frame)


@pytest.mark.parametrize("reject", list(Reject))
def test_every_refusal_of_the_engine_has_words(reject: Reject) -> None:
    """A number of the dialect, a message, and the reason by its own name."""
    body = of_reject(reject, 7).body()
    assert body.code
    assert ": " in body.message
    assert msgspec.to_builtins(body.data) == {"reason": reject.name.lower(), "order_id": "7"}


@given(st.text(alphabet="abcdefkortu.snXUSD-_10", max_size=30) | st.text(max_size=30))
def test_any_text_is_a_channel_or_a_refusal(name: str) -> None:
    """And a channel keeps the name it was asked by."""
    with contextlib.suppress(Refusal):
        assert parse_channel(name).name == name
