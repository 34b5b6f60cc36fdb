"""Every scenario there is, read once."""

from __future__ import annotations

from pathlib import Path

from exchange.scenario.parse import Scenario, parse

_DIRECTORY = Path(__file__).resolve().parent
SCENARIOS: list[Scenario] = [
    scenario for file in sorted(_DIRECTORY.glob("*.txt")) for scenario in parse(file.read_text("utf-8"), file.name)
]


def name(scenario: Scenario) -> str:
    """As the report of a test run shows it."""
    return f"{scenario.file.removesuffix('.txt')}: {scenario.title}"
