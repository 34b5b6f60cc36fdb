"""What every answer over HTTP has in common: headers that keep browsers careful, and JSON for whoever speaks JSON."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from msgspec import UNSET

from exchange.wire import codec
from exchange.wire.refusals import Code, Refusal

API = "/api/"
# Nothing is guessed from content, nothing is told to other sites, and what is private stays out of caches.
HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Server": "gpux",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_NS_PER_US = 1000
_LOST = {
    404: (Code.METHOD_NOT_FOUND, "methods are at /api/v2/public/METHOD and /api/v2/private/METHOD; see /openapi.json"),
    405: (Code.INVALID_REQUEST, "ask with GET or POST"),
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def polish(http: web.Request, answer: web.StreamResponse) -> None:
    """Signal of aiohttp, before the headers of any answer leave."""
    if not isinstance(answer, web.WebSocketResponse):
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
    answer.headers["Server"] = HEADERS["Server"]
    if http.path.startswith(API):
        answer.headers.setdefault("Cache-Control", "no-store")


@web.middleware
def in_json(request: web.Request, handler: Handler) -> Awaitable[web.StreamResponse]:
    """Below ``/api/``, a path that is none and a verb that is none are told like any other refusal."""
    # Of all else no frame is kept here: a WebSocket would hold it as long as it lives.
    return _in_json(request, handler) if request.path.startswith(API) else handler(request)


async def _in_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status not in _LOST:
            raise
        now_us = time.time_ns() // _NS_PER_US
        body = codec.encode_refusal(UNSET, Refusal(*_LOST[error.status]), now_us, now_us)
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return web.Response(status=error.status, body=body, content_type="application/json", headers=headers)
