"""The page about delivery says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from exchange.config import DeliverySettings
from exchange.scenario.parse import parse
from exchange.scenario.run import play
from exchange.settlement.nodes import node_name

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "delivery.md"


@pytest.fixture(scope="module")
def page() -> str:
    return _PAGE.read_text(encoding="utf-8")


def test_the_example_happens_as_it_is_written(page: str) -> None:
    (example,) = re.findall(r"```\n(list .*?)```", page, re.DOTALL)
    (scenario,) = parse(example, str(_PAGE))
    assert play(scenario).failure == ""


def test_the_table_has_every_setting_and_its_default(page: str) -> None:
    for name, field in DeliverySettings.model_fields.items():
        assert f"| `{name}` | {field.default} |" in page


def test_it_knows_what_is_a_long_name(page: str) -> None:
    assert node_name(1, "a" * 25, 1) == "a" * 25 + "-1"
    assert node_name(1, "a" * 26, 1).startswith("a" * 14 + "_")
    assert "longer than 25 characters the nodes begin with 14 of them" in page
