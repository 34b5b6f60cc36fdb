"""The file in which timers and choices outlive the server."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog

from exchange.durable import put
from exchange.gateway.session.safety import Safety

FILE_NAME = "safety.json"

log = structlog.get_logger(__name__)


class Safekeeper:
    """``safety``: what was kept in ``directory``, and is kept there from now on.

    Each change is on disk a few milliseconds later, written by a thread; of those that come meanwhile the
    last is enough.
    """

    def __init__(self, directory: Path, on_disconnect: bool) -> None:
        """Raises OSError, and msgspec.MsgspecError if the file is damaged."""
        self._path = directory / FILE_NAME
        self._next: bytes | None = None
        self._writing: asyncio.Task[None] | None = None
        self.safety = Safety(on_disconnect, self._path.read_bytes() if self._path.exists() else b"", self._keep)

    async def settled(self) -> None:
        """Returns when all is on disk."""
        while self._writing is not None:
            await self._writing

    def _keep(self, content: bytes) -> None:
        self._next = content
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        try:
            while self._next is not None:
                content, self._next = self._next, None
                await asyncio.to_thread(put, self._path, content)
        except OSError as error:
            log.error("timers and choices are not kept", file=str(self._path), reason=str(error))
        finally:
            self._writing = None
