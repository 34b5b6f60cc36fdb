"""Commands that nobody waits for, but that must be done: what is half done undone, orders of the silent cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

import structlog

from exchange.asking import ask
from exchange.domain.records import Command
from exchange.gateway.server.safekeeping import Safekeeper
from exchange.node import Node
from exchange.wire import commands

log = structlog.get_logger(__name__)


class Errands:
    """Each is a task of its own, which asks the node until it has room."""

    def __init__(self, node: Node, keeper: Safekeeper) -> None:
        self._node = node
        self._keeper = keeper
        self._safety = keeper.safety
        self._running: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Before anybody comes in: what connections should have taken with them that a crash ended."""
        for account in self._safety.begin():
            self.undo(commands.cancel_all(account))
            log.info("orders are cancelled, their connections were lost in a crash", account=account)

    def undo(self, command: Command) -> None:
        self._start(ask(self._node, command))

    def tick(self, now_ns: int) -> None:
        """Time passed: who has not been heard of in time loses his orders."""
        for account, deadline_ns in self._safety.due(now_ns):
            self._start(self._silence(account, deadline_ns))

    async def stop(self) -> None:
        for errand in self._running:
            errand.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._safety.end()
        await self._keeper.settled()

    async def _silence(self, account: int, deadline_ns: int) -> None:
        """Its timer is forgotten once it is durable that its orders are gone."""
        await ask(self._node, commands.cancel_all(account))
        await self._node.settled()
        self._safety.fired(account, deadline_ns)
        log.info("orders cancelled, their owner was silent", account=account)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        errand = asyncio.create_task(work)
        self._running.add(errand)
        errand.add_done_callback(self._done)

    def _done(self, errand: asyncio.Task[None]) -> None:
        self._running.discard(errand)
        if not errand.cancelled() and errand.exception() is not None:
            log.warning("left half done", reason=str(errand.exception()))
