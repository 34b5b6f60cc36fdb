"""The paths through the kernel one by one (see ``paths``), in batches of one command and of 64."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.paths import BATCH_MAX, PATHS, Market
from exchange.domain.records import Rows

_ROUNDS = 200


@pytest.mark.parametrize("batch", [1, BATCH_MAX])
@pytest.mark.parametrize("name", PATHS)
def test_path(benchmark: BenchmarkFixture, name: str, batch: int) -> None:
    """Time of one ``Engine.apply`` with this many commands of one kind, which leaves the market as it was."""
    market, path = Market(), PATHS[name]
    standing = market.standing()
    last: list[Rows] = []

    def undo() -> None:
        events = last.pop()
        assert int((events["kind"] == path.writes).sum()) == path.writes_each * batch
        undone = market.ask(path.undo(market, events))
        if name == "cancel":
            market.learn(undone)

    def set_up() -> tuple[tuple[Rows], dict[str, object]]:
        if last:
            undo()
        market.ask(path.prepare(market, batch))
        return (market.rows(path.do(market, batch)),), {}

    def run(rows: Rows) -> None:
        last.append(market.engine.apply(rows))

    benchmark.pedantic(run, setup=set_up, rounds=_ROUNDS)  # type: ignore[no-untyped-call]  # it has no types
    undo()
    assert market.standing() == standing
