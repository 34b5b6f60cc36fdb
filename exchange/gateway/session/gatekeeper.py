"""Who is asking: signatures, secrets and tokens against the keys of the venue.

A signature counts once. Those of the last two windows are remembered; an older one is refused
for its age, and one from before the server started because what was used then is forgotten.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Protocol

from exchange.domain.units import NS_PER_SECOND
from exchange.gateway.mirror.markets import NS_PER_MS
from exchange.wire.messages import Authenticated
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.session import Auth

TOKEN_SECONDS = 900
REFRESH_SECONDS = 7 * 24 * 3600
TOKENS_KEPT = 100_000
SCOPE_TRADE = "trade:read_write"
SCOPE_READ = "account:read"


class Key(Protocol):
    """An API key, as the key store has it."""

    @property
    def client_id(self) -> str: ...
    @property
    def client_secret(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def scopes(self) -> tuple[str, ...]: ...


class Token(NamedTuple):
    client_id: str
    expires_ns: int


class Gatekeeper:
    """Shared by all sessions. ``find_key`` knows no revoked keys; ``new_token`` returns an unguessable text."""

    def __init__(
        self,
        find_key: Callable[[str], Key | None],
        new_token: Callable[[], str],
        started_ns: int,
        age_seconds: int = 60,
    ) -> None:
        self.find_key = find_key
        self._new_token = new_token
        self._started_ms = started_ns // NS_PER_MS
        self._age_ms = age_seconds * 1000
        self._used: set[tuple[str, int, str]] = set()
        self._used_oldest: deque[tuple[str, int, str]] = deque()
        self._access: dict[str, Token] = {}
        self._refresh: dict[str, Token] = {}

    def admit(self, wish: Auth, now_ns: int) -> tuple[Key, Authenticated]:
        """The key that ``wish`` proves to have and the answer to it. Raises Refusal."""
        match wish.grant_type:
            case "client_signature":
                key = self._by_signature(wish, now_ns // NS_PER_MS)
            case "client_credentials":
                key = self._by_secret(wish)
            case "refresh_token":
                key = self._by_token(self._refresh, wish.refresh_token, now_ns)
                # A refresh token is good once.
                del self._refresh[wish.refresh_token]
        return key, self._answer(key, wish, now_ns)

    def holder(self, access_token: str, now_ns: int) -> Key:
        """The key that an access token stands for. Raises Refusal."""
        return self._by_token(self._access, access_token, now_ns)

    def _by_signature(self, wish: Auth, now_ms: int) -> Key:
        key = self._known(wish.client_id)
        signed = f"{wish.timestamp}\n{wish.nonce}\n{wish.data}".encode()
        expected = hmac.new(key.client_secret.encode(), signed, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected.encode(), wish.signature.lower().encode()):
            advice = "the signature does not fit; sign timestamp, nonce and data, joined by line feeds (HMAC-SHA256)"
            raise Refusal(Code.INVALID_CREDENTIALS, advice, reason="bad_signature", param="signature")
        self._refuse_stale(wish.timestamp, now_ms)
        self._refuse_replayed((wish.client_id, wish.timestamp, wish.nonce), now_ms)
        return key

    def _refuse_stale(self, timestamp: int, now_ms: int) -> None:
        if abs(timestamp - now_ms) > self._age_ms:
            advice = (
                f"the timestamp is {abs(timestamp - now_ms)} ms from the server's clock and may be {self._age_ms}; "
                "set the clock by public/get_time and sign again"
            )
            raise Refusal(Code.INVALID_CREDENTIALS, advice, reason="stale_timestamp", param="timestamp")
        if timestamp < self._started_ms:
            advice = "the server started after this was signed; sign again with a new timestamp"
            raise Refusal(Code.INVALID_CREDENTIALS, advice, reason="signed_before_start", param="timestamp")

    def _refuse_replayed(self, use: tuple[str, int, str], now_ms: int) -> None:
        while self._used_oldest and self._used_oldest[0][1] < now_ms - 4 * self._age_ms:
            self._used.discard(self._used_oldest.popleft())
        if use in self._used:
            advice = "this signature was used before; sign again with a new nonce"
            raise Refusal(Code.INVALID_CREDENTIALS, advice, reason="replayed_signature", param="nonce")
        self._used.add(use)
        self._used_oldest.append(use)

    def _by_secret(self, wish: Auth) -> Key:
        key = self._known(wish.client_id)
        if not hmac.compare_digest(key.client_secret.encode(), wish.client_secret.encode()):
            raise _unknown_credentials()
        return key

    def _by_token(self, tokens: dict[str, Token], text: str, now_ns: int) -> Key:
        token = tokens.get(text)
        if token is None or token.expires_ns <= now_ns:
            raise Refusal(Code.UNAUTHORIZED, "the token is unknown or has expired; call public/auth for a new one")
        return self._known(token.client_id)

    def _known(self, client_id: str) -> Key:
        key = self.find_key(client_id)
        if key is None:
            raise _unknown_credentials()
        return key

    def _answer(self, key: Key, wish: Auth, now_ns: int) -> Authenticated:
        access, refresh = self._new_token(), self._new_token()
        _keep(self._access, access, Token(key.client_id, now_ns + TOKEN_SECONDS * NS_PER_SECOND))
        _keep(self._refresh, refresh, Token(key.client_id, now_ns + REFRESH_SECONDS * NS_PER_SECOND))
        session = next((scope for scope in wish.scope.split() if scope.startswith("session:")), "connection")
        return Authenticated(access, refresh, TOKEN_SECONDS, " ".join((session, *key.scopes)), state=wish.state)


def _keep(tokens: dict[str, Token], text: str, token: Token) -> None:
    tokens[text] = token
    if len(tokens) > TOKENS_KEPT:
        del tokens[next(iter(tokens))]


def _unknown_credentials() -> Refusal:
    # One answer for an unknown id and a wrong secret: it does not tell which ids exist.
    advice = "no key has this client_id and client_secret; make one with `gpux keys create`"
    return Refusal(Code.INVALID_CREDENTIALS, advice, reason="invalid_credentials")
