"""The example on the page about nomination is what comes of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from exchange.clearing.nomination import COLUMNS_MAX
from exchange.clearing.program import BRANCHES_MAX
from exchange.clearing.reading import HOURS_MAX, NODES_MAX
from exchange.clearing.terms import Node, Nomination


@pytest.fixture(scope="module")
def page() -> str:
    return (Path(__file__).resolve().parents[2] / "docs" / "nomination.md").read_text(encoding="utf-8")


def test_the_picture_is_of_the_example(page: str) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    said: dict[str, object] = {}
    exec(example, said)
    nodes, nominated = said["nodes"], said["nominated"]
    assert isinstance(nodes, list)
    assert isinstance(nominated, Nomination)
    for node in nodes:
        assert f"\n    {_row(node, nominated)}\n" in page


def _row(node: Node, nominated: Nomination) -> str:
    served = {row.hour: str(row.buyer) for row in nominated.assignments if row[1:3] == (node.provider, node.node)}
    hours = [served.get(hour, ". " if hour in node.hours else "  ") for hour in (10, 11, 12)]
    return f"{node.provider:8} {node.node:4} | {' '.join(hours)}".rstrip()


def test_the_page_knows_the_bounds(page: str) -> None:
    assert f"{HOURS_MAX} hours; {NODES_MAX:,} nodes of a provider; {COLUMNS_MAX:,} numbers in the program" in page
    assert f"{BRANCHES_MAX} branches" in page
