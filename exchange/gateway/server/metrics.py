"""What the venue counted, in the words of Prometheus; read on a scrape, never in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from exchange.domain.enums import CommandKind, EventKind
from exchange.domain.units import NS_PER_SECOND
from exchange.journal.format import FILE_NAME
from exchange.node import Node
from exchange.tally import DoorTally, Histogram
from exchange.wire.refusals import Code

# SQLite's log belongs to the journal until its pages are moved into the file.
_JOURNAL_FILES = (FILE_NAME, f"{FILE_NAME}-wal")


class Crowd(NamedTuple):
    """How things are at this moment."""

    connections: int
    subscriptions: int
    unsent_bytes: list[int]  # of each connection
    ready: bool


class Metrics:
    """Everything in a registry of its own, so that two venues in one process do not meet."""

    def __init__(self, node: Node, tally: DoorTally, directory: Path, crowd: Callable[[], Crowd]) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Venue(node, tally, directory, crowd))
        ProcessCollector(registry=self._registry)

    def page(self, accept: str) -> tuple[bytes, str]:
        """The text and its content type, in the form that the ``Accept`` header asks for."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type


class _Venue(Collector):
    def __init__(self, node: Node, tally: DoorTally, directory: Path, crowd: Callable[[], Crowd]) -> None:
        self._node = node
        self._tally = tally
        self._files = [directory / name for name in _JOURNAL_FILES]
        self._crowd = crowd

    def describe(self) -> Iterable[Metric]:
        # Then nothing is collected when it is registered.
        return []

    def collect(self) -> Iterator[Metric]:
        yield from self._turns()
        yield from self._door()
        yield from self._journal()

    def _turns(self) -> Iterator[Metric]:
        turns, door = self._node.tally, self._tally
        yield _by_kind("gpux_commands", "Commands that went through the engine.", CommandKind, turns.commands.tolist())
        yield _by_kind("gpux_events", "What came of them.", EventKind, turns.events.tolist())
        yield _counter("gpux_inbox_full", "Commands refused because the inbox was full.", turns.refused_full)
        yield _gauge("gpux_inbox_commands", "Commands that wait for the next turn.", self._node.inbox_depth)
        sizes = HistogramMetricFamily("gpux_turn_commands", "Commands in a turn.")
        sizes.add_metric([], *_buckets(turns.sizes, 1))
        yield sizes
        stages = HistogramMetricFamily(
            "gpux_stage_seconds", "How long a turn spent in each stage; see docs/operations.md.", labels=["stage"]
        )
        for stage, histogram in (
            ("decode", door.decode),
            ("inbox", turns.inbox),
            ("commit", turns.commit),
            ("engine", turns.engine),
            ("publish", turns.publish),
            ("whole", turns.whole),
        ):
            stages.add_metric([stage], *_buckets(histogram, NS_PER_SECOND))
        yield stages

    def _door(self) -> Iterator[Metric]:
        door, crowd = self._tally, self._crowd()
        frames = CounterMetricFamily("gpux_frames", "WebSocket messages.", labels=["direction"])
        frames.add_metric(["in"], door.frames_in)
        frames.add_metric(["out"], door.frames_out)
        yield frames
        yield _counter("gpux_writes", "Writes to sockets, each of all frames that were due.", door.writes)
        yield _counter("gpux_sent_bytes", "Bytes of frames out.", door.bytes_out)
        yield _counter("gpux_http_questions", "Requests to /api/v2 over HTTP.", door.questions)
        refusals = CounterMetricFamily("gpux_refusals", "Requests refused, by the code sent.", labels=["code", "word"])
        for code, count in sorted(door.refusals.items()):
            refusals.add_metric([str(code), Code(code).name.lower()], count)
        yield refusals
        closes = CounterMetricFamily("gpux_closes", "Connections that the venue closed, by its code.", labels=["code"])
        for code, count in sorted(door.closes.items()):
            closes.add_metric([str(code)], count)
        yield closes
        yield _counter("gpux_connections_opened", "WebSocket connections that were opened.", door.connections)
        yield _gauge("gpux_connections", "WebSocket connections that are open.", crowd.connections)
        yield _gauge("gpux_subscriptions", "Channels, counted once for each listener.", crowd.subscriptions)
        yield _gauge("gpux_unsent_bytes", "Bytes that clients have not taken yet.", sum(crowd.unsent_bytes))
        most = max(crowd.unsent_bytes, default=0)
        yield _gauge("gpux_unsent_bytes_max", "The same of the slowest client.", most)
        yield _gauge("gpux_ready", "1 if clients may come.", int(crowd.ready))

    def _journal(self) -> Iterator[Metric]:
        node = self._node
        yield _gauge(
            "gpux_journal_age_seconds",
            "For how long the oldest command that is not durable has waited to be; 0 if none waits.",
            node.undurable_ns / NS_PER_SECOND,
        )
        yield _gauge("gpux_journal_sequence", "The number of the last command.", node.engine.sequence)
        yield _gauge("gpux_journal_frames", "The number of the last durable frame.", node.frames_durable)
        yield _gauge("gpux_journal_bytes", "Size of the journal's files.", sum(map(_size, self._files)))


def _by_kind(name: str, help_text: str, kinds: type[IntEnum], counts: list[int]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, help_text, labels=["kind"])
    for kind in sorted(kinds):
        family.add_metric([kind.name.lower()], counts[kind])
    return family


def _buckets(histogram: Histogram, unit: int) -> tuple[list[tuple[str, float]], float]:
    """Running totals by upper bound, as Prometheus wants them, and the sum of all values."""
    buckets: list[tuple[str, float]] = []
    running = 0
    for bound, count in zip(histogram.bounds, histogram.counts, strict=False):
        running += count
        buckets.append((repr(bound / unit), running))
    buckets.append(("+Inf", running + histogram.counts[-1]))
    return buckets, histogram.total / unit


def _counter(name: str, help_text: str, value: int) -> CounterMetricFamily:
    return CounterMetricFamily(name, help_text, value=value)


def _gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_text, value=value)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
