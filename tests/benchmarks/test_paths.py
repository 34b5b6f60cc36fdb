"""That a path which is measured is the one that was meant."""

from __future__ import annotations

import pytest

from benchmarks.paths import PATHS, Market


@pytest.mark.parametrize("name", PATHS)
def test_a_path_is_taken_and_undone(name: str) -> None:
    """Every command writes what it should, twice in a row, and the market is afterwards as it was."""
    market, path = Market(), PATHS[name]
    standing = market.standing()
    for _ in range(2):
        market.ask(path.prepare(market, 3))
        events = market.ask(path.do(market, 3))
        assert int((events["kind"] == path.writes).sum()) == 3 * path.writes_each
        undone = market.ask(path.undo(market, events))
        if name == "cancel":
            market.learn(undone)
    assert market.standing() == standing
    market.engine.check()
