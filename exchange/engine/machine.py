"""The kernel and its memory, moved by commands: room is made, events are handed out, state is saved."""

from __future__ import annotations

import io
from hashlib import blake2b
from sys import getrefcount

import numpy as np

from exchange.domain.errors import GpuxError
from exchange.domain.records import COMMAND, EVENT, Rows
from exchange.domain.text import pack_text
from exchange.domain.units import NEVER_NS, ORDERS_RESERVED_MAX
from exchange.engine.readings import Readings
from exchange.jit import by_reference, direct
from exchange.kernel import check, inspect
from exchange.kernel.apply import EVENTS_MAX, EVENTS_MIN, apply
from exchange.kernel.index import reindex
from exchange.kernel.state import State, empty_state

# Room is made for this many commands at a time, which bounds how far arenas run ahead of use.
_CHUNK = 4096
# The least room that is made, so that commands seldom need to look: what is not used takes no memory.
_ROOM_MIN = 32768
# Events a command usually has at the most, to judge whether a batch fits the buffer.
_EVENTS_EACH = 2
# Enough for a batch of orders that sweep the book: more than one buffer of events takes a copy.
_EVENT_ROWS = 131072
EVENT_ROWS_MIN = EVENTS_MIN
# Event buffers are used again once nobody holds events in them: new memory would cost more than the events.
_PAGES_KEPT = 8
_UNSHARED = 3  # references to a buffer whose events nobody holds: the list, another of ours, and the question itself
_MAGIC = b"gpux snapshot 4\n"
_DIGEST_SIZE = 32
_VENUE = "venue"


class CorruptSnapshot(GpuxError):
    """A snapshot that is not whole or not ours."""


