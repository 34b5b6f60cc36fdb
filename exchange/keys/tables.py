"""The tables of the key file, and how a file of the first kind, with secrets as they are, becomes one of these."""

from __future__ import annotations

import apsw

from exchange.domain.scopes import PROVIDE, QUOTE, SCOPES, TRADE
from exchange.keys.record import ApiKey
from exchange.keys.sealing import Sealer

_OWNER, _WORDS = "the key file itself", "sealed under this master key"
_KEYS = """
CREATE TABLE IF NOT EXISTS keys (
    client_id TEXT PRIMARY KEY,
    sealed BLOB NOT NULL,
    account TEXT NOT NULL,
    scopes TEXT NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0,
    public_key BLOB NOT NULL DEFAULT x'',
    addresses TEXT NOT NULL DEFAULT '',
    expires_ns INTEGER NOT NULL DEFAULT 0,
    strict_nonce INTEGER NOT NULL DEFAULT 0,
    label TEXT NOT NULL DEFAULT ''
) STRICT
"""
_SUBACCOUNTS = "CREATE TABLE IF NOT EXISTS subaccounts (name TEXT PRIMARY KEY, parent TEXT NOT NULL) STRICT"
_MASTER = "CREATE TABLE IF NOT EXISTS master (proof BLOB NOT NULL) STRICT"
_COLUMNS = "client_id, account, scopes, revoked, public_key, addresses, expires_ns, strict_nonce, label, sealed"


def prepare(connection: apsw.Connection, sealer: Sealer) -> None:
    """Make what is missing. Raises BadKeyStore if the secrets are under another master key."""
    first = {str(row[1]) for row in connection.execute("PRAGMA table_info(keys)")}
    is_old = "client_secret" in first
    with connection:
        if is_old:
            connection.execute("ALTER TABLE keys RENAME TO bare_keys")
        for statement in (_KEYS, _SUBACCOUNTS, _MASTER):
            connection.execute(statement)
        _prove(connection, sealer)
        if is_old:
            _seal_all(connection, sealer)
            connection.execute("DROP TABLE bare_keys")
    if is_old:
        # Nothing of the bare secrets is left in free pages or in the log.
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _prove(connection: apsw.Connection, sealer: Sealer) -> None:
    proof = next((bytes(row[0]) for row in connection.execute("SELECT proof FROM master")), None)
    if proof is None:
        connection.execute("INSERT INTO master VALUES (?)", (sealer.seal(_OWNER, _WORDS),))
    else:
        sealer.open(_OWNER, proof)


def _seal_all(connection: apsw.Connection, sealer: Sealer) -> None:
    bare = connection.execute("SELECT client_id, client_secret, account, scopes, revoked FROM bare_keys ORDER BY rowid")
    for client_id, secret, account, scopes, revoked in bare.fetchall():
        # Before there were more scopes, that of trading held them.
        held = set(str(scopes).split())
        held |= {QUOTE, PROVIDE} if TRADE in held else set()
        wanted = tuple(scope for scope in SCOPES.values() if scope in held)
        key = ApiKey(str(client_id), "", str(account), wanted, bool(revoked))
        insert(connection, key, b"" if revoked else sealer.seal(key.client_id, str(secret)))


def insert(connection: apsw.Connection, key: ApiKey, sealed: bytes) -> None:
    texts = (key.client_id, key.account, " ".join(key.scopes), int(key.revoked), key.public_key)
    row = (*texts, " ".join(key.addresses), key.expires_ns, int(key.strict_nonce), key.label, sealed)
    connection.execute(f"INSERT INTO keys ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def find(connection: apsw.Connection, client_id: str) -> tuple[ApiKey, bytes] | None:
    """The key that is not revoked, without its secret, and that sealed."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM keys WHERE client_id = ? AND NOT revoked", (client_id,))
    return next(((_key(row), bytes(row[-1])) for row in rows), None)


def list_keys(connection: apsw.Connection) -> list[ApiKey]:
    return [_key(row) for row in connection.execute(f"SELECT {_COLUMNS} FROM keys ORDER BY rowid")]


def _key(row: tuple[apsw.SQLiteValue, ...]) -> ApiKey:
    client_id, account, scopes, revoked, public_key, addresses, expires_ns, strict, label, _ = row
    assert isinstance(public_key, bytes)
    assert isinstance(expires_ns, int)
    return ApiKey(
        str(client_id),
        "",
        str(account),
        tuple(str(scopes).split()),
        bool(revoked),
        public_key,
        tuple(str(addresses).split()),
        expires_ns,
        bool(strict),
        str(label),
    )
