"""Requests without a connection: public questions over HTTP."""

from __future__ import annotations

from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.reading import PUBLIC
from exchange.wire.codec import Request
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests import METHODS

ANSWERED = frozenset(PUBLIC)


def refuse_connected(method: str) -> None:
    """Raises Refusal if ``method`` exists but belongs to a connection, whatever its parameters are."""
    if method in METHODS and method not in ANSWERED:
        advice = f"{method} needs a WebSocket; connect to /ws/api/v2 and send it there"
        raise Refusal(Code.MUST_BE_WEBSOCKET_REQUEST, advice)


def answer(mirror: Mirror, request: Request, now_ns: int) -> object:
    """Raises Refusal if the question cannot be answered or belongs to a connection."""
    refuse_connected(request.method)
    return PUBLIC[request.method](mirror, request.params, now_ns)
