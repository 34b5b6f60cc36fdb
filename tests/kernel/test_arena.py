"""Arrays that grow in place keep their rows, whether the system reserves space for them or not."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
import pytest

from exchange.domain.records import command_rows
from exchange.engine import Engine
from exchange.kernel import arena
from tests.kernel.worlds import history

_STATM = Path("/proc/self/statm")
_DTYPE = np.dtype([("value", "<i8")])


@pytest.mark.parametrize("grants_space", [True, False])
def test_rows_stay_and_new_ones_are_zero(monkeypatch: pytest.MonkeyPatch, grants_space: bool) -> None:
    if not grants_space:
        monkeypatch.setattr(arena, "_RESERVED_BYTES", 2**62)  # more than there is
    small = arena.zeros(3, _DTYPE)
    small["value"] = [1, 2, 3]
    large = arena.grown(small, 1_000_000)
    assert large["value"][:3].tolist() == [1, 2, 3]
    assert len(large) == 1_000_000
    assert not large["value"][3:].any()
    assert np.shares_memory(small, large) == grants_space


def test_an_array_from_elsewhere_grows_by_a_copy() -> None:
    """Such as one that was read from a snapshot."""
    large = arena.grown(np.ones(2, np.int64), 5)
    assert large.tolist() == [1, 1, 0, 0, 0]


@pytest.mark.skipif(not _STATM.exists(), reason="only Linux says how much memory is there")
def test_memory_that_was_touched_is_there_and_still_zero() -> None:
    rows = arena.grown(arena.zeros(1, _DTYPE), 4_000_000)
    before = _resident_bytes()
    arena.touch(rows[1:])
    assert _resident_bytes() - before > rows.nbytes // 2
    assert not rows["value"].any()


def test_reserving_changes_nothing_but_where_memory_is() -> None:
    """Before the first order and between two, and what is there stays found."""
    commands = history(0, 400)
    plain, reserved = Engine(), Engine()
    for start in range(0, len(commands), 100):
        reserved.reserve(3_000 + start)
        rows = command_rows(commands[start : start + 100])
        assert plain.apply(rows).tobytes() == reserved.apply(rows).tobytes()
    assert plain.state_hash() == reserved.state_hash()
    with pytest.raises(ValueError, match="0 to 16777216 orders"):
        reserved.reserve(-1)


def _resident_bytes() -> int:
    return int(_STATM.read_text(encoding="ascii").split()[1]) * mmap.PAGESIZE
