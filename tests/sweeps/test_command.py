"""``gpux sweep`` for real: a file of one's own among agents, and what is wrong said in a line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from strategies.cli import app

MAKER = """
from strategies.base import Context, Intents, Quote, Strategy, Wake


class Wide(Strategy):
    wakes = Wake.TIMER

    def __init__(self, width: float = 0.02, lots: int = 3) -> None:
        if width <= 0:
            raise ValueError("width must be positive")
        self.width = width
        self.lots = lots

    def on_timer(self, ctx: Context) -> Intents:
        for contract in ctx.contracts[:2]:
            middle = ctx.fair_usd(contract) / contract.price_usd(1)
            if middle:
                away = max(1, round(middle * self.width))
                yield Quote(contract, round(middle) - away, self.lots, round(middle) + away, self.lots)
"""
TRIED = ["--param", "width=0.001:0.1:log", "--param", "lots=1:9:int"]
SMALL = ["--data", "agents:bustle=400", "--hours", "0.002", "--periods", "4", "--seeds", "2", "--trials", "3"]


@pytest.fixture
def wide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wide.py").write_text(MAKER, encoding="utf-8")
    return "wide.py:Wide"


def test_a_sweep_from_the_command_line(wide: str) -> None:
    """Winner and verdict on the screen, files in the directory; with --resume nothing is run again."""
    runner = CliRunner()
    arguments = ["sweep", wide, *TRIED, *SMALL, "--jobs", "1"]
    first = runner.invoke(app, arguments)
    assert first.exit_code == 0, first.output
    assert "3/3 trials" in first.stderr
    assert "winner" in first.stdout.lower()
    assert "gpux-data/sweep/sweep.html" in first.stdout
    directory = Path("gpux-data/sweep")
    found = json.loads((directory / "sweep.json").read_text(encoding="utf-8"))
    assert found["run"]["strategy"] == wide
    assert [set(trial["parameters"]) for trial in found["trials"]] == [{"width", "lots"}] * 3
    kept = (directory / "scores.jsonl").read_bytes()

    again = runner.invoke(app, arguments)
    assert again.exit_code == 2
    assert "a sweep is kept here already" in again.stderr
    resumed = runner.invoke(app, [*arguments, "--resume"])
    assert resumed.stdout == first.stdout
    assert (directory / "scores.jsonl").read_bytes() == kept

    Path("wide.py").write_text(MAKER + "\n# another\n", encoding="utf-8")
    changed = runner.invoke(app, [*arguments, "--resume"])
    assert changed.exit_code == 2
    assert "of another sweep: its strategy_sha256" in changed.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "a sweep needs at least one --param"),
        (["--param", "width=1"], "one value is nothing to try"),
        (["--param", "wide=1:2"], "Wide has no parameter 'wide'"),
        (["--param", "lots=1:9"], "Wide.lots takes int"),
        (["--param", "width=0:1"], "width must be positive"),
        (["--param", "lots=1:9:int", "--set", "lots=2"], "lots is both"),
        ([*TRIED, "--folds", "3"], "--folds cuts a recording"),
        ([*TRIED, "--data", "nowhere.npz"], "nowhere.npz"),
        ([*TRIED, "--data", "agents:bustle=never"], "bustle is a number"),
        ([*TRIED, "--objective", "fame"], "fame"),
        ([*TRIED, "--ray", "127.0.0.1:1"], "no Ray cluster"),
    ],
)
def test_what_cannot_be_is_refused(wide: str, tmp_path: Path, arguments: list[str], said: str) -> None:
    """In one line, before anything is run or written."""
    found = CliRunner().invoke(app, ["sweep", wide, "--trials", "2", "--jobs", "1", *arguments])
    assert found.exit_code == 2
    assert said in found.stderr
    assert not list(tmp_path.glob("**/sweep.json"))


def test_there_is_no_such_strategy(tmp_path: Path) -> None:
    """Said with what is there."""
    found = CliRunner().invoke(app, ["sweep", str(tmp_path / "none.py"), *TRIED])
    assert found.exit_code == 2
    assert "there is no file" in found.stderr
