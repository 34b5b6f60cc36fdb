"""API keys: made once, found until revoked, for nobody else's eyes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from exchange.domain.errors import BadText
from exchange.keys import BadKeyStore, KeyStore, UnknownKey


def test_keys_are_found_until_they_are_revoked(tmp_path: Path) -> None:
    """Against a dictionary; also after the file was closed."""
    file = tmp_path / "keys.sqlite"
    with KeyStore(file) as keys:
        made = [keys.create(account) for account in ("alice", "bob", "alice")]
        keys.revoke(made[1].client_id)
    with KeyStore(file) as keys:
        assert [keys.find(key.client_id) for key in made] == [made[0], None, made[2]]
        assert keys.find("nobody") is None
        bare = [key._replace(client_secret="") for key in made]
        assert keys.all() == [bare[0], bare[1]._replace(revoked=True), bare[2]]
    assert len({key.client_id for key in made} | {key.client_secret for key in made}) == 6


def test_what_another_process_does_counts_at_once(tmp_path: Path) -> None:
    """Making and revoking, and the version says that something changed."""
    file = tmp_path / "keys.sqlite"
    with KeyStore(file) as keys:
        key, before = keys.create("alice"), keys.version()
        script = "import sys; from pathlib import Path; from exchange.keys import KeyStore\n"
        script += "keys = KeyStore(Path(sys.argv[1])); keys.revoke(sys.argv[2]); print(keys.create('bob').client_id)"
        command = [sys.executable, "-c", script, str(file), key.client_id]
        made = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        assert keys.find(key.client_id) is None
        assert keys.find(made) is not None
        after = keys.version()
        assert after != before
        assert keys.version() == after
        keys.create("carol")
        assert keys.version() != after


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    """With its companions, also if it was open to others before."""
    file = tmp_path / "keys.sqlite"
    file.touch(mode=0o644)
    file.chmod(0o644)
    with KeyStore(file) as keys:
        keys.create("alice")
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes["keys.sqlite"] == 0o600
    assert set(modes.values()) == {0o600}


def test_keys_for_nobody_are_refused(tmp_path: Path) -> None:
    """Names that no account can have, the venue's own, and keys that are not there."""
    with KeyStore(tmp_path / "keys.sqlite") as keys:
        for account in ("", "a b", "x" * 37, "né", "venue"):
            with pytest.raises(BadText):
                keys.create(account)
        with pytest.raises(UnknownKey, match="has no key 'abc'"):
            keys.revoke("abc")
        assert keys.all() == []


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    """With its name."""
    file = tmp_path / "keys.sqlite"
    file.write_bytes(b"to be or not to be" * 100)
    with pytest.raises(BadKeyStore, match=r"keys\.sqlite cannot be opened"):
        KeyStore(file)
    with pytest.raises(BadKeyStore, match="cannot be opened"):
        KeyStore(tmp_path / "nowhere" / "keys.sqlite")
