"""A file that is replaced is whole, and stays so without power."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from exchange.durable import put


def test_bytes_are_safe_before_they_have_the_name_and_then_the_name_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the system is asked for, in order: the disk cannot be asked what it would have lost."""
    asked: list[str] = []
    file = tmp_path / "safety.json"
    file.write_bytes(b"old")

    def fsync(descriptor: int) -> None:
        name = Path(os.readlink(f"/proc/self/fd/{descriptor}")).name
        asked.append(f"{name} {file.read_bytes().decode()}")

    monkeypatch.setattr(os, "fsync", fsync)
    put(file, b"new")
    assert asked == ["safety.json.tmp old", f"{tmp_path.name} new"]
    assert [path.name for path in tmp_path.iterdir()] == ["safety.json"]
