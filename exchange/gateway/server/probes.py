"""For those who run the venue: is it alive, may clients come, what has it counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
from aiohttp import web

from exchange.gateway.server.metrics import Crowd, Metrics
from exchange.node import Node
from exchange.tally import DoorTally

# How soon to come back to a venue that is not ready.
RETRY_SECONDS = 2


class Probes:
    """Handlers of ``/healthz``, ``/readyz`` and ``/metrics``. ``reasons`` says why no client may come now."""

    def __init__(
        self,
        node: Node,
        tally: DoorTally,
        directory: Path,
        crowd: Callable[[], Crowd],
        reasons: Callable[[], list[str]],
    ) -> None:
        self._node = node
        self._crowd = crowd
        self._reasons = reasons
        self._metrics = Metrics(node, tally, directory, crowd)

    def add_to(self, application: web.Application) -> None:
        application.router.add_get("/healthz", self._health)
        application.router.add_get("/readyz", self._ready)
        application.router.add_get("/metrics", self._show_metrics)

    async def _health(self, http: web.Request) -> web.Response:
        engine = self._node.engine
        state = {
            "status": "ok",
            "sequence": engine.sequence,
            "events": engine.events_total,
            "connections": self._crowd().connections,
        }
        return web.Response(body=msgspec.json.encode(state), content_type="application/json")

    async def _ready(self, http: web.Request) -> web.Response:
        return readiness(self._reasons())

    async def _show_metrics(self, http: web.Request) -> web.Response:
        body, content_type = self._metrics.page(http.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})


def readiness(reasons: list[str]) -> web.Response:
    """200 without reasons not to come, else 503 with them."""
    body = msgspec.json.encode({"ready": not reasons, "reasons": reasons})
    if not reasons:
        return web.Response(body=body, content_type="application/json")
    headers = {"Retry-After": str(RETRY_SECONDS)}
    return web.Response(status=503, body=body, content_type="application/json", headers=headers)
