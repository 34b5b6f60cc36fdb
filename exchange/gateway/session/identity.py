"""Who is asking: the key of a connection or of one request, and the account that it speaks for."""

from __future__ import annotations

from msgspec import UNSET

from exchange.domain.scopes import CHANGES
from exchange.domain.units import NS_PER_SECOND
from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.gatekeeper import SCOPE_TRADE, Gatekeeper, Key
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.common import Params


class Identity:
    """Of one session."""

    __slots__ = ("_checked_ns", "_gatekeeper", "_mirror", "address", "key")

    def __init__(self, mirror: Mirror, gatekeeper: Gatekeeper, address: str, key: Key | None, now_ns: int) -> None:
        self.address = address
        self.key = key
        self._mirror = mirror
        self._gatekeeper = gatekeeper
        self._checked_ns = now_ns

    def become(self, key: Key, now_ns: int) -> None:
        self.key = key
        self._checked_ns = now_ns

    def counts(self, now_ns: int) -> bool:
        """Whether there is a key that is still good."""
        # Often enough to see a revocation within a second, and the store is asked no more.
        if self.key is not None and now_ns - self._checked_ns >= NS_PER_SECOND // 4:
            self._checked_ns = now_ns
            self.key = self._gatekeeper.current(self.key.client_id, now_ns, self.address)
        return self.key is not None

    def holder(self, params: Params, now_ns: int) -> Key:
        """The key of whoever asks, which a token may say. Raises Refusal."""
        if params.access_token is not UNSET:
            return self._gatekeeper.holder(params.access_token, now_ns, self.address)
        if self.key is None or not self.counts(now_ns):
            raise Refusal(Code.UNAUTHORIZED, "call public/auth on this connection first")
        return self.key

    def account(self, params: Params, scope: str, now_ns: int) -> Account:
        """The account of whoever asks; ``scope`` is to read or to change, the table of permits says what to change.

        Raises Refusal.
        """
        return self.account_of(self.holder(params, now_ns), scope)

    def account_of(self, key: Key, scope: str) -> Account:
        """The same of a key that is good. Raises Refusal."""
        if scope not in key.scopes and not (scope == SCOPE_TRADE and CHANGES.intersection(key.scopes)):
            raise Refusal(Code.FORBIDDEN, f"this key lacks the scope {scope}; use a key that has it")
        account = self._mirror.by_name.get(key.account)
        # The venue's own account, number 0, never trades.
        if account is None or not account.number:
            advice = f"account {key.account!r} is not open yet; try again in a moment or ask the operator"
            raise Refusal(Code.FORBIDDEN, advice, reason="unknown_account")
        return account
