"""Public questions over HTTP: GET with a query string, POST with a JSON-RPC request."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from msgspec import UNSET

from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.purses import Purses, pay
from exchange.gateway.session.stateless import answer, refuse_connected
from exchange.tally import DoorTally
from exchange.wire import codec
from exchange.wire.codec import Request
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.common import Params

_US = 1000


class Questions:
    """Handlers for ``/api/v2``."""

    def __init__(
        self,
        mirror: Mirror,
        purses: Purses,
        tally: DoorTally,
        client_of: Callable[[web.Request], str],
        clock_ns: Callable[[], int],
    ) -> None:
        self._mirror = mirror
        self._purses = purses
        self._tally = tally
        self._client_of = client_of
        self._clock_ns = clock_ns

    async def get(self, http: web.Request) -> web.Response:
        """``GET /api/v2/public/METHOD?name=value``: values are text, converted here and nowhere else."""
        texts = dict(http.query)
        now_ns = self._clock_ns()
        try:
            self._take_credit(http, _method(http), None, now_ns)
            refuse_connected(_method(http))
            if len(texts) != len(http.query):
                raise Refusal(Code.INVALID_REQUEST, "a parameter is there twice; send it once")
            request = codec.lax_request(_method(http), texts)
            return self._answer(request, now_ns)
        except Refusal as refusal:
            return self._refuse(UNSET, refusal, now_ns)

    async def post(self, http: web.Request) -> web.Response:
        """``POST /api/v2`` or ``/api/v2/public/METHOD`` with the same request as over WebSocket."""
        now_ns = self._clock_ns()
        try:
            body = await http.read()
        except web.HTTPRequestEntityTooLarge:
            return self._refuse(None, Refusal(Code.INVALID_REQUEST, "the body is too large; send less"), now_ns)
        try:
            request = codec.decode_request(body)
            self._take_credit(http, request.method, request.params, now_ns)
            if http.match_info.get("method") and _method(http) != request.method:
                raise Refusal(Code.INVALID_REQUEST, "the method of the body is not that of the path; make them agree")
            return self._answer(request, now_ns)
        except Refusal as refusal:
            return self._refuse(codec.find_id(body), refusal, now_ns)

    def _take_credit(self, http: web.Request, method: str, params: Params | None, now_ns: int) -> None:
        self._tally.questions += 1
        pay((self._purses.of_address(self._client_of(http), now_ns),), method, params, now_ns)

    def _answer(self, request: Request, received_ns: int) -> web.Response:
        found = answer(self._mirror, request, received_ns)
        return _json(codec.encode_result(request.id, found, received_ns // _US, self._clock_ns() // _US), 200)

    def _refuse(self, request_id: codec.RequestId, refusal: Refusal, received_ns: int) -> web.Response:
        self._tally.refusals[refusal.code] += 1
        body = codec.encode_refusal(request_id, refusal, received_ns // _US, self._clock_ns() // _US)
        response = _json(body, 429 if refusal.code == Code.TOO_MANY_REQUESTS else 400)
        if refusal.wait_ms:
            response.headers["Retry-After"] = str(-(-refusal.wait_ms // 1000))
        return response


def _method(http: web.Request) -> str:
    return f"{http.match_info['scope']}/{http.match_info['method']}"


def _json(body: bytes, status: int) -> web.Response:
    # The public data is for any page that asks.
    headers = {"Access-Control-Allow-Origin": "*"}
    return web.Response(body=body, status=status, content_type="application/json", headers=headers)
