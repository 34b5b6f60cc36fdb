"""One port for WebSocket, HTTP and the page; turns and timers carried to those who wait for them."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable
from importlib import resources
from typing import Any, cast

import msgspec
import structlog
from aiohttp import WSMsgType, web

from exchange.asking import ask
from exchange.config import Settings
from exchange.domain.records import Command
from exchange.gateway.feed.hub import Delivery, Feed
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.pages import HEADERS, Page, pages
from exchange.gateway.server.connection import CLOSE_SECONDS, Connection
from exchange.gateway.server.descriptions import add_descriptions
from exchange.gateway.server.draining import OPENING, RESTART, RESTARTING, come_back, draining
from exchange.gateway.server.framing import text_frame
from exchange.gateway.server.manners import in_json, polish
from exchange.gateway.server.metrics import Crowd
from exchange.gateway.server.probes import Probes
from exchange.gateway.server.questions import Questions
from exchange.gateway.server.statements import Statements, form_of
from exchange.gateway.session.conversation import Session
from exchange.gateway.session.effects import Close, Effect, Inquire, Join, Leave, Origin, Relay, Send, Submit, Undo
from exchange.gateway.session.gatekeeper import Gatekeeper
from exchange.gateway.session.limits import Limits
from exchange.keys import KeyStore
from exchange.node import Node, Turn
from exchange.replaying.replayer import Replayer
from exchange.tally import DoorTally
from exchange.wire.indexes import SkuIndex
from exchange.wire.refusals import Refusal

FLUSH_SECONDS = 0.1
# Heartbeats and revoked keys.
TICK_SECONDS = 0.5
# Looking at a clock costs as much as a tenth of what it would measure.
DECODES_TIMED_EVERY = 16

log = structlog.get_logger(__name__)


class Server:
    """The gateway of one node. Set ``node.publish`` to ``publish`` before the node runs."""

    def __init__(self, node: Node, keys: KeyStore, settings: Settings, clock_ns: Callable[[], int]) -> None:
        bounds = settings.gateway
        self._node = node
        self._settings = settings
        self._clock_ns = clock_ns
        self._mirror = Mirror(node.engine, settings.stages, settings.hours_ahead)
        self._mirror.nominations.agents = {
            account.name: account.attested_by for account in settings.accounts if account.attested_by
        }
        self._feed = Feed(self._mirror, max(round(bounds.ticker_seconds / FLUSH_SECONDS), 1))
        self._tally = DoorTally()
        self._limits = Limits(bounds.rate_per_second, bounds.rate_burst, bounds.subscriptions_max)
        self._gatekeeper = Gatekeeper(keys.find, secrets.token_urlsafe, clock_ns(), bounds.signature_age_seconds)
        replayer = Replayer(node, settings.directory)
        self._statements = Statements(replayer, self._mirror, self._gatekeeper, clock_ns)
        self._inquiries: dict[asyncio.Task[None], Connection] = {}
        self._draining = False
        self._undoings: set[asyncio.Task[None]] = set()
        self._connections: dict[Session, Connection] = {}
        self._pages = pages(_dashboard_files())
        self._runner: web.AppRunner | None = None
        self._timers: list[asyncio.Task[None]] = []

    async def start(self) -> int:
        """Listen; returns the port. Raises OSError if the address is taken."""
        self._runner = web.AppRunner(
            self._application(), access_log=None, handle_signals=False, shutdown_timeout=CLOSE_SECONDS
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, self._settings.host, self._settings.port).start()
        self._timers = [
            asyncio.create_task(_every(FLUSH_SECONDS, self._flush)),
            asyncio.create_task(_every(TICK_SECONDS, self._tick)),
        ]
        port: int = self._runner.addresses[0][1]
        return port

    def drain(self) -> None:
        """Announce the end: nobody new comes in, and no new order. What is in the node is finished there."""
        if not self._draining:
            self._draining = True
            self._deliver(self._feed.maintain())

    async def stop(self) -> None:
        """Tell everybody what is owed to him, say goodbye and let go of the port; takes a few seconds at most."""
        self.drain()
        tasks = [*self._timers, *self._inquiries, *self._undoings]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._flush()
        connections = list(self._connections.values())
        for connection in connections:
            connection.close(RESTART, RESTARTING)
        await asyncio.gather(*(connection.closed() for connection in connections))
        if self._runner is not None:
            await self._runner.cleanup()

    def publish(self, turn: Turn) -> None:
        """Tell everybody what a durable turn brought them: answers first, then news."""
        origins = [origin if isinstance(origin, Origin) else None for origin in turn.origins]
        changes = self._mirror.apply(turn.commands, turn.events, origins, turn.first_event)
        now_ns = self._clock_ns()
        for outcome in changes.outcomes:
            assert isinstance(outcome.origin, Origin)
            session = outcome.origin.session
            connection = self._connections.get(session)
            if connection is not None:
                self._carry_out(connection, session.complete(outcome, now_ns))
            else:
                for (command,) in session.complete_alone(outcome, now_ns):
                    self._undo(command)
        self._deliver(self._feed.publish(changes))

    def publish_indexes(self, indexes: Iterable[dict[str, Any]]) -> None:
        """Tell the indexes of a day that has ended."""
        for index in indexes:
            self._deliver(self._feed.announce(msgspec.convert(index, SkuIndex)))

    def _application(self) -> web.Application:
        questions = Questions(self._mirror, self._limits, self._tally, self._clock_ns)
        application = web.Application(client_max_size=self._settings.gateway.frame_bytes_max, middlewares=[in_json])
        application.on_response_prepare.append(polish)
        application.router.add_get("/ws/api/v2", self._talk)
        application.router.add_get("/api/v2/private/get_statement.csv", self._statements.csv)
        application.router.add_get("/api/v2/{scope:public|private}/{method}", questions.get)
        application.router.add_post("/api/v2/{scope:public|private}/{method}", questions.post)
        application.router.add_post("/api/v2", questions.post)
        Probes(self._node, self._tally, self._settings.directory, self._crowd, self._reasons).add_to(application)
        add_descriptions(application)
        application.router.add_get("/{name:[^/]*}", self._page)
        return application

    async def _talk(self, http: web.Request) -> web.StreamResponse:
        """One WebSocket from handshake to close. Frames that came together are handled together."""
        if self._draining:
            return come_back()
        if len(self._connections) >= self._settings.gateway.connections_max:
            return web.Response(status=503, text="the venue has as many connections as it may; try again later")
        # Frames are shared by listeners, which compression would make impossible. Text stays bytes:
        # the codec says what is wrong with it, where the library would cut the connection.
        socket = web.WebSocketResponse(
            timeout=CLOSE_SECONDS,
            compress=False,
            max_msg_size=self._settings.gateway.frame_bytes_max,
            decode_text=False,
        )
        await socket.prepare(http)
        transport = http.transport
        if transport is None:
            return socket
        session = Session(self._mirror, self._gatekeeper, self._limits, self._clock_ns(), self._tally)
        connection = Connection(socket, transport, session, self._settings.gateway.buffer_bytes_max, self._tally)
        self._connections[session] = connection
        self._tally.connections += 1
        try:
            async for message in socket:
                if connection.closing:
                    break
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    self._carry_out(connection, self._hear(session, message.data))
        finally:
            del self._connections[session]
            self._feed.drop(connection)
            for inquiry in [task for task, asker in self._inquiries.items() if asker is connection]:
                inquiry.cancel()
            await connection.closed()
        return socket

    def _hear(self, session: Session, frame: bytes) -> list[Effect]:
        tally = self._tally
        tally.frames_in += 1
        if tally.frames_in % DECODES_TIMED_EVERY:
            return session.receive(frame, self._clock_ns())
        began_ns = time.perf_counter_ns()
        effects = session.receive(frame, self._clock_ns())
        tally.decode.note(time.perf_counter_ns() - began_ns)
        return effects

    def _carry_out(self, connection: Connection, effects: Iterable[Effect]) -> None:
        left = deque(effects)
        while left:
            effect = left.popleft()
            match effect:
                case Send(frame):
                    connection.push(text_frame(frame))
                case Submit(command, origin):
                    ending = self._node.stopped or (self._draining and command.kind in OPENING)
                    if ending or not self._node.submit(command, origin):
                        refusal = draining() if ending else None
                        left.extendleft(reversed(origin.session.refuse_busy(origin, self._clock_ns(), refusal)))
                case Undo(command):
                    self._undo(command)
                case Join(channels, account):
                    self._deliver(self._feed.join(connection, channels, account))
                case Leave(channels):
                    self._feed.leave(connection, channels)
                case Relay(curve):
                    self._deliver(self._feed.relay(curve))
                case Inquire():
                    inquiry = asyncio.create_task(self._inquire(connection, effect))
                    self._inquiries[inquiry] = connection
                    inquiry.add_done_callback(self._inquiries.pop)
                case Close(code, reason):
                    connection.close(code, reason)

    def _undo(self, command: Command) -> None:
        undoing = asyncio.create_task(ask(self._node, command))
        self._undoings.add(undoing)
        undoing.add_done_callback(self._undone)

    def _undone(self, undoing: asyncio.Task[None]) -> None:
        self._undoings.discard(undoing)
        if not undoing.cancelled() and undoing.exception() is not None:
            log.warning("left half done", reason=str(undoing.exception()))

    async def _inquire(self, connection: Connection, wanted: Inquire) -> None:
        answer: object
        try:
            made = await self._statements.make(wanted.account, wanted.params.day, form_of(wanted.params))
            answer = msgspec.Raw(made)
        except Refusal as refusal:
            answer = refusal
        except asyncio.CancelledError:
            if self._draining:
                self._carry_out(connection, wanted.origin.session.tell(wanted.origin, draining(), self._clock_ns()))
            raise
        self._carry_out(connection, wanted.origin.session.tell(wanted.origin, answer, self._clock_ns()))

    def _deliver(self, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            frame = text_frame(delivery.frame)
            for listener in delivery.listeners:
                cast(Connection, listener).push(frame)

    def _flush(self) -> None:
        self._deliver(self._feed.flush())
        self._deliver(self._feed.beat(self._clock_ns() // 10**6))

    def _tick(self) -> None:
        now_ns = self._clock_ns()
        for session, connection in list(self._connections.items()):
            self._carry_out(connection, session.tick(now_ns))

    def _reasons(self) -> list[str]:
        """Why no client may come now."""
        if self._draining:
            return ["draining"]
        return ["stopped"] if self._node.stopped else []

    def _crowd(self) -> Crowd:
        unsent = [connection.unsent_bytes for connection in self._connections.values()]
        return Crowd(len(self._connections), self._feed.subscriptions, unsent, not self._reasons())

    async def _page(self, http: web.Request) -> web.Response:
        page: Page | None = self._pages.get(http.path)
        if page is None:
            return web.Response(status=404, text="nothing here; the page is at /, the API at /api/v2 and /ws/api/v2")
        return web.Response(body=page.body, content_type=page.content_type, charset="utf-8", headers=HEADERS)


async def _every(seconds: float, action: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            action()
        except Exception:
            # Our own bug; the others go on being served while somebody reads this.
            log.exception("a timer of the gateway failed", action=action.__name__)


def _dashboard_files() -> dict[str, bytes]:
    directory = resources.files("exchange.gateway").joinpath("dashboard")
    return {entry.name: entry.read_bytes() for entry in directory.iterdir() if entry.is_file()}