class Engine(Readings):
    """All books, accounts and orders of one shard, changed by ``apply`` alone."""

    def __init__(self, event_rows: int = _EVENT_ROWS) -> None:
        """``event_rows``: how many events the kernel may write at a time; it changes nothing but the speed.

        Raises ValueError if that is fewer than EVENT_ROWS_MIN, which one command may need.
        """
        if event_rows < EVENT_ROWS_MIN:
            raise ValueError(f"expected room for at least {EVENT_ROWS_MIN} events, found {event_rows}")
        super().__init__(inspect.with_room(empty_state(), 1))
        for column, word in zip(("text_0", "text_1", "text_2", "text_3"), pack_text(_VENUE), strict=True):
            self._state.accounts[column][0] = word
        self._reference = by_reference(self._state)
        self._keep_columns()
        reindex(self._reference)
        # Commands that there is room for without looking.
        self._room = 0
        self._event_rows = event_rows
        self._events = np.empty(event_rows, EVENT)
        self._pages = [self._events]
        self._events_used = 0
        self._apply = direct(apply, self._reference, np.zeros(0, COMMAND), self._events)

    @property
    def sequence(self) -> int:
        """Of the last command applied; 0 at first."""
        return self._sequences.item()  # type: ignore[no-any-return]

    @property
    def time_ns(self) -> int:
        """Of the last command applied; 0 at first."""
        return self._times_ns.item()  # type: ignore[no-any-return]

    @property
    def events_total(self) -> int:
        """The number of the last event; events are numbered 1, 2, 3, ... in order."""
        return int(self._state.header["events_total"][0])

    def reserve(self, orders: int) -> None:
        """Take memory for so many more orders and client ids now; it changes nothing but the speed.

        Raises ValueError if ``orders`` is negative or more than ORDERS_RESERVED_MAX.
        """
        if not 0 <= orders <= ORDERS_RESERVED_MAX:
            raise ValueError(f"expected 0 to {ORDERS_RESERVED_MAX} orders, found {orders}")
        self._take(inspect.reserve(self._state, orders))

    def apply(self, commands: Rows) -> Rows:
        """Run ``commands`` in order and return what happened.

        commands: (n,) of COMMAND, sequenced from ``self.sequence + 1`` and stamped with times
        that never decrease. Returns (m,) of EVENT, which is the caller's; it may share a buffer
        with its neighbours in time, so whoever keeps a few for long keeps them in a copy.
        Raises ValueError at the first command whose sequence or time does not follow on the one
        before it; the commands before that have been applied.
        """
        if (commands.dtype is not COMMAND and commands.dtype != COMMAND) or commands.ndim != 1:
            raise ValueError(f"expected rows of COMMAND, found {commands.shape} of {commands.dtype}")
        commands = np.ascontiguousarray(commands)
        if getrefcount(self._events) == _UNSHARED:
            self._events_used = 0
        parts: list[Rows] = []
        while True:
            chunk = commands if commands.shape[0] <= _CHUNK else commands[:_CHUNK]
            self._make_room(chunk.shape[0])
            free = self._events[self._events_used :]
            consumed, written = self._apply(self._reference, chunk, free)
            if consumed < 0:
                raise self._out_of_step(chunk[-1 - consumed])
            parts.append(free[:written])
            self._events_used += written
            if consumed == commands.shape[0]:
                return parts[0] if len(parts) == 1 else np.concatenate(parts)
            if consumed < chunk.shape[0]:
                if consumed == written == 0 and free.shape[0] == self._event_rows:
                    # Not one step of a strip fits a buffer as small as this.
                    self._event_rows = max(self._event_rows, EVENTS_MAX)
                self._turn_page()
                self._room = 0
            commands = commands[consumed:]

    def _make_room(self, commands: int) -> None:
        """See to it that ``commands`` find a row of everything to spare, and usually room for their events."""
        if commands > self._room:
            self._take(inspect.with_room(self._state, max(commands, _ROOM_MIN)))
            self._room = inspect.room(self._state)
        self._room -= commands
        if self._event_rows - self._events_used < min(_EVENTS_EACH * commands + EVENTS_MIN, self._event_rows):
            self._turn_page()

    def _take(self, state: State) -> None:
        """Go on with ``state``, where its arrays are now."""
        if state is not self._state:
            self._state = state
            self._reference = by_reference(state)
            self._keep_columns()

    def _keep_columns(self) -> None:
        """What is read at every step, as columns of their own: to find one by name takes longer than to read it."""
        header = self._state.header
        self._sequences, self._times_ns, self._deadlines = header["sequence"], header["time_ns"], header["deadlines"]
        self._deadlines_ns = self._state.deadlines["time_ns"]

    def _turn_page(self) -> None:
        """Go on in another event buffer; the old one belongs to those who hold events in it."""
        for page in self._pages:
            if page.shape[0] == self._event_rows and getrefcount(page) == _UNSHARED:
                break
        else:
            page = np.empty(self._event_rows, EVENT)
            self._pages = [*self._pages[1 - _PAGES_KEPT :], page]
        self._events = page
        self._events_used = 0

    def _out_of_step(self, command: Rows) -> ValueError:
        return ValueError(
            f"expected sequence {self.sequence + 1} at {self.time_ns} or later, "
            f"found {command['sequence']} at {command['time_ns']}"
        )

    def next_deadline_ns(self) -> int:
        """When the earliest order expires or gate falls that no TICK has processed; NEVER_NS if none."""
        return self._deadlines_ns.item(0) if self._deadlines.item() else NEVER_NS

    def state_hash(self) -> str:
        """BLAKE2b-256 of all state, as 64 hexadecimal digits."""
        digest = blake2b(digest_size=_DIGEST_SIZE)
        for arena in inspect.arenas():
            digest.update(self._used(arena).tobytes())
        return digest.hexdigest()

    def snapshot(self) -> bytes:
        """All state as bytes for ``restore``: NumPy arrays in NPY format, one after the other, and their digest."""
        buffer = io.BytesIO()
        buffer.write(_MAGIC)
        for arena in inspect.arenas():
            np.lib.format.write_array(buffer, self._used(arena), allow_pickle=False)
        buffer.write(blake2b(buffer.getvalue(), digest_size=_DIGEST_SIZE).digest())
        return buffer.getvalue()

    @classmethod
    def restore(cls, blob: bytes) -> Engine:
        """The engine whose ``snapshot`` this is. Raises CorruptSnapshot if a byte of it is wrong."""
        body, digest = blob[:-_DIGEST_SIZE], blob[-_DIGEST_SIZE:]
        if not body.startswith(_MAGIC):
            raise CorruptSnapshot(f"expected a snapshot beginning {_MAGIC!r}, found {blob[: len(_MAGIC)]!r}")
        if blake2b(body, digest_size=_DIGEST_SIZE).digest() != digest:
            raise CorruptSnapshot(f"the digest of {len(body)} bytes is not the one they end with")
        buffer = io.BytesIO(body[len(_MAGIC) :])
        arrays = {arena: np.lib.format.read_array(buffer, allow_pickle=False) for arena in inspect.arenas()}
        engine = cls()
        engine._take(inspect.with_room(_same_layout(empty_state(), arrays), 1))
        reindex(engine._reference)
        engine._room = 0
        return engine

    def check(self) -> None:
        """Every invariant of the state; AssertionError names the first that is broken."""
        check.check(self._state)

    def _used(self, arena: str) -> Rows:
        array: Rows = getattr(self._state, arena)[: inspect.used_rows(self._state, arena)]
        return array


def _same_layout(empty: State, arrays: dict[str, Rows]) -> State:
    """``arrays`` as a state with fresh indexes. Raises CorruptSnapshot if a dtype is not ours."""
    for arena, array in arrays.items():
        if array.dtype != getattr(empty, arena).dtype:
            raise CorruptSnapshot(f"{arena}: expected {getattr(empty, arena).dtype}, found {array.dtype}")
    return empty._replace(**arrays)


def warm_up() -> None:
    """Compile, or load from the cache, everything that the first batch would wait for."""
    Engine()
