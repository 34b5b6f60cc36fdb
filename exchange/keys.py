"""API keys: a small file store that the server reads while the operator changes it.

Each question goes to the file, so that a key made or revoked by another process counts at
once. The secret is stored as it is, because a client's signature is checked by making it
again; therefore the file is for its owner only.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import apsw

from exchange.domain.errors import BadText, GpuxError
from exchange.domain.text import pack_text

FILE_NAME = "keys.sqlite"
SCOPES = ("account:read", "trade:read_write")
BUSY_MS = 5_000

_CREATE = """
CREATE TABLE IF NOT EXISTS keys (
    client_id TEXT PRIMARY KEY,
    client_secret TEXT NOT NULL,
    account TEXT NOT NULL,
    scopes TEXT NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0
) STRICT
"""
_COLUMNS = "client_id, client_secret, account, scopes, revoked"


class BadKeyStore(GpuxError):
    """The key file cannot be opened or is not one of ours."""


class UnknownKey(GpuxError):
    """No key has this client id."""


class ApiKey(NamedTuple):
    """What a client signs with, and for which account it then speaks."""

    client_id: str
    client_secret: str
    account: str
    scopes: tuple[str, ...] = SCOPES
    revoked: bool = False


class KeyStore:
    """The keys in the file ``path``, which is made if it does not exist."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            _make_private(path)
            self._connection = apsw.Connection(str(path))
            self._connection.set_busy_timeout(BUSY_MS)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute(_CREATE)
        except (OSError, apsw.Error) as error:
            raise BadKeyStore(f"key file {path} cannot be opened: {error}") from error

    def create(self, account: str, scopes: tuple[str, ...] = SCOPES) -> ApiKey:
        """A new key for ``account``. Raises BadText if that cannot be an account's name."""
        pack_text(account)
        if account == "venue":
            raise BadText("the account 'venue' belongs to the venue itself: nobody trades for it")
        key = ApiKey(secrets.token_hex(6), secrets.token_urlsafe(32), account, scopes)
        row = (key.client_id, key.client_secret, account, " ".join(scopes))
        self._connection.execute("INSERT INTO keys VALUES (?, ?, ?, ?, 0)", row)
        return key

    def revoke(self, client_id: str) -> None:
        """Make the key useless for ever. Raises UnknownKey if there is none."""
        self._connection.execute("UPDATE keys SET revoked = 1 WHERE client_id = ?", (client_id,))
        if not self._connection.changes():
            raise UnknownKey(f"{self.path} has no key {client_id[:40]!r}")

    def find(self, client_id: str) -> ApiKey | None:
        """The key with this id, unless there is none or it is revoked."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM keys WHERE client_id = ? AND NOT revoked", (client_id,)
        )
        return next((_key(row) for row in rows), None)

    def all(self) -> list[ApiKey]:
        """Every key, also the revoked ones, oldest first."""
        return [_key(row) for row in self._connection.execute(f"SELECT {_COLUMNS} FROM keys ORDER BY rowid")]

    def version(self) -> tuple[int, int]:
        """Differs from what it was whenever a key was made or revoked since, by anybody; cheap to ask."""
        # SQLite's own number counts what others change, the other what this connection does.
        return int(self._connection.pragma("data_version")), self._connection.total_changes()

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _make_private(path: Path) -> None:
    # The file is made here rather than by SQLite, so that nobody else can read it for even a
    # moment, and opened only if it is new: to close an open database drops SQLite's locks on it.
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)


def _key(row: tuple[apsw.SQLiteValue, ...]) -> ApiKey:
    client_id, client_secret, account, scopes, revoked = row
    return ApiKey(str(client_id), str(client_secret), str(account), tuple(str(scopes).split()), bool(revoked))
