"""Where the answer to one request over HTTP is awaited, in place of a connection."""

from __future__ import annotations

import asyncio

from exchange.gateway.session.effects import Send
from exchange.wire.refusals import Code


class Reply:
    """Takes what a session says to its client; the first of it is the answer."""

    def __init__(self) -> None:
        self.account = 0
        self._answer: asyncio.Future[Send] = asyncio.get_running_loop().create_future()

    def send(self, answer: Send) -> None:
        if not self._answer.done():
            self._answer.set_result(answer)

    def close(self, code: int, reason: str, hard: bool = False) -> None:
        """Only a connection can be closed: whoever waits is told the reason."""
        self.send(Send(reason.encode(), int(Code.INTERNAL_SERVER_ERROR)))

    async def answer(self) -> Send:
        return await self._answer
