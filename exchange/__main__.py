"""``python -m exchange``: the venue's own commands, without the strategies' tools."""

from exchange.cli import app

if __name__ == "__main__":
    app()
