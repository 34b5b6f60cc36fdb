"""The operator's plane: its own address and its own key; what is asked is logged, what it changes is journaled."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
import structlog
from aiohttp import web

from exchange.config import Settings
from exchange.domain.enums import EventKind, Reject
from exchange.domain.errors import GpuxError
from exchange.domain.instruments import parse_symbol
from exchange.domain.records import Command
from exchange.domain.scopes import OPERATE
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.server.connection import CLOSE_SECONDS, Connection
from exchange.gateway.session import operating
from exchange.gateway.session.gatekeeper import Gatekeeper, Key
from exchange.listing import list_hour
from exchange.node import Node, NodeStopped
from exchange.wire import codec
from exchange.wire.codec import Request
from exchange.wire.refusals import Code, Refusal, of_reject
from exchange.wire.requests.operator import OPERATOR_METHODS, Disconnect, OfInstrument
from exchange.wire.requests.session import Auth

_US = 1000
_POLICY_VIOLATION = 1008

log = structlog.get_logger(__name__)


class OperatorPlane:
    """``POST /api/v2`` with a JSON-RPC request, one at a time in effect: each is a turn of its own."""

    def __init__(
        self,
        node: Node,
        mirror: Mirror,
        gatekeeper: Gatekeeper,
        settings: Settings,
        connections: Callable[[], Iterable[Connection]],
        clock_ns: Callable[[], int],
    ) -> None:
        self._node = node
        self._mirror = mirror
        self._gatekeeper = gatekeeper
        self._settings = settings
        self._connections = connections
        self._clock_ns = clock_ns
        self._decoders = codec.decoders_of(OPERATOR_METHODS)
        self._runner: web.AppRunner | None = None

    async def start(self) -> int:
        """Listen, if the settings want it. Returns the port, or 0. Raises OSError if the address is taken."""
        where = self._settings.operator
        if where.port is None:
            return 0
        application = web.Application(client_max_size=self._settings.gateway.frame_bytes_max)
        application.router.add_post("/api/v2", self.post)
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=CLOSE_SECONDS)
        await self._runner.setup()
        await web.TCPSite(self._runner, where.host, where.port).start()
        port: int = self._runner.addresses[0][1]
        return port

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def post(self, http: web.Request) -> web.Response:
        now_ns = self._clock_ns()
        try:
            body = await http.read()
        except web.HTTPRequestEntityTooLarge:
            return self._refuse(None, Refusal(Code.INVALID_REQUEST, "the body is too large; send less"), now_ns)
        try:
            request = codec.decode_request(body, self._decoders)
            address = http.remote or ""
            if isinstance(request.params, Auth):
                key, answer = self._gatekeeper.admit(request.params, now_ns, address)
                _refuse_others(key)
                return self._reply(request, answer, now_ns)
            signed = (http.method, http.raw_path, body.decode())
            key = self._gatekeeper.bearer(http.headers.get("Authorization", ""), signed, now_ns, address)
            _refuse_others(key)
            result = await self._act(request, now_ns)
            # What the journal does not know: who it was.
            wanted = msgspec.to_builtins(request.params)
            wanted.pop("access_token", None)
            log.info("operator", method=request.method, key=key.client_id, address=address, params=wanted)
            return self._reply(request, result, now_ns)
        except Refusal as refusal:
            return self._refuse(codec.find_id(body), refusal, now_ns)

    async def _act(self, request: Request, now_ns: int) -> object:
        params = request.params
        if isinstance(params, Disconnect):
            return self._disconnect(params)
        if request.method == "operator/status":
            return self._status()
        if isinstance(params, OfInstrument):
            name = params.instrument_name
            return await self._decide(lambda: self._listing(name, now_ns))
        command = operating.COMMANDS[request.method]
        return await self._decide(lambda: command(self._mirror, params, now_ns))

    async def _decide(self, plan: Callable[[], list[Command]]) -> dict[str, int]:
        """How many commands that came to, once they are durable. Raises Refusal if the engine refuses one of them."""
        wanted: list[Command] = []

        def remembered() -> list[Command]:
            wanted.extend(plan())
            return wanted

        try:
            events = await self._node.decide(remembered)
        except NodeStopped:
            raise Refusal(Code.BOOK_CLOSED, "the venue is stopping; connect again later") from None
        refused = events[events["kind"] == EventKind.REJECTED]
        if len(refused):
            raise of_reject(Reject(int(refused[0]["reason"])))
        return {"commands": len(wanted), "events": len(events)}

    def _listing(self, name: str, now_ns: int) -> list[Command]:
        try:
            contract = parse_symbol(name)
        except GpuxError as error:
            raise Refusal(Code.INVALID_PARAMS, str(error), param="instrument_name") from None
        if contract.is_strip or contract.gate_ns <= now_ns:
            advice = "only an hour before its gate can be listed; strips follow from their hours"
            raise Refusal(Code.INVALID_PARAMS, advice, param="instrument_name")
        return list_hour(self._node.engine, self._settings, now_ns, contract)

    def _disconnect(self, wish: Disconnect) -> dict[str, int]:
        if bool(wish.client_id) == bool(wish.account):
            raise Refusal(Code.INVALID_PARAMS, "say client_id or account, one of the two", param="client_id")
        found = 0
        for connection in list(self._connections()):
            key = connection.session.key
            if key is not None and (key.client_id == wish.client_id or key.account == wish.account):
                connection.close(_POLICY_VIOLATION, "disconnected by the operator; ask why before coming back")
                found += 1
        return {"connections": found}

    def _status(self) -> dict[str, object]:
        engine = self._node.engine
        sessions = [connection.session for connection in self._connections()]
        return {
            "sequence": engine.sequence,
            "events": engine.events_total,
            "instruments": len(self._mirror.markets),
            "stopped": [m.symbol for m in self._mirror.markets if m.state in ("halted", "cancel_only")],
            "connections": [
                {"client_id": s.key.client_id, "account": s.key.account, "address": s.address}
                for s in sessions
                if s.key is not None
            ],
            "without_key": sum(session.key is None for session in sessions),
        }

    def _reply(self, request: Request, result: object, received_ns: int) -> web.Response:
        body = codec.encode_result(request.id, result, received_ns // _US, self._clock_ns() // _US)
        return web.Response(body=body, content_type="application/json")

    def _refuse(self, request_id: codec.RequestId, refusal: Refusal, received_ns: int) -> web.Response:
        body = codec.encode_refusal(request_id, refusal, received_ns // _US, self._clock_ns() // _US)
        return web.Response(body=body, status=400, content_type="application/json")


def _refuse_others(key: Key) -> None:
    if OPERATE not in key.scopes:
        raise Refusal(Code.FORBIDDEN, f"this key lacks the scope {OPERATE}; use a key of the operator")
