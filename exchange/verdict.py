"""What was found in a journal, as a table for people."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from exchange.journal.recovery import Verified


def verdict(found: Verified) -> Table:
    table = Table("what", show_header=False)
    table.add_column("found", overflow="fold")
    table.add_row("journal", f"broken: {escape(found.fault)}" if found.fault else "good")
    table.add_row("frames", f"{found.position.frames:,}")
    table.add_row("commands", f"{found.position.sequence:,}")
    table.add_row("events", f"{found.events:,}")
    table.add_row("epoch", str(found.position.epoch))
    table.add_row("chain hash", found.position.chain_hash.hex())
    table.add_row("state hash", found.state_hash)
    for check in found.snapshots:
        table.add_row(f"snapshot {check.path.name}", escape(check.fault) or "good")
    return table
