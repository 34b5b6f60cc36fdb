"""The log of a desk: every call that reached it with its time, every book it saw, every message it sent in return.

A desk knows nothing else: with the state of its randomness this is all that decides what it does, so
a fresh desk that is called in the same way must send the same (see ``log_replay``). The journal of the venue says
what happened, and the log adds the one thing that it cannot know: when news of it arrived here.
A line is one JSON object; a log ends where its file would grow too large, and says so.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np
import structlog

from exchange.domain.errors import GpuxError
from exchange.domain.instruments import Contract
from strategies.base import BookView, Desk, Fill, Guarded, Message, Participant, Recorder, TradeView
from strategies.drivers.market_curve import MarketCurve

BYTES_MAX = 2**28

log = structlog.get_logger(__name__)

Plain = str | int | float | bool


class BadLog(GpuxError):
    """A log that cannot be written, or is not one."""


class Begun(msgspec.Struct, frozen=True, tag="begun"):
    """Who trades what; ``generator`` is the state of its randomness. ``strategy`` as FILE:CLASS, if that is known."""

    name: str
    contracts: tuple[str, ...]
    prefix: str
    generator: str
    capacity_lots: int = 0
    budget: tuple[int, int] | None = None
    strategy: str = ""
    parameters: dict[str, Plain] = {}
    history_ns: int = 0  # of a MarketCurve: when what history says was asked
    limits: dict[str, Plain] | None = None  # of the guards around the strategy, if it has any


class Carried(msgspec.Struct, frozen=True, tag="carried"):
    """Held from before the start."""

    symbol: str
    lots: int
    fair_usd: float


class Saw(msgspec.Struct, frozen=True, tag="saw"):
    """A book as it stood from here on."""

    symbol: str
    view: BookView


class Called(msgspec.Struct, frozen=True, tag="called", omit_defaults=True):
    """A method of the desk and its arguments, contracts by symbol; ``sent`` is what it returned."""

    method: str
    now_ns: int
    arguments: tuple[Plain, ...] = ()
    sent: tuple[tuple[Plain, ...], ...] = ()


class Unsent(msgspec.Struct, frozen=True, tag="unsent"):
    """The last messages about these orders did not leave: the run was ending, or the order was gone before."""

    client_ids: tuple[str, ...]


class Full(msgspec.Struct, frozen=True, tag="full"):
    """The run went on, the log did not."""


Entry = Begun | Carried | Saw | Called | Unsent | Full


class Logbook:
    """A file of entries. ``strategy`` and ``parameters`` are for whoever replays it. Raises BadLog."""

    def __init__(
        self,
        path: Path,
        strategy: str = "",
        parameters: Mapping[str, Plain] | None = None,
        bytes_max: int = BYTES_MAX,
    ) -> None:
        self.strategy = strategy
        self.parameters = dict(parameters or {})
        self._path = path
        self._left = bytes_max
        self._encoder = msgspec.json.Encoder()
        try:
            self._file: BinaryIO = path.open("wb")
        except OSError as error:
            raise BadLog(f"{path} cannot be written: {error.strerror or error}") from None

    def write(self, entry: Entry) -> None:
        """Nothing after the log is full."""
        if self._left <= 0:
            return
        line = self._encoder.encode(entry) + b"\n"
        self._left -= len(line)
        if self._left <= 0:
            log.warning("the log is full and ends here, the run goes on", path=str(self._path))
            line = self._encoder.encode(Full()) + b"\n"
        self._file.write(line)

    def close(self) -> None:
        self._file.close()


class LoggingDesk(Desk):
    """A desk that writes down what it is told and what it sends."""

    def __init__(
        self,
        participant: Participant,
        books: Mapping[str, BookView],
        rng: np.random.Generator,
        prefix: str,
        recorder: Recorder | None,
        book_of_log: Logbook,
    ) -> None:
        super().__init__(participant, books, rng, prefix, recorder)
        self._log = book_of_log
        budget = participant.budget
        book_of_log.write(
            Begun(
                participant.name,
                tuple(contract.symbol for contract in participant.contracts),
                prefix,
                json.dumps(rng.bit_generator.state),
                participant.capacity_lots,
                (budget.per_second, budget.burst) if budget else None,
                book_of_log.strategy,
                book_of_log.parameters,
                participant.curves.history_ns if isinstance(participant.curves, MarketCurve) else 0,
                asdict(self.strategy.limits) if isinstance(self.strategy, Guarded) else None,
            )
        )

    def saw(self, contract: Contract, view: BookView) -> None:
        """A book of the driver's has changed."""
        self._log.write(Saw(contract.symbol, view))

    def unsent(self, client_ids: Iterable[str]) -> None:
        """The driver did not send the last messages about these orders."""
        self._log.write(Unsent(tuple(client_ids)))

    def start(self, now_ns: int) -> list[Message]:
        for held in self.ledger.results.values():
            self._log.write(Carried(held.contract.symbol, held.position_lots, held.mark_usd))
        return self._noted(super().start(now_ns), "start", now_ns)

    def timer(self, now_ns: int) -> list[Message]:
        return self._noted(super().timer(now_ns), "timer", now_ns)

    def book(
        self,
        now_ns: int,
        contract: Contract,
        book: BookView,
        is_best_changed: bool,
        best_ticks: tuple[int, int] | None = None,
    ) -> list[Message]:
        messages = super().book(now_ns, contract, book, is_best_changed, best_ticks)
        return self._noted(messages, "book", now_ns, contract.symbol, is_best_changed)

    def trade(self, now_ns: int, trade: TradeView) -> list[Message]:
        return self._noted(super().trade(now_ns, trade), "trade", now_ns, trade.contract.symbol, *trade[1:])

    def curve(self, now_ns: int) -> list[Message]:
        return self._noted(super().curve(now_ns), "curve", now_ns)

    def fill(self, now_ns: int, fill: Fill, filled_lots: int = 0) -> list[Message]:
        messages = super().fill(now_ns, fill, filled_lots)
        return self._noted(messages, "fill", now_ns, fill.contract.symbol, *fill[1:], filled_lots)

    def progressed(self, now_ns: int, client_id: str, filled_lots: int) -> list[Message]:
        messages = super().progressed(now_ns, client_id, filled_lots)
        return self._noted(messages, "progressed", now_ns, client_id, filled_lots)

    def answered(
        self, now_ns: int, client_id: str, price_ticks: int, lots: int, filled_lots: int, is_open: bool
    ) -> list[Message]:
        messages = super().answered(now_ns, client_id, price_ticks, lots, filled_lots, is_open)
        return self._noted(messages, "answered", now_ns, client_id, price_ticks, lots, filled_lots, is_open)

    def refused(self, now_ns: int, client_id: str, reason: str, is_gone: bool) -> list[Message]:
        messages = super().refused(now_ns, client_id, reason, is_gone)
        return self._noted(messages, "refused", now_ns, client_id, reason, is_gone)

    def gone(self, now_ns: int, client_id: str, reason: str) -> list[Message]:
        return self._noted(super().gone(now_ns, client_id, reason), "gone", now_ns, client_id, reason)

    def orders_lost(self, now_ns: int) -> list[Message]:
        return self._noted(super().orders_lost(now_ns), "orders_lost", now_ns)

    def kill(self, now_ns: int, reason: str) -> list[Message]:
        return self._noted(super().kill(now_ns, reason), "kill", now_ns, reason)

    def mark(self, now_ns: int) -> None:
        super().mark(now_ns)
        self._noted([], "mark", now_ns)

    def _noted(self, messages: list[Message], method: str, now_ns: int, *arguments: Plain) -> list[Message]:
        self._log.write(Called(method, now_ns, arguments, tuple(map(plain, messages))))
        return messages


def plain(message: Message) -> tuple[Plain, ...]:
    """Its kind and all that is in it, contracts by symbol."""
    return (type(message).__name__, message.client_id, message.contract.symbol, *message[2:])


def read_log(path: Path) -> list[Entry]:
    """Its entries; a last line that was cut off by a crash is dropped. Raises BadLog."""
    decoder = msgspec.json.Decoder(Entry)
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise BadLog(f"{path} cannot be read: {error.strerror or error}") from None
    if lines and not lines[-1].endswith(b"\n"):
        lines.pop()
    entries: list[Any] = []
    for number, line in enumerate(lines, start=1):
        try:
            entries.append(decoder.decode(line))
        except msgspec.DecodeError as error:
            raise BadLog(f"{path}, line {number}: expected an entry of a desk's log: {error}") from None
    if not entries or not isinstance(entries[0], Begun):
        raise BadLog(f"{path}: expected the log of a desk, which says first who trades what")
    return entries
