"""``python -m exchange``: the venue's own commands, without the strategies' tools."""

import gc

from exchange.cli import app

if __name__ == "__main__":
    # What is imported stays: to look for cycles in it takes a sixth of the time to start.
    gc.set_threshold(100_000)
    app()
