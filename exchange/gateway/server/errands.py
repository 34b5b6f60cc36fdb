"""Commands that nobody waits for, but that must be done: what is half done undone, orders of the silent cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable

import structlog

from exchange.asking import ask
from exchange.gateway.server.safekeeping import Safekeeper
from exchange.gateway.server.shares import Shares
from exchange.gateway.session.effects import Undo
from exchange.node import Node
from exchange.wire import commands

log = structlog.get_logger(__name__)


class Errands:
    """Each is a task of its own, which asks the node until it has room, and for no more at once than anybody may."""

    def __init__(self, node: Node, keeper: Safekeeper, shares: Shares) -> None:
        self._node = node
        self._keeper = keeper
        self._shares = shares
        self.safety = keeper.safety
        self._running: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Before anybody comes in: what connections should have taken with them that a crash ended."""
        for account in self.safety.begin():
            self._start(ask(self._node, commands.cancel_all(account)))
            log.info("orders are cancelled, their connections were lost in a crash", account=account)

    def undo(self, undone: Iterable[Undo]) -> None:
        """As one errand; each is looked at when its turn has come."""
        self._start(self._undo(undone))

    def tick(self, now_ns: int) -> None:
        """Time passed: who has not been heard of in time loses his orders."""
        for account, deadline_ns in self.safety.due(now_ns):
            self._start(self._silence(account, deadline_ns))

    async def stop(self) -> None:
        for errand in self._running:
            errand.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self.safety.end()
        await self._keeper.settled()

    async def _undo(self, undone: Iterable[Undo]) -> None:
        for undo in undone:
            await self._shares.ask(undo.command)

    async def _silence(self, account: int, deadline_ns: int) -> None:
        """Its timer is forgotten once it is durable that its orders are gone."""
        await ask(self._node, commands.cancel_all(account))
        await self._node.settled()
        self.safety.fired(account, deadline_ns)
        log.info("orders cancelled, their owner was silent", account=account)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        errand = asyncio.create_task(work)
        self._running.add(errand)
        errand.add_done_callback(self._done)

    def _done(self, errand: asyncio.Task[None]) -> None:
        self._running.discard(errand)
        if not errand.cancelled() and errand.exception() is not None:
            log.warning("left half done", reason=str(errand.exception()))
