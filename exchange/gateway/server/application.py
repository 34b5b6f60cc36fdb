"""One port for WebSocket, HTTP and the page; turns and timers carried to those who wait for them."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any, cast

import msgspec
import structlog
from aiohttp import WSMsgType, web

from exchange.archive import Archive
from exchange.config import Settings
from exchange.gateway.feed.hub import Feed
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.server.archivist import Archivist
from exchange.gateway.server.audience import Audience
from exchange.gateway.server.bodies import bounded_bodies
from exchange.gateway.server.carrying import Carrier
from exchange.gateway.server.connection import CLOSE_SECONDS, Connection, Outbox
from exchange.gateway.server.dashboard import Dashboard
from exchange.gateway.server.descriptions import add_descriptions
from exchange.gateway.server.door import Door, DoorSite
from exchange.gateway.server.draining import RESTART, RESTARTING, come_back
from exchange.gateway.server.errands import Errands
from exchange.gateway.server.guard import NOT_UTF8, PROTOCOL_ERROR, is_utf8
from exchange.gateway.server.manners import in_json, polish
from exchange.gateway.server.metrics import Crowd
from exchange.gateway.server.operator import OperatorPlane
from exchange.gateway.server.pace import Pace
from exchange.gateway.server.porter import Porter
from exchange.gateway.server.probes import Probes
from exchange.gateway.server.questions import Questions
from exchange.gateway.server.reply import Reply
from exchange.gateway.server.safekeeping import Safekeeper
from exchange.gateway.server.settled import bounds_of, guard_of, limits_of, rates_of
from exchange.gateway.server.shares import Shares
from exchange.gateway.server.statements import Statements
from exchange.gateway.server.timers import every
from exchange.gateway.server.welcome import Welcome
from exchange.gateway.session.conversation import Session
from exchange.gateway.session.effects import (
    Effect,
    Origin,
    Send,
)
from exchange.gateway.session.gatekeeper import Gatekeeper, Key
from exchange.gateway.session.purses import Purses
from exchange.keys import SIGNED_FILE_NAME, KeyStore, Marks
from exchange.node import Node, Turn
from exchange.replaying.replayer import Replayer
from exchange.tally import DoorTally
from exchange.wire.codec import Request
from exchange.wire.indexes import SkuIndex

FLUSH_SECONDS = 0.1
# Heartbeats and revoked keys.
TICK_SECONDS = 0.5
# Looking at a clock costs as much as a tenth of what it would measure.
DECODES_TIMED_EVERY = 16
_LINE_BYTES, _HEADERS, _HEADER_BYTES = 8_190, 64, 4_096

log = structlog.get_logger(__name__)


class Server:
    """The gateway of one node. Set ``node.publish`` to ``publish`` before the node runs."""

    def __init__(
        self,
        node: Node,
        keys: KeyStore,
        settings: Settings,
        clock_ns: Callable[[], int],
        archive: Archive | None = None,
    ) -> None:
        """``archive``: up to where the node is; without one, older events cannot be asked for."""
        bounds = settings.gateway
        self._node = node
        self._settings = settings
        self._clock_ns = clock_ns
        self._mirror = Mirror(node.engine, settings.stages, settings.hours_ahead)
        self._mirror.nominations.agents = {
            account.name: account.attested_by for account in settings.accounts if account.attested_by
        }
        self._archivist = Archivist(archive, self._mirror)
        self._mirror.family, self._mirror.rates = keys, rates_of(bounds)
        self._feed = Feed(self._mirror, max(round(bounds.ticker_seconds / FLUSH_SECONDS), 1))
        self._audience = Audience(self._feed)
        self._tally = DoorTally()
        self._limits = limits_of(bounds)
        self._purses = Purses(self._limits)
        self._porter = Porter(bounds.door)
        self._welcome = Welcome(settings, self._porter, self._numbers)
        self._bounds = bounds_of(bounds, TICK_SECONDS)
        self._marks = Marks(keys.path.with_name(SIGNED_FILE_NAME))
        self._gatekeeper = Gatekeeper(
            keys.find, secrets.token_urlsafe, clock_ns(), bounds.signature_age_seconds, self._marks, keys.version
        )
        self._operator = OperatorPlane(node, self._mirror, self._gatekeeper, settings, self._connected, clock_ns)
        self.operator_port = 0
        replayer = Replayer(node, settings.directory)
        self._statements = Statements(replayer, self._mirror, self._gatekeeper, self._welcome.client_of, clock_ns)
        self._shares = Shares(node)
        self._errands = Errands(node, Safekeeper(settings.directory, bounds.cancel_on_disconnect), self._shares)
        desks = (self._audience, self._feed, self._archivist, self._statements)
        self._carrier = Carrier(node, self._shares, self._errands, *desks, clock_ns)
        self._connections: dict[Session, Connection] = {}
        self._outbox = Outbox()
        self._replies: dict[Session, Reply] = {}
        self._runner: web.AppRunner | None = None
        self._timers: list[asyncio.Task[None]] = []

    async def start(self) -> int:
        """Listen; returns the port. Raises OSError if the address is taken."""
        door = self._settings.gateway.door
        self._runner = web.AppRunner(
            self._application(),
            access_log=None,
            handle_signals=False,
            shutdown_timeout=CLOSE_SECONDS,
            # Also how long the header of a request may take; see docs/threats.md.
            keepalive_timeout=door.header_seconds,
            lingering_time=1.0,
            auto_decompress=False,
            max_line_size=_LINE_BYTES,
            max_headers=_HEADERS,
            max_field_size=_HEADER_BYTES,
        )
        await self._runner.setup()
        self._errands.begin()
        settings = self._settings
        await DoorSite(self._runner, settings.host, settings.port, self._porter, door, self._clock_ns).start()
        self._timers = [
            asyncio.create_task(every(FLUSH_SECONDS, self._flush)),
            asyncio.create_task(every(TICK_SECONDS, self._tick)),
        ]
        port: int = self._runner.addresses[0][1]
        self.operator_port = await self._operator.start()
        return port

    def drain(self) -> None:
        """Announce the end: nobody new comes in, and no new order. What is in the node is finished there."""
        if not self._carrier.draining:
            self._carrier.draining = True
            self._audience.deliver(self._feed.maintain())

    async def stop(self) -> None:
        """Tell everybody what is owed to him, say goodbye and let go of the port; takes a few seconds at most."""
        self.drain()
        for timer in self._timers:
            timer.cancel()
        await asyncio.gather(*self._timers, return_exceptions=True)
        await self._carrier.stop()
        self._flush()
        connections = list(self._connections.values())
        for connection in connections:
            connection.close(RESTART, RESTARTING)
        await asyncio.gather(*(connection.closed() for connection in connections))
        await self._errands.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        await self._operator.stop()
        self._marks.close()

    def publish(self, turn: Turn) -> None:
        """Tell everybody what a durable turn brought them: answers first, then news."""
        self._shares.renew()
        origins = [origin if isinstance(origin, Origin) else None for origin in turn.origins]
        changes = self._mirror.apply(turn.commands, turn.events, origins, turn.first_event)
        now_ns = self._clock_ns()
        for outcome in changes.outcomes:
            assert isinstance(outcome.origin, Origin)
            session = outcome.origin.session
            connection = self._connections.get(session) or self._replies.get(session)
            if connection is not None:
                self._carrier.carry_out(connection, session.complete(outcome, now_ns))
            else:
                undone = session.complete_alone(outcome, now_ns)
                if undone:
                    self._errands.undo(undone)
        self._audience.deliver(self._feed.publish(changes))
        self._outbox.flush()
        self._archivist.note(turn, changes)

    def publish_indexes(self, indexes: Iterable[dict[str, Any]]) -> None:
        """Tell the indexes of a day that has ended."""
        for index in indexes:
            self._audience.deliver(self._feed.announce(msgspec.convert(index, SkuIndex)))

    def _application(self) -> web.Application:
        questions = Questions(
            self._mirror,
            self._gatekeeper,
            self._purses,
            self._tally,
            self._welcome.client_of,
            self._serve,
            self._clock_ns,
        )
        bounds = self._settings.gateway
        application = web.Application(
            client_max_size=bounds.frame_bytes_max, middlewares=[in_json, bounded_bodies(bounds.door.body_seconds)]
        )
        application.on_response_prepare.append(polish)
        application.router.add_get("/ws/api/v2", self._talk)
        application.router.add_get("/api/v2/private/get_statement.csv", self._statements.csv)
        application.router.add_get("/api/v2/{scope:public|private}/{method}", questions.get)
        application.router.add_post("/api/v2/{scope:public|private}/{method}", questions.post)
        application.router.add_post("/api/v2", questions.post)
        Probes(self._node, self._tally, self._settings.directory, self._crowd, self._reasons).add_to(application)
        add_descriptions(application)
        application.router.add_get("/{name:[^/]*}", Dashboard().show)
        return application

    async def _talk(self, http: web.Request) -> web.StreamResponse:
        """One WebSocket from handshake to close. Frames that came together are handled together."""
        if self._carrier.draining:
            return come_back()
        transport = http.transport
        refusal = self._welcome.refuse(http)
        if refusal is not None or transport is None:
            log.info("connection refused", address=self._welcome.client_of(http), status=refusal and refusal.status)
            return refusal or web.Response(status=503)
        address = self._welcome.client_of(http)
        try:
            return await self._converse(http, transport, address)
        finally:
            self._porter.downgrade(address)

    async def _converse(self, http: web.Request, transport: asyncio.Transport, address: str) -> web.StreamResponse:
        bounds, door = self._settings.gateway, self._settings.gateway.door
        # Frames are shared by listeners, which compression would make impossible. Text stays bytes:
        # the codec says what is wrong with it, where the library would cut the connection.
        socket = web.WebSocketResponse(
            timeout=CLOSE_SECONDS,
            heartbeat=door.ping_seconds,
            compress=False,
            max_msg_size=bounds.frame_bytes_max + 1,
            decode_text=False,
        )
        await socket.prepare(http)
        session = self._session(address, self._clock_ns())
        guard = guard_of(door, TICK_SECONDS)
        connection = Connection(
            socket, transport, session, guard, self._bounds, self._audience.fall_behind, self._tally, self._outbox
        )
        self._connections[session] = connection
        log.debug("connection opened", address=address)
        self._tally.connections += 1
        if not cast(Door, transport.get_protocol()).guard(guard, connection.violated):
            connection.close(PROTOCOL_ERROR, "frames came before the handshake was answered; wait for the answer")
        try:
            await self._listen(socket, connection)
        finally:
            del self._connections[session]
            key = session.key
            log.info("connection closed", address=address, key=key and key.client_id, account=key and key.account)
            # Who is sent away by a venue that stops was not lost.
            if not self._carrier.draining and not self._node.stopped:
                self._errands.undo(session.leave())
            session.end()
            self._audience.drop(connection)
            self._carrier.forget(connection)
            await connection.closed()
        return socket

    async def _listen(self, socket: web.WebSocketResponse, connection: Connection) -> None:
        session, pace, clock = connection.session, Pace(), asyncio.get_running_loop().time
        async for message in socket:
            if connection.closing:
                break
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                continue
            began = clock()
            self._carrier.carry_out(connection, self._hear(session, message.data))
            if message.type == WSMsgType.TEXT and not is_utf8(message.data):
                connection.close(NOT_UTF8, "text that is not UTF-8")
                break
            rest_seconds = pace.rest(began, clock())
            if rest_seconds is not None or connection.joining:
                await asyncio.sleep(rest_seconds or 0)
            if self._shares.used_up(connection.account):
                await self._shares.room(connection.account)

    def _hear(self, session: Session, frame: bytes) -> list[Effect]:
        tally = self._tally
        tally.frames_in += 1
        if tally.frames_in % DECODES_TIMED_EVERY:
            return session.receive(frame, self._clock_ns())
        began_ns = time.perf_counter_ns()
        effects = session.receive(frame, self._clock_ns())
        tally.decode.note(time.perf_counter_ns() - began_ns)
        return effects

    def _connected(self) -> Iterable[Connection]:
        return self._connections.values()

    def _session(self, address: str, now_ns: int, key: Key | None = None) -> Session:
        shared = (self._tally, self._purses, address, key, self._errands.safety)
        return Session(self._mirror, self._gatekeeper, self._limits, now_ns, *shared)

    async def _serve(self, request: Request, key: Key | None, address: str, now_ns: int) -> Send:
        """One request over HTTP, in a session that is over when it is answered, which is when all of it is durable."""
        account = self._mirror.by_name.get(key.account) if key is not None else None
        await self._shares.room(account.number if account is not None else 0)
        session = self._session(address, now_ns, key)
        reply = self._replies[session] = Reply()
        try:
            self._carrier.carry_out(reply, session.answer(request, now_ns))
            return await reply.answer()
        finally:
            del self._replies[session]
            session.end()

    def _flush(self) -> None:
        self._audience.flush()
        self._audience.deliver(self._feed.beat(self._clock_ns() // 10**6))

    def _numbers(self) -> tuple[int, int]:
        unauthenticated = sum(not session.authenticated for session in self._connections)
        return len(self._connections), unauthenticated

    def _tick(self) -> None:
        now_ns = self._clock_ns()
        self._errands.tick(now_ns)
        for session, connection in list(self._connections.items()):
            self._carrier.carry_out(connection, session.tick(now_ns))
            connection.tick()

    def _reasons(self) -> list[str]:
        """Why no client may come now."""
        if self._carrier.draining:
            return ["draining"]
        return ["stopped"] if self._node.stopped else []

    def _crowd(self) -> Crowd:
        unsent = [connection.unsent_bytes for connection in self._connections.values()]
        return Crowd(len(self._connections), self._feed.subscriptions, unsent, not self._reasons())
