"""How a client proves who it is without sending its secret."""

import hashlib
import hmac
from typing import NamedTuple, Protocol


class Key(Protocol):
    """Anything with an id and a secret."""

    @property
    def client_id(self) -> str: ...

    @property
    def client_secret(self) -> str: ...


class ApiKey(NamedTuple):
    """What ``gpux keys create`` printed."""

    client_id: str
    client_secret: str


def signed(key: Key, timestamp_ms: int, nonce: str) -> dict[str, object]:
    """The parameters of ``public/auth`` by client signature; good for one use."""
    text = f"{timestamp_ms}\n{nonce}\n"
    return {
        "grant_type": "client_signature",
        "client_id": key.client_id,
        "timestamp": timestamp_ms,
        "nonce": nonce,
        "data": "",
        "signature": hmac.new(key.client_secret.encode(), text.encode(), hashlib.sha256).hexdigest(),
    }
