"""What a key may do, from where, until when and how it signs; what is left of its secret on disk."""

from __future__ import annotations

import base64
import sqlite3
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from exchange.domain.scopes import PARTICIPANT
from exchange.gateway.session.gatekeeper import Gatekeeper
from exchange.gateway.session.permits import PERMITS, refuse_lacking
from exchange.keys import SIGNED_FILE_NAME, ApiKey, BadKey, BadKeyStore, KeyStore, Marks, Terms
from exchange.keys.asked import read_expiry, read_terms
from exchange.wire.refusals import Refusal
from exchange.wire.requests import METHODS
from exchange.wire.requests.session import Auth

NOW_NS = 1_796_133_600 * 10**9
NOW_MS = NOW_NS // 10**6


def gatekeeper(*keys: ApiKey, marks: Marks | None = None) -> Gatekeeper:
    tokens = iter(f"token{number}" for number in range(100))
    return Gatekeeper({key.client_id: key for key in keys}.get, lambda: next(tokens), NOW_NS - 10**10, marks=marks)


def test_every_method_has_its_permit() -> None:
    """And each that is private is closed to a key without any of its scopes."""
    assert METHODS.keys() - PERMITS.keys() == set()
    for method, permit in PERMITS.items():
        assert bool(permit.scopes) == method.startswith("private/"), method
        for scope in PARTICIPANT:
            if scope in permit.scopes or not permit.scopes:
                refuse_lacking(method, (scope,))
            else:
                with pytest.raises(Refusal, match="lacks the scope"):
                    refuse_lacking(method, (scope,))
    with pytest.raises(Refusal, match="open to no key"):
        refuse_lacking("private/made_up", PARTICIPANT)


def test_ed25519_signs_in_once(tmp_path: Path) -> None:
    """In PEM, base64 or hexadecimal; nonces rise, also across a restart; nothing else opens the account."""
    signer = Ed25519PrivateKey.generate()
    public = signer.public_key()
    pem = tmp_path / "public.pem"
    pem.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    raw = public.public_bytes_raw()
    for text in (
        str(pem),
        raw.hex(),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode().strip("="),
    ):
        terms = read_terms([], [], None, text, "", False, NOW_NS)
        assert terms.public_key == raw
    with KeyStore(tmp_path / "keys.sqlite") as keys:
        key = keys.create("alice", terms)
        assert keys.find(key.client_id) == key
        assert (key.client_secret, key.strict_nonce) == ("", True)

    def auth(nonce: str, by: Ed25519PrivateKey = signer, timestamp: int = NOW_MS) -> Auth:
        made = base64.b64encode(by.sign(f"{timestamp}\n{nonce}\n".encode())).decode()
        grant = {"client_id": key.client_id, "timestamp": timestamp, "nonce": nonce, "signature": made}
        return Auth(grant_type="client_signature", **grant)  # type: ignore[arg-type]

    marks = Marks(tmp_path / SIGNED_FILE_NAME)
    door = gatekeeper(key, marks=marks)
    assert door.admit(auth("5"), NOW_NS)[0] == key
    for wrong in (auth("6", Ed25519PrivateKey.generate()), auth("5"), auth("4"), auth("x"), auth("-7")):
        with pytest.raises(Refusal):
            door.admit(wrong, NOW_NS)
    with pytest.raises(Refusal):
        door.admit(Auth(grant_type="client_credentials", client_id=key.client_id, client_secret=""), NOW_NS)
    marks.close()
    door = gatekeeper(key, marks=Marks(tmp_path / SIGNED_FILE_NAME))
    with pytest.raises(Refusal, match="only rise"):
        door.admit(auth("5", timestamp=NOW_MS + 1), NOW_NS)
    with pytest.raises(Refusal, match="started after"):
        door.admit(auth("6"), NOW_NS)
    assert door.admit(auth("6", timestamp=NOW_MS + 1), NOW_NS)[0] == key


