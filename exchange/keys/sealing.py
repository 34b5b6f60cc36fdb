"""Secrets at rest: AES-256-GCM under a master key that is not in the same file."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from exchange.config import master_key
from exchange.keys.record import BadKeyStore

MASTER_FILE_NAME = "keys.master"
MASTER_BYTES = 32
_NONCE_BYTES = 12


class Sealer:
    """Seals a text for one owner: what was sealed for one id does not open for another."""

    def __init__(self, master: bytes) -> None:
        self._cipher = AESGCM(master)

    def seal(self, owner: str, text: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), owner.encode())

    def open(self, owner: str, sealed: bytes) -> str:
        """Raises BadKeyStore if it was sealed under another master key, for another owner, or was changed."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], owner.encode()).decode()
        except (InvalidTag, ValueError):
            raise BadKeyStore(
                "the secrets do not open with this master key; "
                f"give the one they were sealed under, as {MASTER_FILE_NAME} or GPUX_MASTER_KEY"
            ) from None


def find_master(directory: Path) -> bytes:
    """The master key: that of the environment, or that of the file, which is made if there is none.

    Raises BadKeyStore if the file is open to others or is no key, BadSettings if that of the environment is none.
    """
    given = master_key()
    if given is not None:
        return given
    path = directory / MASTER_FILE_NAME
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    with os.fdopen(handle, "wb") as file:
        master = secrets.token_bytes(MASTER_BYTES)
        file.write(master)
        file.flush()
        os.fsync(file.fileno())
    return master


def _read(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        raise BadKeyStore(f"{path} is open to others than its owner; chmod 600 it, and make new keys if it was read")
    master = path.read_bytes()
    if len(master) != MASTER_BYTES:
        raise BadKeyStore(f"{path} has {len(master)} bytes instead of {MASTER_BYTES}; restore it from where it is kept")
    return master
