"""Bodies of HTTP requests: as they are, whole, and soon."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from exchange.wire import codec
from exchange.wire.refusals import Code, Refusal


def bounded_bodies(seconds: float) -> Middleware:
    """A body is read here, before anybody acts on it; what is too slow, too long or compressed is refused."""

    @web.middleware
    def bound(request: web.Request, handler: Handler) -> Awaitable[web.StreamResponse]:
        return read_first(request, handler) if request.can_read_body else handler(request)

    async def read_first(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            return _refuse(415, "compressed bodies are not taken; send the JSON as it is")
        try:
            async with asyncio.timeout(seconds):
                await request.read()
        except TimeoutError:
            return _refuse(408, f"the body did not arrive in {seconds:g} seconds; send it at once")
        except web.HTTPRequestEntityTooLarge:
            return _refuse(413, "the body is too large; send less")
        return await handler(request)

    return bound


def _refuse(status: int, advice: str) -> web.Response:
    body = codec.encode_refusal(None, Refusal(Code.INVALID_REQUEST, advice), 0, 0)
    response = web.Response(body=body, status=status, content_type="application/json")
    # What is left of the body would be taken for the next request.
    response.force_close()
    return response
