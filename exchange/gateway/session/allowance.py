"""What one connection may still do: its own purse, and the one that it shares."""

from __future__ import annotations

from exchange.gateway.session.purses import Purses, pay
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.common import Params


class Allowance:
    """Before a key is shown the address pays, then the account of the key."""

    __slots__ = ("_account", "_address", "_channels", "_own", "_purses", "_shared")

    def __init__(self, purses: Purses, address: str, now_ns: int) -> None:
        self._purses = purses
        self._address = address
        self._own = purses.of_connection(now_ns)
        self._shared = purses.of_address(address, now_ns)
        self._account = ""
        self._channels = 0

    def pay(self, method: str, params: Params | None, now_ns: int) -> None:
        """Raises Refusal if there is not enough credit; then nothing is taken."""
        pay((self._own, self._shared), method, params, now_ns)

    def pay_for_nonsense(self, now_ns: int) -> None:
        """What could not be read. Raises Refusal."""
        pay((self._own, self._shared), "", None, now_ns)

    def exhausted(self, now_ns: int) -> bool:
        """One more request was refused for its rate: whether that is too much."""
        return not (self._own.patience.take(now_ns) and self._shared.patience.take(now_ns))

    def belong(self, account: str, now_ns: int) -> None:
        """From now on the account pays. Raises Refusal if it has as many connections as it may."""
        if account == self._account:
            return
        purse = self._purses.of_account(account, now_ns)
        most = self._purses.limits.account_connections_max
        if purse.connections >= most:
            advice = f"at most {most} connections of one account; close one of them"
            raise Refusal(Code.TOO_MANY_REQUESTS, advice, reason="connections_of_account")
        channels = self._leave()
        purse.connections += 1
        purse.channels += channels
        self._account, self._shared = account, purse

    def forgo(self, now_ns: int) -> None:
        """Logged out: the address pays again."""
        channels = self._leave()
        self._account, self._shared = "", self._purses.of_address(self._address, now_ns)
        self._shared.channels += channels

    def hear(self, channels: int) -> None:
        """So many more channels (below 0: fewer). Raises Refusal if that is beyond the bound of all who share."""
        most = self._purses.limits.account_subscriptions_max
        if channels > 0 and self._shared.channels + channels > most:
            advice = f"at most {most} channels of all connections of an account; unsubscribe from some"
            raise Refusal(Code.SUBSCRIBE_ERROR, advice, param="channels")
        self._channels += channels
        self._shared.channels += channels

    def end(self) -> None:
        """The connection is gone."""
        self._leave()

    def _leave(self) -> int:
        self._shared.channels -= self._channels
        if self._account:
            self._shared.connections -= 1
        return self._channels
