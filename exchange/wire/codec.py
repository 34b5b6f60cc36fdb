"""Frames to requests, results to frames: JSON-RPC 2.0, strictly, and loudly where it is not.

A decoded request has known fields of the right types and each key once. Its id is echoed
with its type. Numbers for prices and amounts are kept as exact decimals.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests import METHODS
from exchange.wire.requests.common import Params

# An integer id stays within what JavaScript can hold.
RequestId = Annotated[int, Meta(ge=-(2**53), le=2**53)] | Annotated[str, Meta(max_length=256)] | None | UnsetType
_NO_PARAMS = Raw(b"{}")
# No parameter of any method is called id.
_LOOKS_LIKE_ID = re.compile(rb'"id"\s*:\s*(-?(?:0|[1-9][0-9]{0,14})|"[A-Za-z0-9_.:-]{0,64}")(?=\s*[,}])')


class _Envelope(Struct, frozen=True, forbid_unknown_fields=True):
    method: Annotated[str, Meta(max_length=64)]
    id: RequestId = UNSET
    jsonrpc: Literal["2.0"] | UnsetType = UNSET
    params: Raw = _NO_PARAMS


class _OnlyId(Struct, frozen=True):
    id: RequestId = UNSET


_TIMES = {"us_in": "usIn", "us_out": "usOut", "us_diff": "usDiff"}


class _Reply(Struct, frozen=True, rename=_TIMES):
    id: RequestId
    result: Any
    us_in: int
    us_out: int
    us_diff: int
    testnet: bool = False
    jsonrpc: str = "2.0"


class _Failure(Struct, frozen=True, rename=_TIMES):
    id: RequestId
    error: Any
    us_in: int
    us_out: int
    us_diff: int
    testnet: bool = False
    jsonrpc: str = "2.0"


class _Publication(Struct, frozen=True):
    channel: str
    data: Any


class _Notification(Struct, frozen=True):
    params: Any
    method: str = "subscription"
    jsonrpc: str = "2.0"


class Request(Struct, frozen=True):
    id: RequestId
    method: str
    params: Params


_envelopes = msgspec.json.Decoder(_Envelope)
_ids = msgspec.json.Decoder(_OnlyId)
_guessed_ids: msgspec.json.Decoder[int | str] = msgspec.json.Decoder(int | str)
_objects = msgspec.json.Decoder(dict[str, Raw])
Decoders = dict[str, msgspec.json.Decoder[Params]]
_encode = msgspec.json.Encoder().encode


def decoders_of(methods: dict[str, type[Params]]) -> Decoders:
    return {method: msgspec.json.Decoder(params) for method, params in methods.items()}


_params = decoders_of(METHODS)


def decode_request(frame: bytes, decoders: Decoders = _params) -> Request:
    """The request in ``frame``, of one of the methods with a decoder. Raises Refusal, saying what is wrong with it."""
    try:
        if not frame.isascii():
            frame.decode()
        envelope = _envelopes.decode(frame)
        decoder = decoders.get(envelope.method)
        if decoder is None:
            raise unknown_method(envelope.method)
        params = decoder.decode(envelope.params)
        _refuse_repeated_keys(frame, envelope)
    except UnicodeDecodeError:
        raise Refusal(Code.PARSE_ERROR, "the frame is not UTF-8; encode the text as UTF-8") from None
    except RecursionError:
        raise Refusal(Code.PARSE_ERROR, "the frame nests too deeply; params is one flat object") from None
    except msgspec.ValidationError as error:
        raise _misfit(frame, str(error)) from None
    except msgspec.DecodeError as error:
        if b"NaN" in frame or b"Infinity" in frame:
            raise Refusal(Code.PARSE_ERROR, "NaN and Infinity are no JSON numbers; send a finite number") from None
        raise Refusal(Code.PARSE_ERROR, f"send one JSON object; {error}") from None
    return Request(envelope.id, envelope.method, params)


def lax_request(method: str, texts: dict[str, str]) -> Request:
    """The request of a query string, whose values are all text. Raises Refusal."""
    params = METHODS.get(method)
    if params is None:
        raise unknown_method(method)
    try:
        return Request(UNSET, method, msgspec.convert(texts, params, strict=False))
    except msgspec.ValidationError as error:
        raise _bad_params(str(error)) from None


def find_id(frame: bytes) -> RequestId:
    """The id of a frame that is otherwise wrong, so that its error finds its way; None if that is not clear."""
    try:
        found = _ids.decode(frame).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Not JSON at all: whatever looks like an id, if there is just one.
        guesses = _LOOKS_LIKE_ID.findall(frame)
        found = _guessed_ids.decode(guesses[0]) if len(guesses) == 1 else None
    return None if found is UNSET else found


def unknown_method(method: str) -> Refusal:
    return Refusal(Code.METHOD_NOT_FOUND, f"there is no method {method[:64]!r}; the protocol page lists them")


def encode_result(request_id: RequestId, result: object, received_us: int, now_us: int) -> bytes:
    return _encode(_Reply(request_id, result, received_us, now_us, now_us - received_us))


def encode_refusal(request_id: RequestId, refusal: Refusal, received_us: int, now_us: int) -> bytes:
    return _encode(_Failure(request_id, refusal.body(), received_us, now_us, now_us - received_us))


def encode_publication(channel: str, data: object) -> bytes:
    """A notification of ``channel``; ``data`` may be a Raw, so that it is encoded once for many channels."""
    return _encode(_Notification(_Publication(channel, data)))


def encode_heartbeat(kind: Literal["heartbeat", "test_request"]) -> bytes:
    return _encode(_Notification({"type": kind}, method="heartbeat"))


def _misfit(frame: bytes, complaint: str) -> Refusal:
    # The envelope's own faults carry no path or one of its three fields; all others are of params.
    try:
        _envelopes.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        advice = f'send {{"jsonrpc": "2.0", "id": 1, "method": "public/test", "params": {{}}}}; {complaint}'
        return Refusal(Code.INVALID_REQUEST, advice)
    return _bad_params(complaint)


# What others take and we do not, where the complaint alone would leave a client without a way on.
_HINTS = {"mmp_group": "; protection is of the account, whose one group is 'default': leave mmp_group out"}


def _bad_params(complaint: str) -> Refusal:
    # Either "... - at `$.price`" or "Object contains unknown field `x`".
    start = "`$." if "`$." in complaint else "unknown field `"
    field = complaint.rpartition(start)[2].rstrip("`") if start in complaint else ""
    return Refusal(Code.INVALID_PARAMS, f"correct this parameter: {complaint}{_HINTS.get(field, '')}", param=field)


def _refuse_repeated_keys(frame: bytes, envelope: _Envelope) -> None:
    # Every key has a colon: if there are no more colons than distinct keys, no key is there
    # twice. Text with colons in it takes the slow, exact way.
    distinct = 1 + (envelope.id is not UNSET) + (envelope.jsonrpc is not UNSET) + (envelope.params is not _NO_PARAMS)
    distinct += len(_objects.decode(envelope.params))
    if frame.count(b":") != distinct:
        # Numbers stay text: of this many digits they might take for ever.
        json.loads(frame, object_pairs_hook=_distinct, parse_int=str, parse_float=str)


def _distinct(pairs: list[tuple[str, object]]) -> None:
    keys = {key for key, _ in pairs}
    if len(keys) != len(pairs):
        names = [key for key, _ in pairs]
        repeated = next(key for key in names if names.count(key) > 1)[:64]
        raise Refusal(Code.INVALID_REQUEST, f"the key {repeated!r} is there twice; send it once", param=repeated)
