"""One key as everybody sees it, and the terms on which it is made."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from ipaddress import ip_network
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from exchange.domain.errors import GpuxError
from exchange.domain.scopes import OPERATE, PARTICIPANT, SCOPES

ADDRESSES_MAX = 64
LABEL_MAX = 64
_PUBLIC_KEY_BYTES = 32


class BadKeyStore(GpuxError):
    """The key file cannot be opened or is not one of ours."""


class BadKey(GpuxError):
    """A key is asked for that cannot be; the message says what to change."""


class UnknownKey(GpuxError):
    """No key has this client id."""


class ApiKey(NamedTuple):
    """What a client signs with, and for which account it then speaks."""

    client_id: str
    client_secret: str  # empty for a key of Ed25519, and wherever keys are only listed
    account: str
    scopes: tuple[str, ...] = PARTICIPANT
    revoked: bool = False
    public_key: bytes = b""  # 32 bytes of Ed25519, or none
    addresses: tuple[str, ...] = ()  # networks it may be used from; none: from everywhere
    expires_ns: int = 0  # 0: never
    strict_nonce: bool = False
    label: str = ""

    def __repr__(self) -> str:
        # Whoever prints a key, or an error with one in it, does not tell its secret.
        return f"ApiKey({self.client_id!r}, account={self.account!r}, scopes={self.scopes!r})"


class Terms(NamedTuple):
    """How a key is to be, apart from whose it is."""

    scopes: tuple[str, ...] = PARTICIPANT
    public_key: bytes = b""
    addresses: tuple[str, ...] = ()
    expires_ns: int = 0
    strict_nonce: bool = False
    label: str = ""


def read_scopes(words: Iterable[str]) -> tuple[str, ...]:
    """Scopes by their short words or the dialect's, each once, in one order. Raises BadKey."""
    wanted = {SCOPES.get(word, word) for word in words}
    known = tuple(SCOPES.values())
    unknown = sorted(wanted - set(known))
    if unknown:
        raise BadKey(f"there is no scope {unknown[0][:40]!r}; choose from {', '.join(SCOPES)}")
    if not wanted:
        raise BadKey(f"a key needs a scope; choose from {', '.join(SCOPES)}")
    if OPERATE in wanted and len(wanted) > 1:
        raise BadKey("a key of the operator has that scope alone; make another key to trade with")
    return tuple(scope for scope in known if scope in wanted)


def read_addresses(texts: Iterable[str]) -> tuple[str, ...]:
    """Networks such as 192.0.2.0/24, or single addresses. Raises BadKey."""
    found = []
    for text in texts:
        try:
            found.append(str(ip_network(text)))
        except ValueError as error:
            raise BadKey(f"{text[:64]!r} is no address or network such as 192.0.2.0/24: {error}") from None
    if len(found) > ADDRESSES_MAX:
        raise BadKey(f"a key has at most {ADDRESSES_MAX} networks; name larger ones")
    return tuple(dict.fromkeys(found))


def read_public_key(text: str) -> bytes:
    """The 32 bytes of an Ed25519 public key in PEM, hexadecimal or base64. Raises BadKey."""
    advice = "send an Ed25519 public key: PEM, or its 32 bytes in hexadecimal or base64"
    try:
        if "-----BEGIN" in text:
            loaded = load_pem_public_key(text.encode())
            if not isinstance(loaded, Ed25519PublicKey):
                raise BadKey(f"the PEM holds another kind of key; {advice}")
            return loaded.public_bytes_raw()
        word = text.strip()
        if len(word) == 2 * _PUBLIC_KEY_BYTES:
            return bytes.fromhex(word)
        found = base64.b64decode(word.replace("-", "+").replace("_", "/") + "=" * (-len(word) % 4), validate=True)
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        raise BadKey(advice) from None
    if len(found) != _PUBLIC_KEY_BYTES:
        raise BadKey(f"that is {len(found)} bytes; {advice}")
    return found
