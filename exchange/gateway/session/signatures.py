"""Whether a signature is a key's, of now, and the first of its kind.

A signature counts once. Those of the last two windows are remembered here. Across a restart two
things are kept: nothing from before the server started counts, nor anything as old as what the key
signed before, whatever the clocks say. A key that asks for it has nonces that only rise, for ever.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections import deque
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from exchange.domain.units import NS_PER_SECOND
from exchange.gateway.mirror.markets import NS_PER_MS
from exchange.wire.refusals import Code, Refusal

_HEX_SIGNATURE = 128
_NONCE_DIGITS = 18


class Signer(Protocol):
    """What of a key a signature is held against; ``public_key`` is that of Ed25519, or empty."""

    @property
    def client_id(self) -> str: ...
    @property
    def client_secret(self) -> str: ...
    @property
    def public_key(self) -> bytes: ...
    @property
    def strict_nonce(self) -> bool: ...


class Marks(Protocol):
    """What outlives the server, see ``exchange.keys.marks``."""

    def timestamp_before(self, client_id: str) -> int: ...
    def nonce(self, client_id: str) -> int: ...
    def raise_to(self, client_id: str, timestamp_ms: int, nonce: int) -> None: ...


class NoMarks:
    """Of a venue that remembers nothing but the nonces of this one run."""

    def __init__(self) -> None:
        self._nonces: dict[str, int] = {}

    def timestamp_before(self, client_id: str) -> int:
        return 0

    def nonce(self, client_id: str) -> int:
        return self._nonces.get(client_id, -1)

    def raise_to(self, client_id: str, timestamp_ms: int, nonce: int) -> None:
        self._nonces[client_id] = nonce


class Signatures:
    """Shared by all who sign."""

    def __init__(self, marks: Marks, started_ns: int, age_seconds: int) -> None:
        self._marks = marks
        self._started_ms = started_ns // NS_PER_MS
        self._age_ms = age_seconds * NS_PER_SECOND // NS_PER_MS
        self._used: set[tuple[str, int, str]] = set()
        self._used_oldest: deque[tuple[str, int, str]] = deque()

    def check(self, key: Signer, stamp: tuple[int, str], signed: str, signature: str, now_ms: int) -> None:
        """``stamp``: the timestamp and nonce that ``signed`` begins with. Raises Refusal if it does not count."""
        timestamp, nonce = stamp
        if not _fits(key, signed.encode(), signature):
            how = "Ed25519 in base64" if key.public_key else "HMAC-SHA256"
            advice = f"the signature does not fit; sign timestamp, nonce and data, joined by line feeds ({how})"
            raise Refusal(Code.INVALID_CREDENTIALS, advice, reason="bad_signature", param="signature")
        self._refuse_stale(key, timestamp, now_ms)
        number = self._rising(key, nonce) if key.strict_nonce else -1
        self._refuse_replayed((key.client_id, timestamp, nonce if key.strict_nonce else signature.lower()), now_ms)
        self._marks.raise_to(key.client_id, timestamp, number)

    def _refuse_stale(self, key: Signer, timestamp: int, now_ms: int) -> None:
        if abs(timestamp - now_ms) > self._age_ms:
            advice = (
                f"the timestamp is {abs(timestamp - now_ms)} ms from the server's clock and may be {self._age_ms}; "
                "set the clock by public/get_time and sign again"
            )
            raise Refusal(Code.INVALID_CREDENTIALS, advice, reason="stale_timestamp", param="timestamp")
        if timestamp < self._started_ms or timestamp <= self._marks.timestamp_before(key.client_id):
            advice = "the server started after this was signed; sign again with a new timestamp"
            raise Refusal(Code.INVALID_CREDENTIALS, advice, reason="signed_before_start", param="timestamp")

    def _rising(self, key: Signer, nonce: str) -> int:
        last = self._marks.nonce(key.client_id)
        if not (nonce.isascii() and nonce.isdigit() and len(nonce) <= _NONCE_DIGITS) or int(nonce) <= last:
            advice = f"this key's nonces are integers that only rise; the last was {last}, send a greater one"
            raise Refusal(Code.INVALID_CREDENTIALS, advice, reason="nonce_not_rising", param="nonce")
        return int(nonce)

    def _refuse_replayed(self, use: tuple[str, int, str], now_ms: int) -> None:
        while self._used_oldest and self._used_oldest[0][1] < now_ms - 4 * self._age_ms:
            self._used.discard(self._used_oldest.popleft())
        if use in self._used:
            advice = "this signature was used before; sign again with a new nonce"
            raise Refusal(Code.INVALID_CREDENTIALS, advice, reason="replayed_signature", param="nonce")
        self._used.add(use)
        self._used_oldest.append(use)


def _fits(key: Signer, signed: bytes, signature: str) -> bool:
    if not key.public_key:
        expected = hmac.new(key.client_secret.encode(), signed, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected.encode(), signature.lower().encode())
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(_bytes_of(signature), signed)
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def _bytes_of(signature: str) -> bytes:
    if len(signature) == _HEX_SIGNATURE:
        return bytes.fromhex(signature)
    text = signature.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
