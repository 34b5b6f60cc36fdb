"""``gpux``: the venue's commands and the strategies' tools, under one name."""

from pathlib import Path
from typing import Annotated

import typer

from exchange.cli import app
from strategies.backtest.command import importing
from strategies.curves.command import fit
from strategies.curves.demand.command import demand
from strategies.demo.command import demo
from strategies.live.curve_command import curve
from strategies.results.command import report

__all__ = ["app", "main"]

app.command()(demo)
app.command()(fit)
app.command()(curve)
app.command()(demand)
app.command()(report)
app.add_typer(importing, name="import")


@app.command()
def scenario(
    files: Annotated[list[Path], typer.Argument(help="Files of scenarios, in the language of docs/scenarios.md.")],
) -> None:
    """Run market behaviour written as scenarios and say where the engine differs."""
    # Late, because the other commands need not wait for the engine to load.
    from exchange.scenario.command import run

    run(files)


def main() -> None:
    app()
