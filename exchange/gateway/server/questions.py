"""Requests over HTTP: GET with a query string, POST with a JSON-RPC request; whoever asks for himself shows a key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from msgspec import UNSET

from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session import reading
from exchange.gateway.session.effects import Send
from exchange.gateway.session.gatekeeper import Gatekeeper, Key
from exchange.gateway.session.permits import refuse_unconnected
from exchange.gateway.session.purses import Purses, pay
from exchange.gateway.session.reading.recalling import Past
from exchange.tally import DoorTally
from exchange.wire import codec
from exchange.wire.codec import Request
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.common import Params

_US = 1000
# What opens an account, and is kept in logs and histories if it stands in an address.
_NOT_IN_ADDRESSES = ("access_token", "client_secret", "refresh_token")

Serve = Callable[[Request, Key | None, str, int], Awaitable[Send]]


class Questions:
    """Handlers for ``/api/v2``. ``serve`` has a session of its own answer a request, of a key, from an address."""

    def __init__(
        self,
        mirror: Mirror,
        gatekeeper: Gatekeeper,
        purses: Purses,
        tally: DoorTally,
        client_of: Callable[[web.Request], str],
        serve: Serve,
        clock_ns: Callable[[], int],
    ) -> None:
        self._mirror = mirror
        self._gatekeeper = gatekeeper
        self._purses = purses
        self._tally = tally
        self._client_of = client_of
        self._serve = serve
        self._clock_ns = clock_ns

    async def get(self, http: web.Request) -> web.Response:
        """``GET /api/v2/public/METHOD?name=value``: values are text, converted here and nowhere else."""
        texts = dict(http.query)
        now_ns = self._clock_ns()
        method = _method(http)
        try:
            key = self._key(http, "", now_ns) if _private(method) else None
            self._take_credit(http, key, method, None, now_ns)
            refuse_unconnected(method)
            if len(texts) != len(http.query):
                raise Refusal(Code.INVALID_REQUEST, "a parameter is there twice; send it once")
            for name in _NOT_IN_ADDRESSES:
                if name in texts:
                    advice = f"{name} does not belong in an address, which others keep; POST it, or sign the request"
                    raise Refusal(Code.INVALID_REQUEST, advice, param=name)
            request = codec.lax_request(method, texts)
            return await self._answer(http, request, key, now_ns)
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
            token = request.params.access_token
            key = None
            if _private(request.method):
                key = self._key(http, body.decode(), now_ns, "" if token is UNSET else token)
            self._take_credit(http, key, request.method, request.params, now_ns)
            refuse_unconnected(request.method)
            if http.match_info.get("method") and _method(http) != request.method:
                raise Refusal(Code.INVALID_REQUEST, "the method of the body is not that of the path; make them agree")
            return await self._answer(http, request, key, now_ns)
        except Refusal as refusal:
            return self._refuse(codec.find_id(body), refusal, now_ns)

    def _key(self, http: web.Request, body: str, now_ns: int, token: str = "") -> Key:
        """Whose request it is, by its header or the token in its body. Raises Refusal, for which the address pays."""
        address = self._client_of(http)
        try:
            if token:
                return self._gatekeeper.holder(token, now_ns, address)
            authorization = http.headers.get("Authorization", "")
            return self._gatekeeper.bearer(authorization, (http.method, http.raw_path, body), now_ns, address)
        except Refusal:
            self._take_credit(http, None, "", None, now_ns)
            raise

    def _take_credit(self, http: web.Request, key: Key | None, method: str, params: Params | None, now_ns: int) -> None:
        self._tally.questions += 1
        if key is not None:
            purse = self._purses.of_account(key.account, now_ns)
        else:
            purse = self._purses.of_address(self._client_of(http), now_ns)
        pay((purse,), method, params, now_ns)

    async def _answer(self, http: web.Request, request: Request, key: Key | None, received_ns: int) -> web.Response:
        read = reading.PUBLIC.get(request.method)
        found = None if read is None else read(self._mirror, request.params, received_ns)
        if read is None or isinstance(found, Past):
            answer = await self._serve(request, key, self._client_of(http), received_ns)
            return _json(answer.frame, 200 if not answer.code else _status(answer.code), is_public=read is not None)
        return _json(codec.encode_result(request.id, found, received_ns // _US, self._clock_ns() // _US), 200)

    def _refuse(self, request_id: codec.RequestId, refusal: Refusal, received_ns: int) -> web.Response:
        self._tally.refusals[refusal.code] += 1
        body = codec.encode_refusal(request_id, refusal, received_ns // _US, self._clock_ns() // _US)
        response = _json(body, _status(refusal.code))
        if refusal.wait_ms:
            response.headers["Retry-After"] = str(-(-refusal.wait_ms // 1000))
        return response


def _method(http: web.Request) -> str:
    return f"{http.match_info['scope']}/{http.match_info['method']}"


def _private(method: str) -> bool:
    return method.startswith("private/")


def _status(code: int) -> int:
    return 429 if code == Code.TOO_MANY_REQUESTS else 400


def _json(body: bytes, status: int, is_public: bool = True) -> web.Response:
    # The public data is for any page that asks.
    headers = {"Access-Control-Allow-Origin": "*"} if is_public else {"Cache-Control": "no-store"}
    return web.Response(body=body, status=status, content_type="application/json", headers=headers)
