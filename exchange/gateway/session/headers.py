"""The Authorization header of an HTTP request, in each of the three ways there are."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from exchange.wire.refusals import Code, Refusal

_LENGTH_MAX = 1024
_SIGNED = "deri-hmac-sha256"
_FIELDS = {"id", "ts", "nonce", "sig"}
_TIMESTAMP_DIGITS = 14
_WAYS = "Bearer ACCESS_TOKEN, Basic BASE64(client_id:client_secret) or deri-hmac-sha256 id=...,ts=...,nonce=...,sig=..."


class Bearer(NamedTuple):
    token: str


class Basic(NamedTuple):
    client_id: str
    client_secret: str


class Signed(NamedTuple):
    """``timestamp`` as it was sent, because that is what was signed."""

    client_id: str
    timestamp: str
    nonce: str
    signature: str


def read_authorization(header: str) -> Bearer | Basic | Signed:
    """Raises Refusal, which repeats nothing of the header."""
    scheme, _, rest = header.strip().partition(" ")
    if not header or len(header) > _LENGTH_MAX:
        raise _unreadable()
    match scheme.lower():
        case "bearer":
            return Bearer(rest.strip())
        case "basic":
            return _basic(rest.strip())
        case scheme if scheme == _SIGNED:
            return _signed(rest)
    raise _unreadable()


def _basic(encoded: str) -> Basic:
    try:
        client_id, colon, client_secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        raise _unreadable() from None
    if not colon:
        raise _unreadable()
    return Basic(client_id, client_secret)


def _signed(text: str) -> Signed:
    """Its fields come in any order."""
    pairs = [part.strip().partition("=") for part in text.split(",")]
    fields = {name: value for name, _, value in pairs}
    if fields.keys() != _FIELDS or len(pairs) != len(_FIELDS):
        raise _unreadable()
    timestamp = fields["ts"]
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _TIMESTAMP_DIGITS):
        raise _unreadable()
    return Signed(fields["id"], timestamp, fields["nonce"], fields["sig"])


def _unreadable() -> Refusal:
    return Refusal(Code.UNAUTHORIZED, f"send an Authorization header: {_WAYS}")
