"""Requests without a connection: public questions over HTTP."""

from __future__ import annotations

from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.reading import PUBLIC
from exchange.wire.codec import Request
from exchange.wire.refusals import Code, Refusal


def answer(mirror: Mirror, request: Request, now_ns: int) -> object:
    """Raises Refusal if the question cannot be answered or belongs to a connection."""
    read = PUBLIC.get(request.method)
    if read is None:
        advice = f"{request.method} needs a WebSocket; connect to /ws/api/v2 and send it there"
        raise Refusal(Code.MUST_BE_WEBSOCKET_REQUEST, advice)
    return read(mirror, request.params, now_ns)
