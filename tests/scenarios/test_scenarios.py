"""Market behaviour as traders read it: every scenario of every file beside this one."""

from __future__ import annotations

import pytest

from exchange.engine import Engine
from exchange.scenario.parse import Scenario
from exchange.scenario.run import play
from tests.kernel.pair import Pair
from tests.scenarios.files import SCENARIOS, name

_SCENARIOS_MIN = 600


@pytest.mark.parametrize("scenario", SCENARIOS, ids=name)
def test_scenario(scenario: Scenario) -> None:
    """The engine does what is written, and so does the reference exchange with the same commands as one batch."""
    played = play(scenario)
    assert not played.failure, played.failure
    pair = Pair()
    pair.apply(played.history)
    pair.compare_state()


@pytest.mark.compiled
def test_a_snapshot_anywhere_in_a_scenario_changes_nothing() -> None:
    """Restored in the middle, the engine ends in the same state."""
    for scenario in SCENARIOS:
        history = play(scenario).history
        whole, first = Pair(), Pair()
        whole.apply(history)
        first.apply(history[: len(history) // 2])
        second = Pair()
        second.reference, second.engine = first.reference, Engine.restore(first.engine.snapshot())
        second.apply(history[len(history) // 2 :])
        assert second.engine.state_hash() == whole.engine.state_hash(), name(scenario)


def test_there_are_enough() -> None:
    """So that nobody loses a file without noticing."""
    assert len(SCENARIOS) >= _SCENARIOS_MIN
