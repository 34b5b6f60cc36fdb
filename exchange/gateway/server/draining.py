"""How a venue that restarts takes leave: what it still takes, and what it says to whom."""

from __future__ import annotations

from aiohttp import web

from exchange.domain.enums import CommandKind
from exchange.gateway.server.probes import RETRY_SECONDS
from exchange.wire.refusals import Code, Refusal

# The WebSocket code of a service that comes back.
RESTART = 1012
RESTARTING = "service restart"
# What could leave somebody with more than he had; to cancel is taken to the end.
OPENING = frozenset({CommandKind.NEW, CommandKind.REPLACE, CommandKind.QUOTE, CommandKind.WILDCARD, CommandKind.MEMBER})


def draining() -> Refusal:
    """Of a request that came too late."""
    advice = "the venue restarts and nothing was done; connect again in a moment and send this again"
    return Refusal(Code.RETRY, advice, reason="draining")


def come_back() -> web.Response:
    """To who would connect now."""
    text = f"the venue restarts; try again in {RETRY_SECONDS} seconds\n"
    return web.Response(status=503, text=text, headers={"Retry-After": str(RETRY_SECONDS)})
