"""Of one account a turn takes only so many commands: a turn is short for all others, however much one wants.

Who has had its share is not read from until the turn is published. What it sends meanwhile waits with the
system, so that the core is free for the turn and for whoever asks for little.
"""

from __future__ import annotations

from contextlib import suppress

from exchange.asking import ask
from exchange.domain.records import Command
from exchange.node import Node, NodeStopped

COMMANDS_A_TURN = 64


class Shares:
    """What each account has submitted to the turn that is coming."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._taken: dict[int, int] = {}

    def submit(self, command: Command, origin: object | None = None) -> bool:
        """As the node does it. One request may have many commands, so more are let pass; ``room`` counts them."""
        if not self._node.submit(command, origin):
            return False
        self._count(command.account)
        return True

    async def ask(self, command: Command) -> None:
        """Put ``command`` into the inbox when both have room, its account and the inbox. Raises NodeStopped."""
        await self.room(command.account)
        await ask(self._node, command)
        self._count(command.account)

    def renew(self) -> None:
        """A turn is published: the next one gathers."""
        self._taken.clear()

    def used_up(self, account: int) -> bool:
        return self._taken.get(account, 0) >= COMMANDS_A_TURN

    async def room(self, account: int) -> None:
        """Wait until the share of ``account`` is not used up, or the node has stopped."""
        with suppress(NodeStopped):
            while self.used_up(account):
                await self._node.settled()

    def _count(self, account: int) -> None:
        self._taken[account] = self._taken.get(account, 0) + 1
