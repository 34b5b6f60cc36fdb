"""The operator's side of the operator's plane: one signed request, one answer."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import time
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from exchange.domain.errors import GpuxError

PATH = "/api/v2"
_TIMEOUT_SECONDS = 30.0
_METHOD_NOT_FOUND = -32601


class PlaneError(GpuxError):
    """There is no plane where one was looked for, or it refused; the message says what to do."""


class OperatorKey(NamedTuple):
    """What ``gpux keys create --scope operator`` printed."""

    client_id: str
    client_secret: str


class Plane(NamedTuple):
    """``url`` is the scheme, host and port that the settings of the venue give it."""

    url: str
    key: OperatorKey

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        """The result. Raises PlaneError."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        reply = self._read(self._post(body))
        error = reply.get("error")
        if error is None:
            return reply.get("result")
        if error.get("code") == _METHOD_NOT_FOUND:
            raise PlaneError(
                f"{self.url} does not know {method}: it is the venue's public port, or an older venue; "
                "say the operator's own address with --url"
            )
        raise PlaneError(f"{method}: {error.get('message')}")

    def _post(self, body: str) -> bytes:
        connection = self._connection()
        try:
            connection.request("POST", PATH, body, {"Authorization": self._signed(body)})
            return connection.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise PlaneError(
                f"no operator's plane at {self.url}: {reason}; the settings of the venue say where it is "
                "([operator] port = 8701), and --url says it here"
            ) from None
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        try:
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if parts.scheme not in ("http", "https") or not host:
            raise PlaneError(f"{self.url!r} is no address such as http://127.0.0.1:8701; say another with --url")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        return kind(host, port, timeout=_TIMEOUT_SECONDS)

    def _signed(self, body: str) -> str:
        """The header that docs/access.md describes; the nonce rises, as strict keys want it."""
        now_us = time.time_ns() // 1_000
        parts = (str(now_us // 1_000), str(now_us), "POST", PATH, body, "")
        sig = hmac.new(self.key.client_secret.encode(), "\n".join(parts).encode(), hashlib.sha256).hexdigest()
        return f"deri-hmac-sha256 id={self.key.client_id},ts={parts[0]},nonce={parts[1]},sig={sig}"

    def _read(self, answer: bytes) -> dict[str, Any]:
        try:
            reply = json.loads(answer)
        except ValueError:
            reply = None
        if not isinstance(reply, dict) or not ({"error", "result"} & reply.keys()):
            raise PlaneError(f"what answers at {self.url} is no operator's plane; say its address with --url")
        return reply


def find_key(client_id: str | None, secret_file: Path | None, secret: str) -> OperatorKey:
    """Raises PlaneError if a part of it is missing or the file of the secret is open to others."""
    if not client_id or not (client_id.isascii() and client_id.isprintable()):
        raise PlaneError("expected --key ID or $GPUX_KEY: gpux keys create venue --scope operator makes one")
    if secret_file is not None:
        try:
            if secret_file.stat().st_mode & 0o077:
                raise PlaneError(f"{secret_file} is open to others than its owner; chmod 600 it, or make another key")
            secret = secret_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise PlaneError(f"{secret_file} cannot be read: {error}") from None
    if not secret.strip():
        raise PlaneError("expected the key's secret in --secret-file FILE or $GPUX_SECRET, found none")
    return OperatorKey(client_id, secret.strip())
