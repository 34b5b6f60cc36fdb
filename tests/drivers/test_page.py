"""What docs/strategies.md shows works as it stands there."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from strategies.cli import TOOLS, app

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "strategies.md").read_text(encoding="utf-8")
COMMANDS = [shlex.split(line)[1:] for line in re.findall(r"^    (gpux .*)$", PAGE, re.MULTILINE)]
LONG = {"demo", "keys", "live"}  # they need an exchange, or are one: tests of their own run them


@pytest.fixture
def steady(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "steady.py").write_text(code)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("steady")
def test_the_commands_of_the_page_do_what_they_say() -> None:
    """One after the other, as somebody would type them; the strategy is filled each time."""
    run = [words for words in COMMANDS if words[0] not in LONG | {"rehearse"}]
    assert [words[0] for words in run] == ["simulate", "simulate", "backtest", "backtest", "simulate", "report"]
    for words in run:
        found = CliRunner().invoke(app, [word if word != "0.1" else "0.01" for word in words])
        assert found.exit_code == 0, found.stderr
        if words[0] != "report":
            assert "P&L" in found.stdout
            assert not re.search(r"^all .* 0 +0 ", found.stdout, re.MULTILINE), found.stdout
    assert Path("runs/steady/report.html").exists()


def test_every_option_on_the_page_is_one_of_its_command() -> None:
    """Also of those that need an exchange."""
    known = get_command(app).commands | {tool.name: tool.load() for tool in TOOLS}  # type: ignore[attr-defined]
    assert {words[0] for words in COMMANDS} >= {"simulate", "backtest", "report", "live", "rehearse", "demo", "keys"}
    for words in COMMANDS:
        command = known[words[0]]
        command = command.commands[words[1]] if hasattr(command, "commands") else command
        options = {name for param in command.params for name in param.opts}
        assert {word for word in words if word.startswith("--")} <= options, words


@pytest.mark.parametrize("command", ["backtest", "simulate"])
def test_the_page_explains_the_options_of_the_drivers(command: str) -> None:
    """Each that is not the strategy's file or plain from its name."""
    (params,) = (tool.load().params for tool in TOOLS if tool.name == command)
    options = {name for param in params for name in param.opts if name.startswith("--")}
    assert {name for name in options if f"`{name}`" not in PAGE and f"{name} " not in PAGE} <= {
        "--rivals",
        "--bustle",
        "--place",
    }
