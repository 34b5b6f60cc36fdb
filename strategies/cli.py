"""``gpux``: the venue's commands and the strategies' tools, under one name.

A command of the tools is imported when it is asked for: what one of them needs, the others do not wait for.
"""

from __future__ import annotations

import gc
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from exchange.cli import app, venue

__all__ = ["TOOLS", "Tool", "app", "main"]


class Tool(NamedTuple):
    """A command, or a Typer of them, that is not imported yet. ``help`` is what it says of itself."""

    name: str
    place: str  # module:attribute
    help: str

    def load(self) -> TyperCommand | TyperGroup:
        """The command itself."""
        module, _, attribute = self.place.partition(":")
        found = getattr(import_module(module), attribute)
        if isinstance(found, typer.Typer):
            return typer.main.get_group(found)
        alone = typer.Typer(add_completion=False)
        alone.command(self.name)(found)
        command = typer.main.get_command(alone)
        assert isinstance(command, TyperCommand), "one function is one command"
        return command


TOOLS = (
    Tool(
        "demo",
        "strategies.demo.command:demo",
        "Run an exchange with a market maker, providers and buyers, and watch it live.",
    ),
    Tool(
        "backtest",
        "strategies.backtest.drive_command:backtest",
        "Play a recording of a market on the real engine, with a strategy's orders among it.",
    ),
    Tool(
        "simulate",
        "strategies.backtest.drive_command:simulate",
        "Let a strategy trade among providers, buyers and resellers who react to it, in virtual time.",
    ),
    Tool(
        "live",
        "strategies.live.command:live",
        "Trade on a running exchange, from its next hours to the end of them.",
    ),
    Tool(
        "rehearse",
        "strategies.live.command:rehearse",
        "Play the log of a live run to its strategy again and say where it does something else, if anywhere.",
    ),
    Tool(
        "sweep",
        "strategies.sweeps.command:sweep",
        "Try many parameters over the same windows, and say whether the winner is more than luck.",
    ),
    Tool(
        "fit",
        "strategies.curves.command:fit",
        "Fit price curves to a file of prices and say what they believe.",
    ),
    Tool(
        "curve",
        "strategies.live.curve_command:curve",
        "Show what each hour to come is expected to cost, how surely, and where quotes contradict each other.",
    ),
    Tool(
        "demand",
        "strategies.curves.demand.command:demand",
        "Fit a model of arrivals to a file of jobs and say what it believes of the demand to come.",
    ),
    Tool(
        "report",
        "strategies.results.command:report",
        "Write one page about a run, or about several beside each other.",
    ),
    Tool(
        "import",
        "strategies.backtest.command:importing",
        "Prove recordings of other markets on the engine and tidy them.",
    ),
)


class _Named(TyperCommand):
    """Stands for a tool in the list of commands."""

    def __init__(self, tool: Tool) -> None:
        super().__init__(tool.name, help=tool.help)
        self.tool = tool


class _Commands(TyperGroup):
    """The venue's own commands, and the tools by name."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for tool in TOOLS:
            self.add_command(_Named(tool))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.tool.load() if isinstance(command, _Named) else command, rest


app.callback(cls=_Commands)(venue)


@app.command()
def scenario(
    files: Annotated[list[Path], typer.Argument(help="Files of scenarios, in the language of docs/scenarios.md.")],
) -> None:
    """Run market behaviour written as scenarios and say where the engine differs."""
    # Late, because the other commands need not wait for the engine to load.
    from exchange.scenario.command import run

    run(files)


def main() -> None:
    # What is imported stays: to look for cycles in it takes a sixth of the time to start.
    gc.set_threshold(100_000)
    app()
