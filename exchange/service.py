"""A running venue: journal, engine, node, gateway and caretaker put together, and taken apart again."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from exchange.archive import Archive
from exchange.archiving import opened
from exchange.bookkeeper import Bookkeeper
from exchange.caretaker import Caretaker
from exchange.clearing.covariance import Covariance
from exchange.config import Settings
from exchange.domain.errors import GpuxError
from exchange.engine import Engine, warm_up
from exchange.gateway.server import Porch, Server
from exchange.journal.format import FILE_NAME as JOURNAL_FILE_NAME
from exchange.journal.recovery import recover
from exchange.journal.writer import JournalWriter
from exchange.keys import FILE_NAME as KEYS_FILE_NAME
from exchange.keys import KeyStore
from exchange.margining import MarginDesk
from exchange.node import Node, NodeStopped
from exchange.replaying.replayer import Replayer

Tell = Callable[[str, dict[str, Any]], None]  # what has happened to the venue, and its particulars

_STANDARD_INPUT = 0


class CannotListen(GpuxError):
    """The address to serve on is taken or not ours."""


def check_address(host: str, port: int) -> None:
    """Raises CannotListen if nobody could listen there now. Asked early, because recovery can take long."""
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            pass
    except OSError as error:
        raise _cannot_listen(host, port, error) from None


async def serve(settings: Settings, tell: Tell, stop_with_parent: bool, covariance: Covariance | None = None) -> None:
    """Recover the venue in ``settings.directory`` and serve it until SIGTERM or SIGINT.

    covariance: how the prices of hours move together, for margin, if not as the settings say.
    Tells ``ready`` when clients may come and ``stopped`` when all is on disk. Raises GpuxError
    with one clear line if it cannot start, JournalWriteFailed if it had to stop.
    """
    stopping = asyncio.Event()
    _stop_on_signals(stopping)
    if stop_with_parent:
        _stop_with_parent(stopping)
    porch = Porch(settings.host, settings.port, settings.gateway.door)
    # With port 0 it is the porch that finds a free one.
    settings = settings.model_copy(update={"port": await _start(porch, settings)})
    try:
        # In a thread, so that those who ask are told meanwhile that it takes a while.
        engine, archive = await asyncio.to_thread(_recover, settings)
        journal = JournalWriter(settings.directory, synchronous=not settings.acknowledge_before_sync)
    except BaseException:
        await porch.stop()
        raise
    porch.reasons = ["preparing"]
    node = Node(
        engine,
        journal,
        time.time_ns,
        lambda turn: None,
        settings.inbox_max,
        snapshot_every=settings.snapshot_every,
        snapshots_kept=settings.snapshots_kept,
    )
    with archive, KeyStore(settings.directory / KEYS_FILE_NAME) as keys:
        # In a thread, too: what it remembers of the past may take it seconds.
        server = await asyncio.to_thread(Server, node, keys, settings, time.time_ns, archive)
        node.publish = server.publish
        caretaker = Caretaker(node, keys, settings, time.time_ns)
        bookkeeper = Bookkeeper(
            node, Replayer(node, settings.directory), settings, time.time_ns, server.publish_indexes
        )
        margins = MarginDesk(node, settings, time.time_ns, covariance)
        await _run(node, porch, server, caretaker, bookkeeper, margins, settings, tell, stopping)
    tell("stopped", {**_state(engine), "journal": str(settings.directory / JOURNAL_FILE_NAME)})


def _recover(settings: Settings) -> tuple[Engine, Archive]:
    engine = recover(settings.directory)
    archive = opened(settings, engine)
    warm_up()
    engine.reserve(settings.orders_reserved)
    return engine, archive


async def _run(
    node: Node,
    porch: Porch,
    server: Server,
    caretaker: Caretaker,
    bookkeeper: Bookkeeper,
    margins: MarginDesk,
    settings: Settings,
    tell: Tell,
    stopping: asyncio.Event,
) -> None:
    turning = asyncio.create_task(node.run())
    tasks = {turning, asyncio.create_task(stopping.wait())}
    try:
        await caretaker.prepare()
        await bookkeeper.prepare()
        _collect_seldom()
        await porch.stop()
        port = await _start(server, settings)
        where = {"host": settings.host, "port": port, "tls": settings.gateway.door.tls_cert is not None}
        tell("ready", {**where, **_state(node.engine), "pid": os.getpid()})
        desks = (caretaker, bookkeeper, margins)
        tasks |= {asyncio.create_task(desk.run()) for desk in desks}
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        server.drain()
        await asyncio.wait({turning}, timeout=settings.gateway.drain_seconds)
    except NodeStopped:
        pass  # The node's own task says why.
    finally:
        # The node first: what clients were promised an answer to is answered while they are still there.
        await porch.stop()
        await node.stop()
        await server.stop()
        await _end(tasks)


async def _start(server: Porch | Server, settings: Settings) -> int:
    try:
        return await server.start()
    except OSError as error:
        raise _cannot_listen(settings.host, settings.port, error) from None


async def _end(tasks: set[asyncio.Task[Any]]) -> None:
    """Cancel what still runs, and raise what made any of them fail."""
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, BaseExceptionGroup):
            result = result.split(NodeStopped)[1]
        if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError | NodeStopped):
            raise result


def _collect_seldom() -> None:
    """Look for cycles seldom, and at few objects at a time: a look at 100,000 stops everybody for 90 ms.

    What grows here are orders, which have none.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 1_000, 100)


def _state(engine: Engine) -> dict[str, Any]:
    return {"sequence": engine.sequence, "state_hash": engine.state_hash()}


def _stop_on_signals(stopping: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)


def _stop_with_parent(stopping: asyncio.Event) -> None:
    """Stop when standard input ends, as it does when the process that started this one dies."""
    loop = asyncio.get_running_loop()

    def watch() -> None:
        # Not through sys.stdin: a thread waiting in it would hold its lock when the interpreter ends.
        while os.read(_STANDARD_INPUT, 4096):
            pass
        with suppress(RuntimeError):  # The loop has ended by itself.
            loop.call_soon_threadsafe(stopping.set)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def _cannot_listen(host: str, port: int, error: OSError) -> CannotListen:
    reason = error.strerror or str(error)
    return CannotListen(
        f"cannot listen on {host} port {port}: {reason}; choose another with --port, or stop what is there"
    )
