"""The file of keys, which the server reads while the operator changes it.

Each question goes to the file, so that a key made or revoked by another process counts at
once. Secrets are sealed rather than hashed, because a client's signature is checked by
making it again.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import Self

import apsw

from exchange.domain.errors import BadText
from exchange.domain.scopes import OPERATE
from exchange.domain.text import pack_text
from exchange.keys import tables
from exchange.keys.record import LABEL_MAX, ApiKey, BadKey, BadKeyStore, Terms, UnknownKey
from exchange.keys.sealing import Sealer, find_master

FILE_NAME = "keys.sqlite"
BUSY_MS = 5_000


class KeyStore:
    """The keys in the file ``path``, which is made if it does not exist.

    master: what secrets are sealed under; if not given, that of the environment or of the file beside.
    """

    def __init__(self, path: Path, master: bytes | None = None) -> None:
        self.path = path
        try:
            _make_private(path)
            self._connection = apsw.Connection(str(path))
            self._connection.set_busy_timeout(BUSY_MS)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA secure_delete = ON")
            self._sealer = Sealer(master or find_master(path.parent))
            tables.prepare(self._connection, self._sealer)
        except (OSError, apsw.Error) as error:
            raise BadKeyStore(f"key file {path} cannot be opened: {error}") from error

    def create(self, account: str, terms: Terms | tuple[str, ...] = ()) -> ApiKey:
        """A new key for ``account``; ``terms`` may be its scopes alone.

        Raises BadText if that cannot be an account's name, BadKey if the terms cannot be.
        """
        wanted = terms if isinstance(terms, Terms) else Terms(terms) if terms else Terms()
        pack_text(account)
        if account == "venue" and wanted.scopes != (OPERATE,):
            raise BadText("the account 'venue' belongs to the venue itself: nobody trades for it")
        if len(wanted.label) > LABEL_MAX or not wanted.label.isprintable():
            raise BadKey(f"a label has at most {LABEL_MAX} printable characters")
        secret = "" if wanted.public_key else secrets.token_urlsafe(32)
        strict = wanted.strict_nonce or bool(wanted.public_key)
        key = ApiKey(secrets.token_hex(6), secret, account, wanted.scopes, False, *wanted[1:])
        key = key._replace(strict_nonce=strict)
        tables.insert(self._connection, key, self._sealer.seal(key.client_id, secret) if secret else b"")
        return key

    def revoke(self, client_id: str) -> None:
        """Make the key useless for ever. Raises UnknownKey if there is none."""
        # Its secret is of no use to anybody any more.
        self._connection.execute("UPDATE keys SET revoked = 1, sealed = x'' WHERE client_id = ?", (client_id,))
        if not self._connection.changes():
            raise UnknownKey(f"{self.path} has no key {client_id[:40]!r}")

    def find(self, client_id: str) -> ApiKey | None:
        """The key with this id, unless there is none or it is revoked."""
        found = tables.find(self._connection, client_id)
        if found is None:
            return None
        key, sealed = found
        return key._replace(client_secret=self._sealer.open(client_id, sealed)) if sealed else key

    def all(self) -> list[ApiKey]:
        """Every key, also the revoked ones, oldest first, without the secrets."""
        return tables.list_keys(self._connection)

    def adopt(self, main: str, sub: str) -> None:
        """Make ``sub`` a sub-account of ``main``, for ever. Raises BadText and BadKey."""
        pack_text(main)
        pack_text(sub)
        if sub == main or "venue" in (main, sub):
            raise BadKey(f"{sub!r} cannot be a sub-account of {main!r}; name an account of its own")
        if self.parent(main):
            raise BadKey(f"{main!r} is a sub-account of {self.parent(main)!r} and has none itself; name that one")
        if self.subaccounts(sub) or self.parent(sub) not in ("", main):
            raise BadKey(f"{sub!r} is in another family of accounts and stays there; choose another name")
        self._connection.execute("INSERT OR IGNORE INTO subaccounts VALUES (?, ?)", (sub, main))

    def parent(self, account: str) -> str:
        """Whose sub-account it is; empty if nobody's."""
        rows = self._connection.execute("SELECT parent FROM subaccounts WHERE name = ?", (account,))
        return next((str(row[0]) for row in rows), "")

    def subaccounts(self, main: str) -> list[str]:
        """Oldest first."""
        rows = self._connection.execute("SELECT name FROM subaccounts WHERE parent = ? ORDER BY rowid", (main,))
        return [str(row[0]) for row in rows]

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