def test_a_key_counts_from_its_networks_and_until_it_expires() -> None:
    """IPv4 within IPv6 is IPv4; an unknown address is none of a list."""
    key = ApiKey("k", "s", "alice", addresses=("192.0.2.0/24", "2001:db8::/32"), expires_ns=NOW_NS)
    door = gatekeeper(key)
    for address, may in (
        ("192.0.2.7", True),
        ("::ffff:192.0.2.7", True),
        ("2001:db8::1", True),
        ("192.0.3.7", False),
        ("::1", False),
        ("", False),
    ):
        assert (door.current("k", NOW_NS - 1, address) is not None) == may, address
        assert door.current("k", NOW_NS, address) is None
    secret = Auth(grant_type="client_credentials", client_id="k", client_secret="s")
    token = door.admit(secret, NOW_NS - 1, "192.0.2.7")[1].access_token
    assert door.holder(token, NOW_NS - 1, "192.0.2.8") == key
    for address, now_ns in (("192.0.3.7", NOW_NS - 1), ("192.0.2.8", NOW_NS)):
        with pytest.raises(Refusal):
            door.holder(token, now_ns, address)


@pytest.mark.parametrize(
    ("scopes", "addresses", "expires", "public"),
    [
        (["nothing"], [], None, None),
        (["operator", "trade"], [], None, None),
        ([], ["192.0.2.1/24"], None, None),
        ([], ["here"], None, None),
        ([], [], "2026-11-31", None),
        ([], [], "2020-01-01", None),
        ([], [], "0d", None),
        ([], [], None, "c2hvcnQ="),
        ([], [], None, "-----BEGIN nothing"),
    ],
)
def test_terms_that_cannot_be_are_refused(
    scopes: list[str], addresses: list[str], expires: str | None, public: str | None
) -> None:
    """With what to change."""
    with pytest.raises(BadKey):
        read_terms(scopes, addresses, expires, public, "", False, NOW_NS)
    assert read_expiry("2h", NOW_NS) == NOW_NS + 2 * 3600 * 10**9


def test_no_secret_is_on_disk_and_bare_ones_are_sealed(tmp_path: Path) -> None:
    """A file of the first kind becomes one of this kind, with the same keys; another master key opens nothing."""
    file = tmp_path / "keys.sqlite"
    bare = [
        (f"id{number}", f"a-bare-secret-{number:04}", "alice", "account:read trade:read_write", 0)
        for number in range(50)
    ]
    with sqlite3.connect(file) as old:
        old.execute(
            "CREATE TABLE keys (client_id TEXT PRIMARY KEY, client_secret TEXT, account TEXT, scopes TEXT, revoked INT)"
        )
        old.executemany("INSERT INTO keys VALUES (?, ?, ?, ?, ?)", bare)
    old.close()
    assert b"a-bare-secret" in file.read_bytes()
    for _ in range(2):
        with KeyStore(file) as keys:
            found = [keys.find(row[0]) for row in bare]
            assert [key and key.client_secret for key in found] == [row[1] for row in bare]
            assert found[0] is not None
            assert found[0].scopes == PARTICIPANT
            made = keys.create("bob", Terms(label="of bob"))
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"a-bare-secret" not in left
    assert made.client_secret.encode() not in left
    assert made.client_secret not in repr(made)
    assert (tmp_path / "keys.master").stat().st_mode & 0o777 == 0o600
    with pytest.raises(BadKeyStore, match="do not open with this master key"):
        KeyStore(file, b"x" * 32)
    (tmp_path / "keys.master").chmod(0o640)
    with pytest.raises(BadKeyStore, match="chmod 600"):
        KeyStore(file)


def test_families_of_accounts(tmp_path: Path) -> None:
    """One main account, sub-accounts below it, and none below those."""
    with KeyStore(tmp_path / "keys.sqlite") as keys:
        keys.adopt("main", "first")
        keys.adopt("main", "second")
        keys.adopt("main", "first")
        assert keys.subaccounts("main") == ["first", "second"]
        assert (keys.parent("first"), keys.parent("main")) == ("main", "")
        for main, sub in (("first", "third"), ("other", "first"), ("other", "main"), ("a", "a"), ("venue", "a")):
            with pytest.raises(BadKey):
                keys.adopt(main, sub)
