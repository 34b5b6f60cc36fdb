"""``/openapi.json`` and ``/asyncapi.json``: made when somebody first asks, and kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from aiohttp import web

from exchange.gateway.description import asyncapi, openapi
from exchange.gateway.session.permits import ANSWERED
from exchange.gateway.session.reading.public import VERSION


def add_descriptions(application: web.Application) -> None:
    application.router.add_get("/openapi.json", _shows(lambda: openapi(ANSWERED, VERSION)))
    application.router.add_get("/asyncapi.json", _shows(lambda: asyncapi(VERSION)))


def _shows(make: Callable[[], dict[str, Any]]) -> Callable[[web.Request], Any]:
    body = cache(lambda: msgspec.json.encode(make()))

    async def show(http: web.Request) -> web.Response:
        headers = {"Access-Control-Allow-Origin": "*"}
        return web.Response(body=body(), content_type="application/json", headers=headers)

    return show
