"""``gpux``: the venue's commands and the strategies' tools, under one name."""

from exchange.cli import app
from strategies.backtest.command import importing
from strategies.curves.command import fit
from strategies.demo.command import demo

app.command()(demo)
app.command()(fit)
app.add_typer(importing, name="import")


def main() -> None:
    app()
