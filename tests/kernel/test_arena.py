"""Arrays that grow in place keep their rows, whether the system reserves space for them or not."""

from __future__ import annotations

import numpy as np
import pytest

from exchange.kernel import arena

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
