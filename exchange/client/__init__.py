"""The async client that strategies, examples and load tests trade with.

    async with Client(url, ApiKey(client_id, client_secret)) as client:
        book = await client.watch("H100SXM_USE_H14-1DEC26")
        placed = await client.buy(book.symbol, amount=8, price=book.best_ask)

It knows the wire only, so importing it costs neither Numba nor the engine.
"""

from exchange.client.account import Account
from exchange.client.book import Book, Levels
from exchange.client.client import DEFAULT_URL, Client
from exchange.client.errors import ApiError, ClientError, ConnectionLost, MessagesDropped, NotWatched
from exchange.client.frames import AccountEvents, ConnectionChange, Notification, SubscriptionEnded
from exchange.client.signature import ApiKey, Key

__all__ = [
    "DEFAULT_URL",
    "Account",
    "AccountEvents",
    "ApiError",
    "ApiKey",
    "Book",
    "Client",
    "ClientError",
    "ConnectionChange",
    "ConnectionLost",
    "Key",
    "Levels",
    "MessagesDropped",
    "NotWatched",
    "Notification",
    "SubscriptionEnded",
]
