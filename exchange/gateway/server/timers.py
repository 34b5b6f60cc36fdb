"""What is done again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)


async def every(seconds: float, action: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            action()
        except Exception:
            # Our own bug; the others go on being served while somebody reads this.
            log.exception("a timer of the gateway failed", action=action.__name__)
