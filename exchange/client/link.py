"""One WebSocket from its opening to its end: calls with ids, many in flight, and what the server tells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from msgspec import Raw
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.protocol import State

from exchange.client.errors import ApiError, ConnectionLost
from exchange.client.frames import BadFrame, Frame, Notification, decode_frame, decode_notification, encode_request

# A peer that is gone without a word is noticed after these seconds.
PING_EVERY_S = 10.0
PONG_WITHIN_S = 30.0
FRAME_BYTES_MAX = 64 * 1024 * 1024  # A snapshot or a list of instruments may be large.

Take = Callable[["Link", Notification], None]


class Link:
    """Made by ``open_link``. ``ended`` is done, with the reason, once nothing more can come."""

    def __init__(self, socket: ClientConnection, take: Take, timeout_s: float) -> None:
        self._socket = socket
        self._take = take
        self._timeout_s = timeout_s
        self._next_id = 1
        self._calls: dict[int, tuple[str, asyncio.Future[Raw]]] = {}
        self._loop = asyncio.get_running_loop()
        self._outgoing: list[bytes] = []
        self.ended: asyncio.Task[str] = asyncio.create_task(self._listen())

    async def call(self, method: str, params: Mapping[str, object]) -> Raw:
        """The raw result. Raises ApiError if refused and ConnectionLost if no answer comes."""
        if self.ended.done():
            raise ConnectionLost(f"{method} was not sent: {self.ended.result()}")
        request_id = self._next_id
        self._next_id += 1
        answer: asyncio.Future[Raw] = self._loop.create_future()
        self._calls[request_id] = (method, answer)
        # A timer is cheaper than a task or a timeout scope around every call.
        timer = self._loop.call_later(self._timeout_s, self._give_up, request_id)
        try:
            self._send(encode_request(request_id, method, params))
            return await answer
        finally:
            timer.cancel()
            del self._calls[request_id]

    async def close(self) -> None:
        await self._socket.close()
        await asyncio.wait([self.ended])

    def abort(self) -> None:
        """Cut it: nothing that it says is wanted any more."""
        self._socket.transport.abort()

    async def _listen(self) -> str:
        reason = "the client closed it"
        try:
            while True:
                self._receive(decode_frame(await self._socket.recv(decode=False)))
        except ConnectionClosed as closed:
            reason = f"the connection closed ({closed})"
        except BadFrame as error:
            # What was in it is unknown, so nothing after it can be trusted: start over.
            reason = str(error)
            self._socket.transport.abort()
        for method, answer in self._calls.values():
            if not answer.done():
                answer.set_exception(ConnectionLost(f"{method} may have been done or not: {reason}"))
        return reason

    def _receive(self, frame: Frame) -> None:
        if frame.id is not None:
            self._answer(frame.id, frame)
        elif frame.method == "subscription" and frame.params is not None:
            self._take(self, decode_notification(frame.params))
        elif frame.method == "heartbeat" and frame.params is not None:
            if frame.params.type == "test_request":
                self._send_soon("public/test")
        elif frame.error is not None:
            raise BadFrame(f"the server could not read a request: {frame.error.message}")
        else:
            raise BadFrame(f"the server sent a frame that is neither answer nor notification: method {frame.method!r}")

    def _send(self, frame: bytes) -> None:
        # Calls made in one step of the event loop leave in one write: that is half of what a call
        # costs, and the exchange takes them as one batch.
        if not self._outgoing:
            self._loop.call_soon(self._flush)
        self._outgoing.append(frame)

    def _flush(self) -> None:
        frames, self._outgoing = self._outgoing, []
        protocol = self._socket.protocol
        # If it is closing, the end of the link fails the calls.
        if protocol.state is State.OPEN:
            for frame in frames:
                protocol.send_text(frame)
            self._socket.transport.write(b"".join(protocol.data_to_send()))

    def _answer(self, request_id: int, frame: Frame) -> None:
        # An answer to a call that was given up finds nobody.
        method, answer = self._calls.get(request_id, ("", None))
        if answer is None or answer.done():
            return
        if frame.error is None:
            answer.set_result(frame.result)
        else:
            answer.set_exception(ApiError.of(frame.error, method))

    def _give_up(self, request_id: int) -> None:
        method, answer = self._calls[request_id]
        if not answer.done():
            answer.set_exception(
                ConnectionLost(f"{method}: no answer within {self._timeout_s:g} s, it may have been done or not")
            )

    def _send_soon(self, method: str) -> None:
        task = asyncio.ensure_future(self.call(method, {}))
        # Its failure shows in ``ended`` anyway.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())


async def open_link(url: str, take: Take, timeout_s: float, proxy: str | None = None) -> Link:
    """A live link to ``url``. Raises ConnectionLost if there is no exchange."""
    try:
        socket = await connect(
            url,
            compression=None,
            open_timeout=timeout_s,
            close_timeout=1,
            ping_interval=PING_EVERY_S,
            ping_timeout=PONG_WITHIN_S,
            max_size=FRAME_BYTES_MAX,
            proxy=proxy,
        )
    except (OSError, TimeoutError, WebSocketException) as error:
        text = str(error) or type(error).__name__
        raise ConnectionLost(f"no exchange at {url}: {text}; is it running (gpux demo, gpux serve)?") from None
    return Link(socket, take, timeout_s)
