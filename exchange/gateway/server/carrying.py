"""What sessions want done is done: answers leave, commands go into the inbox, archive and journal are asked."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import cast

import msgspec

from exchange.gateway.feed.hub import Feed
from exchange.gateway.server.archivist import Archivist
from exchange.gateway.server.audience import Audience
from exchange.gateway.server.connection import Connection
from exchange.gateway.server.draining import OPENING, draining
from exchange.gateway.server.errands import Errands
from exchange.gateway.server.reply import Reply
from exchange.gateway.server.shares import Shares
from exchange.gateway.server.statements import Statements, form_of
from exchange.gateway.session.effects import Close, Effect, Inquire, Join, Leave, Recall, Relay, Send, Submit, Undo
from exchange.node import Node
from exchange.wire.refusals import Refusal

# Who hears what becomes of a request: a WebSocket, or the one answer of HTTP.
Asker = Connection | Reply


class Carrier:
    """Of one server. While ``draining`` nothing is taken that could leave somebody with more than he had."""

    def __init__(
        self,
        node: Node,
        shares: Shares,
        errands: Errands,
        audience: Audience,
        feed: Feed,
        archivist: Archivist,
        statements: Statements,
        clock_ns: Callable[[], int],
    ) -> None:
        self.draining = False
        self._node = node
        self._shares = shares
        self._errands = errands
        self._audience = audience
        self._feed = feed
        self._archivist = archivist
        self._statements = statements
        self._clock_ns = clock_ns
        self._inquiries: dict[asyncio.Task[None], Asker] = {}

    def carry_out(self, asker: Asker, effects: Iterable[Effect]) -> None:
        """In their order."""
        left = deque(effects)
        while left:
            effect = left.popleft()
            match effect:
                case Send():
                    asker.send(effect)
                case Submit(command, origin):
                    ending = self._node.stopped or (self.draining and command.kind in OPENING)
                    asker.account = command.account
                    if ending or not self._shares.submit(command, origin):
                        refusal = draining() if self.draining else None
                        left.extendleft(reversed(origin.session.refuse_busy(origin, self._clock_ns(), refusal)))
                case Undo():
                    self._errands.undo((effect,))
                case Join(channels, account):
                    self._audience.join(cast(Connection, asker), channels, account)
                case Leave(channels):
                    self._audience.leave(cast(Connection, asker), channels)
                case Relay(curve):
                    self._audience.deliver(self._feed.relay(curve))
                case Inquire() | Recall():
                    inquiry = asyncio.create_task(self._find_out(asker, effect))
                    self._inquiries[inquiry] = asker
                    inquiry.add_done_callback(self._inquiries.pop)
                case Close(code, reason, hard):
                    asker.close(code, reason, hard)

    def forget(self, asker: Asker) -> None:
        """It is gone: what it inquired nobody waits for."""
        for inquiry in [task for task, each in self._inquiries.items() if each is asker]:
            inquiry.cancel()

    async def stop(self) -> None:
        """Whoever still waits is told that the venue restarts."""
        inquiries = list(self._inquiries)
        for inquiry in inquiries:
            inquiry.cancel()
        await asyncio.gather(*inquiries, return_exceptions=True)

    async def _find_out(self, asker: Asker, wanted: Inquire | Recall) -> None:
        """Ask the journal or the archive, and send what comes of it."""
        answer: object
        try:
            if isinstance(wanted, Recall):
                answer = await self._archivist.answer(wanted.past, wanted.origin.session.payer)
            else:
                made = await self._statements.make(wanted.account, wanted.params.day, form_of(wanted.params))
                answer = msgspec.Raw(made)
        except Refusal as refusal:
            answer = refusal
        except asyncio.CancelledError:
            if self.draining:
                self.carry_out(asker, wanted.origin.session.tell(wanted.origin, draining(), self._clock_ns()))
            raise
        self.carry_out(asker, wanted.origin.session.tell(wanted.origin, answer, self._clock_ns()))
