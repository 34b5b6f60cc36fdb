"""The file in which timers and choices outlive the server."""

from __future__ import annotations

import os
from pathlib import Path

from exchange.gateway.session.safety import Safety

FILE_NAME = "safety.json"


def load_safety(directory: Path, on_disconnect: bool) -> Safety:
    """What was kept in ``directory``, and where it is kept from now on. Raises OSError, msgspec.MsgspecError."""
    path = directory / FILE_NAME
    kept = path.read_bytes() if path.exists() else b""
    return Safety(on_disconnect, kept, lambda changed: _replace(path, changed))


def _replace(path: Path, content: bytes) -> None:
    # Whole or not at all, whenever the process dies. Not synced: that is for orders, this for their owner's silence.
    beside = path.with_suffix(".new")
    beside.write_bytes(content)
    os.replace(beside, path)
