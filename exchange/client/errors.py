"""What can go wrong for a client; each message says what to do."""

from __future__ import annotations

from msgspec import UNSET

from exchange.domain.errors import GpuxError
from exchange.wire.messages import ErrorBody, Problem


class ClientError(GpuxError):
    """Anything the client raises on purpose."""


class ApiError(ClientError):
    """The exchange refused: ``code`` is its number, ``reason`` the exact cause, ``message`` says what to do."""

    def __init__(self, code: int, message: str, data: Problem | None = None, method: str = "") -> None:
        super().__init__(f"{method}: {message} ({code})" if method else f"{message} ({code})")
        self.code = code
        self.message = message
        self.data = data
        self.method = method

    @property
    def reason(self) -> str:
        """One word, such as ``insufficient_funds``; empty if the exchange gave none."""
        return self.data.reason if self.data else ""

    @classmethod
    def of(cls, body: ErrorBody, method: str) -> ApiError:
        return cls(body.code, body.message, None if body.data is UNSET else body.data, method)


class ConnectionLost(ClientError):
    """There is no answer and none will come.

    A request that was under way may have been done or not: an order sent with a
    ``client_order_id`` can be sent again safely, because the exchange takes each id once.
    """


class NotWatched(ClientError):
    """No book of this instrument is kept."""


class MessagesDropped(ClientError):
    """Notifications came faster than they were read, so the oldest are lost; reading may go on."""

    def __init__(self, count: int) -> None:
        super().__init__(
            f"{count} notifications were dropped because they were not read in time; read faster, subscribe to "
            "less or raise inbox_max, and ask again for open orders and positions if you followed them"
        )
        self.count = count
