"""Asking the node for something that must be done, however full its inbox is."""

from __future__ import annotations

import asyncio

from exchange.domain.records import Command
from exchange.node import Node, NodeStopped


async def ask(node: Node, command: Command) -> None:
    """Put ``command`` into the inbox, if need be when a turn has emptied it. Raises NodeStopped."""
    while not node.submit(command):
        if node.stopped:
            raise NodeStopped("the node stopped before the venue was as its settings want it")
        # The inbox is full: wait for the turn that empties it.
        await node.settled()
        await asyncio.sleep(0)
