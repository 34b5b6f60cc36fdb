"""Who is asking: signatures, secrets and tokens against the keys of the venue."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from itertools import count
from typing import NamedTuple, Protocol

from exchange.domain.scopes import READ as SCOPE_READ
from exchange.domain.scopes import TRADE as SCOPE_TRADE
from exchange.domain.units import NS_PER_SECOND
from exchange.gateway.mirror.markets import NS_PER_MS
from exchange.gateway.session.headers import Basic, Bearer, Signed, read_authorization
from exchange.gateway.session.signatures import Marks, NoMarks, Signatures, Signer
from exchange.wire.messages import Authenticated
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.session import Auth

__all__ = ["SCOPE_READ", "SCOPE_TRADE", "Gatekeeper", "Key"]

TOKEN_SECONDS = 900
REFRESH_SECONDS = 7 * 24 * 3600
TOKENS_KEPT = 100_000
# So often keys are looked at again: a connection asks as often, and both together stay below a second.
LOOK_NS = NS_PER_SECOND // 4


class Key(Signer, Protocol):
    """An API key, as the key store has it."""

    @property
    def account(self) -> str: ...
    @property
    def scopes(self) -> tuple[str, ...]: ...
    @property
    def addresses(self) -> tuple[str, ...]: ...
    @property
    def expires_ns(self) -> int: ...


class Token(NamedTuple):
    client_id: str
    expires_ns: int


class Gatekeeper:
    """Shared by all sessions. ``find_key`` knows no revoked keys; ``new_token`` returns an unguessable text.

    version: of all keys, which differs whenever one was made or revoked; without one each use of a key looks for it.
    """

    def __init__(
        self,
        find_key: Callable[[str], Key | None],
        new_token: Callable[[], str],
        started_ns: int,
        age_seconds: int = 60,
        marks: Marks | None = None,
        version: Callable[[], object] | None = None,
    ) -> None:
        self._find_key = find_key
        self._version = version or count().__next__
        # Those in use, as they were at this version of all keys, which was looked at then.
        self._in_use: dict[str, Key] = {}
        self._in_use_at: object = None
        self._looked_ns = 0
        self._new_token = new_token
        self._signatures = Signatures(marks or NoMarks(), started_ns, age_seconds)
        self._access: dict[str, Token] = {}
        self._refresh: dict[str, Token] = {}

    def admit(self, wish: Auth, now_ns: int, address: str = "") -> tuple[Key, Authenticated]:
        """The key that ``wish``, which came from ``address``, proves to have and the answer to it. Raises Refusal."""
        match wish.grant_type:
            case "client_signature":
                key = self._known(wish.client_id, now_ns, address)
                signed = f"{wish.timestamp}\n{wish.nonce}\n{wish.data}"
                self._signatures.check(key, (wish.timestamp, wish.nonce), signed, wish.signature, now_ns // NS_PER_MS)
            case "client_credentials":
                key = self._by_secret(wish.client_id, wish.client_secret, now_ns, address)
            case "refresh_token":
                key = self._by_token(self._refresh, wish.refresh_token, now_ns, address)
                # A refresh token is good once.
                del self._refresh[wish.refresh_token]
        return key, self._answer(key, wish, now_ns)

    def holder(self, access_token: str, now_ns: int, address: str = "") -> Key:
        """The key that an access token stands for. Raises Refusal."""
        return self._by_token(self._access, access_token, now_ns, address)

    def bearer(self, authorization: str, request: tuple[str, str, str], now_ns: int, address: str) -> Key:
        """The key behind the Authorization header of an HTTP request. Raises Refusal.

        request: its method, its path and query exactly as they were sent, and its body.
        """
        match read_authorization(authorization):
            case Bearer(token):
                return self.holder(token, now_ns, address)
            case Basic(client_id, client_secret):
                return self._by_secret(client_id, client_secret, now_ns, address)
            case Signed(client_id, timestamp, nonce, signature):
                key = self._known(client_id, now_ns, address)
                if key.public_key:
                    advice = "a key of Ed25519 signs once: POST public/auth, then send the access_token as Bearer"
                    raise Refusal(Code.INVALID_CREDENTIALS, advice, reason="sign_in_first")
                signed = "".join(f"{part}\n" for part in (timestamp, nonce, *request))
                self._signatures.check(key, (int(timestamp), nonce), signed, signature, now_ns // NS_PER_MS)
                return key

    def current(self, client_id: str, now_ns: int, address: str = "") -> Key | None:
        """The key as it was within ``LOOK_NS``; None if it was revoked, has expired or may not be used from there."""
        return _good(self._kept(client_id, now_ns), now_ns, address)

    def _kept(self, client_id: str, now_ns: int) -> Key | None:
        if now_ns - self._looked_ns >= LOOK_NS:
            self._looked_ns, version = now_ns, self._version()
            if version != self._in_use_at:
                self._in_use_at = version
                self._in_use.clear()
        key = self._in_use.get(client_id) or self._find_key(client_id)
        if key is not None:
            self._in_use[client_id] = key
        return key

    def _by_secret(self, client_id: str, client_secret: str, now_ns: int, address: str) -> Key:
        key = self._known(client_id, now_ns, address)
        # A key of Ed25519 has no secret, not an empty one.
        secret = key.client_secret
        if not secret or not hmac.compare_digest(secret.encode(), client_secret.encode()):
            raise _unknown_credentials()
        return key

    def _by_token(self, tokens: dict[str, Token], text: str, now_ns: int, address: str) -> Key:
        token = tokens.get(text)
        if token is None or token.expires_ns <= now_ns:
            raise Refusal(Code.UNAUTHORIZED, "the token is unknown or has expired; call public/auth for a new one")
        return self._known(token.client_id, now_ns, address)

    def _known(self, client_id: str, now_ns: int, address: str) -> Key:
        key = _good(self._find_key(client_id), now_ns, address)
        if key is None:
            raise _unknown_credentials()
        return key

    def _answer(self, key: Key, wish: Auth, now_ns: int) -> Authenticated:
        access, refresh = self._new_token(), self._new_token()
        _keep(self._access, access, Token(key.client_id, now_ns + TOKEN_SECONDS * NS_PER_SECOND))
        _keep(self._refresh, refresh, Token(key.client_id, now_ns + REFRESH_SECONDS * NS_PER_SECOND))
        session = next((scope for scope in wish.scope.split() if scope.startswith("session:")), "connection")
        return Authenticated(access, refresh, TOKEN_SECONDS, " ".join((session, *key.scopes)), state=wish.state)


def _good(key: Key | None, now_ns: int, address: str) -> Key | None:
    if key is None or (key.expires_ns and key.expires_ns <= now_ns):
        return None
    return key if _may_come_from(key, address) else None


def _may_come_from(key: Key, address: str) -> bool:
    if not key.addresses:
        return True
    try:
        here = ip_address(address)
    except ValueError:
        return False
    if isinstance(here, IPv6Address) and here.ipv4_mapped is not None:
        here = here.ipv4_mapped
    return any(here in ip_network(network) for network in key.addresses)


def _keep(tokens: dict[str, Token], text: str, token: Token) -> None:
    tokens[text] = token
    if len(tokens) > TOKENS_KEPT:
        del tokens[next(iter(tokens))]


def _unknown_credentials() -> Refusal:
    # One answer for an unknown id, a wrong secret, a key that is over and an address that is not
    # of its list: it does not tell which ids exist.
    advice = (
        "no key has this client_id and client_secret, now and from this address; "
        "look at `gpux keys list`, or make one with `gpux keys create`"
    )
    return Refusal(Code.INVALID_CREDENTIALS, advice, reason="invalid_credentials")
