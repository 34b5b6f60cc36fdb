"""Market behaviour as traders read it: every scenario of every file beside this one."""

from __future__ import annotations

import pytest

from exchange.domain.records import command_rows
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
    """Restored in the middle, the engine says the same and ends in the same state."""
    for scenario in SCENARIOS:
        rows = command_rows(play(scenario).history)
        half, whole, first = len(rows) // 2, Engine(), Engine()
        events = whole.apply(rows).tobytes()
        before = first.apply(rows[:half]).tobytes()
        second = Engine.restore(first.snapshot())
        assert before + second.apply(rows[half:]).tobytes() == events, name(scenario)
        assert second.state_hash() == whole.state_hash(), name(scenario)


def test_there_are_enough() -> None:
    """So that nobody loses a file without noticing."""
    assert len(SCENARIOS) >= _SCENARIOS_MIN
