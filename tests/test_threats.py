"""The page of threats names files and tests that are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[1]
_PAGE = (_CHECKOUT / "docs" / "threats.md").read_text(encoding="utf-8")
_TEST = re.compile(r"`(tests/[a-z_/]+\.py)::(\w+)`")
_CONTROL = re.compile(r"`(exchange/[a-z_/]+\.py)`")


def _tests_in(file: str) -> set[str]:
    tree = ast.parse((_CHECKOUT / file).read_text(encoding="utf-8"))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {function.name for function in functions if function.name.startswith("test_")}


def test_every_test_that_the_page_names_is_there() -> None:
    """A test that was renamed takes its threat along."""
    named = _TEST.findall(_PAGE)
    assert len(named) > 30
    assert [f"{file}::{name}" for file, name in named if name not in _tests_in(file)] == []


def test_every_control_that_the_page_names_is_there() -> None:
    """Where to look for what is in the way."""
    assert [file for file in _CONTROL.findall(_PAGE) if not (_CHECKOUT / file).is_file()] == []


def test_every_threat_has_a_control_and_a_test() -> None:
    """No row is a promise only."""
    rows = [row for row in _PAGE.splitlines() if row.startswith("| ") and not row.startswith("| threat")]
    without = [row for row in rows if not _TEST.search(row) or not (_CONTROL.search(row) or "aiohttp" in row)]
    assert without == []
