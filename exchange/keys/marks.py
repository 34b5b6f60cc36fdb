"""What each key has signed, as far as a restart must know: nothing signed before it counts after it.

A file of its own, because it is written at every signature, and the keys are looked at again
whenever theirs changes.
"""

from __future__ import annotations

from pathlib import Path

import apsw

from exchange.keys.record import BadKeyStore

FILE_NAME = "keys-signed.sqlite"
_BUSY_MS = 5_000
_CREATE = """
CREATE TABLE IF NOT EXISTS signed (
    client_id TEXT PRIMARY KEY, timestamp_ms INTEGER NOT NULL, nonce INTEGER NOT NULL
) STRICT
"""
_RAISE = """
INSERT INTO signed VALUES (?1, ?2, ?3) ON CONFLICT (client_id) DO UPDATE
SET timestamp_ms = max(timestamp_ms, ?2), nonce = max(nonce, ?3)
"""


class Marks:
    """The high-water marks of each key: its timestamps' as it was when this was opened, its nonces' as it is."""

    def __init__(self, path: Path) -> None:
        try:
            self._connection = apsw.Connection(str(path))
            self._connection.set_busy_timeout(_BUSY_MS)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute(_CREATE)
            rows = self._connection.execute("SELECT client_id, timestamp_ms, nonce FROM signed").fetchall()
        except apsw.Error as error:
            raise BadKeyStore(f"file {path} cannot be opened: {error}") from error
        self._before = {str(client_id): int(str(timestamp_ms)) for client_id, timestamp_ms, _ in rows}
        self._nonces = {str(client_id): int(str(nonce)) for client_id, _, nonce in rows}
        self._written = dict(self._before)

    def timestamp_before(self, client_id: str) -> int:
        """The latest that the key signed before this server started; 0 if it signed nothing."""
        return self._before.get(client_id, 0)

    def nonce(self, client_id: str) -> int:
        """The last nonce of a key whose nonces rise; -1 if there is none."""
        return self._nonces.get(client_id, -1)

    def raise_to(self, client_id: str, timestamp_ms: int, nonce: int) -> None:
        """Remember that the key signed this, on disk. ``nonce``: -1 if it need not rise."""
        if nonce < 0 and timestamp_ms <= self._written.get(client_id, 0):
            return
        # A crash of the program loses none of it; one of the machine may lose timestamps, but not nonces.
        self._connection.execute(f"PRAGMA synchronous = {'FULL' if nonce >= 0 else 'NORMAL'}")
        self._connection.execute(_RAISE, (client_id, timestamp_ms, nonce))
        self._written[client_id] = max(timestamp_ms, self._written.get(client_id, 0))
        self._nonces[client_id] = max(nonce, self._nonces.get(client_id, -1))

    def close(self) -> None:
        self._connection.close()
