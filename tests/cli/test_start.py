"""A command loads what it needs and no more, so that the short ones are quick."""

import subprocess
import sys
from pathlib import Path

import pytest

from strategies.cli import TOOLS, Tool
from strategies.results import run_of
from tests.results.worlds import recorded

HEAVY = {"matplotlib", "numba", "numpy", "optuna", "polars", "scipy"}


def heavy_of(*words: str) -> set[str]:
    """What the command had imported of HEAVY when it ended."""
    code = (
        "import sys\nfrom strategies.cli import app\napp(sys.argv[1:], standalone_mode=False)\n"
        "print('modules', *sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True, text=True)
    return HEAVY & set(found.stdout.splitlines()[-1].split())


def test_help_loads_nothing_heavy() -> None:
    """Not even numbers."""
    assert heavy_of("--help") == set()


def test_a_report_loads_no_curves(tmp_path: Path) -> None:
    """Only what reads tables and draws."""
    run_of(recorded()[1], label="kept").save(tmp_path / "run")
    assert heavy_of("report", str(tmp_path / "run")) == {"matplotlib", "numpy", "polars"}


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_command_says_of_itself_what_the_list_says_of_it(tool: Tool) -> None:
    """The list is written beforehand, so that it loads nothing."""
    assert (tool.load().help or "").splitlines()[0] == tool.help
